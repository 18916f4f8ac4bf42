//! The configuration file, read strictly: an unknown key is refused, with its line and column.
//!
//! It holds profiles, never a secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::app::{check_api_key, check_base_url};
use super::error::ConfigError;
use super::name::ProfileName;
use super::policy::Policy;
use super::{DEMO, Profile};
use crate::secret::Source;
use crate::time::parse_duration;

/// The most bytes of a configuration that are read.
const LONGEST: u64 = 256 * 1024;

/// The configuration as it stands in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The profile that is meant where none is named.
    #[serde(default, deserialize_with = "parsed")]
    default_profile: Option<ProfileName>,
    /// Every profile by its name.
    #[serde(default, deserialize_with = "named")]
    profiles: BTreeMap<ProfileName, Entry>,
}

/// A profile as it stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The app's API key, which is no secret.
    #[serde(default, deserialize_with = "api_key")]
    api_key: Option<String>,
    /// Where the API secret comes from.
    #[serde(deserialize_with = "source")]
    secret: Source,
    /// Where the key that signs sessions comes from.
    #[serde(default, deserialize_with = "optional_source")]
    session_key: Option<Source>,
    /// Where the app's API answers.
    #[serde(default, deserialize_with = "base_url")]
    base_url: Option<String>,
    /// What its tokens must be like.
    #[serde(default)]
    policy: PolicyEntry,
}

/// A policy as it stands in the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    /// How long a token lives for which nothing was said.
    #[serde(default, deserialize_with = "lifetime")]
    default_lifetime: Option<Duration>,
    /// How long a token lives at most.
    #[serde(default, deserialize_with = "lifetime")]
    longest_lifetime: Option<Duration>,
    /// Whether tokens say when they were issued.
    #[serde(default)]
    issued_at: bool,
    /// Whether the app is in production.
    #[serde(default)]
    production: bool,
}

impl Config {
    /// Reads the configuration; without a file it is empty.
    ///
    /// # Errors
    /// [`ConfigError`] where the file cannot be read, could be another user's, or says what it must not.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match read(path)? {
            Some(text) => Self::parse(&text, path),
            None => Ok(Self::default()),
        }
    }

    /// Parses the text of a configuration; `path` is for errors.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml_edit::de::from_str(text).map_err(|error| {
            let (line, column) = place(text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            ConfigError::Refused { path: path.to_owned(), line, column, message }
        })?;
        config.check().map_err(|message| ConfigError::Inconsistent { path: path.to_owned(), message })?;
        Ok(config)
    }

    /// Holds the parts against each other.
    fn check(&self) -> Result<(), String> {
        for (name, Entry { policy, .. }) in &self.profiles {
            if name.is_demo() {
                return Err(format!("the profile {DEMO} is built in, and cannot be configured"));
            }
            if policy.production && policy.default_lifetime.is_none() {
                return Err(format!("the production profile {name} needs a default_lifetime"));
            }
            if let (Some(default), Some(longest)) = (policy.default_lifetime, policy.longest_lifetime)
                && default > longest
            {
                return Err(format!("the default_lifetime of profile {name} is above its longest_lifetime"));
            }
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

    /// Demands a profile, the built-in one included.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], which names those that there are.
    pub fn demand(&self, name: &ProfileName) -> Result<Profile, ConfigError> {
        self.find(name).ok_or_else(|| self.missing(name))
    }

    /// Demands a profile that stands in the configuration.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], or [`ConfigError::BuiltIn`].
    pub fn demand_own(&self, name: &ProfileName) -> Result<Profile, ConfigError> {
        if name.is_demo() { Err(ConfigError::BuiltIn) } else { self.demand(name) }
    }

    /// Says that a profile is not there.
    pub(super) fn missing(&self, name: &ProfileName) -> ConfigError {
        ConfigError::Missing { name: name.clone(), known: self.names().cloned().collect() }
    }

    /// Finds a profile by its name, the built-in one included.
    #[must_use]
    pub fn find(&self, name: &ProfileName) -> Option<Profile> {
        if name.is_demo() {
            return Some(Profile::demo());
        }
        let entry = self.profiles.get(name)?;
        Some(Profile {
            name: Some(name.clone()),
            source: entry.secret.clone(),
            session_key: entry.session_key.clone(),
            api_key: entry.api_key.clone(),
            base_url: entry.base_url.clone(),
            policy: Policy {
                default_lifetime: entry.policy.default_lifetime,
                longest_lifetime: entry.policy.longest_lifetime,
                has_issued_at: entry.policy.issued_at,
                is_production: entry.policy.production,
            },
            policy_of: None,
        })
    }
}

/// Reads the file's text; `None` where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    judge(&file, path)?;
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(ConfigError::TooLong { path: path.to_owned(), longest: LONGEST });
    }
    Ok(Some(text))
}

/// Refuses a file that others could have written: a configuration names programs to run.
#[cfg(unix)]
fn judge(file: &File, path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata =
        file.metadata().map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o777);
    if owner != rustix::process::geteuid().as_raw() && owner != 0 {
        return Err(ConfigError::ForeignOwner { path: path.to_owned(), owner });
    }
    if mode & 0o022 != 0 {
        return Err(ConfigError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Leaves the judgement to the access lists of Windows.
#[cfg(not(unix))]
fn judge(_file: &File, _path: &Path) -> Result<(), ConfigError> {
    Ok(())
}

/// Returns the line and the column, from 1, of a byte of the text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Reads a text that has a form of its own.
fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

/// Reads profiles by their names.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<ProfileName, Entry>, D::Error> {
    let entries = BTreeMap::<String, Entry>::deserialize(deserializer)?;
    let parse = |(name, entry): (String, Entry)| Ok((name.parse().map_err(D::Error::custom)?, entry));
    entries.into_iter().map(parse).collect()
}

/// Reads a source.
fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Source, D::Error> {
    Source::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads a source that may be absent.
fn optional_source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Source>, D::Error> {
    source(deserializer).map(Some)
}

/// Reads a lifetime, which is longer than nothing.
fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let duration = parse_duration(&String::deserialize(deserializer)?).map_err(D::Error::custom)?;
    if duration.is_zero() {
        Err(D::Error::custom("a lifetime of 0 ends before it starts"))
    } else {
        Ok(Some(duration))
    }
}

/// Reads an API key.
fn api_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_api_key(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Reads a base URL: tokens go there, so nothing but HTTPS.
fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    check_base_url(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Returns the path of the configuration.
#[must_use]
pub fn config_path(explicit: Option<&Path>, directory: Option<PathBuf>) -> Option<PathBuf> {
    explicit.map(Path::to_owned).or_else(|| Some(directory?.join("config.toml")))
}

#[cfg(test)]
mod tests {
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
}
