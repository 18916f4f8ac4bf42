//! Errors of reading a secret from its source.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

use super::keyring::{KeyringError, Kind};
use super::source::Source;
use super::{CREDENTIALS_DIRECTORY, SecretError};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_short;
use crate::fs::FileError;
use crate::time::humanize;

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
    /// The command's output could not be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(Source, #[source] io::Error),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The source is a `credential:`, and the process is not a systemd service with credentials.
    #[error("cannot read {0}: {CREDENTIALS_DIRECTORY} is not set")]
    NoCredentials(Source),
    /// The command could not be started.
    #[error("cannot start {0}: {1}")]
    NotStarted(Source, #[source] io::Error),
    /// The command failed, with this exit status. Its output is not used.
    #[error("{0} failed: {1}")]
    Failed(Source, ExitStatus),
    /// The command timed out after this duration, and was stopped.
    #[error("{} did not end within {}, and was stopped", .0, humanize(*.1))]
    TimedOut(Source, Duration),
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
            Self::Unreadable(..) => "check the path and who may read it".into(),
            Self::File(error) => return error.hint(),
            Self::NoCredentials(_) => {
                "add LoadCredential= to the unit, or use env: or file: outside of systemd".into()
            }
            Self::NotStarted(..) => {
                "give the program's whole path; words are split at white space, and no shell is asked".into()
            }
            Self::Failed(..) | Self::TimedOut(..) => {
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
