//! Why the audit log could not be written or read; nothing is minted while it cannot be written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Diagnostic;
use crate::escape::path_in_full;
use crate::fs::{DiskError, FileErrorKind};

/// What went wrong with the log, and at which file.
///
/// It can be cloned, because all entries that share one write share its failure.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// A file or directory of the log is not what it must be, or another process keeps it locked.
    #[error("{}", unusable(.0))]
    Unusable(Arc<DiskError>),
    /// The operating system refused to work on a file.
    // What it said is part of the sentence: it is the reason that is looked for.
    #[error("{}: {source}", refused(*.operation, .path, .source.kind()))]
    System {
        /// What was being done.
        operation: Operation,
        /// To which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// Its last line is not as it was written.
    #[error("the last line of {} is not as it was written", path_in_full(.path))]
    Damaged {
        /// The segment.
        path: PathBuf,
    },
    /// The next segment would need a number that no reader reads.
    #[error("the audit log is full: no segment can follow {}", path_in_full(.path))]
    Full {
        /// The last segment.
        path: PathBuf,
    },
    /// The thread that was writing the entry came to an end before it was done.
    #[error("writing to {} was broken off", path_in_full(.path))]
    Abandoned {
        /// The directory of the log.
        path: PathBuf,
    },
}

/// What was being done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Opening or creating it.
    Open,
    /// Reading it.
    Read,
    /// Writing it.
    Write,
    /// Syncing it to disk.
    Sync,
    /// Locking it.
    Lock,
}

impl AuditError {
    /// Returns what an error of the operating system means for the log.
    pub(super) fn of(operation: Operation, path: &Path, error: io::Error) -> Self {
        Self::System { operation, path: path.to_owned(), source: Arc::new(error) }
    }

    /// Returns the file or directory at which it went wrong.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Unusable(error) => error.path(),
            Self::System { path, .. }
            | Self::Damaged { path }
            | Self::Full { path }
            | Self::Abandoned { path } => path,
        }
    }
}

impl From<DiskError> for AuditError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Open(path, source) => Self::of(Operation::Open, &path, source),
            DiskError::Sync(path, source) => Self::of(Operation::Sync, &path, source),
            DiskError::Lock(path, source) => Self::of(Operation::Lock, &path, source),
            error => Self::Unusable(Arc::new(error)),
        }
    }
}

/// Returns what is said of a file that is not what it must be.
fn unusable(error: &DiskError) -> String {
    match error {
        DiskError::Symlink(path) => {
            format!("{} is a symbolic link, and the audit log follows none", path_in_full(path))
        }
        _ => error.to_string(),
    }
}

/// Returns what is said of an operation that the operating system refused.
fn refused(operation: Operation, path: &Path, kind: io::ErrorKind) -> String {
    let path = path_in_full(path);
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("no space is left to write {path}")
        }
        io::ErrorKind::ReadOnlyFilesystem => format!("{path} is on a read-only file system"),
        io::ErrorKind::PermissionDenied => format!("the audit log needs a permission at {path}"),
        _ => match operation {
            Operation::Open => format!("cannot open {path}"),
            Operation::Read => format!("cannot read {path}"),
            Operation::Write => format!("cannot write {path}"),
            Operation::Sync => format!("cannot bring {path} to disk"),
            Operation::Lock => format!("cannot lock {path}"),
        },
    }
}

impl Diagnostic for AuditError {
    fn hint(&self) -> Option<String> {
        let path = path_in_full(self.path());
        Some(match self {
            Self::Unusable(error) if matches!(**error, DiskError::Locked(..)) => {
                format!("find that process with 'fuser -v {path}'; end it, or let it go on if it is stopped")
            }
            Self::Unusable(error) if matches!(**error, DiskError::Unsafe(_, FileErrorKind::Writable(_))) => {
                let container = match **error {
                    DiskError::Unsafe(_, kind) if kind.is_writable_by_group_alone() => {
                        "; in a container, run with its group as your own (fsGroup and runAsGroup)"
                    }
                    _ => "",
                };
                format!("look it over, then run 'chmod go-w {path}'{container}")
            }
            Self::System { source, .. }
                if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                "free some space, or give another place with --state-dir".into()
            }
            Self::Full { path } => {
                let directory = path_in_full(path.parent().unwrap_or(path));
                format!("move {directory} to another place; the next mint begins a new log there")
            }
            Self::Damaged { .. } => "see what is wrong with 'stream-token audit verify'".into(),
            _ => format!("make {path} usable for this user, or give another place with --state-dir"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

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
            shown(Operation::Write, io::ErrorKind::StorageFull),
            format!("no space is left to write {place}: cause")
        );
        assert_eq!(
            shown(Operation::Sync, io::ErrorKind::Other),
            format!("cannot bring {place} to disk: cause")
        );
        assert_eq!(
            shown(Operation::Open, io::ErrorKind::ReadOnlyFilesystem),
            format!("{place} is on a read-only file system: cause")
        );
    }
}
