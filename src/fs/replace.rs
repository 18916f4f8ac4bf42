//! Replaces a file's content atomically.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{FileAction, FileError, platform, sync_directory};

/// The new content of a file, on disk beside it under a temporary name.
///
/// Dropping it without a commit removes the temporary file. The caller must hold a lock against other writers.
#[derive(Debug)]
pub struct Replacement {
    /// The path of the temporary file.
    temporary: PathBuf,
    /// The path of the file to replace.
    path: PathBuf,
}

impl Replacement {
    /// Writes the new content to a temporary file that only its owner can read, and syncs it to disk.
    ///
    /// # Errors
    /// [`FileError::Io`] with [`FileAction::Write`].
    pub fn prepare(path: &Path, content: &[u8]) -> Result<Self, FileError> {
        let replacement = Self { temporary: path_beside(path, "new"), path: path.to_owned() };
        replacement.write(content).map_err(FileAction::Write.failed(path))?;
        Ok(replacement)
    }

    /// Writes the temporary file.
    fn write(&self, content: &[u8]) -> io::Result<()> {
        // The caller holds the lock, so an existing file was left by a process that was killed.
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        platform::set_private(options.write(true).create_new(true), false);
        let mut file = options.open(&self.temporary)?;
        // Independent of the umask.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(content)?;
        file.sync_all()
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// [`FileError::Io`]: with [`FileAction::Write`], the file is unchanged; with [`FileAction::Sync`], it is replaced,
    /// but a power failure may bring the old file back, whole.
    pub fn commit(self) -> Result<(), FileError> {
        let renamed = fs::rename(&self.temporary, &self.path);
        renamed.map_err(FileAction::Write.failed(&self.path))?;
        sync_directory(directory_of(&self.path))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // After a commit there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Returns `path` with `.` and `suffix` appended to its file name.
pub fn path_beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Returns the directory that contains a file or directory; `.` for a bare name.
pub fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}
