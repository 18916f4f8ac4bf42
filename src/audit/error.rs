//! Why the audit log could not be written or read; nothing is minted while it cannot be written.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::fs::{DiskError, DiskFault};

/// What went wrong with the log, and at which file.
///
/// It can be cloned, because all entries that share one write share its failure.
#[derive(Debug, Clone)]
pub enum AuditError {
    /// A symbolic link stands where a file or the directory of the log belongs.
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// Something else stands where the directory of the log belongs.
    NotADirectory {
        /// What stands there.
        path: PathBuf,
    },
    /// Something else stands where a file of the log belongs.
    NotRegular {
        /// What stands there.
        path: PathBuf,
    },
    /// It belongs to a user who is neither this one nor root.
    WrongOwner {
        /// Whose it is.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
    /// Others than its owner may write it.
    Exposed {
        /// What they may write.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The permission is missing.
    Denied {
        /// For what.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The file system can only be read.
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The disk, or the user's share of it, is full.
    DiskFull {
        /// What was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// It could not be opened or created.
    Open {
        /// What was to be opened.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// It could not be read.
    Read {
        /// What was to be read.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// It could not be written.
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// It was written, and is perhaps not on disk.
    Sync {
        /// What was to be on disk.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// It could not be locked against other writers.
    Lock {
        /// The lock.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// Another process has had it locked for so long that it must be stuck.
    Locked {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Its last line is not as it was written.
    Damaged {
        /// The segment.
        path: PathBuf,
    },
    /// The thread that was writing the entry came to an end before it was done.
    Abandoned {
        /// The directory of the log.
        path: PathBuf,
    },
}

/// What was being done to a file when it failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing {
    /// Opening or creating.
    Open,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Bringing to disk.
    Sync,
    /// Locking.
    Lock,
}

impl AuditError {
    /// Names the fact behind an error of the operating system.
    pub(super) fn of(doing: Doing, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        let kind = error.kind();
        let source = Arc::new(error);
        match (kind, doing) {
            (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => Self::DiskFull { path, source },
            (io::ErrorKind::ReadOnlyFilesystem, _) => Self::ReadOnly { path, source },
            (io::ErrorKind::PermissionDenied, _) => Self::Denied { path, source },
            (_, Doing::Open) => Self::Open { path, source },
            (_, Doing::Read) => Self::Read { path, source },
            (_, Doing::Write) => Self::Write { path, source },
            (_, Doing::Sync) => Self::Sync { path, source },
            (_, Doing::Lock) => Self::Lock { path, source },
        }
    }

    /// Returns the file or directory at which it went wrong.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Symlink { path }
            | Self::NotADirectory { path }
            | Self::NotRegular { path }
            | Self::WrongOwner { path, .. }
            | Self::Exposed { path, .. }
            | Self::Denied { path, .. }
            | Self::ReadOnly { path, .. }
            | Self::DiskFull { path, .. }
            | Self::Open { path, .. }
            | Self::Read { path, .. }
            | Self::Write { path, .. }
            | Self::Sync { path, .. }
            | Self::Lock { path, .. }
            | Self::Locked { path, .. }
            | Self::Damaged { path }
            | Self::Abandoned { path } => path,
        }
    }

    /// Returns what the operating system said, where it said something.
    fn cause(&self) -> Option<&Arc<io::Error>> {
        match self {
            Self::Denied { source, .. }
            | Self::ReadOnly { source, .. }
            | Self::DiskFull { source, .. }
            | Self::Open { source, .. }
            | Self::Read { source, .. }
            | Self::Write { source, .. }
            | Self::Sync { source, .. }
            | Self::Lock { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<DiskError> for AuditError {
    fn from(error: DiskError) -> Self {
        let (path, fault) = error.into_parts();
        match fault {
            DiskFault::Symlink => Self::Symlink { path },
            DiskFault::NotADirectory => Self::NotADirectory { path },
            DiskFault::NotRegular => Self::NotRegular { path },
            DiskFault::WrongOwner(owner) => Self::WrongOwner { path, owner },
            DiskFault::Exposed(mode) => Self::Exposed { path, mode },
            DiskFault::Open(source) => Self::of(Doing::Open, &path, source),
            DiskFault::Sync(source) => Self::of(Doing::Sync, &path, source),
            DiskFault::Lock(source) => Self::of(Doing::Lock, &path, source),
            DiskFault::Locked(waited) => Self::Locked { path, waited },
        }
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = crate::escape::path_in_full(self.path());
        match self {
            Self::Symlink { .. } => write!(f, "{path} is a symbolic link, and the audit log follows none"),
            Self::NotADirectory { .. } => write!(f, "{path} is no directory"),
            Self::NotRegular { .. } => write!(f, "{path} is no regular file"),
            Self::WrongOwner { owner, .. } => {
                write!(f, "{path} belongs to user {owner}, neither to this user nor to root")
            }
            Self::Exposed { mode, .. } => write!(f, "{path} can be written by other users (mode {mode:03o})"),
            Self::Denied { .. } => write!(f, "the audit log needs a permission at {path}"),
            Self::ReadOnly { .. } => write!(f, "{path} is on a read-only file system"),
            Self::DiskFull { .. } => write!(f, "no space is left to write {path}"),
            Self::Open { .. } => write!(f, "cannot open {path}"),
            Self::Read { .. } => write!(f, "cannot read {path}"),
            Self::Write { .. } => write!(f, "cannot write {path}"),
            Self::Sync { .. } => write!(f, "cannot bring {path} to disk"),
            Self::Lock { .. } => write!(f, "cannot lock {path}"),
            Self::Locked { waited, .. } => {
                write!(f, "another process has had {path} locked for {} s", waited.as_secs())
            }
            Self::Damaged { .. } => write!(f, "the last line of {path} is not as it was written"),
            Self::Abandoned { .. } => write!(f, "writing to {path} was broken off"),
        }?;
        // What the operating system said is part of the sentence: it is the reason that is looked for.
        self.cause().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl Error for AuditError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_file_and_the_fact_and_keeps_the_cause() {
        let path = Path::new("/s/audit/audit-00000001.jsonl");
        let shown = |doing, kind| {
            let error = AuditError::of(doing, path, io::Error::new(kind, "cause"));
            assert_eq!(error.source().unwrap().to_string(), "cause");
            assert_eq!(error.path(), path);
            error.to_string()
        };
        let place = path.display();
        assert_eq!(
            shown(Doing::Write, io::ErrorKind::StorageFull),
            format!("no space is left to write {place}: cause")
        );
        assert_eq!(shown(Doing::Sync, io::ErrorKind::Other), format!("cannot bring {place} to disk: cause"));
        assert_eq!(
            shown(Doing::Open, io::ErrorKind::ReadOnlyFilesystem),
            format!("{place} is on a read-only file system: cause")
        );
    }
}
