//! Why the register of revoked sessions cannot be read or changed; no session counts meanwhile.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::revocations::{LONGEST_TEXT, MOST_REVOCATIONS};

/// What is wrong with the register, and at which file.
#[derive(Debug)]
pub enum RegisterError {
    /// What stands there must not be trusted.
    Untrusted {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        fault: Distrust,
    },
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
    /// It holds [`MOST_REVOCATIONS`] that still matter.
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process has had it locked for so long that it must be stuck.
    Locked {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The operating system refused.
    Io {
        /// What was being done.
        doing: Doing,
        /// To which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why a file or directory is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It is a symbolic link.
    Symlink,
    /// It is no directory where one belongs.
    NotADirectory,
    /// It is no regular file where one belongs.
    NotRegular,
    /// It belongs to a user who is neither this one nor root.
    Owner(u32),
    /// Others than its owner may write it; with its permission bits.
    Exposed(u32),
}

/// What is wrong with the text of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It has more than [`LONGEST_TEXT`] bytes.
    TooLong,
    /// It is of another version.
    Version {
        /// Which one.
        found: u64,
    },
    /// It was cut off or changed.
    Altered,
}

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Opening or creating.
    Open,
    /// Reading.
    Read,
    /// Writing, and bringing to disk.
    Write,
    /// Locking.
    Lock,
}

impl RegisterError {
    /// Takes what the operating system said.
    pub(super) fn of(doing: Doing, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// Takes a distrust.
    pub(super) fn untrusted(path: &Path, fault: Distrust) -> Self {
        Self::Untrusted { path: path.to_owned(), fault }
    }

    /// Tells whether nothing stands there at all.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Gives the file or directory at which it went wrong.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Untrusted { path, .. }
            | Self::Gone { path }
            | Self::Flawed { path, .. }
            | Self::Full { path }
            | Self::Locked { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// Gives the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Untrusted { fault: Distrust::Exposed(_), .. } => {
                "look it over, then take the permission from the others with 'chmod go-w'".into()
            }
            Self::Gone { .. } => "bring it back, or restart the server to go on without it".into(),
            Self::Untrusted { .. } | Self::Flawed { .. } => {
                "move it away; the sessions that it revoked count again, unless the session key is changed"
                    .into()
            }
            Self::Full { .. } => "change the session key: that ends all sessions at once".into(),
            Self::Locked { .. } => "find the process that has it locked, and end it".into(),
            Self::Io { .. } => "see that the state directory is there and can be written".into(),
        }
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symlink => f.write_str("is a symbolic link, and sessions follow none"),
            Self::NotADirectory => f.write_str("is no directory"),
            Self::NotRegular => f.write_str("is no regular file"),
            Self::Owner(owner) => write!(f, "belongs to user {owner}, neither to this user nor to root"),
            Self::Exposed(mode) => write!(f, "can be written by other users (mode {mode:03o})"),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "has more than {LONGEST_TEXT} bytes"),
            Self::Version { found } => write!(f, "is of version {found}, which this program does not know"),
            Self::Altered => f.write_str("is not as it was written"),
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = crate::foreign::path_in_full(self.path());
        match self {
            Self::Untrusted { fault, .. } => write!(f, "{path} {fault}"),
            Self::Gone { .. } => write!(f, "{path} is gone, and with it what was revoked"),
            Self::Flawed { flaw, .. } => write!(f, "{path} {flaw}"),
            Self::Full { .. } => {
                write!(f, "{path} holds {MOST_REVOCATIONS} revocations, and no more have room")
            }
            Self::Locked { waited, .. } => {
                write!(f, "another process has had {path} locked for {} s", waited.as_secs())
            }
            Self::Io { doing, source, .. } => {
                let doing = match doing {
                    Doing::Open => "open",
                    Doing::Read => "read",
                    Doing::Write => "write",
                    Doing::Lock => "lock",
                };
                write!(f, "cannot {doing} {path}: {source}")
            }
        }
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
