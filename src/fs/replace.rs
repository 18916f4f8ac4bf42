//! Replaces a file's content atomically.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{FileAction, FileError, platform, sync_directory};

/// New content of a file, on disk beside it under a temporary name.
///
/// Dropped without a commit, it leaves no trace. The caller holds a lock against other writers.
#[derive(Debug)]
pub struct Replacement {
    /// The file with the new content.
    temporary: PathBuf,
    /// The file that is replaced.
    path: PathBuf,
}

impl Replacement {
    /// Writes the new content to disk, in a file that only its owner can read.
    ///
    /// # Errors
    /// [`FileError::Write`]
    pub fn prepare(path: &Path, content: &[u8]) -> Result<Self, FileError> {
        let replacement = Self { temporary: path_beside(path, "new"), path: path.to_owned() };
        replacement.write(content).map_err(FileAction::Write.failed(path))?;
        Ok(replacement)
    }

    /// Writes the temporary file.
    fn write(&self, content: &[u8]) -> io::Result<()> {
        // The lock is held: a file of that name was left by a process that was killed.
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        platform::set_private(options.write(true).create_new(true), false);
        let mut file = options.open(&self.temporary)?;
        // Whatever the umask.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(content)?;
        file.sync_all()
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// [`FileError::Write`], and the file is as it was; [`FileError::Sync`], and it is replaced, but a power cut
    /// may bring the old file back, whole.
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

/// Returns the path of a file in the same directory, whose name ends with `.` and `suffix`.
pub fn path_beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Returns the directory that a file or directory is in.
pub fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}
