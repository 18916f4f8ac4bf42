//! Verifies a log: every line, every link, every segment, and a head that was kept elsewhere.
//!
//! A fault is named once, where it is, and what follows it is held against what is left. Without an
//! expected head the end of the log cannot be proved, nor that nobody rewrote all of it.

use std::fmt;
use std::path::Path;

use super::entry::{Action, Entry};
use super::error::AuditError;
use super::head::{Hash, Head, LogId};
use super::reader::{EntryError, Location, LogReader, ReadItem};
use super::segment;

/// How many findings are reported one by one; the rest are counted.
pub const MAX_FINDINGS: usize = 1000;

/// What a log was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// The last entry; `None` where there is none.
    pub head: Option<Head>,
    /// How many entries are as they were written.
    pub entries: u64,
    /// How many segments there are.
    pub segments: usize,
    /// How many torn lines the log accounts for.
    pub repaired: u64,
    /// How many bytes at the end are no whole entry: one being written, or torn and not yet repaired.
    pub unfinished: u64,
    /// What is wrong, in the order of the log, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings there are beyond those.
    pub further_findings: u64,
}

impl VerifyReport {
    /// Returns `true` if nothing is wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns `true` if nothing is wrong but that the expected head was pruned.
    #[must_use]
    pub fn is_unproven(&self) -> bool {
        matches!(&self.findings[..], [Finding { kind: FindingKind::HeadPruned { .. }, .. }])
    }
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The segment where it is; `None` where it is about the log as a whole.
    pub segment: Option<u32>,
    /// The line in the segment, from 1; `None` where it is about no line.
    pub line: Option<u64>,
    /// What it is.
    pub kind: FindingKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The line by itself.
    #[error("the line {0}")]
    Invalid(EntryError),
    /// Entries are missing before the line.
    #[error("{} before this line", missing(*.first, *.last))]
    Missing {
        /// The first one.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// The entry was already passed: it was moved, copied, or stands after an inserted one.
    #[error("entry {found} stands where entry {expected} belongs")]
    OutOfOrder {
        /// The entry's number.
        found: u64,
        /// The number that belongs there.
        expected: u64,
    },
    /// The entry before is not the one after which this one was written.
    #[error("the entry before is not the one after which this one was written")]
    Unlinked,
    /// The line is from another log.
    #[error("the entry is from another log, {found}")]
    ForeignLog {
        /// That log.
        found: LogId,
    },
    /// A writer found the log damaged here.
    #[error("a writer found the log damaged before this line")]
    ChainBroken,
    /// The segment is missing.
    #[error("the segment is missing")]
    SegmentMissing,
    /// The log ends before the expected head.
    #[error("the log was cut: it ends at entry {found}, and the expected head is {expected}")]
    CutEnd {
        /// The expected entry.
        expected: u64,
        /// The last one that is there; 0 for none.
        found: u64,
    },
    /// The entry is not the expected one: the log was rewritten.
    #[error("the log was rewritten: entry {sequence} is not the expected head")]
    Rewritten {
        /// The expected entry.
        sequence: u64,
    },
    /// The expected head was pruned.
    #[error("the expected head, entry {sequence}, was pruned: what it proves is gone with it")]
    HeadPruned {
        /// The expected entry.
        sequence: u64,
    },
    /// The expected head is of another log.
    #[error("the expected head is of another log, {expected}")]
    ForeignHead {
        /// The log that it is of.
        expected: LogId,
    },
}

/// Returns the entries that are missing, in words.
fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("entry {first} is missing")
    } else {
        format!("entries {first} to {last} are missing")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.segment, self.line) {
            (Some(number), Some(line)) => write!(f, "{}, line {line}: ", segment::name(number))?,
            (Some(number), None) => write!(f, "{}: ", segment::name(number))?,
            (None, _) => {}
        }
        self.kind.fmt(f)
    }
}

/// Verifies the log under a state directory, against a head that was kept elsewhere if there is one.
///
/// A log that is not there has no entries and no faults, unless a head was expected.
///
/// # Errors
/// Whatever keeps the log from being read. What is wrong with it is no error, but in the answer.
pub fn verify(state: &Path, expected: Option<&Head>) -> Result<VerifyReport, AuditError> {
    verify_each(state, expected, |_, _| {})
}

/// Verifies the log, and calls `on_entry` with every entry that is as it was written, and the number of its segment.
pub(super) fn verify_each(
    state: &Path,
    expected: Option<&Head>,
    mut on_entry: impl FnMut(u32, &Entry),
) -> Result<VerifyReport, AuditError> {
    let mut reader = LogReader::open(state)?;
    let mut verifier = Verifier { expected: expected.copied(), ..Verifier::default() };
    verifier.check_segments(&reader.numbers);
    while let Some(item) = reader.next()? {
        if let ReadItem::Entry(at, entry) = &item {
            on_entry(at.segment, entry);
        }
        verifier.check_item(item);
    }
    Ok(VerifyReport { segments: reader.numbers.len(), repaired: reader.repaired, ..verifier.finish() })
}

/// What was verified so far, and what must come next.
#[derive(Debug, Default)]
struct Verifier {
    /// The head that was kept elsewhere.
    expected: Option<Head>,
    /// Whether the entry of that number was met.
    was_met: bool,
    /// The log, known from its first entry.
    log_id: Option<LogId>,
    /// The entry before.
    last: Option<Head>,
    /// The first segment that is there.
    first_segment: u32,
    /// Where the log begins, if that is not with its first entry.
    start: Option<LogStart>,
    /// How many lines since then are not as they were written, each perhaps in an entry's place.
    invalid: u64,
    /// What hashes the last of these may have had: the one it claims, and the one it has.
    claimed: Option<[Hash; 2]>,
    /// The report so far.
    report: VerifyReport,
}

/// Where a log begins whose first entries are missing.
#[derive(Debug, Clone, Copy)]
struct LogStart {
    /// The first line that is there.
    at: Location,
    /// The entry before it, with the hash that the first entry that is there says it has.
    before: Head,
    /// Whether an entry says that the log was pruned up to there.
    is_recorded: bool,
}

impl Verifier {
    /// Finds the segments that are missing between those that are there.
    fn check_segments(&mut self, numbers: &[u32]) {
        self.first_segment = numbers.first().copied().unwrap_or(1);
        let mut next = self.first_segment;
        for &number in numbers {
            for missing in (next..number).take(MAX_FINDINGS) {
                self.add(Some(missing), None, FindingKind::SegmentMissing);
            }
            next = number.saturating_add(1);
        }
    }

    /// Checks the next item.
    fn check_item(&mut self, item: ReadItem) {
        match item {
            ReadItem::Entry(at, entry) => self.check_entry(at, &entry),
            ReadItem::Invalid(at, error, claimed) => {
                self.add_at(at, FindingKind::Invalid(error));
                if matches!(error, EntryError::Unreadable | EntryError::Edited | EntryError::TooLong { .. }) {
                    self.invalid += 1;
                    self.claimed = claimed;
                }
            }
            ReadItem::Unfinished(bytes) => self.report.unfinished = bytes,
        }
    }

    /// Checks whether an entry that is as it was written is in its place.
    fn check_entry(&mut self, at: Location, entry: &Entry) {
        self.report.entries += 1;
        let head = entry.head();
        if head.log_id != *self.log_id.get_or_insert(head.log_id) {
            return self.add_at(at, FindingKind::ForeignLog { found: head.log_id });
        }
        let is_broken = entry.body.action == Action::ChainBroken;
        let next = self.last.map_or(1, |last| last.sequence.saturating_add(1));
        let gap = head.sequence.checked_sub(next);
        match gap {
            None => self.add_at(at, FindingKind::OutOfOrder { found: head.sequence, expected: next }),
            Some(gap) if gap > self.invalid && self.last.is_none() => {
                let before = Head { sequence: next - 1 + gap - self.invalid, hash: entry.prev, ..head };
                self.check_expected(before, at);
                self.start = Some(LogStart { at, before, is_recorded: false });
            }
            Some(gap) if gap > self.invalid => {
                self.add_at(at, FindingKind::Missing { first: next, last: head.sequence - 1 });
            }
            Some(gap) if !is_broken && !self.check_link(entry.prev, gap) => {
                self.add_at(at, FindingKind::Unlinked);
            }
            Some(_) => {}
        }
        if is_broken {
            self.add_at(at, FindingKind::ChainBroken);
        }
        if let (Some(start), Some(pruned)) = (&mut self.start, entry.body.pruned_up_to) {
            // A prune that was broken off leaves some of the entries that it was to remove.
            start.is_recorded |= start.before == pruned || start.before.sequence < pruned.sequence;
        }
        if gap.is_some() || is_broken {
            self.check_expected(head, at);
            self.last = Some(head);
            self.invalid = 0;
            self.claimed = None;
        }
    }

    /// Returns `true` if `prev` may be the hash of the entry before, `gap` entries being invalid since the last.
    fn check_link(&self, prev: Hash, gap: u64) -> bool {
        match gap {
            0 => prev == self.last.map_or(Hash::GENESIS, |last| last.hash),
            _ => gap < self.invalid || self.claimed.is_none_or(|claimed| claimed.contains(&prev)),
        }
    }

    /// Compares an entry with the expected head.
    fn check_expected(&mut self, head: Head, at: Location) {
        if let Some(expected) = self.expected
            && expected.sequence == head.sequence
            && expected.log_id == head.log_id
        {
            self.was_met = true;
            if expected.hash != head.hash {
                self.add_at(at, FindingKind::Rewritten { sequence: head.sequence });
            }
        }
    }

    /// Ends at the last item.
    fn finish(mut self) -> VerifyReport {
        self.report.head = self.last;
        let found = self.last.map_or(0, |last| last.sequence);
        let kind = match self.expected {
            Some(expected) if self.log_id.is_some_and(|log_id| log_id != expected.log_id) => {
                Some(FindingKind::ForeignHead { expected: expected.log_id })
            }
            Some(expected) if !self.was_met && found < expected.sequence => {
                Some(FindingKind::CutEnd { expected: expected.sequence, found })
            }
            Some(Head { sequence, .. }) if !self.was_met => Some(match &self.start {
                Some(start) if start.is_recorded && sequence <= start.before.sequence => {
                    FindingKind::HeadPruned { sequence }
                }
                _ => FindingKind::Rewritten { sequence },
            }),
            _ => None,
        };
        if self.start.as_ref().is_none_or(|start| !start.is_recorded) {
            let found = std::mem::take(&mut self.report.findings);
            for segment in (1..self.first_segment).take(MAX_FINDINGS) {
                self.add(Some(segment), None, FindingKind::SegmentMissing);
            }
            if let Some(LogStart { at, before, .. }) = self.start {
                self.add_at(at, FindingKind::Missing { first: 1, last: before.sequence });
            }
            for Finding { segment, line, kind } in found {
                self.add(segment, line, kind);
            }
        }
        if let Some(kind) = kind {
            self.add(None, None, kind);
        }
        self.report
    }

    /// Adds a finding at a line.
    fn add_at(&mut self, at: Location, kind: FindingKind) {
        self.add(Some(at.segment), Some(at.line), kind);
    }

    /// Adds a finding, or counts it where there are too many.
    fn add(&mut self, segment: Option<u32>, line: Option<u64>, kind: FindingKind) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(Finding { segment, line, kind });
        } else {
            self.report.further_findings += 1;
        }
    }
}

#[cfg(test)]
mod tests;
