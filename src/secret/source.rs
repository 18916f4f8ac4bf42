//! The source of a secret: one of a closed set, without fallbacks; how it is read, and the errors of reading it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::command::{self, CommandError};
use super::keyring::{self, Item, KeyringError, Kind, Previous};
use super::{
    Access, CREDENTIALS_DIRECTORY, MAX_SECRET_BYTES, MIN_RECOMMENDED_BYTES, ReadContext, Secret, SecretError,
};
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped_short, path_in_full};
use crate::fs::{self, Content, FileError, FilePolicy};
use crate::time::Timestamp;

/// The secret of the built-in `demo` profile: it is published, and no Stream app has it.
const DEMO_SECRET: &str = "demo-secret-published-in-the-readme-never-use-it";

/// The key that signs the sessions of the `demo` profile, published like its secret.
const DEMO_SESSION_KEY: &str = "demo-session-key-published-in-the-readme-never-use-it";

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
        let is_plain = |others: &[char]| {
            let is_allowed =
                |character: char| character.is_ascii_alphanumeric() || others.contains(&character);
            !rest.is_empty() && rest.chars().all(is_allowed)
        };
        // Long, and only letters and digits.
        let is_secret_shaped = rest.len() >= MIN_RECOMMENDED_BYTES && is_plain(&[]);
        let is_variable = is_plain(&['_']) && !rest.starts_with(|first: char| first.is_ascii_digit());
        // A file name, as systemd requires.
        let is_credential = is_plain(&['.', '_', '-']) && !rest.trim_matches('.').is_empty();
        match kind {
            "keyring" if text == kind => Ok(Self::Keyring),
            "env" if is_variable && !is_secret_shaped => Ok(Self::Env(rest.into())),
            "file" if Path::new(rest).is_absolute() => Ok(Self::File(rest.into())),
            "credential" if is_credential && !is_secret_shaped => Ok(Self::Credential(rest.into())),
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

/// A secret that was read, with metadata from its source.
#[derive(Debug)]
pub struct Read {
    /// The secret.
    pub secret: Secret,
    /// The time at which it became the current secret; known only for a keyring.
    pub set_at: Option<Timestamp>,
    /// The previous secrets that are still kept, the latest first; empty unless the source is a keyring.
    pub previous: Vec<Previous>,
    /// Whether users other than the owner can read the file that contains the secret.
    pub is_exposed: bool,
}

impl Source {
    /// Reads the secret. `item` names it in the keyring.
    ///
    /// # Errors
    /// [`SourceError`], which never contains a byte of the secret.
    pub fn read(&self, item: &Item, context: &ReadContext<'_>) -> Result<Read, SourceError> {
        let kind = item.kind;
        let mut found = match self {
            Self::Keyring => {
                let record = keyring::read(item, context)?;
                return Ok(Read {
                    secret: record.current.secret.clone(),
                    set_at: Some(record.current.set_at),
                    previous: record.kept(context.now).cloned().collect(),
                    is_exposed: false,
                });
            }
            Self::Command(_) if context.access == Access::Quiet => {
                return Err(SourceError::NotRead("would run the command"));
            }
            Self::Command(words) => {
                let output = command::run(words, context.limit);
                private(output.map_err(|error| SourceError::Command(self.clone(), error))?)
            }
            Self::Demo => private(match kind {
                Kind::ApiSecret => DEMO_SECRET.as_bytes().to_vec().into(),
                Kind::SessionKey => DEMO_SESSION_KEY.as_bytes().to_vec().into(),
            }),
            Self::Env(name) => {
                let value = (context.environment)(name);
                let value = value.ok_or_else(|| SourceError::VariableNotSet(name.clone(), kind))?;
                private(value.into_encoded_bytes().into())
            }
            Self::File(path) => self.read_file(kind, path, FilePolicy::Secret)?,
            Self::Credential(name) => {
                let directory = (context.environment)(CREDENTIALS_DIRECTORY);
                let directory = directory.ok_or_else(|| SourceError::NoCredentials(self.clone()))?;
                self.read_file(kind, &Path::new(&directory).join(name), FilePolicy::AnyOwner)?
            }
        };
        let secret = Secret::new(std::mem::take(&mut *found.bytes));
        let secret = secret.map_err(|error| SourceError::Unusable(self.clone(), kind, error))?;
        Ok(Read { secret, set_at: None, previous: Vec::new(), is_exposed: found.is_exposed })
    }

    /// Reads a file that contains only the secret.
    fn read_file(&self, kind: Kind, path: &Path, policy: FilePolicy) -> Result<Content, SourceError> {
        // One byte more than a secret and its line break, so that a longer file is detected.
        fs::read(path, policy, MAX_SECRET_BYTES + 3).map_err(|error| {
            if error.is_missing() { SourceError::Missing(self.clone(), kind) } else { error.into() }
        })
    }
}

/// Returns content that other users cannot read.
fn private(bytes: Zeroizing<Vec<u8>>) -> Content {
    Content { bytes, is_exposed: false }
}

/// An error of reading a secret from its source. Every error is final: no other source is tried.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The environment variable is not set.
    #[error("the environment variable {} is not set", escaped_short(.0))]
    VariableNotSet(String, Kind),
    /// The file or credential does not exist.
    #[error("there is no secret at {0}")]
    Missing(Source, Kind),
    /// The content is not a valid secret.
    #[error("cannot use {0}: {2}")]
    Unusable(Source, Kind, #[source] SecretError),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The source is a `credential:`, and the process is not a systemd service with credentials.
    #[error("cannot read {0}: {CREDENTIALS_DIRECTORY} is not set")]
    NoCredentials(Source),
    /// The command provided no secret.
    #[error("{0} {1}")]
    Command(Source, #[source] CommandError),
    /// The keyring could not be read.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The source was not read, for this reason.
    #[error("not read ({0})")]
    NotRead(&'static str),
}

impl Diagnostic for SourceError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::VariableNotSet(name, kind) => format!("set {name} to {}", content(*kind)),
            Self::Missing(_, kind) => {
                format!(
                    "put a file there that holds {}; give its path, never the secret itself",
                    content(*kind)
                )
            }
            Self::Unusable(_, kind, _) => format!("it must hold nothing but {}", content(*kind)),
            Self::File(error) => return error.hint(),
            Self::NoCredentials(_) => {
                "add LoadCredential= to the unit, or use env: or file: outside of systemd".into()
            }
            Self::Command(_, CommandError::NotRun(_)) => {
                "give the program's whole path; words are split at white space, and no shell is asked".into()
            }
            Self::Command(..) => {
                "run the command by itself, and see what it says: it may wait for you to unlock something"
                    .into()
            }
            Self::Keyring(error) => return error.hint(),
            Self::NotRead(_) => "name the profile with --profile".into(),
        })
    }
}

/// Returns a description of the content that a source must have, and of its origin.
const fn content(kind: Kind) -> &'static str {
    match kind {
        Kind::ApiSecret => "the app's API secret, from Stream's dashboard",
        Kind::SessionKey => "a session key, such as 'openssl rand -hex 32' prints",
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::*;
    use crate::process::environment::Environment;

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
    fn secret_given_as_a_name_is_refused_without_echo() {
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
    fn configuration_text_is_never_cut() {
        let path = format!("/run/{}", "x".repeat(80));
        let source = Source::File(PathBuf::from(&path));
        assert_eq!(source.config_text(), format!("file:{path}"));
        assert_eq!(Source::from_str(&source.config_text()), Ok(source));
    }

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn read(source: &Source, environment: &Environment<'_>) -> Result<Read, SourceError> {
        source.read(&item(), &context(environment, Access::Interactive))
    }

    fn context<'a>(environment: &'a Environment<'a>, access: Access) -> ReadContext<'a> {
        let limit = Duration::from_mins(1);
        ReadContext { environment, now: Timestamp::EPOCH, limit, access, on_slow: &|| () }
    }

    fn item() -> Item {
        Item { profile: "staging".into(), kind: Kind::ApiSecret }
    }

    #[test]
    fn quiet_read_runs_no_command() {
        let command = Source::Command(vec!["true".into()]);
        let error = command.read(&item(), &context(&nothing, Access::Quiet)).unwrap_err();
        assert_eq!(error.to_string(), "not read (would run the command)");
    }

    #[test]
    fn reads_a_variable_and_trims_one_line_break() {
        let environment = |name: &str| (name == "MY_SECRET").then(|| OsString::from("of the app\n"));
        let read = read(&Source::Env("MY_SECRET".into()), &environment).unwrap();
        assert_eq!(read.secret.expose(), b"of the app");
    }

    #[test]
    fn an_unset_variable_is_named() {
        let error = read(&Source::Env("MY_SECRET".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable MY_SECRET is not set");
    }

    #[test]
    fn an_empty_variable_is_refused() {
        let error = read(&Source::Env("X".into()), &|_| Some("\n".into())).unwrap_err();
        assert_eq!(error.to_string(), "cannot use env:X: the secret is empty");
    }

    #[test]
    fn a_credential_needs_the_directory_of_systemd() {
        let error = read(&Source::Credential("key".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "cannot read credential:key: CREDENTIALS_DIRECTORY is not set");
    }

    #[test]
    fn demo_secret_has_no_findings() {
        let secret = read(&Source::Demo, &nothing).unwrap().secret;
        assert_eq!(secret.finding(Some("demo-api-key")), None);
    }
}
