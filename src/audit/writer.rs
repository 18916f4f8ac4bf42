//! Appends entries to the log: under the lock, after the last entry on disk, with one sync for all.
//!
//! Nothing is acknowledged that was not synced. Where a write or a sync fails, the segment is given
//! up: what is known to be on disk counts, the rest is cut off where that is possible, and the next
//! entry goes into a new segment that says so. What a writer knows of its own entries is checked against what is on
//! disk, so a log that was cut or exchanged under a running writer is noticed.

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

/// The writing side of a log. One call at a time.
#[derive(Debug)]
pub(super) struct Writer {
    /// The state directory under which the log is.
    state: PathBuf,
    /// The directory of the log.
    pub(super) directory: PathBuf,
    /// Where the time of an entry comes from.
    pub(super) clock: Clock,
    /// After how many bytes a segment is followed by another.
    limit: u64,
    /// Keeps other writers away.
    lock: Lock,
    /// The last entry that the writer knows to be on disk.
    known: Option<Head>,
    /// The segment that it gave up last.
    given_up: Option<GivenUpSegment>,
    /// How long the last sync of entries took.
    pub(super) last_sync: Option<Duration>,
    /// What goes wrong in a test.
    #[cfg(test)]
    pub(super) sabotage: super::testing::Sabotage,
}

/// A segment that was given up because a write or a sync on it failed.
#[derive(Debug)]
struct GivenUpSegment {
    /// Its number.
    number: u32,
    /// Why, as the next segment will say.
    reason: &'static str,
    /// How many of its bytes were acknowledged.
    trusted: u64,
    /// How many it has, those that failed included.
    left: u64,
}

/// Where the next entry goes.
struct Target {
    /// The segment.
    segment: OpenSegment,
    /// The entry after which it goes; `None` for a new log.
    after: Option<Head>,
    /// The log's own entry that goes before it: a torn line was ended, a segment opened, or the chain found broken.
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

    /// Waits until no other writer has the lock, and gives up on one that seems stuck. This process does not stop
    /// (Ctrl-Z) until what this returns is dropped.
    pub(super) fn lock(&mut self) -> Result<impl Sized + use<>, AuditError> {
        let held = stop_signals::hold();
        // Dropped in this order: the lock is free when the process stops.
        Ok((self.lock.acquire()?, held))
    }

    /// Appends entries, at least one, and returns their heads once they are on disk. The caller holds
    /// the lock.
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

    /// Finds where the next entry goes by what is on disk: on in the newest segment, after a repair, or in a new one.
    /// What the log says of itself is in the name of `next`.
    fn locate(&self, next: &Event) -> Result<Target, AuditError> {
        let mut numbers = segment::numbers(&self.directory)?;
        let newest = numbers.last().copied().unwrap_or(0);
        let mut reason = "torn";
        if newest > 0 && self.given_up.as_ref().is_none_or(|given_up| given_up.number != newest) {
            let segment = OpenSegment::open(&self.directory, newest, FileUse::Append)?;
            match segment.tail()? {
                SegmentTail::Entry(head, torn) if torn.is_some() || segment.length < self.limit => {
                    let maintenance = torn.map(|torn| repaired(next, &torn));
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

    /// Finds the last entry of some segments, and what a segment after them says first: `reason` is why it is opened,
    /// where the last of them was not given up or is damaged.
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
                    let opening = chain_broken(next, "the last line is not as it was written");
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

    /// Reads a damaged log through for the last entry that is still whole.
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

    /// Checks what was found on disk against what the writer knows; entries that are gone are damage.
    fn check_known(&self, target: Target, next: &Event) -> Result<Target, AuditError> {
        let Some(known) = self.known else { return Ok(target) };
        let (after, reason) = match target.after {
            Some(after) if after.log_id != known.log_id => (after, "another log stands in this one's place"),
            Some(after) if after == known || after.sequence > known.sequence => return Ok(target),
            _ => (known, "entries that were on disk are gone"),
        };
        let is_new = target.maintenance.is_some_and(|event| event.action != Action::Repaired);
        let segment = if is_new { target.segment } else { self.create_after(target.segment.number)? };
        Ok(Target { segment, after: Some(after), maintenance: Some(chain_broken(next, reason)) })
    }

    /// Creates the segment after one. The last one has none: a number that wraps is one that no reader looks for.
    fn create_after(&self, number: u32) -> Result<OpenSegment, AuditError> {
        let full = || AuditError::Full(segment::path(&self.directory, number));
        OpenSegment::open(&self.directory, number.checked_add(1).ok_or_else(full)?, FileUse::Create)
    }

    /// Writes `bytes` to the end of a segment and syncs it; a new one's name before.
    fn write_and_sync(&mut self, open: &OpenSegment, bytes: &[u8]) -> Result<(), FileError> {
        // The name goes first: a segment that has entries is one whose name is on disk.
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

    /// Ends a segment on which a write or a sync failed, and cuts off what was not acknowledged.
    ///
    /// Other writers are told by an empty segment after it, or in its place if nothing in it counts.
    /// If even that cannot be made, this writer still remembers.
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
        // The failure that led here is what is reported; the next append meets this one again.
        let _ = fs::open(&next, FileUse::Create);
    }
}

/// Returns an event of the log itself, in the name of the one that is to be recorded next.
fn maintenance(next: &Event, action: Action, reason: Option<&str>) -> Event {
    let outcome = if action == Action::ChainBroken { Outcome::Failed } else { Outcome::Ok };
    Event {
        reason: reason.map(str::to_owned),
        ..Event::new(action, next.channel, next.actor.clone(), outcome)
    }
}

/// Returns the entry after a torn line, named by its bytes unless it lacks only its newline, which comes first.
fn repaired(next: &Event, torn: &[u8]) -> Event {
    let fingerprint = (!torn.is_empty()).then(|| Hash::of(torn).short());
    Event { count: Some(torn.len() as u64), fingerprint, ..maintenance(next, Action::Repaired, None) }
}

/// Returns the entry that opens a segment after damage.
fn chain_broken(next: &Event, reason: &str) -> Event {
    maintenance(next, Action::ChainBroken, Some(reason))
}

#[cfg(test)]
mod tests;
