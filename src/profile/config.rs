//! The configuration file, read strictly: an unknown key is refused, with its line and column.
//!
//! It holds profiles, never a secret.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::error::ConfigError;
use super::name::ProfileName;
use super::{CONFIG_VARIABLE, DEMO, Policy, Profile};
use crate::fs::{self, DiskError, FileError, FilePolicy};
use crate::process::environment::{Environment, config_dir};
use crate::secret::Source;

/// The most bytes of a configuration that are read.
const MAX_CONFIG_BYTES: usize = 256 * 1024;

/// The most characters of an API key: more than Stream's twelve, and fewer than its secrets' 64.
const MAX_API_KEY: usize = 40;

/// The configuration, as its file contains it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The profile that is used by default.
    #[serde(default)]
    default_profile: Option<ProfileName>,
    /// Every profile by its name.
    #[serde(default)]
    profiles: BTreeMap<ProfileName, Profile>,
}

/// Checks that the parts of a policy do not contradict each other.
///
/// # Errors
/// What is wrong.
pub fn check_policy(name: &ProfileName, policy: &Policy) -> Result<(), String> {
    if policy.is_production && policy.default_lifetime.is_none() {
        return Err(format!("the production profile {name} needs a default_lifetime"));
    }
    match (policy.default_lifetime, policy.longest_lifetime) {
        (Some(default), Some(longest)) if default > longest => {
            Err(format!("the default_lifetime of profile {name} is above its longest_lifetime"))
        }
        _ => Ok(()),
    }
}

impl Config {
    /// Reads the configuration; without a file it is empty.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read, others could have written it, or something in it is not allowed.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match read(path)? {
            Some(text) => Self::parse(&text, path),
            None => Ok(Self::default()),
        }
    }

    /// Reads the configuration that somebody gave by its path.
    ///
    /// # Errors
    /// As [`Config::load`]; [`ConfigError::NotFound`] without a file.
    pub fn load_existing(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?.ok_or_else(|| ConfigError::NotFound(path.to_owned()))?;
        Self::parse(&text, path)
    }

    /// Parses the text of a configuration; `path` is for errors.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml_edit::de::from_str(text).map_err(|error| {
            let (line, column) = location(text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            ConfigError::Refused { path: path.to_owned(), line, column, message }
        })?;
        config.check().map_err(|message| ConfigError::Inconsistent { path: path.to_owned(), message })?;
        Ok(config)
    }

    /// Checks that the parts do not contradict each other.
    fn check(&self) -> Result<(), String> {
        for (name, Profile { policy, .. }) in &self.profiles {
            if name.is_demo() {
                return Err(format!("the profile {DEMO} is built in, and cannot be configured"));
            }
            check_policy(name, policy)?;
        }
        match &self.default_profile {
            Some(name) if !name.is_demo() && !self.profiles.contains_key(name) => {
                Err(format!("default_profile is {name}, and there is no such profile"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the name of the default profile.
    #[must_use]
    pub fn default_profile(&self) -> Option<&ProfileName> {
        self.default_profile.as_ref()
    }

    /// Returns the names of all configured profiles, in order.
    pub fn names(&self) -> impl Iterator<Item = &ProfileName> {
        self.profiles.keys()
    }

    /// Returns all configured profiles, in order.
    pub fn profiles(&self) -> impl Iterator<Item = Profile> {
        self.names().filter_map(|name| self.find(name))
    }

    /// Returns a profile, the built-in one included.
    ///
    /// # Errors
    /// [`ConfigError::Missing`]
    pub fn require(&self, name: &ProfileName) -> Result<Profile, ConfigError> {
        self.find(name).ok_or_else(|| self.missing(name))
    }

    /// Returns a configured profile.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], or [`ConfigError::BuiltIn`].
    pub fn require_configured(&self, name: &ProfileName) -> Result<Profile, ConfigError> {
        if name.is_demo() { Err(ConfigError::BuiltIn) } else { self.require(name) }
    }

    /// Returns the error that there is no such profile.
    pub(super) fn missing(&self, name: &ProfileName) -> ConfigError {
        ConfigError::Missing { name: name.clone(), known: self.names().cloned().collect() }
    }

    /// Finds a profile by its name, the built-in one included.
    #[must_use]
    pub fn find(&self, name: &ProfileName) -> Option<Profile> {
        if name.is_demo() {
            return Some(Profile::demo());
        }
        Some(Profile { name: Some(name.clone()), ..self.profiles.get(name)?.clone() })
    }
}

/// Reads the file's text; `None` if there is no file. A file that others could have written is refused: a
/// configuration names programs to run.
pub(super) fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |error| DiskError::Read(path.to_owned(), error).into();
    let mut content = match fs::read(path, FilePolicy::Trusted, MAX_CONFIG_BYTES + 1) {
        Ok(content) => content,
        Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(FileError::Io(error)) => return Err(unreadable(error)),
        Err(FileError::Unsafe(kind)) => return Err(ConfigError::Unsafe(path.to_owned(), kind)),
    };
    // It is not a secret, and need not be wiped.
    let text = std::mem::take(&mut *content.bytes);
    if text.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::TooLong { path: path.to_owned(), max: MAX_CONFIG_BYTES });
    }
    io::read_to_string(text.as_slice()).map(Some).map_err(unreadable)
}

/// Returns the line and the column, from 1, of a byte of the text.
fn location(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Reads a source.
pub(super) fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Source, D::Error> {
    Source::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads a source that may be absent.
pub(super) fn optional_source<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Source>, D::Error> {
    source(deserializer).map(Some)
}

/// Reads an API key.
pub(super) fn api_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_api_key(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Reads a base URL: tokens go there, so nothing but HTTPS.
pub(super) fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_base_url(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Checks an API key. Anything as long as an API secret is refused: it may be one, and does not belong here.
///
/// # Errors
/// A sentence that says what an API key is.
pub fn check_api_key(key: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=MAX_API_KEY).contains(&key.len()) && key.bytes().all(is_plain) {
        return Ok(key.to_owned());
    }
    Err(format!(
        "an API key is 1 to {MAX_API_KEY} letters, digits, - or _; the API secret does not belong here"
    ))
}

/// Checks a base URL of HTTPS, made of characters that need no quotes anywhere.
///
/// # Errors
/// A sentence that says what a base URL is.
pub fn check_base_url(url: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    match url.strip_prefix("https://") {
        Some(rest) if !rest.starts_with('/') && !rest.is_empty() && rest.bytes().all(is_plain) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err("a base URL begins with https:// and a host, and has no query".into()),
    }
}

/// The place of the configuration.
#[derive(Debug, Clone)]
pub enum ConfigPlace {
    /// It was given by its path, and must exist.
    Given(PathBuf),
    /// The usual place: without a file there, the configuration is empty.
    Usual(PathBuf),
    /// The environment names no home: the configuration is empty.
    Nowhere,
}

impl ConfigPlace {
    /// Returns the place: the flag's, that of [`CONFIG_VARIABLE`], or the usual one.
    #[must_use]
    pub fn find(flag: Option<&Path>, environment: &Environment<'_>) -> Self {
        let in_variable = || environment(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        match flag.map(Path::to_owned).or_else(in_variable) {
            Some(path) => Self::Given(path),
            None => config_dir(environment)
                .map_or(Self::Nowhere, |directory| Self::Usual(directory.join("config.toml"))),
        }
    }

    /// Returns the path; `None` if there is no place.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Given(path) | Self::Usual(path) => Some(path),
            Self::Nowhere => None,
        }
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// As [`Config::load`]; [`ConfigError::NotFound`] without a file that was given.
    pub fn load(&self) -> Result<Config, ConfigError> {
        match self {
            Self::Given(path) => Config::load_existing(path),
            Self::Usual(path) => Config::load(path),
            Self::Nowhere => Ok(Config::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
        let staging = config.find(config.default_profile().unwrap()).unwrap();
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
    fn refuses_what_it_does_not_know_and_says_where() {
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
    fn refuses_parts_that_do_not_go_together() {
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
