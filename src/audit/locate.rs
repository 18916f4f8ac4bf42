//! Decides where the next entry goes: on in the newest segment, after a repair, or in a new one.
//!
//! It reads, and changes nothing. What the writer knows of its own entries is checked against what is on
//! disk, so a log that was cut or exchanged under a running writer is noticed.

use std::io::BufReader;
use std::path::Path;

use super::entry::{Action, EntryBody, Outcome};
use super::error::AuditError;
use super::head::Head;
use super::parse::ChainLink;
use super::reader::{Lines, Read};
use super::segment::{self, OpenSegment, SegmentTail};
use crate::fs::{DiskError, FileUse};

/// What a writer knows of the log from its own writing.
#[derive(Debug, Default)]
pub(super) struct WriterState {
    /// The last entry that it knows to be on disk.
    pub(super) known: Option<Head>,
    /// The segment that it abandoned.
    pub(super) abandoned: Option<AbandonedSegment>,
}

/// A segment that was abandoned because a write or a sync on it failed.
#[derive(Debug, Clone)]
pub(super) struct AbandonedSegment {
    /// Its number.
    pub(super) number: u32,
    /// Why, as the next segment will say.
    pub(super) reason: &'static str,
    /// How many of its bytes were acknowledged.
    pub(super) trusted: u64,
    /// How many it has, those that failed included.
    pub(super) left: u64,
    /// The last acknowledged entry.
    pub(super) link: Option<Head>,
}

/// Where the next entry goes.
#[derive(Debug)]
pub(super) struct AppendTarget {
    /// The number of the segment.
    pub(super) number: u32,
    /// The segment; `None` for one that is to be created.
    pub(super) segment: Option<OpenSegment>,
    /// The entry after which it goes; `None` for a new log.
    pub(super) link: Option<Head>,
    /// The log's own entry that goes before it: a torn line was ended, a segment opened, or the chain found broken.
    pub(super) maintenance: Option<EntryBody>,
}

/// Finds where the next entry goes. The caller holds the lock; what the log says of itself is in the name of `next`.
pub(super) fn locate(
    directory: &Path,
    limit: u64,
    state: &WriterState,
    next: &EntryBody,
) -> Result<AppendTarget, AuditError> {
    let locator = Locator { directory, state, next, numbers: segment::numbers(directory)? };
    let target = locator.locate(limit)?;
    locator.check_against_state(target)
}

/// Looks at all segments.
struct Locator<'a> {
    /// The directory of the log.
    directory: &'a Path,
    /// What the writer knows.
    state: &'a WriterState,
    /// The entry that is to be written.
    next: &'a EntryBody,
    /// The segments that are there.
    numbers: Vec<u32>,
}

impl Locator<'_> {
    /// Finds where the next entry goes by what is on disk.
    fn locate(&self, limit: u64) -> Result<AppendTarget, AuditError> {
        let create = |number, (link, opening)| AppendTarget {
            number,
            segment: None,
            link,
            maintenance: Some(opening),
        };
        let Some((&number, earlier)) = self.numbers.split_last() else {
            return Ok(create(1, (None, self.new_log())));
        };
        let segment = self.open(number)?;
        let tail = segment.tail()?;
        if self.state.abandoned.as_ref().is_some_and(|abandoned| abandoned.number == number) {
            return Ok(create(self.next(number)?, self.last_entry(&self.numbers, "")?));
        }
        let (link, maintenance) = match tail {
            SegmentTail::Clean(head) if segment.length >= limit => {
                let opening = self.continuing_from("size", segment.length, segment.length);
                return Ok(create(self.next(number)?, (Some(head), opening)));
            }
            SegmentTail::Fragment | SegmentTail::Damaged => {
                return Ok(create(self.next(number)?, self.last_entry(&self.numbers, "torn")?));
            }
            SegmentTail::Empty => {
                let (link, opening) = self.last_entry(earlier, "interrupted")?;
                (link, Some(opening))
            }
            SegmentTail::Clean(head) => (Some(head), None),
            SegmentTail::Unended(head) => (Some(head), Some(self.repair(0, None))),
            SegmentTail::Torn { after, bytes, fingerprint } => {
                (Some(after), Some(self.repair(bytes, Some(fingerprint))))
            }
        };
        Ok(AppendTarget { number, segment: Some(segment), link, maintenance })
    }

    /// Finds the last entry of some segments, and what a segment after them says first.
    ///
    /// `reason` is why it is opened, where none of them was abandoned or is damaged.
    fn last_entry(
        &self,
        numbers: &[u32],
        reason: &'static str,
    ) -> Result<(Option<Head>, EntryBody), AuditError> {
        let mut opening = None;
        for (at, &number) in numbers.iter().enumerate().rev() {
            let segment = self.open(number)?;
            let length = segment.length;
            if let Some(abandoned) =
                self.state.abandoned.as_ref().filter(|abandoned| abandoned.number == number)
            {
                let is_as_it_was_left = abandoned.left == length;
                let trusted = if is_as_it_was_left { abandoned.trusted } else { length };
                opening.get_or_insert_with(|| self.continuing_from(abandoned.reason, trusted, length));
                if is_as_it_was_left {
                    return Ok((abandoned.link, opening.unwrap_or_else(|| self.new_log())));
                }
            }
            let (link, trusted) = match segment.tail()? {
                SegmentTail::Clean(head) | SegmentTail::Unended(head) => (Some(head), length),
                SegmentTail::Torn { after, bytes, .. } => (Some(after), length - bytes),
                SegmentTail::Empty | SegmentTail::Fragment => (None, 0),
                SegmentTail::Damaged => {
                    let link = self.last_valid_entry(&numbers[..=at])?;
                    let opening = self.replacing_damaged("the last line is not as it was written");
                    return Ok((link, opening));
                }
            };
            opening.get_or_insert_with(|| self.continuing_from(reason, trusted, length));
            if link.is_some() {
                return Ok((link, opening.unwrap_or_else(|| self.new_log())));
            }
        }
        Ok((None, opening.unwrap_or_else(|| self.new_log())))
    }

    /// Returns an entry of the log about itself.
    fn maintenance(&self, action: Action, reason: Option<&str>) -> EntryBody {
        let outcome = if action == Action::ChainBroken { Outcome::Failed } else { Outcome::Ok };
        let EntryBody { channel, actor, .. } = self.next;
        let reason = reason.map(str::to_owned);
        EntryBody { reason, ..EntryBody::new(action, *channel, actor.clone(), outcome) }
    }

    /// Returns the entry after a torn line, named by its bytes unless it lacks only its newline, which comes first.
    fn repair(&self, bytes: u64, fingerprint: Option<String>) -> EntryBody {
        EntryBody { count: Some(bytes), fingerprint, ..self.maintenance(Action::Repaired, None) }
    }

    /// Returns the entry that opens a new log.
    fn new_log(&self) -> EntryBody {
        self.maintenance(Action::SegmentOpened, Some("new_log"))
    }

    /// Returns the entry that opens a segment after one of which `trusted` of `length` bytes belong to the log.
    fn continuing_from(&self, reason: &str, trusted: u64, length: u64) -> EntryBody {
        let count = Some(length.saturating_sub(trusted)).filter(|&bytes| bytes > 0);
        let opening = self.maintenance(Action::SegmentOpened, Some(reason));
        EntryBody { count, previous_bytes: Some(trusted), ..opening }
    }

    /// Returns the entry that opens a segment after damage.
    fn replacing_damaged(&self, reason: &str) -> EntryBody {
        self.maintenance(Action::ChainBroken, Some(reason))
    }

    /// Returns the number of the segment after one. The last one has none: a number that wraps is one that no
    /// reader looks for.
    fn next(&self, number: u32) -> Result<u32, AuditError> {
        number.checked_add(1).ok_or_else(|| AuditError::Full { path: segment::path(self.directory, number) })
    }

    /// Opens a segment to append to it.
    fn open(&self, number: u32) -> Result<OpenSegment, AuditError> {
        OpenSegment::open(self.directory, number, FileUse::Append)
    }

    /// Reads damaged segments through, newest first, for the last entry that is still whole.
    fn last_valid_entry(&self, numbers: &[u32]) -> Result<Option<Head>, AuditError> {
        for &number in numbers.iter().rev() {
            let segment = OpenSegment::open(self.directory, number, FileUse::Read)?;
            let failed = |error| DiskError::Read(segment.path.clone(), error);
            let mut lines = Lines::new(BufReader::new(&segment.file));
            let mut last: Option<Head> = None;
            while let Some(read) = lines.next().map_err(failed)? {
                if let Read::Line { .. } = read
                    && let Some(entry) = ChainLink::parse_whole(&lines.line)
                    && last.is_none_or(|last| entry.sequence > last.sequence)
                {
                    last = Some(entry.head());
                }
            }
            if last.is_some() {
                return Ok(last);
            }
        }
        Ok(None)
    }

    /// Checks what was found against what the writer knows; entries that are gone are damage.
    fn check_against_state(&self, target: AppendTarget) -> Result<AppendTarget, AuditError> {
        let Some(known) = self.state.known else { return Ok(target) };
        let (link, reason) = match target.link {
            Some(link) if link.log_id != known.log_id => (link, "another log stands in this one's place"),
            Some(link) if link == known || link.sequence > known.sequence => return Ok(target),
            _ => (known, "entries that were on disk are gone"),
        };
        let (number, segment, maintenance) = match target.maintenance {
            Some(opening) if opening.action == Action::ChainBroken => {
                (target.number, target.segment, opening)
            }
            Some(opening) if opening.action == Action::SegmentOpened => {
                (target.number, target.segment, self.replacing_damaged(reason))
            }
            _ => (self.next(target.number)?, None, self.replacing_damaged(reason)),
        };
        Ok(AppendTarget { number, segment, link: Some(link), maintenance: Some(maintenance) })
    }
}
