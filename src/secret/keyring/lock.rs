//! The lock that lets one process of a login change secrets at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Fault;

/// How long the lock is waited for: twenty changes one behind the other, and more than one answer that
/// does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// The lock while it is held; it ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock {
    /// The locked file.
    _file: File,
}

impl Lock {
    /// Waits for the lock.
    pub(super) fn acquire(path: &Path) -> Result<Self, Fault> {
        Self::acquire_within(path, PATIENCE)
    }

    /// Waits for the lock, at most so long.
    fn acquire_within(path: &Path, patience: Duration) -> Result<Self, Fault> {
        let file = open(path).map_err(Fault::Unlockable)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(Fault::Busy { waited: patience }),
                Err(TryLockError::Error(error)) => return Err(Fault::Unlockable(error)),
            }
        }
    }
}

/// Opens the file, and makes it and its folder where they are missing, for their owner alone.
fn open(path: &Path) -> io::Result<File> {
    let mut folder = fs::DirBuilder::new();
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    if let Some(directory) = path.parent() {
        folder.recursive(true).create(directory)?;
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_at_a_time_and_the_next_once_it_is_let_go() {
        let folder = std::env::temp_dir().join(format!("stream-token-lock-{}", std::process::id()));
        let path = folder.join("deep/lock");
        let held = Lock::acquire(&path).unwrap();
        let second = Lock::acquire_within(&path, Duration::from_millis(10));
        assert!(matches!(second, Err(Fault::Busy { .. })), "{second:?}");
        drop(held);
        Lock::acquire_within(&path, Duration::ZERO).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
