//! The keyring of a login: one item for each secret of a profile, read and changed within time limits.
//!
//! Whoever changes an item holds a lock against the other processes of the login, from before it is
//! read until after it is written.

mod fault;
mod limit;
mod record;
mod store;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

pub use fault::{Fault, KeyringError};
pub use record::{Current, LONGEST_RECORD, Previous, Record, RecordError};

use self::store::Place;
use super::ReadContext;
use crate::fs::{self, DiskError, DiskFault, Lock};

/// How long another process that changes secrets is waited for: for twenty changes one behind the other, and
/// for more than one answer that does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Stream's API secret, which signs tokens.
    ApiSecret,
    /// The key that signs sessions.
    SessionKey,
}

impl Kind {
    /// Returns the flag that means it, with a blank before it.
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

/// Names an item of the keyring: a profile's secret of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// The profile's name.
    pub profile: String,
    /// What the secret is for.
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

    /// Returns what keyring programs call the item.
    fn label(&self) -> String {
        format!("stream-token: {self}")
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of profile {}", self.kind, self.profile)
    }
}

/// Reads an item, and may have it unlocked.
///
/// # Errors
/// [`KeyringError`].
pub fn read(item: &Item, asking: &ReadContext<'_>) -> Result<Record, KeyringError> {
    let sought = item.clone();
    within(item, asking, move || parsed(&Place::of(&sought)?.read()?))
}

/// Reads an item without unlocking anything and without asking anybody.
///
/// # Errors
/// [`KeyringError`].
pub fn peek(item: &Item, asking: &ReadContext<'_>) -> Result<Record, KeyringError> {
    let sought = item.clone();
    within(item, asking, move || parsed(&store::peek(&sought)?))
}

/// An item that no other process changes.
pub struct Held<'a> {
    /// The item.
    item: Item,
    /// What it holds; an error where that is no record, and then it can only be removed.
    found: Result<Option<Record>, Fault>,
    /// How the keyring is asked.
    asking: &'a ReadContext<'a>,
    /// The lock against other processes.
    _lock: fs::Held,
}

/// Holds an item against the other processes of this login, and reads what it holds. `lock` is a file that
/// all of them know, made where it is missing.
///
/// # Errors
/// [`KeyringError`] where another process does not let go of it, or the keyring cannot be read.
pub fn hold<'a>(item: Item, lock: &Path, asking: &'a ReadContext<'a>) -> Result<Held<'a>, KeyringError> {
    let lock = locked(lock).map_err(|error| KeyringError { item: item.clone(), fault: error.into() })?;
    let found = match read(&item, asking) {
        Ok(record) => Ok(Some(record)),
        Err(KeyringError { fault: Fault::Missing, .. }) => Ok(None),
        Err(KeyringError { fault, .. }) if fault.is_of_the_item() => Err(fault),
        Err(other) => return Err(other),
    };
    Ok(Held { item, found, asking, _lock: lock })
}

/// Waits for the lock, and makes its file, and the folder around it, where they are missing.
fn locked(path: &Path) -> Result<fs::Held, DiskError> {
    if let Some(folder) = path.parent() {
        fs::make_directory(folder)?;
    }
    Lock::open(path.to_owned())?.acquire_within(PATIENCE)
}

impl From<DiskError> for Fault {
    fn from(error: DiskError) -> Self {
        match error.fault() {
            DiskFault::Locked(waited) => Self::Busy { waited: *waited },
            _ => Self::Unlockable(error),
        }
    }
}

impl Held<'_> {
    /// Returns what the item holds; `None` where there is none.
    ///
    /// # Errors
    /// [`KeyringError`] where it holds what is no record, or there are several: it can only be removed.
    pub fn record(&mut self) -> Result<Option<Record>, KeyringError> {
        let found = std::mem::replace(&mut self.found, Ok(None));
        found.map_err(|fault| KeyringError { item: self.item.clone(), fault })
    }

    /// Returns the item's name.
    #[must_use]
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// Returns `true` if a keyring takes the record.
    ///
    /// # Errors
    /// [`KeyringError`] of [`Fault::TooLarge`].
    pub fn fits(&self, record: &Record) -> Result<(), KeyringError> {
        self.bytes_of(record).map(drop)
    }

    /// Returns the record as the keyring holds it.
    fn bytes_of(&self, record: &Record) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let too_large = |bytes| KeyringError { item: self.item.clone(), fault: Fault::TooLarge { bytes } };
        record.to_bytes().map_err(too_large)
    }

    /// Returns `true` if there is nothing to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.found, Ok(None))
    }

    /// Writes the item.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`Fault::OutcomeUnknown`] it may hold the old record or the new one.
    pub fn write(&self, record: &Record) -> Result<(), KeyringError> {
        let bytes = self.bytes_of(record)?;
        let item = self.item.clone();
        self.change(move || Place::of(&item)?.write(&bytes))
    }

    /// Removes the item; all that answer to its name.
    ///
    /// # Errors
    /// [`KeyringError`]; after [`Fault::OutcomeUnknown`] it may be there or not.
    pub fn remove(&self) -> Result<(), KeyringError> {
        let item = self.item.clone();
        self.change(move || Place::of(&item)?.remove())
    }

    /// Changes the item, within the limit.
    fn change(&self, work: impl FnOnce() -> Result<(), Fault> + Send + 'static) -> Result<(), KeyringError> {
        let changed = within(&self.item, self.asking, work);
        changed.map_err(|error| KeyringError { fault: error.fault.of_a_write(), ..error })
    }
}

/// Does `work` within the limit.
fn within<T: Send + 'static>(
    item: &Item,
    asking: &ReadContext<'_>,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, KeyringError> {
    let done = limit::within(asking.limit, asking.on_slow, work);
    let done = done.unwrap_or(Err(Fault::TimedOut { waited: asking.limit }));
    done.map_err(|fault| KeyringError { item: item.clone(), fault })
}

/// Takes what a keyring gave for a record.
fn parsed(bytes: &[u8]) -> Result<Record, Fault> {
    Record::parse(bytes).map_err(Fault::Damaged)
}
