//! The keyring of a login: one item for each secret of a profile, read and changed within time limits.
//!
//! A process that changes an item holds a lock against the other processes of the login, from before it reads the
//! item until after it has written it.

mod error;
mod record;
mod store;

use std::fmt;
use std::path::Path;
use std::time::Duration;

pub use error::{KeyringError, KeyringErrorKind};
pub use record::{Current, MAX_RECORD_BYTES, Previous, RecordError, SecretRecord};

use self::store::KeyringEntry;
use super::ReadContext;
use super::timeout::with_timeout;
use crate::fs::{self, DiskError, Lock};

/// How long the lock of another process is waited for: time for twenty changes in a row, and for more than one
/// reply that does not come.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The purpose of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Stream's API secret, which signs tokens.
    ApiSecret,
    /// The key that signs sessions.
    SessionKey,
}

impl Kind {
    /// Returns the command line flag for it, with a space before it.
    #[must_use]
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
    #[must_use]
    pub const fn service(&self) -> &'static str {
        match self.kind {
            Kind::ApiSecret => "app.stream-token.api-secret",
            Kind::SessionKey => "app.stream-token.session-key",
        }
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

/// Reads an item; the keyring may ask the user to unlock it.
///
/// # Errors
/// [`KeyringError`].
pub fn read(item: &Item, context: &ReadContext<'_>) -> Result<SecretRecord, KeyringError> {
    let name = item.clone();
    run(item, context, move || parse(&KeyringEntry::for_item(&name)?.read()?))
}

/// Reads an item without unlocking the keyring and without a prompt.
///
/// # Errors
/// [`KeyringError`].
pub fn probe(item: &Item, context: &ReadContext<'_>) -> Result<SecretRecord, KeyringError> {
    let name = item.clone();
    run(item, context, move || parse(&store::probe(&name)?))
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
    item: Item,
    /// Its content; an error if that is not one record, and then it can only be removed.
    found: Result<Option<SecretRecord>, KeyringError>,
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
    let lock = acquire(lock).map_err(|error| KeyringError { item: item.clone(), kind: error.into() })?;
    let found = match read(&item, context) {
        Ok(record) => Ok(Some(record)),
        Err(KeyringError { kind: KeyringErrorKind::Missing, .. }) => Ok(None),
        Err(error) if error.kind.is_item_error() => Err(error),
        Err(other) => return Err(other),
    };
    Ok(LockedItem { item, found, context, _lock: lock })
}

/// Waits for the lock; creates its file and directory if they do not exist.
fn acquire(path: &Path) -> Result<fs::LockGuard, DiskError> {
    if let Some(directory) = path.parent() {
        fs::create_private_dir(directory)?;
    }
    Lock::open(path.to_owned())?.try_acquire_for(LOCK_TIMEOUT)
}

impl From<DiskError> for KeyringErrorKind {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Locked(_, waited) => Self::Busy(waited),
            error => Self::LockUnavailable(error),
        }
    }
}

// A record that cannot be written. Those that cannot be read are all `Damaged`, as `parse` says.
impl From<RecordError> for KeyringErrorKind {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::TooLong(bytes) => Self::TooLarge(bytes),
            other => Self::Damaged(other),
        }
    }
}

impl LockedItem<'_> {
    /// Takes the item's record; `None` if there is none.
    ///
    /// # Errors
    /// [`KeyringError`] if the item is not one record: it can only be removed.
    pub fn record(&mut self) -> Result<Option<SecretRecord>, KeyringError> {
        std::mem::replace(&mut self.found, Ok(None))
    }

    /// Returns the item's name.
    #[must_use]
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// Returns `true` if there is nothing to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.found, Ok(None))
    }

    /// Checks that the record is small enough for a keyring.
    ///
    /// # Errors
    /// [`KeyringError`] of [`KeyringErrorKind::TooLarge`].
    pub fn check_size(&self, record: &SecretRecord) -> Result<(), KeyringError> {
        record
            .to_bytes()
            .map(drop)
            .map_err(|error| KeyringError { item: self.item.clone(), kind: error.into() })
    }

    /// Writes the item.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`KeyringErrorKind::OutcomeUnknown`] it contains the old record or the new one.
    pub fn write(&self, record: &SecretRecord) -> Result<(), KeyringError> {
        let bytes = record.to_bytes();
        self.update(move |entry| entry.write(&bytes?))
    }

    /// Removes the item, and all others with its name.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`KeyringErrorKind::OutcomeUnknown`] it may still exist.
    pub fn remove(&self) -> Result<(), KeyringError> {
        self.update(KeyringEntry::remove)
    }

    /// Changes the item, within the time limit.
    fn update(
        &self,
        change: impl FnOnce(&KeyringEntry) -> Result<(), KeyringErrorKind> + Send + 'static,
    ) -> Result<(), KeyringError> {
        let name = self.item.clone();
        let changed = run(&self.item, self.context, move || change(&KeyringEntry::for_item(&name)?));
        changed.map_err(|error| KeyringError { kind: error.kind.into_write_error(), ..error })
    }
}

/// Runs `work` on an item within the time limit.
fn run<T: Send + 'static>(
    item: &Item,
    context: &ReadContext<'_>,
    work: impl FnOnce() -> Result<T, KeyringErrorKind> + Send + 'static,
) -> Result<T, KeyringError> {
    with_timeout(context.limit, context.on_slow, work)
        .unwrap_or(Err(KeyringErrorKind::TimedOut(context.limit)))
        .map_err(|kind| KeyringError { item: item.clone(), kind })
}

/// Parses the content of an item.
fn parse(bytes: &[u8]) -> Result<SecretRecord, KeyringErrorKind> {
    SecretRecord::parse(bytes).map_err(KeyringErrorKind::Damaged)
}
