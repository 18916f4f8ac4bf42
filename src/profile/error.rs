//! Why a profile cannot be had, or the configuration not be read or changed.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::name::{DEMO, ProfileName, ProfileNameError};
use super::{SECRET_FILE_VARIABLE, SECRET_VARIABLE};
use crate::error::{Diagnostic, Exit};
use crate::escape::{self, escaped};

/// Why no profile could be chosen.
#[derive(Debug)]
pub enum ProfileError {
    /// There is no profile of this name.
    Unknown {
        /// The name that was given.
        name: ProfileName,
        /// The profiles that there are.
        known: Vec<ProfileName>,
    },
    /// The name that was given can be no profile's.
    Name(ProfileNameError),
    /// Both variables bring a secret.
    TwoSecrets,
    /// No profile was named, none is the default, and the environment brings no secret.
    NoSecret {
        /// The profiles that there are.
        known: Vec<ProfileName>,
    },
    /// A variable is not UTF-8.
    NotUtf8 {
        /// The variable.
        variable: &'static str,
    },
    /// The configuration cannot be read.
    Config(ConfigError),
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
            Self::Unknown { known, .. } => listed(known),
            Self::Name(_) => "'stream-token profile list' shows the profiles".into(),
            Self::TwoSecrets => "unset one of them".into(),
            Self::NoSecret { known } if !known.is_empty() => format!(
                "no profile is the default: name one with --profile, or make one the default with 'stream-token \
                 profile default'; {}",
                listed(known)
            ),
            Self::NoSecret { .. } => format!(
                "add a profile with 'stream-token profile add'; or set {SECRET_FILE_VARIABLE} to a file that holds \
                 the app's API secret, or {SECRET_VARIABLE} to the secret itself; or try '--profile {DEMO}'"
            ),
            Self::NotUtf8 { variable } => format!("set {variable} anew"),
            Self::Config(error) => return error.hint(),
        })
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, .. } => write!(f, "there is no profile '{name}'"),
            Self::Name(error) => error.fmt(f),
            Self::TwoSecrets => write!(f, "both {SECRET_VARIABLE} and {SECRET_FILE_VARIABLE} are set"),
            Self::NoSecret { .. } => f.write_str("no API secret is set"),
            Self::NotUtf8 { variable } => write!(f, "the environment variable {variable} is not UTF-8"),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl Error for ProfileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Name(error) => error.source(),
            Self::Config(error) => error.source(),
            _ => None,
        }
    }
}

impl From<ConfigError> for ProfileError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// Why the configuration cannot be read or changed. It is then left as it is.
#[derive(Debug)]
pub enum ConfigError {
    /// It cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// It belongs to neither this user nor root.
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Others can write it.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is longer than any configuration.
    TooLong {
        /// The file.
        path: PathBuf,
        /// How many bytes are read at most.
        longest: u64,
    },
    /// It is no TOML, or says what it must not.
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
    /// Its parts do not go together.
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What does not go together.
        message: String,
    },
    /// There is such a profile already.
    Exists {
        /// Its name.
        name: ProfileName,
    },
    /// There is no such profile.
    Missing {
        /// Its name.
        name: ProfileName,
        /// The profiles that there are.
        known: Vec<ProfileName>,
    },
    /// The built-in profile can be neither added nor removed.
    BuiltIn,
    /// It cannot be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The environment names no home, and no file was given.
    NoPlace,
}

impl Diagnostic for ConfigError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } | Self::Unwritable { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } | Self::Unwritable { .. } => "check the path and who may use it".into(),
            Self::ForeignOwner { .. } => "make it your own, or give another with --config".into(),
            Self::Exposed { path, .. } => format!("look it over, then run 'chmod 600 {}'", shown(path)),
            Self::TooLong { .. } | Self::Refused { .. } | Self::Inconsistent { .. } => {
                "fix the file by hand; it is not changed while it is broken".into()
            }
            Self::Exists { name } => {
                format!("see it with 'stream-token profile show {name}', or remove it first")
            }
            Self::Missing { known, .. } => listed(known),
            Self::BuiltIn => "choose another name; 'stream-token profile list' shows those in use".into(),
            Self::NoPlace => "set HOME, or give a file with --config".into(),
        })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "cannot read {}: {error}", shown(path)),
            Self::ForeignOwner { path, owner } => {
                write!(f, "refused {}: it belongs to user {owner}, neither to you nor to root", shown(path))
            }
            Self::Exposed { path, mode } => {
                write!(f, "refused {}: others can write it (mode {mode:03o})", shown(path))
            }
            Self::TooLong { path, longest } => write!(f, "{} has more than {longest} bytes", shown(path)),
            Self::Refused { path, line, column, message } => {
                write!(f, "{}:{line}:{column}: {}", shown(path), brief_line(message))
            }
            Self::Inconsistent { path, message } => write!(f, "{}: {message}", shown(path)),
            Self::Exists { name } => write!(f, "there is a profile '{name}' already"),
            Self::Missing { name, .. } => write!(f, "there is no profile '{name}'"),
            Self::BuiltIn => write!(f, "profile {DEMO} is built in, and can be neither added nor removed"),
            Self::Unwritable { path, error } => write!(f, "cannot write {}: {error}", shown(path)),
            Self::NoPlace => f.write_str("there is no place for the configuration"),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } | Self::Unwritable { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Lists the profiles that there are, the built-in one last.
fn listed(known: &[ProfileName]) -> String {
    let names: Vec<_> = known.iter().map(ProfileName::as_str).chain([DEMO]).collect();
    format!("profiles: {}", names.join(", "))
}

/// Shows a path whole: it is where to look, and what to call chmod with.
fn shown(path: &Path) -> String {
    escape::path_in_full(path)
}

/// Shows a message that may quote the file.
fn brief_line(message: &str) -> String {
    escaped(message).to_string()
}
