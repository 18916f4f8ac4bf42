//! Appends entries to the log: under the lock, after the last entry on disk, with one sync for all.
//!
//! An entry is acknowledged only after a sync. If a write or a sync fails, the writer gives the segment up: the
//! acknowledged bytes count, the rest is truncated if possible, and the next entry goes into a new segment that
//! records the failure. The writer also checks its own last entry against the disk, which reveals a log that was cut
//! or replaced under a running writer.

use std::fs::remove_file;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::entry::{Action, Entry, Event, Outcome};
use super::error::AuditError;
use super::head::{Hash, Head, LogId};
use super::reader::LogReader;
use super::segment::{self, OpenSegment, SegmentTail};
use crate::fs::{self, FileAction, FileError, FileUse, Lock};
use crate::process::stop_signals;
use crate::time::{Clock, utc};

/// The writing side of a log, used by one thread at a time.
#[derive(Debug)]
pub(super) struct Writer {
    /// The state directory that contains the log.
    state: PathBuf,
    /// The directory of the log.
    pub(super) directory: PathBuf,
    /// The clock for the times of entries.
    pub(super) clock: Clock,
    /// The size in bytes at which a segment is full.
    limit: u64,
    /// The lock that excludes other writers.
    lock: Lock,
    /// The last entry that the writer knows to be on disk.
    known: Option<Head>,
    /// The segment that this writer gave up last.
    given_up: Option<GivenUpSegment>,
    /// The duration of the last sync of entries.
    pub(super) last_sync: Option<Duration>,
    /// What goes wrong in a test.
    #[cfg(test)]
    pub(super) sabotage: super::testing::Sabotage,
}

/// A segment that was given up because a write or a sync failed.
#[derive(Debug)]
struct GivenUpSegment {
    /// The segment's number.
    number: u32,
    /// The reason, as the next segment records it.
    reason: &'static str,
    /// The number of acknowledged bytes.
    trusted: u64,
    /// The length in bytes, including unacknowledged bytes.
    left: u64,
}

/// The place of the next entry.
struct Target {
    /// The segment.
    segment: OpenSegment,
    /// The previous entry; `None` for a new log.
    after: Option<Head>,
    /// The maintenance entry to write first: a torn line was ended, a segment opened, or the chain found broken.
    maintenance: Option<Event>,
}

impl Writer {
    /// Creates the log's directory if it is missing, and opens the lock in it.
    pub(super) fn open(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        fs::create_private_dir(&directory)?;
        Ok(Self {
            lock: Lock::open(directory.join("lock"))?,
            state: state.to_owned(),
            directory,
            clock,
            limit,
            known: None,
            given_up: None,
            last_sync: None,
            #[cfg(test)]
            sabotage: super::testing::Sabotage::default(),
        })
    }

    /// Acquires the lock, waiting for other writers until a timeout. Stop signals (Ctrl-Z) are held back until the
    /// returned guard is dropped.
    pub(super) fn lock(&mut self) -> Result<impl Sized + use<>, AuditError> {
        let held = stop_signals::hold();
        // Tuple fields drop in order: the lock is released before the process can stop.
        Ok((self.lock.acquire()?, held))
    }

    /// Appends entries, and returns their heads once they are on disk. The caller holds the lock.
    pub(super) fn append(&mut self, entries: &[&Event]) -> Result<Vec<Head>, AuditError> {
        let Some(&first) = entries.first() else { return Ok(Vec::new()) };
        let Target { segment, after, maintenance } = self.check_known(self.locate(first)?, first)?;
        let mut bytes = Vec::with_capacity(512 * (entries.len() + 1));
        if maintenance.as_ref().is_some_and(|event| event.action == Action::Repaired) {
            bytes.push(b'\n');
        }
        let now = utc(self.clock.now());
        let mut last = after.unwrap_or_else(|| Head::before_first(LogId::random()));
        let mut heads = Vec::with_capacity(entries.len() + 1);
        for event in maintenance.iter().chain(entries.iter().copied()) {
            last = Entry::write(&mut bytes, last, &now, event)
                .map_err(FileAction::Write.failed(&segment.path))?;
            heads.push(last);
        }
        if let Err(error) = self.write_and_sync(&segment, &bytes) {
            let is_written = !matches!(error, FileError::Io(FileAction::Write, ..));
            self.give_up(&segment, if is_written { "sync_failed" } else { "write_failed" });
            return Err(error.into());
        }
        self.known = Some(last);
        Ok(heads.split_off(heads.len() - entries.len()))
    }

    /// Determines the place of the next entry from the segments on disk: the newest segment, after a repair if
    /// needed, or a new one. A maintenance entry has the actor and channel of `next`.
    fn locate(&self, next: &Event) -> Result<Target, AuditError> {
        let mut numbers = segment::numbers(&self.directory)?;
        let newest = numbers.last().copied().unwrap_or(0);
        let mut reason = "torn";
        if newest > 0 && self.given_up.as_ref().is_none_or(|given_up| given_up.number != newest) {
            let segment = OpenSegment::open(&self.directory, newest, FileUse::Append)?;
            match segment.tail()? {
                SegmentTail::Entry(head, torn) if torn.is_some() || segment.length < self.limit => {
                    let maintenance = torn.map(|torn| Event {
                        count: Some(torn.len() as u64),
                        // There is none if only the newline was missing.
                        fingerprint: (!torn.is_empty()).then(|| Hash::of(&torn).short()),
                        ..maintenance(next, Action::Repaired, None)
                    });
                    return Ok(Target { segment, after: Some(head), maintenance });
                }
                SegmentTail::Empty => {
                    numbers.pop();
                    let (after, opening) = self.open_after(&numbers, "interrupted", next)?;
                    return Ok(Target { segment, after, maintenance: Some(opening) });
                }
                SegmentTail::Entry(..) => reason = "size",
                SegmentTail::Fragment | SegmentTail::Damaged => {}
            }
        }
        let (after, opening) = self.open_after(&numbers, reason, next)?;
        Ok(Target { segment: self.create_after(newest)?, after, maintenance: Some(opening) })
    }

    /// Returns the last entry of these segments, and the first event of a segment after them. `reason` is why that
    /// segment is opened, unless the last of these segments was given up or is damaged.
    fn open_after(
        &self,
        numbers: &[u32],
        reason: &str,
        next: &Event,
    ) -> Result<(Option<Head>, Event), AuditError> {
        let mut opening = maintenance(next, Action::SegmentOpened, Some("new_log"));
        for (later, &number) in numbers.iter().rev().enumerate() {
            let mut segment = OpenSegment::open(&self.directory, number, FileUse::Append)?;
            let (length, mut reason) = (segment.length, reason);
            if let Some(given_up) = self.given_up.as_ref().filter(|given_up| given_up.number == number) {
                reason = given_up.reason;
                if given_up.left == length {
                    segment.length = given_up.trusted;
                }
            }
            let (head, trusted) = match segment.tail()? {
                SegmentTail::Entry(head, torn) => {
                    (Some(head), segment.length - torn.map_or(0, |torn| torn.len() as u64))
                }
                SegmentTail::Empty | SegmentTail::Fragment => (None, 0),
                SegmentTail::Damaged => {
                    let reason = "the last line is not as it was written";
                    let opening = maintenance(next, Action::ChainBroken, Some(reason));
                    return Ok((self.last_whole_entry()?, opening));
                }
            };
            if later == 0 {
                opening = Event {
                    count: Some(length - trusted).filter(|bytes| *bytes > 0),
                    previous_bytes: Some(trusted),
                    ..maintenance(next, Action::SegmentOpened, Some(reason))
                };
            }
            if head.is_some() {
                return Ok((head, opening));
            }
        }
        Ok((None, opening))
    }

    /// Reads a damaged log from start to end, and returns the last entry that is intact.
    fn last_whole_entry(&self) -> Result<Option<Head>, AuditError> {
        let mut last: Option<Head> = None;
        for line in LogReader::open(&self.state) {
            if let Ok(entry) = line?.entry
                && last.is_none_or(|last| entry.sequence > last.sequence)
            {
                last = Some(entry.head());
            }
        }
        Ok(last)
    }

    /// Checks the target against the last entry that this writer knows to be on disk. Missing entries are damage.
    fn check_known(&self, target: Target, next: &Event) -> Result<Target, AuditError> {
        let Some(known) = self.known else { return Ok(target) };
        let (after, reason) = match target.after {
            Some(after) if after.log_id != known.log_id => (after, "another log is in this one's place"),
            Some(after) if after == known || after.sequence > known.sequence => return Ok(target),
            _ => (known, "entries that were on disk are gone"),
        };
        let is_new = target.maintenance.is_some_and(|event| event.action != Action::Repaired);
        let segment = if is_new { target.segment } else { self.create_after(target.segment.number)? };
        let maintenance = Some(maintenance(next, Action::ChainBroken, Some(reason)));
        Ok(Target { segment, after: Some(after), maintenance })
    }

    /// Creates the segment after `number`. None can follow `u32::MAX`: readers would not look for a number that
    /// wrapped.
    fn create_after(&self, number: u32) -> Result<OpenSegment, AuditError> {
        let full = || AuditError::Full(segment::path(&self.directory, number));
        OpenSegment::open(&self.directory, number.checked_add(1).ok_or_else(full)?, FileUse::Create)
    }

    /// Appends `bytes` to a segment and syncs it. For an empty segment, the directory is synced first.
    fn write_and_sync(&mut self, open: &OpenSegment, bytes: &[u8]) -> Result<(), FileError> {
        // The directory is synced first, so that the name of a segment that has entries is always on disk.
        if open.length == 0 {
            if open.number == 1 {
                fs::sync_parent(&self.directory)?;
            }
            fs::sync_directory(&self.directory)?;
        }
        #[cfg(test)]
        let bytes = self.sabotage.shorten(bytes);
        let written = (&open.file).write_all(bytes);
        #[cfg(test)]
        let written = written.and_then(|()| self.sabotage.write());
        written.map_err(FileAction::Write.failed(&open.path))?;
        let begun = Instant::now();
        let synced = open.file.sync_data();
        self.last_sync = Some(begun.elapsed());
        #[cfg(test)]
        let synced = synced.and_then(|()| self.sabotage.sync());
        synced.map_err(FileAction::Sync.failed(&open.path))
    }

    /// Gives up a segment on which a write or a sync failed, and truncates it to the acknowledged bytes.
    ///
    /// An empty segment tells other writers: it follows this one, or replaces it if nothing in it was acknowledged.
    /// If the empty segment cannot be created, this writer still remembers.
    fn give_up(&mut self, open: &OpenSegment, reason: &'static str) {
        let cut = Ok(());
        #[cfg(test)]
        let cut = cut.and_then(|()| self.sabotage.cut());
        let cut = cut.and_then(|()| open.file.set_len(open.length));
        let next = if open.length == 0 && remove_file(&open.path).is_ok() {
            open.path.clone()
        } else {
            let left = match cut {
                Ok(()) => open.length,
                Err(_) => open.file.metadata().map_or(open.length, |metadata| metadata.len()),
            };
            self.given_up = Some(GivenUpSegment { number: open.number, reason, trusted: open.length, left });
            segment::path(&self.directory, open.number.saturating_add(1))
        };
        // The original failure is reported; the next append runs into this one again.
        let _ = fs::open(&next, FileUse::Create);
    }
}

/// Returns an event of the log itself, with the actor and channel of the next event.
fn maintenance(next: &Event, action: Action, reason: Option<&str>) -> Event {
    let outcome = if action == Action::ChainBroken { Outcome::Failed } else { Outcome::Ok };
    Event {
        reason: reason.map(str::to_owned),
        ..Event::new(action, next.channel, next.actor.clone(), outcome)
    }
}

#[cfg(test)]
mod tests;
