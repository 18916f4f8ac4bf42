//! The configuration file. Unknown keys are errors, with line and column.
//!
//! The file contains profiles, never a secret.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::error::ProfileError;
use super::{CONFIG_VARIABLE, DEMO, Profile, ProfileName};
use crate::escape::path_in_full;
use crate::fs::{self, FileAction, FilePolicy};
use crate::process::environment::{Environment, config_dir};

/// The most bytes of a configuration that are read.
const MAX_CONFIG_BYTES: usize = 256 * 1024;

/// The most characters of an API key: more than Stream's twelve, and fewer than its secrets' 64.
const MAX_API_KEY: usize = 40;

/// The content of the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name of the default profile.
    pub default_profile: Option<ProfileName>,
    /// The configured profiles by name.
    #[serde(default)]
    profiles: BTreeMap<ProfileName, Profile>,
}

impl Config {
    /// Reads the configuration; it is empty if the file does not exist.
    ///
    /// # Errors
    /// [`ProfileError`] if the file cannot be read, other users could have written it, or its content is not valid.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        Self::parse(&read(path)?, path)
    }

    /// Parses the text of a configuration; `path` is used in errors only.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ProfileError> {
        let path = path_in_full(path);
        let config: Self = toml_edit::de::from_str(text).map_err(|error| {
            let (line, column) = location(text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            ProfileError::Invalid { place: format!("{path}:{line}:{column}"), message }
        })?;
        config.check().map_err(|message| ProfileError::Invalid { place: path, message })?;
        Ok(config)
    }

    /// Checks that the settings are consistent with each other.
    fn check(&self) -> Result<(), String> {
        if let Some(name) = &self.default_profile
            && self.find(name).is_none()
        {
            return Err(format!("default_profile is {name}, and there is no such profile"));
        }
        for (name, Profile { policy, .. }) in &self.profiles {
            if name.is_demo() {
                return Err(format!("the profile {DEMO} is built in, and cannot be configured"));
            }
            match (policy.default_lifetime, policy.longest_lifetime) {
                (None, _) if policy.is_production => {
                    return Err(format!("the production profile {name} needs a default_lifetime"));
                }
                (Some(default), Some(longest)) if default > longest => {
                    return Err(format!(
                        "the default_lifetime of profile {name} is above its longest_lifetime"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the names of all configured profiles, in order.
    pub fn names(&self) -> impl Iterator<Item = &ProfileName> {
        self.profiles.keys()
    }

    /// Returns all configured profiles, in order.
    pub fn profiles(&self) -> impl Iterator<Item = Profile> {
        self.names().filter_map(|name| self.find(name))
    }

    /// Returns a configured or built-in profile.
    ///
    /// # Errors
    /// [`ProfileError::Missing`] if no such profile exists.
    pub fn require(&self, name: &ProfileName) -> Result<Profile, ProfileError> {
        let missing = || ProfileError::Missing(name.clone(), self.names().cloned().collect());
        self.find(name).ok_or_else(missing)
    }

    /// Returns a configured profile.
    ///
    /// # Errors
    /// [`ProfileError::Missing`] if no such profile exists, [`ProfileError::BuiltIn`] if it is built in.
    pub fn require_configured(&self, name: &ProfileName) -> Result<Profile, ProfileError> {
        if name.is_demo() { Err(ProfileError::BuiltIn) } else { self.require(name) }
    }

    /// Returns a configured or built-in profile, or `None` if no such profile exists.
    pub fn find(&self, name: &ProfileName) -> Option<Profile> {
        let found = if name.is_demo() { Profile::demo() } else { self.profiles.get(name)?.clone() };
        let is_default = self.default_profile.as_ref() == Some(name);
        Some(Profile { name: Some(name.clone()), is_default, ..found })
    }
}

/// Reads the file's text; it is empty if the file does not exist. A file that other users could have written is
/// rejected, because a configuration names programs to run.
pub(super) fn read(path: &Path) -> Result<String, ProfileError> {
    let content = match fs::read(path, FilePolicy::Trusted, MAX_CONFIG_BYTES + 1) {
        Err(error) if error.is_missing() => return Ok(String::new()),
        content => content?,
    };
    if content.bytes.len() > MAX_CONFIG_BYTES {
        let message = format!("it has more than {MAX_CONFIG_BYTES} bytes");
        return Err(ProfileError::Invalid { place: path_in_full(path), message });
    }
    Ok(io::read_to_string(content.bytes.as_slice()).map_err(FileAction::Read.failed(path))?)
}

/// Returns the line and the column, both from 1, of a byte offset in the text.
fn location(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Deserializes an API key.
pub(super) fn api_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_api_key(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Deserializes a base URL. Tokens are sent there, so only HTTPS is allowed.
pub(super) fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_base_url(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Checks an API key. A text as long as an API secret is rejected, as it may be a secret pasted by mistake.
///
/// # Errors
/// A message that describes a valid API key.
pub fn check_api_key(key: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=MAX_API_KEY).contains(&key.len()) && key.bytes().all(is_plain) {
        return Ok(key.to_owned());
    }
    Err(format!(
        "an API key is 1 to {MAX_API_KEY} letters, digits, - or _; the API secret does not belong here"
    ))
}

/// Checks a base URL: HTTPS, and only characters that need no quotes in any format. Returns it without trailing slashes.
///
/// # Errors
/// A message that describes a valid base URL.
pub fn check_base_url(url: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    match url.strip_prefix("https://") {
        Some(rest) if !rest.starts_with('/') && !rest.is_empty() && rest.bytes().all(is_plain) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err("a base URL begins with https:// and a host, and has no query".into()),
    }
}

/// The location of the configuration.
#[derive(Debug, Clone)]
pub struct ConfigPlace {
    /// The path; `None` if the environment names no home directory: the configuration is then empty.
    pub path: Option<PathBuf>,
    /// Whether a flag or variable gave the path: the file must then exist.
    is_given: bool,
}

impl ConfigPlace {
    /// Returns the location: from the flag, from [`CONFIG_VARIABLE`], or the usual path.
    #[must_use]
    pub fn find(flag: Option<&Path>, environment: &Environment<'_>) -> Self {
        let in_variable = environment(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let given = flag.map(Path::to_owned).or(in_variable);
        let is_given = given.is_some();
        let usual = || Some(config_dir(environment)?.join("config.toml"));
        Self { path: given.or_else(usual), is_given }
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// As [`Config::load`]; [`ProfileError::NotFound`] if the given file does not exist.
    pub fn load(&self) -> Result<Config, ProfileError> {
        match &self.path {
            Some(path) if self.is_given && matches!(path.try_exists(), Ok(false)) => {
                Err(ProfileError::NotFound(path.clone()))
            }
            Some(path) => Config::load(path),
            None => Ok(Config::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::secret::Source;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("c.toml")).map_err(|error| error.to_string())
    }

    const WHOLE: &str = r#"
default_profile = "staging"

[profiles.staging]
api_key = "abc"
secret = "env:STAGING_SECRET"
session_key = "file:/run/session-key"
base_url = "https://chat.example.com/"

[profiles.staging.policy]
default_lifetime = "1h"
longest_lifetime = "30d"
issued_at = true

[profiles.live]
secret = "credential:live"
policy = { production = true, default_lifetime = "10m" }
"#;

    #[test]
    fn reads_every_key() {
        let config = parse(WHOLE).unwrap();
        let staging = config.find(config.default_profile.as_ref().unwrap()).unwrap();
        assert_eq!(staging.source, Source::Env("STAGING_SECRET".into()));
        assert_eq!(staging.base_url.as_deref(), Some("https://chat.example.com"));
        assert_eq!(staging.policy.default_lifetime, Some(Duration::from_hours(1)));
        assert!(staging.policy.has_issued_at && !staging.policy.is_production);
        assert!(config.find(&"live".parse().unwrap()).unwrap().policy.is_production);
        assert_eq!(config.names().map(ProfileName::as_str).collect::<Vec<_>>(), ["live", "staging"]);
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn unknown_settings_are_refused_with_their_place() {
        for (text, place, word) in [
            ("nonsense = 1", "c.toml:1:1", "nonsense"),
            ("[profiles.a]\nsecret = \"env:A\"\nsecrt = \"x\"", "c.toml:3:1", "secrt"),
            ("[profiles.a]\nsecret = \"hunter2-hunter2-hunter2-hunter2-hunter2\"", "c.toml:2:10", "source"),
            (
                "[profiles.a]\nsecret = \"env:A\"\npolicy = { default_lifetime = \"1\" }",
                "c.toml:3:",
                "duration",
            ),
            (
                "[profiles.a]\nsecret = \"env:A\"\npolicy = { default_lifetime = \"0s\" }",
                "c.toml:3:",
                "ends before",
            ),
            ("[profiles.a]\nsecret = \"env:A\"\nbase_url = \"http://x\"", "c.toml:3:12", "https"),
            ("[profiles.a]\napi_key = \"k\"", "c.toml:1:1", "secret"),
            ("[profiles.a]\nsecret = \"env:A\"\napi_key = \"\"", "c.toml:3:11", "API key"),
            ("[profiles.\"A b\"]\nsecret = \"env:A\"", "c.toml:1:", "name"),
            ("[profiles.a]\nsecret = \"env:A\"\nsecret = \"env:B\"", "c.toml:3:1", "duplicate"),
            ("a = ", "c.toml:1:", ""),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(place) && error.contains(word), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn contradictory_settings_are_refused() {
        for (text, word) in [
            ("default_profile = \"a\"", "no such profile"),
            ("[profiles.demo]\nsecret = \"env:A\"", "built in"),
            ("[profiles.a]\nsecret = \"env:A\"\npolicy = { production = true }", "needs a default_lifetime"),
            (
                "[profiles.a]\nsecret = \"env:A\"\npolicy = { default_lifetime = \"2h\", longest_lifetime = \"1h\" }",
                "above",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn an_api_key_is_short_and_plain() {
        for key in ["abc123", "demo-api-key", &"k".repeat(40)] {
            assert_eq!(check_api_key(key).as_deref(), Ok(key));
        }
        for key in ["", " ", "a b", "a'b", "\u{1b}[0m", &"k".repeat(41), &"s3cr3t00".repeat(8)] {
            assert!(check_api_key(key).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_base_url_is_https_and_needs_no_quotes() {
        assert_eq!(check_base_url("https://chat.example.com/").as_deref(), Ok("https://chat.example.com"));
        assert_eq!(check_base_url("https://[::1]:8443/a").as_deref(), Ok("https://[::1]:8443/a"));
        for url in [
            "",
            "http://x",
            "https://",
            "https:///x",
            "x",
            "https://x?a=b",
            "https://x#a",
            "https://x'",
            "HTTPS://x",
        ] {
            assert!(check_base_url(url).is_err(), "{url}");
        }
    }
}
