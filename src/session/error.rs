//! Why the register of revoked sessions cannot be read or changed; no session counts meanwhile.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Diagnostic;
use crate::fs::{DiskError, DiskFault};

/// The most revocations that are kept. One more is refused.
pub const MAX_REVOCATIONS: usize = 65_536;

/// The most bytes of the file; more than [`MAX_REVOCATIONS`] take.
pub(super) const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// What is wrong with the register, and at which file.
#[derive(Debug)]
pub enum RegisterError {
    /// A file or directory of it cannot be used, or must not be trusted.
    Disk(DiskError),
    /// It was there, and is gone.
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// It is not as this program writes it.
    Flawed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        flaw: Flaw,
    },
    /// It holds [`MAX_REVOCATIONS`] that still matter.
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It could not be written, and stands as it was.
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// What is wrong with the text of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It has more than 8 MiB.
    TooLong,
    /// It is of another version.
    Version {
        /// Which one.
        found: u64,
    },
    /// It was cut off or changed.
    Altered,
}

impl RegisterError {
    /// Returns `true` if nothing stands there at all.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Disk(error) if error.is_missing())
    }

    /// Returns the file or directory at which it went wrong.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Disk(error) => error.path(),
            Self::Gone { path }
            | Self::Flawed { path, .. }
            | Self::Full { path }
            | Self::Read { path, .. }
            | Self::Write { path, .. } => path,
        }
    }
}

impl Diagnostic for RegisterError {
    fn hint(&self) -> Option<String> {
        Some({
            let path = crate::escape::path_in_full(self.path());
            match self {
                Self::Disk(error) => match error.fault() {
                    DiskFault::Exposed(_) => format!("look it over, then run 'chmod go-w {path}'"),
                    DiskFault::Locked(_) => format!("find the process that has {path} open, and end it"),
                    _ => "see that the state directory is there and is yours".into(),
                },
                Self::Gone { .. } => "bring it back, or restart the server to go on without it".into(),
                Self::Flawed { .. } => {
                    "change the session key, then move it away: without it, revoked sessions count again"
                        .into()
                }
                Self::Full { .. } => "change the session key: that ends all sessions at once".into(),
                Self::Read { .. } | Self::Write { .. } => {
                    "see that the state directory is there and can be written".into()
                }
            }
        })
    }
}

impl From<DiskError> for RegisterError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "has more than {MAX_FILE_BYTES} bytes"),
            Self::Version { found } => write!(f, "is of version {found}, which this program does not know"),
            Self::Altered => f.write_str("is not as it was written"),
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = crate::escape::path_in_full(self.path());
        match self {
            Self::Disk(error) => error.fmt(f),
            Self::Gone { .. } => write!(f, "{path} is gone, and with it what was revoked"),
            Self::Flawed { flaw, .. } => write!(f, "{path} {flaw}"),
            Self::Full { .. } => {
                write!(f, "{path} holds {MAX_REVOCATIONS} revocations, and no more have room")
            }
            Self::Read { source, .. } => write!(f, "cannot read {path}: {source}"),
            Self::Write { source, .. } => write!(f, "cannot write {path}: {source}"),
        }
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Disk(error) => error.source(),
            Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            Self::Gone { .. } | Self::Flawed { .. } | Self::Full { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_file_and_keeps_the_cause() {
        let path = Path::new("/s/sessions/revoked.json");
        let flawed = RegisterError::Flawed { path: path.to_owned(), flaw: Flaw::Version { found: 2 } };
        let source = io::Error::other("cause");
        let unread = RegisterError::Read { path: path.to_owned(), source };
        for (error, sentence) in [
            (&flawed, "/s/sessions/revoked.json is of version 2, which this program does not know"),
            (&unread, "cannot read /s/sessions/revoked.json: cause"),
        ] {
            assert_eq!((error.path(), error.to_string().as_str()), (path, sentence));
        }
        assert_eq!(unread.source().unwrap().to_string(), "cause");
    }
}
