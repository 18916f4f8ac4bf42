//! The keyring of a login: one item for each secret of a profile, read and changed within time limits.
//!
//! A process that changes an item holds a lock against the other processes of the login, from before it reads the
//! item until after it has written it.

mod error;
mod record;
mod store;

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

pub use error::{KeyringError, KeyringErrorKind};
pub use record::{Current, Previous, SecretRecord};

use super::{Access, ReadContext};
use crate::fs::{self, FileError, Lock};

/// The most bytes of an item: the limit of the Windows Credential Manager.
pub const MAX_RECORD_BYTES: usize = 2560;

/// The version of an item's format that is written, and the only one that is read.
const RECORD_VERSION: u64 = 1;

/// How long the lock of another process is waited for: time for twenty changes in a row, and for more than one
/// reply that does not come.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a keyring takes before the user is told.
const SLOW_AFTER: Duration = Duration::from_secs(2);

/// The purpose of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Stream's API secret, which signs tokens.
    ApiSecret,
    /// The key that signs sessions.
    SessionKey,
}

impl Kind {
    /// Returns the command line flag for it, with a space before it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::ApiSecret => "",
            Self::SessionKey => " --session-key",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiSecret => "API secret",
            Self::SessionKey => "session key",
        })
    }
}

/// The name of an item in the keyring: a profile's secret of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// The profile's name.
    pub profile: String,
    /// The purpose of the secret.
    pub kind: Kind,
}

impl Item {
    /// Returns the attribute `service` of the item.
    pub const fn service(&self) -> &'static str {
        match self.kind {
            Kind::ApiSecret => "app.stream-token.api-secret",
            Kind::SessionKey => "app.stream-token.session-key",
        }
    }

    /// Returns the error that this is wrong with it.
    pub fn error(&self, kind: KeyringErrorKind) -> KeyringError {
        KeyringError { item: self.clone(), kind }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.profile.as_str() {
            // A secret of the environment, beside no profile.
            "" => write!(f, "{}", self.kind),
            profile => write!(f, "{} of profile {profile}", self.kind),
        }
    }
}

/// Reads an item. Only in a dialogue may the keyring ask the user to unlock it.
///
/// # Errors
/// [`KeyringError`].
pub fn read(item: &Item, context: &ReadContext<'_>) -> Result<SecretRecord, KeyringError> {
    let name = item.clone();
    let read = if context.access == Access::Interactive { store::read } else { store::probe };
    run(item, context, move || SecretRecord::parse(&read(&name)?))
}

/// Unlocks the keyring in which a new item would be stored; it may ask the user.
///
/// # Errors
/// [`KeyringError`] if it stays locked, or there is none.
pub fn unlock(item: &Item, context: &ReadContext<'_>) -> Result<(), KeyringError> {
    run(item, context, store::unlock)
}

/// Returns which program serves the keyring, in words. It is neither started nor asked for anything.
///
/// # Errors
/// [`KeyringError`] if none does.
pub fn server(item: &Item, context: &ReadContext<'_>) -> Result<String, KeyringError> {
    run(item, context, store::server)
}

/// An item that no other process can change.
pub struct LockedItem<'a> {
    /// The item.
    pub item: Item,
    /// Its content, `None` if there is none; an error if that is not one record, and then it can only be removed.
    pub found: Result<Option<SecretRecord>, KeyringError>,
    /// The time limits.
    context: &'a ReadContext<'a>,
    /// The lock against other processes.
    _lock: fs::LockGuard,
}

/// Locks an item against the other processes of this login, and reads it. `lock` is a file that they share; it is
/// created if it does not exist.
///
/// # Errors
/// [`KeyringError`] if another process keeps the lock, or the keyring cannot be read.
pub fn lock_item<'a>(
    item: Item,
    lock: &Path,
    context: &'a ReadContext<'a>,
) -> Result<LockedItem<'a>, KeyringError> {
    let acquire = || -> Result<_, FileError> {
        fs::create_private_dir(fs::directory_of(lock))?;
        Lock::open(lock.to_owned())?.try_acquire_for(LOCK_TIMEOUT)
    };
    let lock = acquire().map_err(|error| item.error(KeyringErrorKind::NotLocked(error.to_string())))?;
    let found = match read(&item, context) {
        Ok(record) => Ok(Some(record)),
        Err(KeyringError { kind: KeyringErrorKind::Missing, .. }) => Ok(None),
        Err(error) if error.kind.is_item_error() => Err(error),
        Err(other) => return Err(other),
    };
    Ok(LockedItem { item, found, context, _lock: lock })
}

impl LockedItem<'_> {
    /// Writes the bytes of a record.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`KeyringErrorKind::OutcomeUnknown`] it contains the old record or the new one.
    pub fn write(&self, bytes: Zeroizing<Vec<u8>>) -> Result<(), KeyringError> {
        self.update(move |item| store::write(item, &bytes))
    }

    /// Removes the item, and all others with its name.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`KeyringErrorKind::OutcomeUnknown`] it may still exist.
    pub fn remove(&self) -> Result<(), KeyringError> {
        self.update(store::remove)
    }

    /// Changes the item, within the time limit. Without an answer, the outcome is unknown.
    fn update(
        &self,
        change: impl FnOnce(&Item) -> Result<(), KeyringErrorKind> + Send + 'static,
    ) -> Result<(), KeyringError> {
        let name = self.item.clone();
        run(&self.item, self.context, move || change(&name)).map_err(|error| match error.kind {
            KeyringErrorKind::TimedOut(waited) => self.item.error(KeyringErrorKind::OutcomeUnknown(waited)),
            _ => error,
        })
    }
}

/// Runs `work` on an item in a thread of its own, and waits for it within the time limit: a keyring can block for ever.
///
/// Abandoned work goes on until the process ends, and its result is dropped.
fn run<T: Send + 'static>(
    item: &Item,
    context: &ReadContext<'_>,
    work: impl FnOnce() -> Result<T, KeyringErrorKind> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, receiver) = mpsc::channel();
    // Without a thread there is no limit, and so no work. After the limit nobody receives its result.
    let _ = thread::Builder::new().spawn(move || drop(sender.send(work())));
    let first = context.limit.min(SLOW_AFTER);
    let mut result = receiver.recv_timeout(first);
    if result.as_ref().is_err_and(|error| *error == RecvTimeoutError::Timeout) && first < context.limit {
        (context.on_slow)();
        result = receiver.recv_timeout(context.limit.saturating_sub(first));
    }
    let result = result.unwrap_or(Err(KeyringErrorKind::TimedOut(context.limit)));
    result.map_err(|kind| item.error(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn ran<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let item = Item { profile: "a".into(), kind: Kind::ApiSecret };
        let context = ReadContext {
            environment: &|_| None,
            now: Timestamp::EPOCH,
            limit,
            access: Access::Interactive,
            on_slow: &|| (),
        };
        run(&item, &context, || Ok(work())).ok()
    }

    #[test]
    fn returns_the_result_of_the_work() {
        assert_eq!(ran(Duration::from_mins(1), || 7), Some(7));
    }

    #[test]
    fn work_that_never_ends_is_abandoned() {
        let (keep, wait) = mpsc::channel::<()>();
        assert_eq!(ran(Duration::from_millis(1), move || wait.recv()), None);
        drop(keep);
    }

    #[test]
    fn work_that_panics_returns_nothing() {
        assert_eq!(ran(Duration::from_mins(1), || { assert!(thread::panicking()) }), None);
    }
}
