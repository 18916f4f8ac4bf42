//! Errors of selecting and changing profiles. After an error, the configuration is unchanged.

use std::path::PathBuf;

use thiserror::Error;

use super::{
    CONFIG_VARIABLE, DEMO, MAX_NAME_LENGTH, ProfileName, SECRET_FILE_VARIABLE, SECRET_VARIABLE,
    SESSION_KEY_FILE_VARIABLE, SESSION_KEY_VARIABLE,
};
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped, escaped_or_redacted, path_in_full};
use crate::fs::FileError;
use crate::secret::Source;
use crate::secret::keyring::Item;

/// An error of selecting or changing a profile.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The text is not a valid profile name.
    #[error(
        "{} is not a valid profile name: use 1 to {MAX_NAME_LENGTH} of a-z 0-9 _ -, beginning with a letter or a digit",
        escaped_or_redacted(.0)
    )]
    Name(String),
    /// Both of these environment variables are set.
    #[error("both {0} and {1} are set")]
    TwoSecrets(&'static str, &'static str),
    /// An environment variable is not UTF-8.
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(&'static str),
    /// No profile is named or the default, and the environment contains no secret. Contains the configured profiles.
    #[error("no API secret is set")]
    NoSecret(Vec<ProfileName>),
    /// No profile has this name. Contains the configured profiles.
    #[error("there is no profile '{0}'")]
    Missing(ProfileName, Vec<ProfileName>),
    /// A profile of this name already exists.
    #[error("there is a profile '{0}' already")]
    Exists(ProfileName),
    /// The built-in profile can be neither added, changed nor removed.
    #[error("profile {DEMO} is built in, and can be neither added, changed nor removed")]
    BuiltIn,
    /// The environment names no home directory, and no path of a configuration was given.
    #[error("there is no directory for the configuration")]
    NoPlace,
    /// The configuration at the given path does not exist.
    #[error("there is no configuration at {}", path_in_full(.0))]
    NotFound(PathBuf),
    /// The configuration cannot be read, locked or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The configuration is not valid.
    #[error("{place}: {}", escaped(.message))]
    Invalid {
        /// The path of the file, with line and column if known.
        place: String,
        /// A description of the error.
        message: String,
    },
    /// The configuration would not be valid after the change.
    #[error("{0}")]
    Rejected(String),
    /// The secret comes from this source, not from the keyring.
    #[error("the {0} comes from {1}, and is not in the keyring")]
    NotInKeyring(Item, Source),
    /// The profile has no source for the secret.
    #[error("there is no source for the {0}")]
    NoSource(Item),
    /// The keyring already holds another secret for the new profile.
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
            Self::NoSource(Item { profile, .. }) if profile.is_empty() => format!(
                "set {SESSION_KEY_FILE_VARIABLE} to a file that holds a session key, such as 'openssl rand -hex 32' \
                 prints, or {SESSION_KEY_VARIABLE} to the key itself; or add a profile with both"
            ),
            Self::NoSource(Item { profile, .. }) => {
                format!("choose one with 'stream-token profile set {profile} --session-key SOURCE'")
            }
            Self::AlreadyStored(Item { profile, .. }) => {
                format!("if it is not needed, remove it with 'stream-token secret remove {profile}'")
            }
        })
    }
}

/// Returns a list of the configured profiles, then the built-in profile.
fn listed(known: &[ProfileName]) -> String {
    let names: Vec<_> = known.iter().map(ProfileName::as_str).chain([DEMO]).collect();
    format!("profiles: {}", names.join(", "))
}
