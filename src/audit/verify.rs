//! Verifies a log: every line, every link, every segment, and optionally a head that was kept elsewhere.
//!
//! A fault is reported once, where it occurs, and the lines after it are checked against the remaining entries.
//! Without an expected head, verification detects neither a log that was cut at its end nor one that was rewritten as
//! a whole.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use super::entry::{Action, Entry, EntryError};
use super::error::AuditError;
use super::head::{Hash, Head, LogId};
use super::reader::{Location, LogReader};
use super::segment;

/// The maximum number of findings that are reported individually; the rest are counted.
pub const MAX_FINDINGS: usize = 1000;

/// The result of verifying a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// The last entry; `None` if there is none.
    pub head: Option<Head>,
    /// The number of intact entries.
    pub entries: u64,
    /// The number of segments.
    pub segments: usize,
    /// The number of torn lines that the log accounts for.
    pub repaired: u64,
    /// The number of bytes at the end that are not a whole entry: one being written, or torn and not yet repaired.
    pub unfinished: u64,
    /// The faults, in the order of the log, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// The number of findings beyond [`MAX_FINDINGS`].
    pub further_findings: u64,
}

impl VerifyReport {
    /// Returns `true` if there are no findings.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns `true` if the only finding is that the expected head was pruned.
    pub fn is_unproven(&self) -> bool {
        matches!(&self.findings[..], [Finding { kind: FindingKind::HeadPruned(_), .. }])
    }
}

/// A fault in a log, or a mismatch with the expected head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The location of the line; `None` if the finding concerns no line.
    pub at: Option<Location>,
    /// The kind of finding.
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

/// The kind of a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The line by itself is invalid.
    #[error("the line {0}")]
    Invalid(EntryError),
    /// These entries are missing before the line.
    #[error("entries {} to {} are missing before this line", .0.start(), .0.end())]
    Missing(RangeInclusive<u64>),
    /// The sequence number is lower than expected: the entry was moved, copied, or follows an inserted one.
    #[error("entry {found} is where entry {expected} should be")]
    OutOfOrder {
        /// The entry's sequence number.
        found: u64,
        /// The expected sequence number.
        expected: u64,
    },
    /// The entry's `prev` is not the hash of the previous entry.
    #[error("the entry before is not the one after which this one was written")]
    Unlinked,
    /// The entry is from another log, with this id.
    #[error("the entry is from another log, {0}")]
    ForeignLog(LogId),
    /// A writer found the log damaged here.
    #[error("a writer found the log damaged before this line")]
    ChainBroken,
    /// The log ends before the expected head.
    #[error("the log was cut: it ends at entry {found}, and the expected head is {expected}")]
    CutEnd {
        /// The sequence number of the expected head.
        expected: u64,
        /// The sequence number of the last entry; 0 if there is none.
        found: u64,
    },
    /// The entry with this sequence number is not the expected head: the log was rewritten.
    #[error("the log was rewritten: entry {0} is not the expected head")]
    Rewritten(u64),
    /// The expected head, with this sequence number, was pruned.
    #[error("the expected head, entry {0}, was pruned: what it proves is gone with it")]
    HeadPruned(u64),
    /// The expected head is from another log, with this id.
    #[error("the expected head is of another log, {0}")]
    ForeignHead(LogId),
}

/// Verifies the log under a state directory, optionally against a head that was kept elsewhere.
///
/// A missing log has no entries and no faults, unless a head was expected.
///
/// # Errors
/// [`AuditError`] if the log cannot be read. Faults of the log are not errors, but findings of the report.
pub fn verify(state: &Path, expected: Option<&Head>) -> Result<VerifyReport, AuditError> {
    verify_each(state, expected, |_, _| {})
}

/// Verifies the log, and calls `on_entry` with every intact entry and the number of its segment.
pub(super) fn verify_each(
    state: &Path,
    expected: Option<&Head>,
    mut on_entry: impl FnMut(u32, &Entry),
) -> Result<VerifyReport, AuditError> {
    let segments = segment::numbers(&segment::directory(state))?.len();
    let mut verifier = Verifier { expected: expected.copied(), ..Verifier::default() };
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
    let (repaired, unfinished) = (reader.repaired, reader.unfinished);
    Ok(VerifyReport { segments, repaired, unfinished, ..verifier.finish() })
}

/// The state of a verification.
#[derive(Debug, Default)]
struct Verifier {
    /// The head that was kept elsewhere.
    expected: Option<Head>,
    /// Whether the entry with the expected head's sequence number was found.
    was_met: bool,
    /// The log's id, known from its first entry.
    log_id: Option<LogId>,
    /// The previous entry.
    last: Option<Head>,
    /// The missing entry before the first one, if the log does not begin with entry 1.
    before_first: Option<Head>,
    /// Whether an entry records that the log was pruned up to there.
    is_pruned: bool,
    /// The number of invalid lines since the previous entry, each of which may stand for an entry.
    invalid: u64,
    /// The report so far.
    report: VerifyReport,
}

impl Verifier {
    /// Checks the position of an intact entry.
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
            Some(gap) if gap > self.invalid => {
                self.add(Some(at), FindingKind::Missing(next..=head.sequence - 1));
                if self.last.is_none() {
                    let before = Head { sequence: gap - self.invalid, hash: entry.prev, ..head };
                    self.check_expected(before, at);
                    self.before_first = Some(before);
                }
            }
            Some(0) if !is_broken && entry.prev != self.last.map_or(Hash::GENESIS, |last| last.hash) => {
                self.add(Some(at), FindingKind::Unlinked);
            }
            Some(_) => {}
        }
        if is_broken {
            self.add(Some(at), FindingKind::ChainBroken);
        }
        if let (Some(before), Some(pruned)) = (self.before_first, &entry.body.pruned_up_to) {
            // An interrupted prune leaves some of the entries that it was to remove.
            self.is_pruned |= pruned
                .parse()
                .is_ok_and(|pruned: Head| before == pruned || before.sequence < pruned.sequence);
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

    /// Completes the report after the last line.
    fn finish(mut self) -> VerifyReport {
        self.report.head = self.last;
        if self.is_pruned {
            let is_before_first = |kind: &_| matches!(kind, FindingKind::Missing(gap) if *gap.start() == 1);
            self.report.findings.retain(|finding| !is_before_first(&finding.kind));
        }
        if let Some(Head { log_id: expected, sequence, .. }) = self.expected {
            let found = self.last.map_or(0, |last| last.sequence);
            let is_pruned = |before: Head| self.is_pruned && sequence <= before.sequence;
            if self.log_id.is_some_and(|log_id| log_id != expected) {
                self.add(None, FindingKind::ForeignHead(expected));
            } else if !self.was_met && found < sequence {
                self.add(None, FindingKind::CutEnd { expected: sequence, found });
            } else if !self.was_met && self.before_first.is_some_and(is_pruned) {
                self.add(None, FindingKind::HeadPruned(sequence));
            } else if !self.was_met {
                self.add(None, FindingKind::Rewritten(sequence));
            }
        }
        self.report
    }

    /// Adds a finding, or counts it if there are too many.
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
