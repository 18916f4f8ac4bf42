//! Why a change of a profile or a secret was not made.

use std::error::Error;
use std::fmt;

use super::{ConfigError, ProfileName};
use crate::audit::AuditError;
use crate::error::{Diagnostic, Exit};
use crate::secret::keyring::{Item, KeyringError, Kind};
use crate::secret::{Source, SourceError};

/// Why a change was not made.
#[derive(Debug)]
pub enum ChangeError {
    /// The configuration cannot be changed so.
    Config(ConfigError),
    /// The change cannot be recorded, and so is not made.
    Audit(AuditError),
    /// The keyring did not do it.
    Keyring(KeyringError),
    /// The secret is in no keyring, and so is changed where it is.
    Elsewhere {
        /// The secret.
        item: Item,
        /// Where it is.
        source: Source,
    },
    /// There is no source for it.
    NoSource {
        /// The secret.
        item: Item,
    },
    /// The keyring holds another secret for a profile that is new.
    Taken {
        /// The secret.
        item: Item,
    },
    /// There are no random numbers to make a key from.
    NoRandom,
    /// The profile is removed, and its secret is not.
    LeftBehind {
        /// Whose secret it is.
        name: ProfileName,
        /// Why it is still there.
        error: KeyringError,
    },
    /// The secret cannot be read.
    Source(SourceError),
}

impl Diagnostic for ChangeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Config(error) => error.exit(),
            Self::Audit(_) | Self::NoRandom => Exit::Failed,
            Self::Keyring(_) | Self::Source(_) | Self::LeftBehind { .. } => Exit::NoSecret,
            Self::Elsewhere { .. } | Self::NoSource { .. } | Self::Taken { .. } => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Config(error) => return error.hint(),
            Self::Audit(error) => return error.hint(),
            Self::Source(error) => error.hint().unwrap_or_default(),
            Self::Keyring(error) => error.hint().unwrap_or_default(),
            Self::Elsewhere { source: Source::Demo, .. } => {
                "add a profile of your own with 'stream-token profile add NAME'".into()
            }
            Self::Elsewhere { .. } => {
                "change it there; or remove the profile, and add it again without --secret".into()
            }
            Self::NoSource { item } => match item.kind {
                Kind::ApiSecret => "give the profile a secret source".into(),
                Kind::SessionKey => format!(
                    "remove profile {0}, and add it again with --session-key SOURCE; keyring is one",
                    item.profile
                ),
            },
            Self::Taken { item } => format!(
                "if it is not needed, remove it with 'stream-token secret remove {}{}', and add the profile again",
                item.profile,
                item.kind.flag()
            ),
            Self::NoRandom => "run the command again once the system has random numbers".into(),
            Self::LeftBehind { name, .. } => {
                format!("remove it with 'stream-token secret remove {name}'")
            }
        })
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Audit(error) => write!(f, "nothing is changed that cannot be recorded: {error}"),
            Self::Keyring(error) => error.fmt(f),
            Self::Source(error) => error.fmt(f),
            Self::Elsewhere { item, source } => {
                write!(f, "the {item} comes from {source}, and is not in the keyring")
            }
            Self::NoSource { item } => write!(f, "there is no source for the {item}"),
            Self::Taken { item } => {
                write!(f, "the keyring holds another {item} already, and it is not overwritten")
            }
            Self::NoRandom => f.write_str("the system gives no random numbers"),
            Self::LeftBehind { name, error } => {
                write!(f, "profile {name} is removed, and its secret may still be in the keyring: {error}")
            }
        }
    }
}

impl Error for ChangeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            Self::Audit(error) => error.source(),
            Self::Keyring(error) | Self::LeftBehind { error, .. } => error.source(),
            Self::Source(error) => error.source(),
            Self::Elsewhere { .. } | Self::NoSource { .. } | Self::Taken { .. } | Self::NoRandom => None,
        }
    }
}
