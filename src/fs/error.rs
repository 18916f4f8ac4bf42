//! Why a file or directory cannot be used, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::error::{Diagnostic, Exit};
use crate::escape::path_in_full;

/// The bits of a mode for those who are neither the owner nor in the group.
pub(super) const OTHERS: u32 = 0o007;

/// A file or directory that cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// It is not as it must be.
    #[error("cannot use {}: {}", path_in_full(.0), .1)]
    Unfit(PathBuf, FileProblem),
    /// The operating system failed to do something with it.
    #[error("cannot {} {}: {}", .0, path_in_full(.1), .2)]
    Io(FileAction, PathBuf, #[source] io::Error),
}

/// What a file or directory is like that must be otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// It is a symbolic link where none is followed.
    #[error("it is a symbolic link, and none is followed here")]
    Symlink,
    /// It is no directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// It is no regular file.
    #[error("it is not a regular file")]
    NotRegular,
    /// It belongs to another user, with this id.
    #[error("it belongs to user {0}, neither to this user nor to root")]
    WrongOwner(u32),
    /// Other users can read or write it, by this mode.
    #[error("others can read or write it (mode {0:03o})")]
    Exposed(u32),
    /// Other users can write it, by this mode.
    #[error("others can write it (mode {0:03o})")]
    Writable(u32),
    /// Another process has had it locked for this long.
    #[error("another process has had it locked for {} s", .0.as_secs())]
    Locked(Duration),
}

/// What the operating system was to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileAction {
    /// Open it, or look at it.
    #[error("open")]
    Open,
    /// Read it.
    #[error("read")]
    Read,
    /// Write it, replace it or remove it.
    #[error("write")]
    Write,
    /// Bring what was written to disk.
    #[error("sync")]
    Sync,
    /// Lock it.
    #[error("lock")]
    Lock,
}

impl FileAction {
    /// Returns what makes an error of this action at a file, for `map_err`.
    pub fn failed(self, path: &Path) -> impl Fn(io::Error) -> FileError + Copy {
        move |error| FileError::Io(self, path.to_owned(), error)
    }
}

impl FileProblem {
    /// Returns the error of the file at `path`.
    pub fn at(self, path: &Path) -> FileError {
        FileError::Unfit(path.to_owned(), self)
    }
}

impl FileError {
    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unfit(path, _) | Self::Io(_, path, _) => path,
        }
    }

    /// Returns `true` if there is no such file.
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
                // A volume of Kubernetes belongs to the group of its containers.
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
