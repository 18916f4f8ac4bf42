//! The writing side of an audit log: entries from many threads, brought to disk together.
//!
//! Callers whose entries wait at the same time form a batch. The first of them writes the whole batch with one
//! sync; the others wait for it. A caller by itself pays for its own entry and nothing else.

use std::fs::remove_file;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::entry::{Action, EntryBody, Event, EventId, Outcome};
use super::error::AuditError;
use super::head::Head;
use super::health::AuditHealth;
use super::segment;
use super::writer::Writer;
use crate::fs::{self, DiskError};
use crate::time::Clock;

/// The size in bytes after which a segment is followed by another.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The writing side of an audit log, shared by all threads.
#[derive(Debug)]
pub struct AuditLog {
    /// The batch that callers join.
    open: Mutex<Arc<Batch>>,
    /// Writes batches, one at a time.
    writer: Mutex<Writer>,
    /// The directory of the log.
    directory: PathBuf,
    /// How appends and syncs went.
    health: Arc<AuditHealth>,
}

/// Entries that share a write and a sync.
#[derive(Debug)]
struct Batch {
    /// What the entries say, in order; `None` once the batch is being written.
    entries: Mutex<Option<Vec<Arc<EntryBody>>>>,
    /// The entries' heads once they are on disk, or why they are not. The caller that initializes it writes.
    outcome: OnceLock<Result<Vec<Head>, AuditError>>,
}

/// Proof that an event's entry, and all entries before it, are on disk.
///
/// Only [`AuditLog::record`] makes one, one for each event, and it cannot be cloned.
#[derive(Debug)]
pub struct Receipt {
    /// The id of the event.
    event: EventId,
    /// The entry.
    head: Head,
    /// What the entry says.
    body: Arc<EntryBody>,
}

impl Receipt {
    /// Returns the entry as a head of the log.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Returns `true` if it is for the event with this id.
    #[must_use]
    pub fn covers_event(&self, id: EventId) -> bool {
        self.event == id
    }

    /// Returns `true` if the entry records minting for this customer, alone or among others, that was allowed, also of
    /// tokens that fail on purpose.
    #[must_use]
    pub fn covers_customer(&self, customer: u64) -> bool {
        let is_mint = matches!(self.body.action, Action::Mint | Action::MintBatch | Action::Fault);
        self.body.outcome == Outcome::Ok && is_mint && self.body.customers.contains(customer)
    }
}

impl Batch {
    /// Returns a batch that callers can join.
    fn open() -> Arc<Self> {
        Arc::new(Self { entries: Mutex::new(Some(Vec::new())), outcome: OnceLock::new() })
    }
}

impl AuditLog {
    /// Opens the log under a state directory. Missing directories are created with mode 0700.
    ///
    /// # Errors
    /// Whatever keeps the log from being written to: a link or something else in the directory's
    /// place, another owner, a missing permission, a read-only file system.
    pub fn open(state: &Path, clock: Clock) -> Result<Self, AuditError> {
        Self::open_with(state, clock, SEGMENT_BYTES)
    }

    /// Opens a log whose segments are followed by another after `limit` bytes.
    pub(super) fn open_with(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let writer = Writer::open(state, clock, limit)?;
        Ok(Self {
            open: Mutex::new(Batch::open()),
            directory: writer.directory.clone(),
            health: Arc::clone(&writer.health),
            writer: Mutex::new(writer),
        })
    }

    /// Records an event. Blocks until its entry is on disk.
    ///
    /// # Errors
    /// Whatever kept the entry from being written. It may then be in the log or not, and what it
    /// was to record must not happen.
    pub fn record(&self, event: Event) -> Result<Receipt, AuditError> {
        let (event, body) = (event.id, Arc::new(event.body));
        let (batch, index) = self.join(Arc::clone(&body));
        // One caller writes; those who come here meanwhile wait until it has.
        let outcome = batch.outcome.get_or_init(|| self.write(&batch));
        let heads = outcome.as_ref().map_err(Clone::clone)?;
        let head = *heads.get(index).ok_or_else(|| self.interrupted())?;
        Ok(Receipt { event, head, body })
    }

    /// Returns the number of syncs of entries, failed ones included.
    #[must_use]
    pub fn fsync_count(&self) -> u64 {
        self.health.fsync_count()
    }

    /// Returns how appends and syncs went, without writing to the log.
    #[must_use]
    pub fn health(&self) -> Arc<AuditHealth> {
        Arc::clone(&self.health)
    }

    /// Returns the directory of the log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the free space in bytes on the log's file system; `None` if it is unknown.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        fs::free_bytes(&self.directory)
    }

    /// Removes all segments up to one under the lock, oldest first, each for good before the next.
    pub(super) fn remove_segments(&self, up_to: u32) -> Result<(), AuditError> {
        let mut writer = lock(&self.writer);
        let _locked = writer.lock()?;
        let numbers = segment::numbers(&self.directory)?;
        for number in numbers.into_iter().filter(|number| *number <= up_to) {
            let path = segment::path(&self.directory, number);
            remove_file(&path).map_err(|error| DiskError::Write(path, error))?;
            fs::sync_directory(&self.directory)?;
        }
        Ok(())
    }

    /// Adds an entry to the open batch. Returns the batch and the entry's index in it.
    fn join(&self, body: Arc<EntryBody>) -> (Arc<Batch>, usize) {
        let mut open = lock(&self.open);
        loop {
            if let Some(entries) = lock(&open.entries).as_mut() {
                entries.push(body);
                return (Arc::clone(&open), entries.len() - 1);
            }
            *open = Batch::open();
        }
    }

    /// Writes a batch. Others may join it until the batch before it is on disk and the log is locked.
    fn write(&self, batch: &Batch) -> Result<Vec<Head>, AuditError> {
        let mut writer = lock(&self.writer);
        let locked = writer.lock();
        let entries = lock(&batch.entries).take().unwrap_or_default();
        let entries: Vec<&EntryBody> = entries.iter().map(|body| &**body).collect();
        let outcome = locked.and_then(|_locked| {
            // Without this, a panic would have the next caller write the batch again.
            let append = AssertUnwindSafe(|| writer.append(&entries));
            catch_unwind(append).unwrap_or_else(|_| Err(self.interrupted()))
        });
        self.health.record_append(outcome.is_ok());
        outcome
    }

    /// Returns the error of an entry of which nobody knows whether it was written.
    fn interrupted(&self) -> AuditError {
        AuditError::Abandoned { path: self.directory.clone() }
    }
}

/// Locks a mutex. A thread that panicked while it held one of ours left a whole value in it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
