//! Errors about files and directories, with their hints.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::error::{Diagnostic, Exit};
use crate::escape::path_in_full;

/// The permission bits of users who are neither the owner nor in the group.
pub(super) const OTHERS: u32 = 0o007;

/// A file or directory cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file or directory does not meet a requirement.
    #[error("cannot use {}: {}", path_in_full(.0), .1)]
    Unfit(PathBuf, FileProblem),
    /// An action on the file or directory failed.
    #[error("cannot {} {}: {}", .0, path_in_full(.1), .2)]
    Io(FileAction, PathBuf, #[source] io::Error),
}

/// The requirement that a file or directory does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// It is a symbolic link, and links are not followed here.
    #[error("it is a symbolic link, and none is followed here")]
    Symlink,
    /// It is not a directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// It is not a regular file.
    #[error("it is not a regular file")]
    NotRegular,
    /// It belongs to neither this user nor root, but to the user with this id.
    #[error("it belongs to user {0}, neither to this user nor to root")]
    WrongOwner(u32),
    /// Other users can read or write it; holds its mode.
    #[error("others can read or write it (mode {0:03o})")]
    Exposed(u32),
    /// Other users can write it; holds its mode.
    #[error("others can write it (mode {0:03o})")]
    Writable(u32),
    /// Another process has held its lock for this long.
    #[error("another process has had it locked for {} s", .0.as_secs())]
    Locked(Duration),
}

/// An action on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileAction {
    /// Opening it, or reading its metadata.
    #[error("open")]
    Open,
    /// Reading it.
    #[error("read")]
    Read,
    /// Writing, replacing or removing it.
    #[error("write")]
    Write,
    /// Syncing it to disk.
    #[error("sync")]
    Sync,
    /// Locking it.
    #[error("lock")]
    Lock,
}

impl FileAction {
    /// Returns a function for `map_err` that adds this action and `path` to an I/O error.
    pub fn failed(self, path: &Path) -> impl Fn(io::Error) -> FileError + Copy {
        move |error| FileError::Io(self, path.to_owned(), error)
    }
}

impl FileProblem {
    /// Returns this problem as an error about the file at `path`.
    pub fn at(self, path: &Path) -> FileError {
        FileError::Unfit(path.to_owned(), self)
    }
}

impl FileError {
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unfit(path, _) | Self::Io(_, path, _) => path,
        }
    }

    /// Returns `true` if the file does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(FileAction::Open, _, error) if error.kind() == ErrorKind::NotFound)
    }
}

impl Diagnostic for FileError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::Io(..) | Self::Unfit(_, FileProblem::Locked(_))) {
            Exit::Failed
        } else {
            Exit::Usage
        }
    }

    fn hint(&self) -> Option<String> {
        let path = path_in_full(self.path());
        Some(match self {
            Self::Io(_, _, error) => match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space".into(),
                _ => "check the path and who may use it".into(),
            },
            Self::Unfit(_, problem) => match problem {
                FileProblem::Symlink => "the file itself is needed there".into(),
                FileProblem::NotADirectory => "a directory is needed there".into(),
                FileProblem::NotRegular => "a regular file is needed there".into(),
                FileProblem::WrongOwner(_) => "make it your own, or use a copy of your own".into(),
                FileProblem::Exposed(_) => {
                    format!(
                        "run 'chmod 600 {path}'; if others could have read a secret or a key there, replace it"
                    )
                }
                // A Kubernetes volume belongs to the group of its containers.
                FileProblem::Writable(mode) if mode & OTHERS == 0 => format!(
                    "look it over, then run 'chmod go-w {path}'; in a container, run with its group as your own (fsGroup and runAsGroup)"
                ),
                FileProblem::Writable(_) => format!("look it over, then run 'chmod go-w {path}'"),
                FileProblem::Locked(_) => {
                    format!(
                        "find that process with 'fuser -v {path}'; end it, or let it go on if it is stopped"
                    )
                }
            },
        })
    }
}
