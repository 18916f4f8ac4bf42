//! Verifies a log: every line, every link, every segment, and a head that was kept elsewhere.
//!
//! A fault is named once, where it is, and what follows it is held against what is left. Without an
//! expected head the end of the log cannot be proved, nor that nobody rewrote all of it.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use super::entry::{Action, Entry, EntryError};
use super::error::AuditError;
use super::head::{Hash, Head, LogId};
use super::reader::{Location, LogReader};
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
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns `true` if nothing is wrong but that the expected head was pruned.
    pub fn is_unproven(&self) -> bool {
        matches!(&self.findings[..], [Finding { kind: FindingKind::HeadPruned(_), .. }])
    }
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line where it is; `None` where it is about no line.
    pub at: Option<Location>,
    /// What it is.
    pub kind: FindingKind,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        self.kind.fmt(f)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The line by itself.
    #[error("the line {0}")]
    Invalid(EntryError),
    /// These entries are missing before the line.
    #[error("entries {} to {} are missing before this line", .0.start(), .0.end())]
    Missing(RangeInclusive<u64>),
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
    /// The line is from another log, this one.
    #[error("the entry is from another log, {0}")]
    ForeignLog(LogId),
    /// A writer found the log damaged here.
    #[error("a writer found the log damaged before this line")]
    ChainBroken,
    /// A segment of this number is missing.
    #[error("{}: the segment is missing", segment::name(*.0))]
    SegmentMissing(u32),
    /// The log ends before the expected head.
    #[error("the log was cut: it ends at entry {found}, and the expected head is {expected}")]
    CutEnd {
        /// The expected entry.
        expected: u64,
        /// The last one that is there; 0 for none.
        found: u64,
    },
    /// The entry of this number is not the expected one: the log was rewritten.
    #[error("the log was rewritten: entry {0} is not the expected head")]
    Rewritten(u64),
    /// The expected head, the entry of this number, was pruned.
    #[error("the expected head, entry {0}, was pruned: what it proves is gone with it")]
    HeadPruned(u64),
    /// The expected head is of another log, this one.
    #[error("the expected head is of another log, {0}")]
    ForeignHead(LogId),
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
    let numbers = segment::numbers(&segment::directory(state))?;
    let mut verifier = Verifier { expected: expected.copied(), ..Verifier::default() };
    if let [first, .., last] = numbers[..] {
        verifier.check_segments(first..last, &numbers);
    }
    let mut reader = LogReader::open(state);
    for line in &mut reader {
        let line = line?;
        match line.entry {
            Ok(entry) => {
                on_entry(line.at.segment, &entry);
                verifier.check_entry(line.at, &entry);
            }
            Err(error) => {
                verifier.add(Some(line.at), FindingKind::Invalid(error));
                verifier.invalid += u64::from(matches!(error, EntryError::Unreadable | EntryError::Edited));
            }
        }
    }
    let report = verifier.finish(&numbers);
    let (repaired, unfinished) = (reader.repaired, reader.unfinished);
    Ok(VerifyReport { segments: numbers.len(), repaired, unfinished, ..report })
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
    /// Where the log begins, if that is not with its first entry.
    start: Option<LogStart>,
    /// How many lines since the entry before are not as they were written, each perhaps in an entry's place.
    invalid: u64,
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
    /// Finds the segments that are missing in a range of numbers.
    fn check_segments(&mut self, range: Range<u32>, numbers: &[u32]) {
        for missing in range.filter(|number| numbers.binary_search(number).is_err()).take(MAX_FINDINGS) {
            self.add(None, FindingKind::SegmentMissing(missing));
        }
    }

    /// Checks whether an entry that is as it was written is in its place.
    fn check_entry(&mut self, at: Location, entry: &Entry) {
        self.report.entries += 1;
        let head = entry.head();
        if head.log_id != *self.log_id.get_or_insert(head.log_id) {
            return self.add(Some(at), FindingKind::ForeignLog(head.log_id));
        }
        let is_broken = entry.body.action == Action::ChainBroken;
        let next = self.last.map_or(1, |last| last.sequence.saturating_add(1));
        let gap = head.sequence.checked_sub(next);
        match gap {
            None => self.add(Some(at), FindingKind::OutOfOrder { found: head.sequence, expected: next }),
            Some(gap) if gap > self.invalid && self.last.is_none() => {
                let before = Head { sequence: gap - self.invalid, hash: entry.prev, ..head };
                self.check_expected(before, at);
                self.start = Some(LogStart { at, before, is_recorded: false });
            }
            Some(gap) if gap > self.invalid => {
                self.add(Some(at), FindingKind::Missing(next..=head.sequence - 1));
            }
            Some(0) if !is_broken && entry.prev != self.last.map_or(Hash::GENESIS, |last| last.hash) => {
                self.add(Some(at), FindingKind::Unlinked);
            }
            Some(_) => {}
        }
        if is_broken {
            self.add(Some(at), FindingKind::ChainBroken);
        }
        if let (Some(start), Some(pruned)) = (&mut self.start, &entry.body.pruned_up_to) {
            // A prune that was broken off leaves some of the entries that it was to remove.
            start.is_recorded |= pruned
                .parse()
                .is_ok_and(|pruned: Head| start.before == pruned || start.before.sequence < pruned.sequence);
        }
        if gap.is_some() || is_broken {
            self.check_expected(head, at);
            self.last = Some(head);
            self.invalid = 0;
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
                self.add(Some(at), FindingKind::Rewritten(head.sequence));
            }
        }
    }

    /// Ends at the last line.
    fn finish(mut self, numbers: &[u32]) -> VerifyReport {
        self.report.head = self.last;
        let is_recorded = self.start.is_some_and(|start| start.is_recorded);
        if !is_recorded {
            let found = std::mem::take(&mut self.report.findings);
            self.check_segments(1..numbers.first().copied().unwrap_or(1), numbers);
            if let Some(LogStart { at, before, .. }) = self.start {
                self.add(Some(at), FindingKind::Missing(1..=before.sequence));
            }
            for Finding { at, kind } in found {
                self.add(at, kind);
            }
        }
        if let Some(Head { log_id: expected, sequence, .. }) = self.expected {
            let found = self.last.map_or(0, |last| last.sequence);
            let is_pruned = |start: LogStart| is_recorded && sequence <= start.before.sequence;
            if self.log_id.is_some_and(|log_id| log_id != expected) {
                self.add(None, FindingKind::ForeignHead(expected));
            } else if !self.was_met && found < sequence {
                self.add(None, FindingKind::CutEnd { expected: sequence, found });
            } else if !self.was_met && self.start.is_some_and(is_pruned) {
                self.add(None, FindingKind::HeadPruned(sequence));
            } else if !self.was_met {
                self.add(None, FindingKind::Rewritten(sequence));
            }
        }
        self.report
    }

    /// Adds a finding, or counts it where there are too many.
    fn add(&mut self, at: Option<Location>, kind: FindingKind) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(Finding { at, kind });
        } else {
            self.report.further_findings += 1;
        }
    }
}

#[cfg(test)]
mod tests;
