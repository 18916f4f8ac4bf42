//! Where a secret comes from: one closed set, never a chain.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::command::{self, CommandError};
use super::file::{self, FileFault, Trust};
use super::keyring::{self, Item, KeyringError, Kind, Previous, Record};
use super::read_context::ReadContext;
use super::{LONGEST_SECRET, SHORTEST_SOUND_SECRET, Secret, SecretError};
use crate::escape::{self, brief};
use crate::time::{Timestamp, span};

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
    /// `keyring`: the keyring of this login, by the profile's name.
    Keyring,
    /// `env:NAME`: an environment variable.
    Env(String),
    /// `file:/abs`: a file of mine or of root's that nobody else can read.
    File(PathBuf),
    /// `credential:NAME`: a credential that systemd passed to the service.
    Credential(String),
    /// `command:PROG ARGS`: what a program prints, a password manager's for one. The words are split
    /// at white space; no shell sees them.
    Command(Vec<String>),
}

/// A secret as it was read, and what to say about it.
#[derive(Debug)]
pub struct Read {
    /// The secret.
    pub secret: Secret,
    /// Since when it is the current one, where the source knows: a keyring alone does.
    pub set_at: Option<Timestamp>,
    /// Those that were rotated away and are still kept, the latest first; a keyring alone has them.
    pub previous: Vec<Previous>,
    /// Whether others than its owner can read the file it came from.
    pub is_exposed: bool,
}

/// Why a source gave no secret. Any failure is final: no other source is tried.
#[derive(Debug)]
pub enum SourceError {
    /// The variable, file or credential is not there.
    Missing {
        /// The source that was asked.
        source: Source,
        /// What it was asked for.
        kind: Kind,
    },
    /// What it gave is no secret.
    Unusable {
        /// The source that was asked.
        source: Source,
        /// What it was asked for.
        kind: Kind,
        /// What is wrong with it.
        error: SecretError,
    },
    /// The file could not be opened or read.
    Unreadable {
        /// The source that was asked.
        source: Source,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file is none that a secret may stand in.
    Unsafe {
        /// The source that was asked.
        source: Source,
        /// What is wrong with the file.
        fault: FileFault,
    },
    /// `credential:` outside of a systemd service.
    NoCredentials {
        /// The source that was asked.
        source: Source,
    },
    /// The command gave no secret.
    Command {
        /// The source that was asked.
        source: Source,
        /// Why it did not.
        error: CommandError,
    },
    /// The keyring gave no secret.
    Keyring(KeyringError),
    /// It would have to be asked, which a [`Source::peek`] does not.
    Unasked {
        /// The source that was passed over.
        source: Source,
    },
}

impl SourceError {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { source: Source::Env(name), kind } => {
                let (wanted, origin) = wanted(*kind);
                format!("set {name} to {wanted}, {origin}")
            }
            Self::Missing { source: Source::File(path), kind } if path.is_relative() => {
                format!("give the path of a file that holds {}, not the secret itself", wanted(*kind).0)
            }
            Self::Missing { kind, .. } => {
                let (wanted, origin) = wanted(*kind);
                format!("write {wanted} there, {origin}")
            }
            Self::Unusable { error: SecretError::Empty, kind, .. } => {
                let (wanted, origin) = wanted(*kind);
                format!("put {wanted} there, {origin}")
            }
            Self::Unusable { kind: Kind::ApiSecret, .. } => {
                "it must hold the API secret alone, as Stream's dashboard shows it".into()
            }
            Self::Unusable { kind: Kind::SessionKey, .. } => {
                format!("it must hold the session key alone, {}", wanted(Kind::SessionKey).1)
            }
            Self::Unreadable { .. } => "check the path and who may read it".into(),
            Self::Unsafe { fault, .. } => fault.hint(),
            Self::Keyring(error) => error.hint(),
            Self::Unasked { .. } => "name the profile with --profile".into(),
            Self::NoCredentials { .. } => {
                "add LoadCredential= to the unit, or use env: or file: outside of systemd".into()
            }
            Self::Command { error: CommandError::NotStarted(_), .. } => {
                "give the program's whole path; words are split at white space, and no shell is asked".into()
            }
            Self::Command { error: CommandError::TimedOut(_), .. } => {
                "run the command by itself: it may wait for you to unlock something".into()
            }
            Self::Command { .. } => "run the command by itself, and see what it says".into(),
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { source: Source::Env(name), .. } => {
                write!(f, "the environment variable {} is not set", brief(name))
            }
            Self::Missing { source, .. } => write!(f, "there is no secret at {source}"),
            Self::Unusable { source, error, .. } => write!(f, "cannot use {source}: {error}"),
            Self::Unreadable { source, error } => write!(f, "cannot read {source}: {error}"),
            Self::Unsafe { source, fault } => write!(f, "refused {source}: {fault}"),
            Self::NoCredentials { source } => {
                write!(f, "cannot read {source}: {CREDENTIALS_DIRECTORY} is not set")
            }
            Self::Keyring(error) => error.fmt(f),
            Self::Unasked { source } => write!(f, "{source} is not asked"),
            Self::Command { source, error } => match error {
                CommandError::NotStarted(error) => write!(f, "cannot start {source}: {error}"),
                CommandError::Unread(error) => write!(f, "cannot read {source}: {error}"),
                CommandError::Failed(status) => write!(f, "{source} failed: {status}"),
                CommandError::TimedOut(limit) => {
                    write!(f, "{source} did not end within {}, and was stopped", span(*limit))
                }
            },
        }
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unusable { error, .. } => Some(error),
            Self::Unreadable { error, .. }
            | Self::Command {
                error: CommandError::NotStarted(error) | CommandError::Unread(error), ..
            } => Some(error),
            Self::Unsafe { fault, .. } => Some(fault),
            Self::Keyring(error) => error.source(),
            Self::Missing { .. }
            | Self::NoCredentials { .. }
            | Self::Unasked { .. }
            | Self::Command { .. } => None,
        }
    }
}

impl Source {
    /// Reads a source as it is written in a configuration: `keyring`, `env:NAME`, `file:/abs`,
    /// `credential:NAME`, `command:PROG ARGS`.
    ///
    /// # Errors
    /// A sentence that says which forms there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "keyring" if text == kind => Ok(Self::Keyring),
            "keyring" => Err("keyring stands alone: the item has the profile's name".into()),
            "env" | "credential" if looks_like_a_secret(rest) => {
                Err(format!("{kind}: wants a name, and this looks like the secret itself"))
            }
            "env" if is_variable_name(rest) => Ok(Self::Env(rest.to_owned())),
            "file" if Path::new(rest).is_absolute() => Ok(Self::File(rest.into())),
            "credential" if is_credential_name(rest) => Ok(Self::Credential(rest.to_owned())),
            "command" if !rest.trim().is_empty() => {
                Ok(Self::Command(rest.split_whitespace().map(str::to_owned).collect()))
            }
            "command" => Err("command: wants a program, as in command:pass show stream/staging".into()),
            "env" => Err("env: wants a variable's name, as in env:STREAM_API_SECRET".into()),
            "file" => Err("file: wants an absolute path, as in file:/etc/stream/secret".into()),
            "credential" => Err("credential: wants a name, as in credential:stream-secret".into()),
            _ => {
                // It may be the secret, and so it is not repeated.
                Err("a source is keyring, env:NAME, file:/abs, credential:NAME or command:PROG ARGS, never the \
                     secret itself"
                    .into())
            }
        }
    }

    /// Returns the source as it is written in a configuration, nothing cut and nothing escaped.
    #[must_use]
    pub fn in_full(&self) -> String {
        match self {
            Self::Demo => "demo".into(),
            Self::Keyring => "keyring".into(),
            Self::Env(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{}", path.to_string_lossy()),
            Self::Credential(name) => format!("credential:{name}"),
            Self::Command(words) => format!("command:{}", words.join(" ")),
        }
    }

    /// Reads the secret. `item` is what a keyring knows it by.
    ///
    /// # Errors
    /// [`SourceError`], naming the source and what was wrong. It never holds a byte of the secret.
    pub fn read(&self, item: &Item, asking: &ReadContext<'_>) -> Result<Read, SourceError> {
        match self {
            Self::Keyring => {
                keyring::read(item, asking).map(|record| held(&record, asking)).map_err(SourceError::Keyring)
            }
            Self::Command(words) => match command::run(words, asking.limit) {
                Ok(bytes) => self.accept(item.kind, bytes, false),
                Err(error) => Err(SourceError::Command { source: self.clone(), error }),
            },
            Self::Demo => self.accept(item.kind, published(item.kind).into(), false),
            Self::Env(name) => {
                let value = (asking.environment)(name)
                    .ok_or_else(|| SourceError::Missing { source: self.clone(), kind: item.kind })?;
                self.accept(item.kind, value.into_encoded_bytes(), false)
            }
            Self::File(path) => self.read_file(item.kind, path, Trust::Judge),
            Self::Credential(name) => {
                let directory = (asking.environment)(CREDENTIALS_DIRECTORY)
                    .ok_or_else(|| SourceError::NoCredentials { source: self.clone() })?;
                self.read_file(item.kind, &Path::new(&directory).join(name), Trust::Service)
            }
        }
    }

    /// Reads the secret again for a server that runs: as [`Source::read`], but a keyring that is locked stays
    /// locked, and nobody is asked.
    ///
    /// # Errors
    /// [`SourceError`]
    pub fn reread(&self, item: &Item, asking: &ReadContext<'_>) -> Result<Read, SourceError> {
        if *self == Self::Keyring { self.peek(item, asking) } else { self.read(item, asking) }
    }

    /// Reads the secret without unlocking anything, without asking anybody, and without running a program.
    ///
    /// # Errors
    /// [`SourceError`], as [`Source::read`]; [`SourceError::Unasked`] of a command.
    pub fn peek(&self, item: &Item, asking: &ReadContext<'_>) -> Result<Read, SourceError> {
        match self {
            Self::Keyring => {
                keyring::peek(item, asking).map(|record| held(&record, asking)).map_err(SourceError::Keyring)
            }
            Self::Command(_) => Err(SourceError::Unasked { source: self.clone() }),
            Self::Demo | Self::Env(_) | Self::File(_) | Self::Credential(_) => self.read(item, asking),
        }
    }

    /// Reads a file that holds nothing but the secret.
    fn read_file(&self, kind: Kind, path: &Path, trust: Trust) -> Result<Read, SourceError> {
        let source = self.clone();
        // A little more than a secret and its line break may have, so that a longer one is seen to be.
        match file::read(path, trust, LONGEST_SECRET + 3) {
            Ok(mut read) => self.accept(kind, std::mem::take(&mut *read.bytes), read.is_exposed),
            Err(file::FileError::Unsafe(fault)) => Err(SourceError::Unsafe { source, fault }),
            Err(file::FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(SourceError::Missing { source, kind })
            }
            Err(file::FileError::Io(error)) => Err(SourceError::Unreadable { source, error }),
        }
    }

    /// Takes the bytes that the source gave.
    fn accept(&self, kind: Kind, bytes: Vec<u8>, is_exposed: bool) -> Result<Read, SourceError> {
        match Secret::new(bytes) {
            Ok(secret) => Ok(Read { secret, set_at: None, previous: Vec::new(), is_exposed }),
            Err(error) => Err(SourceError::Unusable { source: self.clone(), kind, error }),
        }
    }
}

/// Returns what a source is to hold, and where that is had from.
const fn wanted(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::ApiSecret => ("the app's API secret", "from Stream's dashboard"),
        Kind::SessionKey => ("a session key", "such as 'openssl rand -hex 32' prints"),
    }
}

/// Returns what of a keyring's record is of use now.
fn held(record: &Record, asking: &ReadContext<'_>) -> Read {
    let current = record.current();
    Read {
        secret: current.secret.clone(),
        set_at: Some(current.set_at),
        previous: record.previous(asking.now).cloned().collect(),
        is_exposed: false,
    }
}

/// Returns the published secret of the `demo` profile.
fn published(kind: Kind) -> &'static str {
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
            Self::Env(name) => write!(f, "env:{}", brief(name)),
            Self::File(path) => write!(f, "file:{}", escape::path(path)),
            Self::Credential(name) => write!(f, "credential:{}", brief(name)),
            Self::Command(words) => write!(f, "command:{}", brief(words.first().map_or("", String::as_str))),
        }
    }
}

/// Returns `true` if `name` can name an environment variable.
fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns `true` if `name` is long and without a break, as API secrets are and names are not.
fn looks_like_a_secret(name: &str) -> bool {
    name.len() >= SHORTEST_SOUND_SECRET && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns `true` if `name` is one plain file name, as systemd demands of credentials.
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

    use super::*;
    use crate::process::environment::Environment;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn read(source: &Source, environment: &Environment<'_>) -> Result<Read, SourceError> {
        let item = Item { profile: "staging".into(), kind: Kind::ApiSecret };
        let limit = Duration::from_mins(1);
        source.read(&item, &ReadContext { environment, now: Timestamp::EPOCH, limit, on_slow: &|| () })
    }

    #[test]
    fn reads_a_variable_and_trims_one_line_break() {
        let environment = |name: &str| (name == "MY_SECRET").then(|| OsString::from("of the app\n"));
        let read = read(&Source::Env("MY_SECRET".into()), &environment).unwrap();
        assert_eq!(read.secret.expose(), b"of the app");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = read(&Source::Env("MY_SECRET".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable MY_SECRET is not set");
    }

    #[test]
    fn an_empty_variable_is_refused() {
        let error = read(&Source::Env("X".into()), &|_| Some("\n".into())).unwrap_err();
        assert_eq!(error.to_string(), "cannot use env:X: the secret is empty");
    }

    #[test]
    fn a_credential_wants_the_directory_that_systemd_gives() {
        let error = read(&Source::Credential("key".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "cannot read credential:key: CREDENTIALS_DIRECTORY is not set");
    }

    #[test]
    fn reads_each_form_that_a_configuration_holds() {
        assert_eq!(Source::parse("keyring"), Ok(Source::Keyring));
        assert_eq!(Source::parse("env:STREAM_API_SECRET"), Ok(Source::Env("STREAM_API_SECRET".into())));
        assert_eq!(Source::parse("file:/run/secret"), Ok(Source::File("/run/secret".into())));
        assert_eq!(Source::parse("credential:a.b-c_d"), Ok(Source::Credential("a.b-c_d".into())));
        let words = vec!["pass".to_owned(), "show".into(), "a".into()];
        assert_eq!(Source::parse("command:pass  show a"), Ok(Source::Command(words)));
    }

    #[test]
    fn refuses_sources_of_another_form() {
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
    fn a_secret_in_a_names_place_is_refused_and_not_repeated() {
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
    fn is_given_in_full_where_a_message_would_cut_it() {
        let path = format!("/run/{}", "x".repeat(80));
        let source = Source::File(PathBuf::from(&path));
        assert_eq!(source.in_full(), format!("file:{path}"));
        assert_eq!(Source::parse(&source.in_full()), Ok(source));
    }

    #[test]
    fn the_demo_secret_is_sound() {
        assert_eq!(read(&Source::Demo, &nothing).unwrap().secret.weaknesses(), []);
    }
}
