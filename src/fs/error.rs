//! Why a file or directory cannot be used.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::escape::path_in_full;

/// The permission bits of users who are neither the owner nor in the group.
pub(super) const OTHERS: u32 = 0o007;

/// Why a file or directory of the program's state cannot be used, with its path.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// It is a symbolic link.
    #[error("{} is a symbolic link, and none is followed here", path_in_full(.0))]
    Symlink(PathBuf),
    /// It is not a directory.
    #[error("{} is not a directory", path_in_full(.0))]
    NotADirectory(PathBuf),
    /// Its kind, its owner or its mode is not safe.
    #[error("{} {}", path_in_full(.0), describe(*.1))]
    Unsafe(PathBuf, FileErrorKind),
    /// It could not be opened or created.
    #[error("cannot open {}: {}", path_in_full(.0), .1)]
    Open(PathBuf, #[source] io::Error),
    /// It could not be read.
    #[error("cannot read {}: {}", path_in_full(.0), .1)]
    Read(PathBuf, #[source] io::Error),
    /// It could not be written.
    #[error("cannot write {}: {}", path_in_full(.0), .1)]
    Write(PathBuf, #[source] io::Error),
    /// It could not be synced to disk.
    #[error("cannot bring {} to disk: {}", path_in_full(.0), .1)]
    Sync(PathBuf, #[source] io::Error),
    /// It could not be locked.
    #[error("cannot lock {}: {}", path_in_full(.0), .1)]
    Lock(PathBuf, #[source] io::Error),
    /// Another process has had it locked for this time.
    #[error("another process has had {} locked for {} s", path_in_full(.0), .1.as_secs())]
    Locked(PathBuf, Duration),
}

impl DiskError {
    /// Returns the file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Symlink(path)
            | Self::NotADirectory(path)
            | Self::Unsafe(path, _)
            | Self::Open(path, _)
            | Self::Read(path, _)
            | Self::Write(path, _)
            | Self::Sync(path, _)
            | Self::Lock(path, _)
            | Self::Locked(path, _) => path,
        }
    }

    /// Returns what the operating system said, if it refused something.
    #[must_use]
    pub fn cause(&self) -> Option<&io::Error> {
        match self {
            Self::Open(_, cause)
            | Self::Read(_, cause)
            | Self::Write(_, cause)
            | Self::Sync(_, cause)
            | Self::Lock(_, cause) => Some(cause),
            Self::Symlink(_) | Self::NotADirectory(_) | Self::Unsafe(..) | Self::Locked(..) => None,
        }
    }

    /// Returns `true` if the file or directory does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Open(_, source) if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Why a file that was given by its path cannot be read.
#[derive(Debug)]
pub enum FileError {
    /// The operating system refused it.
    Io(io::Error),
    /// The file is not safe.
    Unsafe(FileErrorKind),
}

/// What makes a file unsafe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileErrorKind {
    /// It is a directory, a pipe, a socket or a device.
    #[error("it is not a plain file")]
    NotRegular,
    /// It belongs to this user, who is neither the program's own nor root.
    #[error("it belongs to user {0}, neither to you nor to root")]
    WrongOwner(u32),
    /// Others can read or write it; with its permission bits.
    #[error("others can read or write it (mode {0:03o})")]
    Exposed(u32),
    /// Others can write it; with its permission bits.
    #[error("others can write it (mode {0:03o})")]
    Writable(u32),
}

impl FileErrorKind {
    /// Returns `true` if the file's group can write it, and nobody beyond it can use it.
    #[must_use]
    pub fn is_writable_by_group_alone(self) -> bool {
        matches!(self, Self::Writable(mode) if mode & OTHERS == 0)
    }
}

/// Returns what is said of an unsafe file of the state, after its path.
fn describe(kind: FileErrorKind) -> String {
    match kind {
        FileErrorKind::NotRegular => "is not a regular file".into(),
        FileErrorKind::WrongOwner(owner) => {
            format!("belongs to user {owner}, neither to this user nor to root")
        }
        FileErrorKind::Exposed(mode) => format!("can be read by other users (mode {mode:03o})"),
        FileErrorKind::Writable(mode) => format!("can be written by other users (mode {mode:03o})"),
    }
}
