//! Why the audit log could not be written or read; nothing is minted while it cannot be written.

use std::io::{self, ErrorKind};
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
    /// A file or directory of the log cannot be used, read or written, or another process keeps it locked.
    // What the operating system said is part of the sentence: it is the reason that is looked for.
    #[error("{}", disk_message(.0))]
    Disk(#[source] Arc<DiskError>),
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

impl AuditError {
    /// Returns the file or directory at which it went wrong.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Disk(error) => error.path(),
            Self::Damaged { path } | Self::Full { path } | Self::Abandoned { path } => path,
        }
    }
}

impl From<DiskError> for AuditError {
    fn from(error: DiskError) -> Self {
        Self::Disk(Arc::new(error))
    }
}

/// Returns what is said of a file that cannot be used: the usual causes in words of their own.
fn disk_message(error: &DiskError) -> String {
    let path = path_in_full(error.path());
    if matches!(error, DiskError::Symlink(_)) {
        return format!("{path} is a symbolic link, and the audit log follows none");
    }
    let Some(cause) = error.cause() else { return error.to_string() };
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("no space is left to write {path}: {cause}")
        }
        ErrorKind::ReadOnlyFilesystem => format!("{path} is on a read-only file system: {cause}"),
        ErrorKind::PermissionDenied => format!("the audit log needs a permission at {path}: {cause}"),
        _ => error.to_string(),
    }
}

impl Diagnostic for AuditError {
    fn hint(&self) -> Option<String> {
        let path = path_in_full(self.path());
        let usable = format!("make {path} usable for this user, or give another place with --state-dir");
        Some(match self {
            Self::Disk(error) => match (&**error, error.cause().map(io::Error::kind)) {
                (DiskError::Locked(..), _) => {
                    format!(
                        "find that process with 'fuser -v {path}'; end it, or let it go on if it is stopped"
                    )
                }
                (DiskError::Unsafe(_, kind @ FileErrorKind::Writable(_)), _) => {
                    let container = if kind.is_writable_by_group_alone() {
                        "; in a container, run with its group as your own (fsGroup and runAsGroup)"
                    } else {
                        ""
                    };
                    format!("look it over, then run 'chmod go-w {path}'{container}")
                }
                (_, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) => {
                    "free some space, or give another place with --state-dir".into()
                }
                _ => usable,
            },
            Self::Full { path } => {
                let directory = path_in_full(path.parent().unwrap_or(path));
                format!("move {directory} to another place; the next mint begins a new log there")
            }
            Self::Damaged { .. } => "see what is wrong with 'stream-token audit verify'".into(),
            Self::Abandoned { .. } => usable,
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
        let shown = |error: fn(PathBuf, io::Error) -> DiskError, kind| {
            let error = AuditError::from(error(path.to_owned(), io::Error::new(kind, "cause")));
            assert_eq!(error.source().unwrap().source().unwrap().to_string(), "cause");
            assert_eq!(error.path(), path);
            error.to_string()
        };
        let place = path.display();
        assert_eq!(
            shown(DiskError::Write, ErrorKind::StorageFull),
            format!("no space is left to write {place}: cause")
        );
        assert_eq!(shown(DiskError::Sync, ErrorKind::Other), format!("cannot bring {place} to disk: cause"));
        assert_eq!(
            shown(DiskError::Open, ErrorKind::ReadOnlyFilesystem),
            format!("{place} is on a read-only file system: cause")
        );
    }
}
