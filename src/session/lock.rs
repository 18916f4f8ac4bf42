//! The lock that lets one process change the register at a time, and is waited for only so long.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::disk::{self, Purpose};
use super::error::{Doing, RegisterError};

/// How long to wait between two attempts.
const PAUSE: Duration = Duration::from_millis(1);

/// The lock while it is held; it is released with the file.
#[derive(Debug)]
pub(super) struct Held {
    /// The file that is locked.
    _file: File,
}

/// Waits for the lock at `path`, at most so long; makes the file if it is missing.
pub(super) fn acquire(path: &Path, patience: Duration) -> Result<Held, RegisterError> {
    let (file, _) = disk::open(path, Purpose::Lock)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held { _file: file }),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(RegisterError::Locked { path: path.to_owned(), waited: patience });
            }
            Err(TryLockError::Error(error)) => return Err(RegisterError::of(Doing::Lock, path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::State;
    use super::*;

    #[test]
    fn a_lock_that_is_kept_is_given_up_and_one_that_is_released_is_had() {
        let state = State::new();
        let path = state.path().join("lock");
        let held = acquire(&path, Duration::ZERO).unwrap();
        let error = acquire(&path, Duration::from_millis(5)).unwrap_err();
        assert!(matches!(error, RegisterError::Locked { .. }), "{error}");
        drop(held);
        acquire(&path, Duration::ZERO).unwrap();
    }
}
