//! The keyring of a login: one item for each secret of a profile, read and changed within time limits.
//!
//! A process that changes an item holds a lock against the login's other processes, from before it reads the item until
//! after it has written it. Errors are distinguished by the types of the platform's errors, never by their text.

mod record;
mod store;

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;
use zeroize::Zeroizing;

pub use record::{Current, Previous, SecretRecord};

use super::{Access, ReadContext};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_short;
use crate::fs::{self, FileError, Lock};
use crate::time::humanize;

/// The most bytes of an item: the limit of the Windows Credential Manager.
pub const MAX_RECORD_BYTES: usize = 2560;

/// The version of an item's format that is written, and the only one that is read.
const RECORD_VERSION: u64 = 1;

/// The timeout for acquiring the lock: enough for twenty consecutive changes, and for more than one reply that times out.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The time after which the user is told that a keyring is slow.
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

    /// Returns an error of this kind about the item.
    pub fn error(&self, kind: KeyringErrorKind) -> KeyringError {
        KeyringError { item: self.clone(), kind }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.profile.as_str() {
            // A secret from the environment belongs to no profile.
            "" => write!(f, "{}", self.kind),
            profile => write!(f, "{} of profile {profile}", self.kind),
        }
    }
}

/// An error of a keyring operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot use the {item}: {kind}")]
pub struct KeyringError {
    /// The item that was read or changed.
    pub item: Item,
    /// The kind of error.
    pub kind: KeyringErrorKind,
}

/// The kind of a keyring error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyringErrorKind {
    /// The keyring has no such item.
    #[error("the keyring does not hold it")]
    Missing,
    /// The keyring is locked, and was not unlocked.
    #[error("the keyring is locked")]
    Locked,
    /// No keyring program can be reached, for this reason from the platform.
    #[error("no keyring can be reached: {}", escaped_short(.0))]
    NoService(String),
    /// A keyring program is running, but has no default keyring.
    #[error("there is no default keyring to store it in")]
    NoCollection,
    /// The keyring denies access to this program, for this reason from the platform.
    #[error("the keyring refuses it: {}", escaped_short(.0))]
    Denied(String),
    /// The keyring has this many items of the same name.
    #[error("the keyring holds {0} items of this name, and there must be only one")]
    Ambiguous(usize),
    /// The keyring did not answer within this timeout.
    #[error("the keyring gave no answer within {}", humanize(*.0))]
    TimedOut(Duration),
    /// The keyring did not confirm a change within this timeout.
    #[error("outcome unknown: the keyring did not say within {} whether it changed it", humanize(*.0))]
    OutcomeUnknown(Duration),
    /// The item would have this many bytes, too many for a keyring.
    #[error("it would take {0} bytes with what is kept beside it, and a keyring takes {MAX_RECORD_BYTES}")]
    TooLarge(usize),
    /// The item is a record of this version, which is not supported.
    #[error("its item is of version {0}, and this program knows version {RECORD_VERSION}")]
    OtherVersion(u64),
    /// The item is not a record of this program.
    #[error("its item is not what this program writes")]
    Damaged,
    /// The keyring confirmed that it stored the record, but does not return the same record.
    #[error("the keyring does not give back what it stored")]
    ReadBackMismatch,
    /// The lock against other processes cannot be acquired.
    #[error("other processes cannot be kept from changing it: {0}")]
    NotLocked(String),
    /// Any other failure, as described by the platform.
    #[error("the keyring failed: {}", escaped_short(.0))]
    Failed(String),
}

impl KeyringErrorKind {
    /// Returns `true` if the keyring answered, and only the item is missing or not usable.
    pub const fn is_item_error(&self) -> bool {
        matches!(self, Self::Missing | Self::OtherVersion(_) | Self::Damaged | Self::Ambiguous(_))
    }
}

impl Diagnostic for KeyringError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        use KeyringErrorKind as Why;
        let flag = if self.item.kind == Kind::SessionKey { " --session-key" } else { "" };
        let name = format!("{}{flag}", self.item.profile);
        Some(match &self.kind {
            Why::Missing => format!("store it with 'stream-token secret set {name}'"),
            Why::Ambiguous(_) | Why::Damaged => {
                format!("remove it with 'stream-token secret remove {name}', and store it again")
            }
            Why::TooLarge(_) => {
                format!(
                    "make room with 'stream-token secret remove {name} --previous', or use a file: source"
                )
            }
            Why::Locked => {
                "unlock it, for example by logging in; or give the profile a file: or command: source".into()
            }
            Why::NoService(_) => {
                "log in at a desktop with a keyring; or give the profile a file: or command: source".into()
            }
            Why::NoCollection => {
                "create a default keyring, with Seahorse or by logging in at the desktop".into()
            }
            Why::Denied(_) => "allow stream-token in the keyring program's settings".into(),
            Why::TimedOut(_) => {
                "look for a window that asks to unlock the keyring, or restart the keyring program".into()
            }
            Why::OutcomeUnknown(_) => "run the command again: what is done already is not done twice".into(),
            Why::OtherVersion(_) => "use the version of stream-token that wrote it, or a later one".into(),
            Why::NotLocked(_) => "end the process that keeps it, or check who may write it".into(),
            Why::ReadBackMismatch | Why::Failed(_) => {
                "look in the keyring program whether it shows this item to other programs, and in its log"
                    .into()
            }
        })
    }
}

/// Reads an item. The keyring may ask the user to unlock it only with [`Access::Interactive`].
///
/// # Errors
/// [`KeyringError`] if the keyring cannot be read, or the item is missing or not valid.
pub fn read(item: &Item, context: &ReadContext<'_>) -> Result<SecretRecord, KeyringError> {
    let name = item.clone();
    let read = if context.access == Access::Interactive { store::read } else { store::probe };
    run(item, context, move || SecretRecord::parse(&read(&name)?))
}

/// Unlocks the keyring in which a new item would be stored; the keyring may ask the user.
///
/// # Errors
/// [`KeyringError`] if the keyring stays locked, or does not exist.
pub fn unlock(item: &Item, context: &ReadContext<'_>) -> Result<(), KeyringError> {
    run(item, context, store::unlock)
}

/// Returns a description of the program that serves the keyring. The program is neither started nor called.
///
/// # Errors
/// [`KeyringError`] if no program serves the keyring.
pub fn server(item: &Item, context: &ReadContext<'_>) -> Result<String, KeyringError> {
    run(item, context, store::server)
}

/// An item that is locked against changes by other processes.
pub struct LockedItem<'a> {
    /// The item.
    pub item: Item,
    /// The item's record, or `None` if it has none; an error if it is not exactly one valid record: it can then only be
    /// removed.
    pub found: Result<Option<SecretRecord>, KeyringError>,
    /// The time limits.
    context: &'a ReadContext<'a>,
    /// The lock against other processes.
    _lock: fs::LockGuard,
}

/// Locks an item against the other processes of this login, and reads it. `lock` is a file that these processes share;
/// it is created if it does not exist.
///
/// # Errors
/// [`KeyringError`] if another process holds the lock, or the keyring cannot be read.
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
    /// Writes the bytes of a record to the item, or removes it and all other items of the same name.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`KeyringErrorKind::OutcomeUnknown`] the item may or may not be changed.
    pub fn write(&self, bytes: Option<Zeroizing<Vec<u8>>>) -> Result<(), KeyringError> {
        let item = self.item.clone();
        let change = move || match bytes {
            Some(bytes) => store::write(&item, &bytes),
            None => store::remove(&item),
        };
        run(&self.item, self.context, change).map_err(|error| match error.kind {
            KeyringErrorKind::TimedOut(waited) => self.item.error(KeyringErrorKind::OutcomeUnknown(waited)),
            _ => error,
        })
    }
}

/// Runs `work` on an item in a thread of its own, and waits for it within the time limit: a keyring can block forever.
///
/// After a timeout the work continues until the process exits, and its result is dropped.
fn run<T: Send + 'static>(
    item: &Item,
    context: &ReadContext<'_>,
    work: impl FnOnce() -> Result<T, KeyringErrorKind> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, receiver) = mpsc::channel();
    // If no thread can be spawned, the work is not run, as it would have no limit. Sending fails after the limit, when
    // the receiver is gone.
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
