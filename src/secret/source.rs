//! The source of a secret: one of a closed set, without fallbacks.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::MIN_RECOMMENDED_BYTES;
use crate::escape::{escaped_short, path_in_full};

/// The error message that lists the supported forms of a source.
const FORMS: &str =
    "a source is keyring, env:NAME, file:/abs, credential:NAME or command:PROG ARGS, never the secret itself";

/// The source of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// The published secret of the `demo` profile.
    Demo,
    /// `keyring`: the keyring of this login, under the profile's name.
    #[default]
    Keyring,
    /// `env:NAME`: an environment variable.
    Env(String),
    /// `file:/abs`: a file that belongs to the user or to root, and that no other user can read.
    File(PathBuf),
    /// `credential:NAME`: a credential that systemd passed to the service.
    Credential(String),
    /// `command:PROG ARGS`: the output of a program, such as a password manager. The words are split at white
    /// space; no shell is involved.
    Command(Vec<String>),
}

impl Source {
    /// Returns the source as a configuration contains it, neither truncated nor escaped.
    pub fn config_text(&self) -> String {
        match self {
            Self::Demo => "demo".into(),
            Self::Keyring => "keyring".into(),
            Self::Env(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{}", path.to_string_lossy()),
            Self::Credential(name) => format!("credential:{name}"),
            Self::Command(words) => format!("command:{}", words.join(" ")),
        }
    }
}

impl FromStr for Source {
    /// A message that lists the supported forms. It never repeats the text, which may be the secret itself.
    type Err = String;

    /// Parses a source as a configuration contains it: `keyring`, `env:NAME`, `file:/abs`, `credential:NAME`,
    /// `command:PROG ARGS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "keyring" if text == kind => Ok(Self::Keyring),
            "env" if is_variable_name(rest) => Ok(Self::Env(rest.into())),
            "file" if Path::new(rest).is_absolute() => Ok(Self::File(rest.into())),
            "credential" if is_credential_name(rest) => Ok(Self::Credential(rest.into())),
            "command" if !rest.trim().is_empty() => {
                Ok(Self::Command(rest.split_whitespace().map(str::to_owned).collect()))
            }
            _ => Err(FORMS.into()),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.config_text()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", escaped_short(&path_in_full(path))),
            Self::Command(words) => {
                write!(f, "command:{}", escaped_short(words.first().map_or("", String::as_str)))
            }
            other => escaped_short(&other.config_text()).fmt(f),
        }
    }
}

/// Returns `true` if `name` is not empty and consists of ASCII letters, digits and the characters in `others`.
fn is_plain(name: &str, others: &[u8]) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// Returns `true` if `name` is a valid name of an environment variable, and does not look like a secret.
fn is_variable_name(name: &str) -> bool {
    is_plain(name, b"_") && !name.starts_with(|first: char| first.is_ascii_digit()) && !is_secret_shaped(name)
}

/// Returns `true` if `name` looks like an API secret: long, and only letters and digits.
fn is_secret_shaped(name: &str) -> bool {
    name.len() >= MIN_RECOMMENDED_BYTES && is_plain(name, b"")
}

/// Returns `true` if `name` is a plain file name, as systemd requires of credentials, and does not look like a secret.
fn is_credential_name(name: &str) -> bool {
    is_plain(name, b"._-") && name != "." && name != ".." && !is_secret_shaped(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_each_form_of_a_source() {
        assert_eq!(Source::from_str("keyring"), Ok(Source::Keyring));
        assert_eq!(Source::from_str("env:STREAM_API_SECRET"), Ok(Source::Env("STREAM_API_SECRET".into())));
        assert_eq!(Source::from_str("file:/run/secret"), Ok(Source::File("/run/secret".into())));
        assert_eq!(Source::from_str("credential:a.b-c_d"), Ok(Source::Credential("a.b-c_d".into())));
        let words = vec!["pass".to_owned(), "show".into(), "a".into()];
        assert_eq!(Source::from_str("command:pass  show a"), Ok(Source::Command(words)));
    }

    #[test]
    fn refuses_unknown_forms_of_a_source() {
        for text in [
            "",
            "env:",
            "env:A B",
            "env:1A",
            "file:",
            "file:rel",
            "credential:../x",
            "credential:",
            "command:",
            "command: ",
            "keyring:",
            "keyring:staging",
            "plain:x",
            "hunter2",
        ] {
            assert!(Source::from_str(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_given_as_a_name_is_refused_and_not_repeated() {
        let secret = "a1b2c3d4".repeat(8);
        for text in [secret.clone(), format!("env:{secret}"), format!("credential:{secret}")] {
            let error = Source::from_str(&text).unwrap_err();
            assert!(error.contains("the secret itself") && !error.contains("a1b2"), "{error}");
        }
        for name in ["THE_SECRET_OF_THE_APP_THAT_SERVES_STAGING", "A123456789012345678901234567890"] {
            assert!(Source::from_str(&format!("env:{name}")).is_ok(), "{name}");
        }
        assert!(Source::from_str(&format!("env:{}", "a".repeat(32))).is_err());
    }

    #[test]
    fn the_text_of_the_configuration_is_never_cut() {
        let path = format!("/run/{}", "x".repeat(80));
        let source = Source::File(PathBuf::from(&path));
        assert_eq!(source.config_text(), format!("file:{path}"));
        assert_eq!(Source::from_str(&source.config_text()), Ok(source));
    }
}
