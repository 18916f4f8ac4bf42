//! Why a file or directory of the program's state cannot be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is wrong, and where.
#[derive(Debug)]
pub struct DiskError {
    /// The file or directory.
    path: PathBuf,
    /// What is wrong with it.
    fault: DiskFault,
}

/// What is wrong with a file or directory.
#[derive(Debug)]
pub enum DiskFault {
    /// It is a symbolic link.
    Symlink,
    /// It is no directory where one belongs.
    NotADirectory,
    /// It is not a regular file where one belongs.
    NotRegular,
    /// It belongs to this user, who is neither the program's own nor root.
    WrongOwner(u32),
    /// Others than its owner may write it; with its permission bits.
    Exposed(u32),
    /// It could not be opened or created.
    Open(io::Error),
    /// It could not be brought to disk.
    Sync(io::Error),
    /// It could not be locked.
    Lock(io::Error),
    /// Another process has had it locked for so long.
    Locked(Duration),
}

impl DiskError {
    /// Says what is wrong with a file or directory.
    #[must_use]
    pub fn new(path: &Path, fault: DiskFault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    /// Returns the file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn fault(&self) -> &DiskFault {
        &self.fault
    }

    /// Takes the error apart.
    #[must_use]
    pub fn into_parts(self) -> (PathBuf, DiskFault) {
        (self.path, self.fault)
    }

    /// Returns `true` if nothing stands there at all.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.fault, DiskFault::Open(source) if source.kind() == io::ErrorKind::NotFound)
    }

    /// Returns `true` if the permission is missing.
    pub(super) fn is_denied(&self) -> bool {
        self.cause().is_some_and(|source| source.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Returns what the operating system said, where it said something.
    fn cause(&self) -> Option<&io::Error> {
        match &self.fault {
            DiskFault::Open(source) | DiskFault::Sync(source) | DiskFault::Lock(source) => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = crate::escape::path_in_full(&self.path);
        match &self.fault {
            DiskFault::Symlink => write!(f, "{path} is a symbolic link, and none is followed here"),
            DiskFault::NotADirectory => write!(f, "{path} is not a directory"),
            DiskFault::NotRegular => write!(f, "{path} is not a regular file"),
            DiskFault::WrongOwner(owner) => {
                write!(f, "{path} belongs to user {owner}, neither to this user nor to root")
            }
            DiskFault::Exposed(mode) => write!(f, "{path} can be written by other users (mode {mode:03o})"),
            DiskFault::Open(source) => write!(f, "cannot open {path}: {source}"),
            DiskFault::Sync(source) => write!(f, "cannot bring {path} to disk: {source}"),
            DiskFault::Lock(source) => write!(f, "cannot lock {path}: {source}"),
            DiskFault::Locked(waited) => {
                write!(f, "another process has had {path} locked for {} s", waited.as_secs())
            }
        }
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().map(|source| source as &(dyn Error + 'static))
    }
}
