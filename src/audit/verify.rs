//! Verifies a log: every line, every link, every segment, and a head that was kept elsewhere.
//!
//! A fault is named once, where it is, and what follows it is held against what is left. Without an
//! expected head the end of the log cannot be proved, nor that nobody rewrote all of it.

use std::fmt;
use std::path::Path;

use super::chain::Frame;
use super::entry::{Deed, Upkeep};
use super::error::AuditError;
use super::head::{Hash, Head, LogId};
use super::reader::{At, Flaw, Record, Records};
use super::segment;

/// How many faults are told one by one; the rest are counted.
pub const MOST_FAULTS: usize = 1000;

/// What a log was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last entry; `None` where there is none.
    pub head: Option<Head>,
    /// How many entries are as they were written.
    pub entries: u64,
    /// How many segments there are.
    pub segments: usize,
    /// How many bytes were read.
    pub bytes: u64,
    /// How many torn lines the log accounts for.
    pub repaired: u64,
    /// How many bytes at the end are no whole entry: one being written, or torn and not yet healed.
    pub unfinished: u64,
    /// What is wrong, in the order of the log, at most [`MOST_FAULTS`].
    pub faults: Vec<Fault>,
    /// How many faults there are beyond those.
    pub further_faults: u64,
}

impl Verified {
    /// Returns `true` if nothing is wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The segment where it is; `None` where it is about the log as a whole.
    pub segment: Option<u32>,
    /// The line in the segment, from 1; `None` where it is about no line.
    pub line: Option<u64>,
    /// What it is.
    pub kind: FaultKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The line by itself.
    Flawed(Flaw),
    /// Entries are missing before the line.
    Missing {
        /// The first one.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// The entry was already passed: it was moved, copied, or stands after an inserted one.
    OutOfOrder {
        /// The entry's number.
        found: u64,
        /// The number that belongs there.
        expected: u64,
    },
    /// The entry before is not the one after which this one was written.
    Unlinked,
    /// The line is from another log.
    ForeignLog {
        /// That log.
        found: LogId,
    },
    /// A writer found the log damaged here.
    ChainBroken,
    /// The segment is missing.
    SegmentMissing,
    /// The log ends before the expected head.
    CutEnd {
        /// The expected entry.
        expected: u64,
        /// The last one that is there; 0 for none.
        found: u64,
    },
    /// The entry is not the expected one: the log was rewritten.
    Rewritten {
        /// The expected entry.
        sequence: u64,
    },
    /// The expected head is of another log.
    ForeignHead {
        /// The log that it is of.
        expected: LogId,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.segment, self.line) {
            (Some(number), Some(line)) => write!(f, "{}, line {line}: ", segment::name(number))?,
            (Some(number), None) => write!(f, "{}: ", segment::name(number))?,
            (None, _) => {}
        }
        match &self.kind {
            FaultKind::Flawed(flaw) => write!(f, "the line {flaw}"),
            FaultKind::Missing { first, last } if first == last => {
                write!(f, "entry {first} is missing before this line")
            }
            FaultKind::Missing { first, last } => {
                write!(f, "entries {first} to {last} are missing before this line")
            }
            FaultKind::OutOfOrder { found, expected } => {
                write!(f, "entry {found} stands where entry {expected} belongs")
            }
            FaultKind::Unlinked => {
                f.write_str("the entry before is not the one after which this one was written")
            }
            FaultKind::ForeignLog { found } => write!(f, "the entry is from another log, {found}"),
            FaultKind::ChainBroken => f.write_str("a writer found the log damaged before this line"),
            FaultKind::SegmentMissing => f.write_str("the segment is missing"),
            FaultKind::CutEnd { expected, found } => {
                write!(f, "the log was cut: it ends at entry {found}, and the expected head is {expected}")
            }
            FaultKind::Rewritten { sequence } => {
                write!(f, "the log was rewritten: entry {sequence} is not the expected head")
            }
            FaultKind::ForeignHead { expected } => {
                write!(f, "the expected head is of another log, {expected}")
            }
        }
    }
}

/// Verifies the log under a state directory, against a head that was kept elsewhere if there is one.
///
/// A log that is not there has no entries and no faults, unless a head was expected.
///
/// # Errors
/// Whatever keeps the log from being read. What is wrong with it is no error, but in the answer.
pub fn verify(state: &Path, expected: Option<&Head>) -> Result<Verified, AuditError> {
    let mut records = Records::open(state)?;
    let mut chain = Chain::new(expected.copied());
    chain.segments(records.segments());
    while let Some(record) = records.next()? {
        chain.record(&record);
    }
    Ok(Verified {
        segments: records.segments().len(),
        bytes: records.bytes(),
        repaired: records.repaired(),
        ..chain.finish()
    })
}

/// What was verified so far, and what must come next.
#[derive(Debug)]
struct Chain {
    /// The head that was kept elsewhere.
    expected: Option<Head>,
    /// Whether the entry of that number was met.
    was_met: bool,
    /// The log, known from its first entry.
    log_id: Option<LogId>,
    /// The entry before.
    last: Option<Head>,
    /// How many lines since then are not as they were written, each perhaps in an entry's place.
    bad: u64,
    /// What hashes the last of these may have had: the one it claims, and the one it has.
    claimed: Option<[Hash; 2]>,
    /// The answer so far.
    verified: Verified,
}

impl Chain {
    /// Starts before the first entry.
    fn new(expected: Option<Head>) -> Self {
        let verified = Verified {
            head: None,
            entries: 0,
            segments: 0,
            bytes: 0,
            repaired: 0,
            unfinished: 0,
            faults: Vec::new(),
            further_faults: 0,
        };
        Self { expected, was_met: false, log_id: None, last: None, bad: 0, claimed: None, verified }
    }

    /// Finds the segments that are missing between those that are there.
    fn segments(&mut self, numbers: &[u32]) {
        let mut next = 1;
        for &number in numbers {
            for missing in (next..number).take(MOST_FAULTS) {
                self.fault(Some(missing), None, FaultKind::SegmentMissing);
            }
            next = number.saturating_add(1);
        }
    }

    /// Takes the next record.
    fn record(&mut self, record: &Record) {
        match *record {
            Record::Entry(at, frame) => self.entry(at, &frame),
            Record::Bad(at, flaw, frame) => {
                self.fault(Some(at.segment), Some(at.line), FaultKind::Flawed(flaw));
                if matches!(flaw, Flaw::Unreadable | Flaw::Edited | Flaw::TooLong { .. }) {
                    self.bad += 1;
                    self.claimed = frame.map(|frame| [frame.head.hash, frame.computed]);
                }
            }
            Record::Unfinished(bytes) => self.verified.unfinished = bytes,
        }
    }

    /// Takes an entry that is as it was written, and finds whether it is in its place.
    fn entry(&mut self, at: At, frame: &Frame) {
        self.verified.entries += 1;
        let here = |kind| Fault { segment: Some(at.segment), line: Some(at.line), kind };
        let head = frame.head;
        if head.log_id != *self.log_id.get_or_insert(head.log_id) {
            return self.add(here(FaultKind::ForeignLog { found: head.log_id }));
        }
        let is_broken = frame.deed == Deed::Upkeep(Upkeep::ChainBroken);
        let next = self.last.map_or(1, |last| last.sequence.saturating_add(1));
        let gap = head.sequence.checked_sub(next);
        match gap {
            None => self.add(here(FaultKind::OutOfOrder { found: head.sequence, expected: next })),
            Some(0) if !self.follows(frame.prev) && !is_broken => self.add(here(FaultKind::Unlinked)),
            Some(gap) if gap > self.bad => {
                self.add(here(FaultKind::Missing { first: next, last: head.sequence - 1 }));
            }
            Some(gap) if gap == self.bad && gap > 0 && !is_broken => {
                if self.claimed.is_some_and(|claimed| !claimed.contains(&frame.prev)) {
                    self.add(here(FaultKind::Unlinked));
                }
            }
            Some(_) => {}
        }
        if is_broken {
            self.add(here(FaultKind::ChainBroken));
        }
        if gap.is_some() || is_broken {
            self.expect(head, here);
            self.last = Some(head);
            self.bad = 0;
            self.claimed = None;
        }
    }

    /// Returns `true` if `prev` is the hash of the entry before.
    fn follows(&self, prev: Hash) -> bool {
        prev == self.last.map_or(Hash::NONE, |last| last.hash)
    }

    /// Holds an entry against the expected head.
    fn expect(&mut self, head: Head, here: impl Fn(FaultKind) -> Fault) {
        if let Some(expected) = self.expected
            && expected.sequence == head.sequence
            && expected.log_id == head.log_id
        {
            self.was_met = true;
            if expected.hash != head.hash {
                self.add(here(FaultKind::Rewritten { sequence: head.sequence }));
            }
        }
    }

    /// Ends at the last record.
    fn finish(mut self) -> Verified {
        self.verified.head = self.last;
        let found = self.last.map_or(0, |last| last.sequence);
        let kind = match self.expected {
            Some(expected) if self.log_id.is_some_and(|log_id| log_id != expected.log_id) => {
                Some(FaultKind::ForeignHead { expected: expected.log_id })
            }
            Some(expected) if !self.was_met && found < expected.sequence => {
                Some(FaultKind::CutEnd { expected: expected.sequence, found })
            }
            Some(expected) if !self.was_met => Some(FaultKind::Rewritten { sequence: expected.sequence }),
            _ => None,
        };
        if let Some(kind) = kind {
            self.fault(None, None, kind);
        }
        self.verified
    }

    /// Adds a fault.
    fn fault(&mut self, segment: Option<u32>, line: Option<u64>, kind: FaultKind) {
        self.add(Fault { segment, line, kind });
    }

    /// Adds a fault, or counts it where there are too many.
    fn add(&mut self, fault: Fault) {
        if self.verified.faults.len() < MOST_FAULTS {
            self.verified.faults.push(fault);
        } else {
            self.verified.further_faults += 1;
        }
    }
}

#[cfg(test)]
mod tests;
