//! The lock that lets one writer write at a time, and is waited for only so long.
//!
//! A writer keeps it for a write and a sync. Whoever has it for seconds is stopped or stuck, and then
//! it is better to do nothing and say why than to wait without end.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{DiskError, DiskFault};
use super::{Identity, Purpose, identity, open};

/// How long the lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two attempts: about as long as an entry takes.
const PAUSE: Duration = Duration::from_millis(1);

/// The file that one writer at a time has locked.
#[derive(Debug)]
pub struct Lock {
    /// Its path.
    path: PathBuf,
    /// The file.
    file: Arc<File>,
    /// Which file it is.
    identity: Identity,
}

impl Lock {
    /// Opens the lock, and makes it if it is missing.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn open(path: PathBuf) -> Result<Self, DiskError> {
        let (file, metadata) = open(&path, Purpose::Lock)?;
        Ok(Self { path, file: Arc::new(file), identity: identity(&metadata) })
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns which file it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Waits for the lock; for the one that stands there now, should it have been exchanged.
    ///
    /// # Errors
    /// [`DiskFault::Locked`] where somebody has had it for ten seconds; or what opening it anew gave.
    pub fn acquire(&mut self) -> Result<Held, DiskError> {
        self.acquire_within(PATIENCE)
    }

    /// Waits for the lock like [`Lock::acquire`], at most so long.
    ///
    /// # Errors
    /// [`DiskFault::Locked`] where somebody has had it for so long; or what opening it anew gave.
    pub fn acquire_within(&mut self, patience: Duration) -> Result<Held, DiskError> {
        let begun = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                    thread::sleep(PAUSE);
                    continue;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(DiskError::new(&self.path, DiskFault::Locked(patience)));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(DiskError::new(&self.path, DiskFault::Lock(error)));
                }
            }
            let held = Held(Arc::clone(&self.file));
            let there = self.path.symlink_metadata();
            if there.is_ok_and(|metadata| identity(&metadata) == self.identity) {
                return Ok(held);
            }
            drop(held);
            *self = Self::open(self.path.clone())?;
        }
    }
}

/// The lock while it is held.
#[derive(Debug)]
pub struct Held(Arc<File>);

impl Drop for Held {
    fn drop(&mut self) {
        // It ends with the file too, and an error here has nobody to hear of it.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Opens the one lock of a place, as one writer among others.
    fn lock(place: &TempDir) -> Lock {
        Lock::open(place.path().join("lock")).unwrap()
    }

    #[test]
    fn a_lock_that_is_kept_is_given_up_and_one_that_is_released_is_had() {
        let place = TempDir::new().unwrap();
        let (mut one, mut other) = (lock(&place), lock(&place));
        let held = one.acquire().unwrap();
        let error = other.acquire_within(Duration::from_millis(5)).unwrap_err();
        assert!(matches!(error.fault(), DiskFault::Locked(_)), "{error}");
        drop(held);
        other.acquire_within(Duration::ZERO).unwrap();
    }

    #[test]
    fn a_lock_that_is_released_in_time_is_had() {
        let place = TempDir::new().unwrap();
        let (mut one, mut other) = (lock(&place), lock(&place));
        let held = one.acquire().unwrap();
        let waiting = thread::spawn(move || other.acquire().map(drop));
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
