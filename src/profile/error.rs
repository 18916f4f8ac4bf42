//! Why a profile cannot be chosen, or the configuration or a secret not be read or changed. It is then left as it is.

use std::path::PathBuf;

use thiserror::Error;

use super::name::{DEMO, ProfileName, ProfileNameError};
use super::{CONFIG_VARIABLE, SECRET_FILE_VARIABLE, SECRET_VARIABLE};
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped, path_in_full};
use crate::fs::FileError;
use crate::secret::Source;
use crate::secret::keyring::Item;

/// Why a profile cannot be used or changed.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The name that was given is not valid.
    #[error(transparent)]
    Name(#[from] ProfileNameError),
    /// Both of these variables contain a secret.
    #[error("both {0} and {1} are set")]
    TwoSecrets(&'static str, &'static str),
    /// An environment variable is not UTF-8.
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(&'static str),
    /// None was named, none is the default, and the environment contains no secret. These are configured.
    #[error("no API secret is set")]
    NoSecret(Vec<ProfileName>),
    /// There is none of this name. These are configured.
    #[error("there is no profile '{0}'")]
    Missing(ProfileName, Vec<ProfileName>),
    /// There is one of this name already.
    #[error("there is a profile '{0}' already")]
    Exists(ProfileName),
    /// The built-in one can be neither added, changed nor removed.
    #[error("profile {DEMO} is built in, and can be neither added, changed nor removed")]
    BuiltIn,
    /// The environment names no home, and no configuration was given.
    #[error("there is no place for the configuration")]
    NoPlace,
    /// The configuration was given by its path, and does not exist.
    #[error("there is no configuration at {}", path_in_full(.0))]
    NotFound(PathBuf),
    /// The configuration cannot be read, locked or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something in the configuration is not allowed.
    #[error("{place}: {}", escaped(.message))]
    Invalid {
        /// The file, perhaps with line and column.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// Something in the configuration would not be allowed after a change.
    #[error("{0}")]
    Rejected(String),
    /// The secret is not in the keyring, but at this source.
    #[error("the {0} comes from {1}, and is not in the keyring")]
    NotInKeyring(Item, Source),
    /// The profile names no source for the secret.
    #[error("there is no source for the {0}")]
    NoSource(Item),
    /// The keyring holds another secret for a profile that is new.
    #[error("the keyring holds another {0} already, and it is not overwritten")]
    AlreadyStored(Item),
}

impl Diagnostic for ProfileError {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::NoSecret(_) => Exit::NoSecret,
            _ => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name(_) | Self::BuiltIn => "'stream-token profile list' shows the profiles".into(),
            Self::TwoSecrets(..) => "unset one of them".into(),
            Self::NotUtf8(variable) => format!("set {variable} anew"),
            Self::NoSecret(known) if known.is_empty() => format!(
                "add a profile with 'stream-token profile add'; or set {SECRET_FILE_VARIABLE} to a file that holds \
                 the app's API secret, or {SECRET_VARIABLE} to the secret itself; or try '--profile {DEMO}'"
            ),
            Self::NoSecret(known) => format!(
                "no profile is the default: name one with --profile, or make one the default with 'stream-token \
                 profile default'; {}",
                listed(known)
            ),
            Self::Missing(_, known) => listed(known),
            Self::Exists(name) => format!("see 'stream-token profile show {name}', or remove it first"),
            Self::NoPlace => "set HOME, or give a file with --config".into(),
            Self::NotFound(_) => format!(
                "check the path in --config or {CONFIG_VARIABLE}; 'stream-token profile add NAME' makes a new one"
            ),
            Self::File(error) => return error.hint(),
            Self::Invalid { .. } => "fix the file by hand; it is not changed while it is broken".into(),
            Self::Rejected(_) => {
                "nothing is changed; 'stream-token help profile set' explains settings".into()
            }
            Self::NotInKeyring(_, Source::Demo) => {
                "add a profile with 'stream-token profile add NAME'".into()
            }
            Self::NotInKeyring(Item { profile, .. }, _) => {
                format!("change it there, or run 'stream-token profile set {profile} --secret keyring'")
            }
            Self::NoSource(Item { profile, .. }) => {
                format!("choose one with 'stream-token profile set {profile} --session-key SOURCE'")
            }
            Self::AlreadyStored(Item { profile, .. }) => {
                format!("if it is not needed, remove it with 'stream-token secret remove {profile}'")
            }
        })
    }
}

/// Lists the configured profiles, and the built-in one last.
fn listed(known: &[ProfileName]) -> String {
    let names: Vec<_> = known.iter().map(ProfileName::as_str).chain([DEMO]).collect();
    format!("profiles: {}", names.join(", "))
}
