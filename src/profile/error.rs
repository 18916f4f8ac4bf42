//! Why a profile cannot be chosen, or a profile or a secret not be changed.

use std::path::PathBuf;

use thiserror::Error;

use super::name::{DEMO, ProfileName, ProfileNameError};
use super::{CONFIG_VARIABLE, SECRET_FILE_VARIABLE, SECRET_VARIABLE};
use crate::audit::AuditError;
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped, path_in_full};
use crate::fs::{DiskError, FileErrorKind};
use crate::secret::keyring::{Item, KeyringError, Kind};
use crate::secret::{Source, SourceError};

/// Why no profile could be chosen.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The name that was given is not valid.
    #[error(transparent)]
    Name(#[from] ProfileNameError),
    /// Both of these variables contain a secret.
    #[error("both {0} and {1} are set")]
    TwoSecrets(&'static str, &'static str),
    /// No profile was named, none is the default, and the environment contains no secret.
    #[error("no API secret is set")]
    NoSecret {
        /// The configured profiles.
        known: Vec<ProfileName>,
    },
    /// An environment variable is not UTF-8.
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(&'static str),
    /// The configuration cannot be read, or there is no such profile in it.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Diagnostic for ProfileError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoSecret { .. } => Exit::NoSecret,
            Self::Config(error) => error.exit(),
            _ => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name(_) => "'stream-token profile list' shows the profiles".into(),
            Self::TwoSecrets(..) => "unset one of them".into(),
            Self::NoSecret { known } if !known.is_empty() => format!(
                "no profile is the default: name one with --profile, or make one the default with 'stream-token \
                 profile default'; {}",
                listed(known)
            ),
            Self::NoSecret { .. } => format!(
                "add a profile with 'stream-token profile add'; or set {SECRET_FILE_VARIABLE} to a file that holds \
                 the app's API secret, or {SECRET_VARIABLE} to the secret itself; or try '--profile {DEMO}'"
            ),
            Self::NotUtf8(variable) => format!("set {variable} anew"),
            Self::Config(error) => return error.hint(),
        })
    }
}

/// Why the configuration cannot be read or changed. It is then left as it is.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It cannot be read, locked or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It was given by its path, and does not exist.
    #[error("there is no configuration at {}", path_in_full(.0))]
    NotFound(PathBuf),
    /// It is not a file, or others can write it.
    #[error("refused {}: {}", path_in_full(.0), .1)]
    Unsafe(PathBuf, FileErrorKind),
    /// It is longer than any configuration.
    #[error("{} has more than {max} bytes", path_in_full(.path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
        max: usize,
    },
    /// It is not TOML, or something in it is not allowed.
    #[error("{}:{line}:{column}: {}", path_in_full(.path), escaped(.message))]
    Refused {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Its parts contradict each other.
    #[error("{}: {message}", path_in_full(.path))]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// The contradiction.
        message: String,
    },
    /// A change would make parts of it contradict each other.
    #[error("{0}")]
    Rejected(String),
    /// A profile of this name exists already.
    #[error("there is a profile '{0}' already")]
    Exists(ProfileName),
    /// There is no such profile.
    #[error("there is no profile '{name}'")]
    Missing {
        /// The name that was given.
        name: ProfileName,
        /// The configured profiles.
        known: Vec<ProfileName>,
    },
    /// The built-in profile can be neither added, changed nor removed.
    #[error("profile {DEMO} is built in, and can be neither added, changed nor removed")]
    BuiltIn,
    /// The environment names no home, and no file was given.
    #[error("there is no place for the configuration")]
    NoPlace,
}

impl ConfigError {
    /// Says of an error in a changed configuration that the change is to blame, and not the file.
    pub(super) fn of_change(self) -> Self {
        match self {
            Self::Refused { message, .. } | Self::Inconsistent { message, .. } => Self::Rejected(message),
            other => other,
        }
    }
}

impl Diagnostic for ConfigError {
    fn exit(&self) -> Exit {
        match self {
            Self::Disk(_) | Self::Unsafe(_, FileErrorKind::NotRegular) => Exit::Failed,
            _ => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Disk(DiskError::Locked(path, _)) => format!(
                "find that process with 'fuser -v {}'; end it, or let it go on if it is stopped",
                path_in_full(path)
            ),
            Self::Disk(_) | Self::Unsafe(_, FileErrorKind::NotRegular) => {
                "check the path and who may use it".into()
            }
            Self::NotFound(_) => {
                format!(
                    "check the path in --config or {CONFIG_VARIABLE}; 'stream-token profile add NAME' makes a new one"
                )
            }
            Self::Unsafe(_, FileErrorKind::WrongOwner(_)) => {
                "make it your own, or give another with --config".into()
            }
            Self::Unsafe(path, _) => format!("look it over, then run 'chmod 600 {}'", path_in_full(path)),
            Self::TooLong { .. } | Self::Refused { .. } | Self::Inconsistent { .. } => {
                "fix the file by hand; it is not changed while it is broken".into()
            }
            Self::Rejected(_) => {
                "nothing is changed; 'stream-token profile show NAME' shows the settings".into()
            }
            Self::Exists(name) => {
                format!("see it with 'stream-token profile show {name}', or remove it first")
            }
            Self::Missing { known, .. } => listed(known),
            Self::BuiltIn => "choose another name; 'stream-token profile list' shows those in use".into(),
            Self::NoPlace => "set HOME, or give a file with --config".into(),
        })
    }
}

/// Why a change of a profile or a secret was not made.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The configuration cannot be changed so.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The change cannot be recorded.
    #[error("nothing is changed that cannot be recorded: {0}")]
    Audit(#[from] AuditError),
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The secret cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The secret is not in the keyring, and must be changed where it is.
    #[error("the {item} comes from {origin}, and is not in the keyring")]
    NotInKeyring {
        /// The secret.
        item: Item,
        /// Where it is.
        origin: Source,
    },
    /// The profile names no source for the secret.
    #[error("there is no source for the {0}")]
    NoSource(Item),
    /// The keyring holds another secret for a profile that is new.
    #[error("the keyring holds another {0} already, and it is not overwritten")]
    AlreadyStored(Item),
    /// There are no random numbers to make a key from.
    #[error("the system gives no random numbers")]
    NoRandom,
    /// The profile was removed, but not its secret.
    #[error("profile {name} is removed, and its secret may still be in the keyring: {error}")]
    SecretNotRemoved {
        /// The profile.
        name: ProfileName,
        /// Why its secret is still there.
        #[source]
        error: KeyringError,
    },
}

impl Diagnostic for ChangeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Config(error) => error.exit(),
            Self::Audit(_) | Self::NoRandom => Exit::Failed,
            Self::Keyring(_) | Self::Source(_) | Self::SecretNotRemoved { .. } => Exit::NoSecret,
            Self::NotInKeyring { .. } | Self::NoSource(_) | Self::AlreadyStored(_) => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Config(error) => return error.hint(),
            Self::Audit(error) => return error.hint(),
            Self::Source(error) => return error.hint(),
            Self::Keyring(error) => return error.hint(),
            Self::NotInKeyring { origin: Source::Demo, .. } => {
                "add a profile of your own with 'stream-token profile add NAME'".into()
            }
            Self::NotInKeyring { .. } => {
                "change it there; or choose the keyring with 'stream-token profile set NAME --secret keyring'"
                    .into()
            }
            Self::NoSource(Item { kind: Kind::ApiSecret, .. }) => "give the profile a secret source".into(),
            Self::NoSource(Item { profile, .. }) => format!(
                "choose one with 'stream-token profile set {profile} --session-key SOURCE'; keyring is one"
            ),
            Self::AlreadyStored(item) => format!(
                "if it is not needed, remove it with 'stream-token secret remove {}{}', and add the profile again",
                item.profile,
                item.kind.flag()
            ),
            Self::NoRandom => "run the command again once the system has random numbers".into(),
            Self::SecretNotRemoved { name, .. } => {
                format!("remove it with 'stream-token secret remove {name}'")
            }
        })
    }
}

/// Lists the configured profiles, and the built-in one last.
fn listed(known: &[ProfileName]) -> String {
    let names: Vec<_> = known.iter().map(ProfileName::as_str).chain([DEMO]).collect();
    format!("profiles: {}", names.join(", "))
}
