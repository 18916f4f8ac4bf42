//! The lock that lets one writer append at a time, and is waited for only so long.
//!
//! A writer keeps it for a write and a sync. Whoever has it for seconds is stopped or stuck, and then
//! it is better to mint nothing and say why than to wait without end.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::disk::{self, Identity, Purpose};
use super::error::{AuditError, Doing};

/// How long the lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two attempts: about as long as an entry takes.
const PAUSE: Duration = Duration::from_millis(1);

/// The file that one writer at a time has locked.
#[derive(Debug)]
pub(super) struct Lock {
    /// Its path.
    pub(super) path: PathBuf,
    /// The file.
    file: Arc<File>,
    /// Which file it is.
    pub(super) identity: Identity,
}

impl Lock {
    /// Opens the lock, and makes it if it is missing.
    pub(super) fn open(path: PathBuf) -> Result<Self, AuditError> {
        let (file, metadata) = disk::open(&path, Purpose::Lock)?;
        Ok(Self { path, file: Arc::new(file), identity: disk::identity(&metadata) })
    }

    /// Waits for the lock; for the one that stands there now, should it have been exchanged.
    pub(super) fn acquire(&mut self) -> Result<Held, AuditError> {
        self.acquire_within(PATIENCE)
    }

    /// Waits for the lock, at most so long.
    fn acquire_within(&mut self, patience: Duration) -> Result<Held, AuditError> {
        let begun = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                    thread::sleep(PAUSE);
                    continue;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(AuditError::Locked { path: self.path.clone(), waited: patience });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(AuditError::of(Doing::Lock, &self.path, error));
                }
            }
            let held = Held(Arc::clone(&self.file));
            let there = self.path.symlink_metadata();
            if there.is_ok_and(|metadata| disk::identity(&metadata) == self.identity) {
                return Ok(held);
            }
            drop(held);
            *self = Self::open(self.path.clone())?;
        }
    }
}

/// The lock while it is held.
#[derive(Debug)]
pub(super) struct Held(Arc<File>);

impl Drop for Held {
    fn drop(&mut self) {
        // It ends with the file too, and an error here has nobody to hear of it.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::State;
    use super::*;

    /// Opens the one lock of a state directory, as one writer among others.
    fn lock(state: &State) -> Lock {
        Lock::open(state.path().join("lock")).unwrap()
    }

    #[test]
    fn a_lock_that_is_kept_is_given_up_and_one_that_is_released_is_had() {
        let state = State::new();
        let (mut one, mut other) = (lock(&state), lock(&state));
        let held = one.acquire().unwrap();
        let error = other.acquire_within(Duration::from_millis(5)).unwrap_err();
        assert!(matches!(error, AuditError::Locked { .. }), "{error}");
        drop(held);
        other.acquire_within(Duration::ZERO).unwrap();
    }

    #[test]
    fn a_lock_that_is_released_in_time_is_had() {
        let state = State::new();
        let (mut one, mut other) = (lock(&state), lock(&state));
        let held = one.acquire().unwrap();
        let waiting = thread::spawn(move || other.acquire().map(drop));
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
