//! The source of a secret: one of a closed set, never a chain.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::command::{self, CommandError};
use super::keyring::{self, Item, KeyringError, Kind, Previous, SecretRecord};
use super::read_context::ReadContext;
use super::{MAX_SECRET_BYTES, MIN_RECOMMENDED_BYTES, Secret, SecretError};
use crate::error::{Diagnostic, Exit};
use crate::escape::{self, escaped_short};
use crate::fs::{self, FileError, FileErrorKind, FilePolicy};
use crate::time::Timestamp;

/// The variable in which systemd names the directory of a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The secret of the built-in `demo` profile: published here, and of no Stream app.
const DEMO_SECRET: &str = "demo-secret-published-in-the-readme-never-use-it";

/// The key that signs the sessions of the `demo` profile, published like its secret.
const DEMO_SESSION_KEY: &str = "demo-session-key-published-in-the-readme-never-use-it";

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The published secret of the `demo` profile.
    Demo,
    /// `keyring`: the keyring of this login, under the profile's name.
    Keyring,
    /// `env:NAME`: an environment variable.
    Env(String),
    /// `file:/abs`: a file of the user's or of root's that nobody else can read.
    File(PathBuf),
    /// `credential:NAME`: a credential that systemd passed to the service.
    Credential(String),
    /// `command:PROG ARGS`: the output of a program, such as a password manager. The words are split at white
    /// space; no shell is involved.
    Command(Vec<String>),
}

/// A secret as it was read, with what its source says about it.
#[derive(Debug)]
pub struct Read {
    /// The secret.
    pub secret: Secret,
    /// When it became the current secret; only a keyring knows.
    pub set_at: Option<Timestamp>,
    /// The secrets that were rotated away and are still kept, the latest first; only a keyring has them.
    pub previous: Vec<Previous>,
    /// Whether users other than the owner can read the file it came from.
    pub is_exposed: bool,
}

/// Why a source gave no secret. Every error is final: no other source is tried.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The environment variable is not set.
    #[error("the environment variable {} is not set", escaped_short(.0))]
    VariableNotSet(String, Kind),
    /// The file or credential does not exist.
    #[error("there is no secret at {0}")]
    Missing(Source, Kind),
    /// The content is not a secret.
    #[error("cannot use {0}: {2}")]
    Unusable(Source, Kind, #[source] SecretError),
    /// The file could not be opened or read.
    #[error("cannot read {0}: {1}")]
    Unreadable(Source, #[source] io::Error),
    /// The file is not safe for a secret.
    #[error("refused {0}: {1}")]
    Unsafe(Source, #[source] FileErrorKind),
    /// `credential:` outside of a systemd service.
    #[error("cannot read {0}: {CREDENTIALS_DIRECTORY} is not set")]
    NoCredentials(Source),
    /// The command gave no secret.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The keyring gave no secret.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It is a command, which [`Source::probe`] does not run.
    #[error("not read (would run the command)")]
    NotRun,
    /// There was no time left to read it.
    #[error("not read (the time is up)")]
    NoTimeLeft,
}

impl Diagnostic for SourceError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        let kind = match self {
            Self::VariableNotSet(_, kind) | Self::Missing(_, kind) | Self::Unusable(_, kind, _) => *kind,
            _ => Kind::ApiSecret,
        };
        let (content, origin) = expected_content(kind);
        Some(match self {
            Self::VariableNotSet(name, _) => format!("set {name} to {content}, {origin}"),
            Self::Missing(Source::File(path), _) if path.is_relative() => {
                format!("give the path of a file that holds {content}, not the secret itself")
            }
            Self::Missing(..) => format!("write {content} there, {origin}"),
            Self::Unusable(_, _, SecretError::Utf16) => "save it as UTF-8 text".into(),
            Self::Unusable(_, _, SecretError::Empty) => format!("put {content} there, {origin}"),
            Self::Unusable(_, Kind::ApiSecret, _) => {
                "it must hold the API secret alone, as Stream's dashboard shows it".into()
            }
            Self::Unusable(_, Kind::SessionKey, _) => format!("it must hold the session key alone, {origin}"),
            Self::Unreadable(..) => "check the path and who may read it".into(),
            Self::Unsafe(_, FileErrorKind::NotRegular) => "give the path of a plain file".into(),
            Self::Unsafe(_, FileErrorKind::WrongOwner(_)) => "make a copy of your own, with mode 600".into(),
            Self::Unsafe(_, FileErrorKind::Exposed(_) | FileErrorKind::Writable(_)) => {
                "run 'chmod 600' on it; and if others could have read it, rotate the secret".into()
            }
            Self::NoCredentials(_) => {
                "add LoadCredential= to the unit, or use env: or file: outside of systemd".into()
            }
            Self::Command(error) => return error.hint(),
            Self::Keyring(error) => return error.hint(),
            Self::NotRun | Self::NoTimeLeft => "name the profile with --profile".into(),
        })
    }
}

impl Source {
    /// Parses a source as a configuration contains it: `keyring`, `env:NAME`, `file:/abs`, `credential:NAME`,
    /// `command:PROG ARGS`.
    ///
    /// # Errors
    /// A sentence that names the supported forms. It never repeats `text`, which may be the secret itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Err(match kind {
            "keyring" if text == kind => return Ok(Self::Keyring),
            "env" if is_variable_name(rest) && !is_secret_shaped(rest) => return Ok(Self::Env(rest.into())),
            "file" if Path::new(rest).is_absolute() => return Ok(Self::File(rest.into())),
            "credential" if is_credential_name(rest) && !is_secret_shaped(rest) => {
                return Ok(Self::Credential(rest.into()));
            }
            "command" if !rest.trim().is_empty() => {
                return Ok(Self::Command(rest.split_whitespace().map(str::to_owned).collect()));
            }
            "env" | "credential" if is_secret_shaped(rest) => {
                return Err(format!("{kind}: wants a name, and this looks like the secret itself"));
            }
            "keyring" => "keyring stands alone: the item has the profile's name",
            "env" => "env: wants a variable's name, as in env:STREAM_API_SECRET",
            "file" => "file: wants an absolute path, as in file:/etc/stream/secret",
            "credential" => "credential: wants a name, as in credential:stream-secret",
            "command" => "command: wants a program, as in command:pass show stream/staging",
            _ => {
                "a source is keyring, env:NAME, file:/abs, credential:NAME or command:PROG ARGS, never the secret \
                 itself"
            }
        }
        .into())
    }

    /// Returns the source as a configuration contains it, neither cut nor escaped.
    #[must_use]
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

    /// Reads the secret. `item` names it in the keyring.
    ///
    /// # Errors
    /// [`SourceError`], which never contains a byte of the secret.
    pub fn read(&self, item: &Item, context: &ReadContext<'_>) -> Result<Read, SourceError> {
        let kind = item.kind;
        match self {
            Self::Keyring => Ok(Read::from_keyring(&keyring::read(item, context)?, context)),
            Self::Command(words) => {
                self.accept(kind, std::mem::take(&mut *command::run(words, context.limit)?), false)
            }
            Self::Demo => self.accept(kind, demo_secret(kind).into(), false),
            Self::Env(name) => {
                let value = (context.environment)(name)
                    .ok_or_else(|| SourceError::VariableNotSet(name.clone(), kind))?;
                self.accept(kind, value.into_encoded_bytes(), false)
            }
            Self::File(path) => self.read_file(kind, path, FilePolicy::Secret),
            Self::Credential(name) => {
                let directory = (context.environment)(CREDENTIALS_DIRECTORY)
                    .ok_or_else(|| SourceError::NoCredentials(self.clone()))?;
                self.read_file(kind, &Path::new(&directory).join(name), FilePolicy::AnyOwner)
            }
        }
    }

    /// Reads the secret again for a running server: like [`Source::read`], but a locked keyring stays locked and
    /// no prompt appears.
    ///
    /// # Errors
    /// [`SourceError`]
    pub fn reload(&self, item: &Item, context: &ReadContext<'_>) -> Result<Read, SourceError> {
        if *self == Self::Keyring { self.probe(item, context) } else { self.read(item, context) }
    }

    /// Reads the secret without unlocking a keyring, without a prompt, and without running a program.
    ///
    /// # Errors
    /// [`SourceError`], as [`Source::read`]; [`SourceError::NotRun`] for a command.
    pub fn probe(&self, item: &Item, context: &ReadContext<'_>) -> Result<Read, SourceError> {
        match self {
            Self::Keyring => Ok(Read::from_keyring(&keyring::probe(item, context)?, context)),
            Self::Command(_) => Err(SourceError::NotRun),
            Self::Demo | Self::Env(_) | Self::File(_) | Self::Credential(_) => self.read(item, context),
        }
    }

    /// Reads a file that contains only the secret.
    fn read_file(&self, kind: Kind, path: &Path, policy: FilePolicy) -> Result<Read, SourceError> {
        // A little more than a secret and its line break, so that a longer one is noticed.
        match fs::read(path, policy, MAX_SECRET_BYTES + 3) {
            Ok(mut read) => self.accept(kind, std::mem::take(&mut *read.bytes), read.is_exposed),
            Err(FileError::Unsafe(fault)) => Err(SourceError::Unsafe(self.clone(), fault)),
            Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(SourceError::Missing(self.clone(), kind))
            }
            Err(FileError::Io(error)) => Err(SourceError::Unreadable(self.clone(), error)),
        }
    }

    /// Checks the bytes that were read.
    fn accept(&self, kind: Kind, bytes: Vec<u8>, is_exposed: bool) -> Result<Read, SourceError> {
        let secret = Secret::new(bytes).map_err(|error| SourceError::Unusable(self.clone(), kind, error))?;
        Ok(Read { secret, set_at: None, previous: Vec::new(), is_exposed })
    }
}

impl Read {
    /// Returns the secrets of a keyring's record that are kept at present.
    fn from_keyring(record: &SecretRecord, context: &ReadContext<'_>) -> Self {
        let current = record.current();
        Self {
            secret: current.secret.clone(),
            set_at: Some(current.set_at),
            previous: record.previous(context.now).cloned().collect(),
            is_exposed: false,
        }
    }
}

/// Returns what a source must contain, and where that comes from.
const fn expected_content(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::ApiSecret => ("the app's API secret", "from Stream's dashboard"),
        Kind::SessionKey => ("a session key", "such as 'openssl rand -hex 32' prints"),
    }
}

/// Returns the published secret of the `demo` profile.
const fn demo_secret(kind: Kind) -> &'static str {
    match kind {
        Kind::ApiSecret => DEMO_SECRET,
        Kind::SessionKey => DEMO_SESSION_KEY,
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo => f.write_str("demo"),
            Self::Keyring => f.write_str("keyring"),
            Self::Env(name) => write!(f, "env:{}", escaped_short(name)),
            Self::File(path) => write!(f, "file:{}", escape::path(path)),
            Self::Credential(name) => write!(f, "credential:{}", escaped_short(name)),
            Self::Command(words) => {
                write!(f, "command:{}", escaped_short(words.first().map_or("", String::as_str)))
            }
        }
    }
}

/// Returns `true` if `name` can name an environment variable.
fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns `true` if `name` is long and all letters and digits, as API secrets are and names are not.
fn is_secret_shaped(name: &str) -> bool {
    name.len() >= MIN_RECOMMENDED_BYTES && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns `true` if `name` is one plain file name, as systemd requires of credentials.
fn is_credential_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use std::time::Duration;

    use super::super::SecretFinding;
    use super::*;
    use crate::process::environment::Environment;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn read(source: &Source, environment: &Environment<'_>) -> Result<Read, SourceError> {
        let limit = Duration::from_mins(1);
        source.read(&item(), &ReadContext { environment, now: Timestamp::EPOCH, limit, on_slow: &|| () })
    }

    fn item() -> Item {
        Item { profile: "staging".into(), kind: Kind::ApiSecret }
    }

    #[test]
    fn a_probe_runs_no_command() {
        let (now, limit) = (Timestamp::EPOCH, Duration::from_mins(1));
        let context = ReadContext { environment: &nothing, now, limit, on_slow: &|| () };
        let error = Source::Command(vec!["true".into()]).probe(&item(), &context).unwrap_err();
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
    fn parses_each_form_of_a_source() {
        assert_eq!(Source::parse("keyring"), Ok(Source::Keyring));
        assert_eq!(Source::parse("env:STREAM_API_SECRET"), Ok(Source::Env("STREAM_API_SECRET".into())));
        assert_eq!(Source::parse("file:/run/secret"), Ok(Source::File("/run/secret".into())));
        assert_eq!(Source::parse("credential:a.b-c_d"), Ok(Source::Credential("a.b-c_d".into())));
        let words = vec!["pass".to_owned(), "show".into(), "a".into()];
        assert_eq!(Source::parse("command:pass  show a"), Ok(Source::Command(words)));
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
            assert!(Source::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_given_as_a_name_is_refused_and_not_repeated() {
        let secret = "a1b2c3d4".repeat(8);
        for text in [secret.clone(), format!("env:{secret}"), format!("credential:{secret}")] {
            let error = Source::parse(&text).unwrap_err();
            assert!(error.contains("the secret itself") && !error.contains("a1b2"), "{error}");
        }
        for name in ["THE_SECRET_OF_THE_APP_THAT_SERVES_STAGING", "A123456789012345678901234567890"] {
            assert!(Source::parse(&format!("env:{name}")).is_ok(), "{name}");
        }
        assert!(Source::parse(&format!("env:{}", "a".repeat(32))).is_err());
    }

    #[test]
    fn the_text_of_the_configuration_is_never_cut() {
        let path = format!("/run/{}", "x".repeat(80));
        let source = Source::File(PathBuf::from(&path));
        assert_eq!(source.config_text(), format!("file:{path}"));
        assert_eq!(Source::parse(&source.config_text()), Ok(source));
    }

    #[test]
    fn nothing_is_odd_about_the_demo_secret() {
        let secret = read(&Source::Demo, &nothing).unwrap().secret;
        assert_eq!(SecretFinding::of(&secret, Some("demo-api-key")), None);
    }
}
