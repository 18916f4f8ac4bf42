//! A lock file for one writer at a time, with a time limit.
//!
//! A writer holds the lock for one write and one sync. A process that holds it for seconds is stopped or stuck; an
//! error is then better than waiting forever.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::{FileAction, FileError, FileId, FileProblem, FileUse, file_id, open};

/// The timeout for acquiring the lock.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The interval between two attempts: about as long as writing an entry takes.
const RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// A lock file, held by one writer at a time.
#[derive(Debug)]
pub struct Lock {
    /// The path of the lock file.
    path: PathBuf,
    /// The open lock file.
    file: Arc<File>,
    /// The identity of the open lock file.
    id: FileId,
}

impl Lock {
    /// Opens the lock file, and creates it if it does not exist.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn open(path: PathBuf) -> Result<Self, FileError> {
        let (file, metadata) = open(&path, FileUse::Lock)?;
        Ok(Self { path, file: Arc::new(file), id: file_id(&metadata) })
    }

    /// Returns the path of the lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the identity of the lock file.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Acquires the lock, waiting at most ten seconds. If the lock file was replaced, opens and locks the new one.
    ///
    /// # Errors
    /// [`FileProblem::Locked`] if another process holds the lock all the time; or the error of locking or opening it.
    pub fn acquire(&mut self) -> Result<LockGuard, FileError> {
        self.try_acquire_for(TIMEOUT)
    }

    /// Acquires the lock like [`Lock::acquire`], waiting at most `timeout`.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire_for(&mut self, timeout: Duration) -> Result<LockGuard, FileError> {
        let started = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if started.elapsed() < timeout => {
                    thread::sleep(RETRY_INTERVAL);
                    continue;
                }
                Err(TryLockError::WouldBlock) => return Err(FileProblem::Locked(timeout).at(&self.path)),
                Err(TryLockError::Error(error)) => return Err(FileAction::Lock.failed(&self.path)(error)),
            }
            let guard = LockGuard(Arc::clone(&self.file));
            if self.path.symlink_metadata().is_ok_and(|metadata| file_id(&metadata) == self.id) {
                return Ok(guard);
            }
            drop(guard);
            *self = Self::open(self.path.clone())?;
        }
    }
}

/// A held lock, released when dropped.
#[derive(Debug)]
pub struct LockGuard(Arc<File>);

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Closing the file unlocks it too, so an error here changes nothing.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Opens the one lock of a directory, as one writer among others.
    fn lock(directory: &TempDir) -> Lock {
        Lock::open(directory.path().join("lock")).unwrap()
    }

    #[test]
    fn a_lock_that_is_held_times_out_and_a_released_one_is_acquired() {
        let directory = TempDir::new().unwrap();
        let (mut one, mut other) = (lock(&directory), lock(&directory));
        let held = one.acquire().unwrap();
        let error = other.try_acquire_for(Duration::from_millis(5)).unwrap_err();
        assert!(matches!(error, FileError::Unfit(_, FileProblem::Locked(_))), "{error}");
        drop(held);
        other.try_acquire_for(Duration::ZERO).unwrap();
    }

    #[test]
    fn a_lock_that_is_released_in_time_is_acquired() {
        let directory = TempDir::new().unwrap();
        let (mut one, mut other) = (lock(&directory), lock(&directory));
        let held = one.acquire().unwrap();
        let waiting = thread::spawn(move || other.acquire().map(drop));
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
