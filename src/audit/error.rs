//! Errors of writing and reading the audit log; nothing is minted while the log cannot be written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Diagnostic;
use crate::escape::path_in_full;
use crate::fs::FileError;

/// An error of the audit log, and the file or directory concerned.
///
/// It implements `Clone` because all entries that share one write share its failure.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// A file or directory of the log cannot be used, read or written, or another process holds its lock.
    #[error(transparent)]
    File(Arc<FileError>),
    /// The last line of this segment is not an intact entry.
    #[error("the last line of {} is not as it was written", path_in_full(.0))]
    Damaged(PathBuf),
    /// This segment has the highest number, so no segment can follow it.
    #[error("the audit log is full: no segment can follow {}", path_in_full(.0))]
    Full(PathBuf),
    /// The thread that was writing the entry into this directory ended before it was done.
    #[error("writing to {} was broken off", path_in_full(.0))]
    Abandoned(PathBuf),
}

impl AuditError {
    /// Returns the file or directory concerned.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(error) => error.path(),
            Self::Damaged(path) | Self::Full(path) | Self::Abandoned(path) => path,
        }
    }
}

impl From<FileError> for AuditError {
    fn from(error: FileError) -> Self {
        Self::File(Arc::new(error))
    }
}

impl Diagnostic for AuditError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File(error) => {
                let hint = error.hint()?;
                format!("{hint}; or give another place with --state-dir")
            }
            Self::Full(path) => {
                let directory = path_in_full(path.parent().unwrap_or(path));
                format!("move {directory} to another place; the next mint begins a new log there")
            }
            Self::Damaged(_) => "see what is wrong with 'stream-token audit verify'".into(),
            Self::Abandoned(_) => "run the command again".into(),
        })
    }
}
