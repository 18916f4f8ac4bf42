//! The writing side of an audit log: entries from many threads, written to disk in batches; and the removal of old ones.
//!
//! Callers that wait at the same time share a batch. The first of them writes the whole batch with one sync, and the
//! others wait for it. A single caller pays only for its own entry.
//!
//! Old entries are removed as whole segments, after verifying them and recording the removal in the log. The record names
//! the last pruned entry and its hash, which the first remaining entry has as `prev`. After a crash at any point of a
//! prune, the log still verifies, and the next prune removes the remaining segments.

use std::fmt;
use std::fs::remove_file;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::entry::{Action, Actor, Channel, Event, Outcome};
use super::error::AuditError;
use super::head::Head;
use super::segment;
use super::verify::{VerifyReport, verify_each};
use super::writer::Writer;
use crate::fs::{self, FileAction};
use crate::time::{Clock, Timestamp};

/// The size in bytes at which a segment is full, and a new one is opened.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The writing side of an audit log, shared by all threads.
pub struct AuditLog {
    /// The batch that callers join.
    open: Mutex<Batch>,
    /// The writer, which writes one batch at a time.
    writer: Mutex<Writer>,
    /// The directory of the log.
    directory: PathBuf,
    /// The outcome of the last append.
    last_append: Mutex<LastAppend>,
    /// The callback for the duration of each sync. It must not block.
    sync_observer: OnceLock<Box<dyn Fn(Duration) + Send + Sync>>,
}

/// The outcome of the last append to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastAppend {
    /// No append has been made.
    #[default]
    None,
    /// The entries are on disk.
    Succeeded,
    /// The append failed at this time.
    Failed(Timestamp),
}

/// Events whose entries share a write and a sync.
#[derive(Debug, Default)]
struct Batch {
    /// The events, in order.
    events: Vec<Arc<Event>>,
    /// The heads of the entries once they are on disk, or the error. The caller that initializes it writes the batch.
    outcome: Arc<OnceLock<Result<Vec<Head>, AuditError>>>,
}

/// Proof that an event's entry, and all entries before it, are on disk.
///
/// Only [`AuditLog::record`] creates receipts, one for each event, and they cannot be cloned.
#[derive(Debug)]
pub struct Receipt {
    /// The entry, as a head of the log.
    head: Head,
    /// The recorded event.
    event: Arc<Event>,
}

impl Receipt {
    /// Returns the entry as a head of the log.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Returns `true` if the entry records that a token was minted for this customer: the token with this
    /// fingerprint, or one of a batch. This includes tokens that fail on purpose.
    pub fn covers(&self, customer: u64, fingerprint: impl FnOnce() -> String) -> bool {
        let event = &self.event;
        let is_mint = matches!(event.action, Action::Mint | Action::MintBatch | Action::Fault);
        let is_its_own = event.fingerprint.as_ref().is_none_or(|named| *named == fingerprint());
        event.outcome == Outcome::Ok && is_mint && event.is_for(customer) && is_its_own
    }
}

impl AuditLog {
    /// Opens the log under a state directory. Missing directories are created with mode 0700.
    ///
    /// # Errors
    /// [`AuditError`] if the log cannot be written, for example because the directory is a link or another kind of
    /// file, has another owner, lacks a permission, or is on a read-only file system.
    pub fn open(state: &Path, clock: Clock) -> Result<Self, AuditError> {
        Self::open_with(state, clock, SEGMENT_BYTES)
    }

    /// Opens a log whose segments are full at `limit` bytes.
    pub(super) fn open_with(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let writer = Writer::open(state, clock, limit)?;
        Ok(Self {
            open: Mutex::default(),
            directory: writer.directory.clone(),
            writer: Mutex::new(writer),
            last_append: Mutex::default(),
            sync_observer: OnceLock::new(),
        })
    }

    /// Records an event. Blocks until its entry is on disk.
    ///
    /// # Errors
    /// [`AuditError`] if the entry cannot be written. It may or may not be in the log then, and the caller must not
    /// carry out the recorded action.
    pub fn record(&self, event: Event) -> Result<Receipt, AuditError> {
        let event = Arc::new(event.cut());
        let mut open = lock(&self.open);
        open.events.push(Arc::clone(&event));
        let (index, outcome) = (open.events.len() - 1, Arc::clone(&open.outcome));
        drop(open);
        // One caller writes the batch; the others block here until it has.
        let outcome = outcome.get_or_init(|| self.write(&outcome));
        let heads = outcome.as_ref().map_err(Clone::clone)?;
        let head = *heads.get(index).ok_or_else(|| self.abandoned())?;
        Ok(Receipt { head, event })
    }

    /// Returns the outcome of the last append, without writing to the log.
    pub fn last_append(&self) -> LastAppend {
        *lock(&self.last_append)
    }

    /// Calls `observer`, which must not block, with the duration of every later sync. Only the first observer is
    /// kept.
    pub fn observe_syncs(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        // A second observer is dropped, as documented.
        let _ = self.sync_observer.set(Box::new(observer));
    }

    /// Returns the directory of the log.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the free space in bytes on the log's file system; `None` if it is unknown.
    pub fn free_bytes(&self) -> Option<u64> {
        fs::free_bytes(&self.directory)
    }

    /// Records the removal of the planned segments, then removes them, oldest first, and syncs the directory after each.
    /// Returns the entry of the record.
    ///
    /// # Errors
    /// [`AuditError`] if the removal cannot be recorded, in which case nothing is removed, or if a segment cannot be
    /// removed.
    pub fn prune(&self, plan: &PrunePlan, actor: Actor) -> Result<Head, AuditError> {
        let receipt = self.record(Event {
            pruned_up_to: Some(plan.last.to_string()),
            count: Some(plan.entries()),
            // A server whose revocation list is missing searches the log for revocations.
            reason: plan.has_revocation.then(|| Action::SessionRevoke.name().into()),
            ..Event::new(Action::Pruned, Channel::Cli, actor, Outcome::Ok)
        })?;
        let mut writer = lock(&self.writer);
        let _locked = writer.lock()?;
        let numbers = segment::numbers(&self.directory)?;
        for number in numbers.into_iter().filter(|number| *number <= plan.up_to) {
            let path = segment::path(&self.directory, number);
            remove_file(&path).map_err(FileAction::Write.failed(&path))?;
            fs::sync_directory(&self.directory)?;
        }
        Ok(receipt.head())
    }

    /// Writes the batch with this outcome. Callers can join it until the previous batch is on disk and the log is
    /// locked.
    fn write(&self, outcome: &Arc<OnceLock<Result<Vec<Head>, AuditError>>>) -> Result<Vec<Head>, AuditError> {
        let mut writer = lock(&self.writer);
        let locked = writer.lock();
        let mut open = lock(&self.open);
        // A batch that is no longer open was taken by a caller that panicked while writing it.
        let batch = Arc::ptr_eq(&open.outcome, outcome).then(|| std::mem::take(&mut *open));
        drop(open);
        let outcome = locked.and_then(|_locked| {
            let Batch { events, .. } = batch.ok_or_else(|| self.abandoned())?;
            writer.append(&events.iter().map(|event| &**event).collect::<Vec<_>>())
        });
        if let (Some(observer), Some(took)) = (self.sync_observer.get(), writer.last_sync.take()) {
            observer(took);
        }
        let is_on_disk = outcome.is_ok();
        *lock(&self.last_append) =
            if is_on_disk { LastAppend::Succeeded } else { LastAppend::Failed(writer.clock.now()) };
        outcome
    }

    /// Returns the error for an entry that may or may not have been written.
    fn abandoned(&self) -> AuditError {
        AuditError::Abandoned(self.directory.clone())
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuditLog").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// The oldest segments of a log, to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunePlan {
    /// The number of the last segment to remove.
    up_to: u32,
    /// The number of segments to remove.
    pub segments: usize,
    /// The sequence number of the first entry to remove.
    pub first: u64,
    /// The last entry to remove.
    pub last: Head,
    /// Whether one of the entries records that sessions were revoked.
    has_revocation: bool,
}

impl PrunePlan {
    /// Verifies the log under a state directory, and plans to remove the oldest segments whose entries were all
    /// written before a time. The plan is `None` if there are no such segments, or if the log does not verify. The
    /// newest segment is never removed.
    ///
    /// # Errors
    /// [`AuditError`] if the log cannot be read.
    pub fn new(state: &Path, before: Timestamp) -> Result<(VerifyReport, Option<Self>), AuditError> {
        let mut first = None;
        // For each segment, the plan to remove it alone, and whether all of its entries are old.
        let mut segments: Vec<(Self, bool)> = Vec::new();
        let report = verify_each(state, None, |number, entry| {
            let first = *first.get_or_insert(entry.sequence);
            if segments.last().is_none_or(|(segment, _)| segment.up_to != number) {
                let segment =
                    Self { up_to: number, segments: 1, first, last: entry.head(), has_revocation: false };
                segments.push((segment, true));
            }
            if let Some((segment, is_old)) = segments.last_mut() {
                *is_old &= entry.time < before;
                segment.last = entry.head();
                segment.has_revocation |= entry.body.records_revocation();
            }
        })?;
        segments.pop();
        let old = segments.into_iter().take_while(|(_, is_old)| *is_old).map(|(segment, _)| segment);
        let plan = old.reduce(|older, newer| Self {
            segments: older.segments + 1,
            has_revocation: older.has_revocation || newer.has_revocation,
            ..newer
        });
        let plan = plan.filter(|_| report.is_intact());
        Ok((report, plan))
    }

    /// Returns the number of entries to remove.
    pub fn entries(&self) -> u64 {
        self.last.sequence.saturating_sub(self.first).saturating_add(1)
    }
}

/// Locks a mutex, ignoring poisoning: a thread that panics while holding it leaves a valid value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
