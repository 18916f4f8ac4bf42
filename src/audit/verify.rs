//! Verifies a log: every line, every link, every segment, and a head that was kept elsewhere.
//!
//! A fault is named once, where it is, and what follows it is held against what is left. Without an
//! expected head the end of the log cannot be proved, nor that nobody rewrote all of it.

use std::fmt;
use std::path::Path;

use super::chain::{Frame, Hash, Head, LogId};
use super::entry::{Deed, Upkeep};
use super::error::AuditError;
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
    /// Tells whether nothing is wrong.
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

    /// Tells whether `prev` is the hash of the entry before.
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
mod tests {
    use std::fs;

    use super::super::entry::{Action, Channel, Event, Outcome};
    use super::super::line::{self, Place};
    use super::super::testing::{State, ann, edit, mint};
    use super::*;
    use crate::time::Timestamp;

    /// What a log of six entries shows after a change to its lines.
    fn faults_after(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<String> {
        let state = State::with_entries(6);
        let mut lines = state.lines(1);
        change(&mut lines);
        state.write(1, &lines.concat());
        state.faults()
    }

    /// A line with a right hash, for a place of its writer's choice.
    fn forged(place: Place) -> (Vec<u8>, Head) {
        let event = Event::new(Action::Mint, Channel::Cli, ann(), Outcome::Ok).customer(666);
        let mut line = Vec::new();
        let head = line::write(&mut line, place, Timestamp::EPOCH, event.facts());
        (line, head)
    }

    fn head_of(line: &[u8]) -> Head {
        Frame::whole(line.strip_suffix(b"\n").unwrap()).unwrap().head
    }

    /// Writes all lines again from one of them on, each linked to the one before.
    fn relink(lines: &mut [Vec<u8>], from: usize) {
        for at in from..lines.len() {
            let place = Place::after(head_of(&lines[at - 1]));
            lines[at] = forged(place).0;
        }
    }

    const LINE: &str = "audit-00000001.jsonl, line";

    #[test]
    fn a_log_as_it_was_written_is_intact() {
        let state = State::with_entries(6);
        let verified = state.verify();
        assert!(verified.is_intact(), "{:?}", verified.faults);
        assert_eq!((verified.entries, verified.segments), (6, 1));
        assert_eq!(verified.bytes, state.read(1).len() as u64);
        assert_eq!(verified.head, super::super::head(state.path()).unwrap());
        assert_eq!(verify(state.path(), verified.head.as_ref()).unwrap(), verified);
    }

    #[test]
    fn a_log_that_is_not_there_is_empty_unless_a_head_was_expected() {
        let state = State::new();
        assert!(state.verify().is_intact());
        assert_eq!(state.verify().head, None);
        let head = State::with_entries(3).verify().head.unwrap();
        let verified = verify(state.path(), Some(&head)).unwrap();
        assert_eq!(verified.faults[0].kind, FaultKind::CutEnd { expected: 3, found: 0 });
    }

    #[test]
    fn any_line_that_was_edited_is_named_and_no_other() {
        for at in 0..6 {
            let faults = faults_after(|lines| edit(&mut lines[at]));
            assert_eq!(faults, [format!("{LINE} {}: the line was changed after it was written", at + 1)]);
        }
    }

    #[test]
    fn any_line_that_was_edited_with_a_new_hash_is_found_at_the_next() {
        for at in 0..5_usize {
            let faults = faults_after(|lines| {
                let before = at.checked_sub(1).map(|before| head_of(&lines[before]));
                let log_id = head_of(&lines[at]).log_id;
                lines[at] = forged(before.map_or(Place::first(log_id), Place::after)).0;
            });
            let unlinked = "the entry before is not the one after which this one was written";
            assert_eq!(faults, [format!("{LINE} {}: {unlinked}", at + 2)]);
        }
    }

    #[test]
    fn a_line_after_an_edited_one_must_still_link_to_it() {
        let faults = faults_after(|lines| {
            let Head { log_id, .. } = head_of(&lines[3]);
            edit(&mut lines[2]);
            lines[3] = forged(Place { log_id, sequence: 4, prev: Hash::NONE }).0;
        });
        let told = faults.iter().map(|fault| fault.split(": the ").next().unwrap());
        assert!(told.eq([3, 4, 5].map(|line| format!("{LINE} {line}"))), "{faults:?}");
    }

    #[test]
    fn any_line_made_unreadable_or_too_long_is_named_and_no_other() {
        for at in 0..6 {
            let faults = faults_after(|lines| lines[at] = b"gone\n".to_vec());
            assert_eq!(faults, [format!("{LINE} {}: the line is no entry", at + 1)]);
            let faults = faults_after(|lines| lines[at].splice(5..5, vec![b'x'; 20_000]).for_each(drop));
            assert_eq!(faults.len(), 1);
            assert!(faults[0].starts_with(&format!("{LINE} {}: the line is longer", at + 1)), "{faults:?}");
        }
    }

    #[test]
    fn any_line_that_was_removed_is_named() {
        for at in 0..5 {
            let faults = faults_after(|lines| drop(lines.remove(at)));
            let line = at + 1;
            assert_eq!(faults, [format!("{LINE} {line}: entry {line} is missing before this line")]);
        }
        let faults = faults_after(|lines| drop(lines.drain(1..4)));
        assert_eq!(faults, [format!("{LINE} 2: entries 2 to 4 are missing before this line")]);
    }

    #[test]
    fn any_two_lines_that_changed_places_are_named() {
        for at in 0..5 {
            let faults = faults_after(|lines| lines.swap(at, at + 1));
            let (one, two, three) = (at + 1, at + 2, at + 3);
            assert_eq!(
                faults,
                [
                    format!("{LINE} {one}: entry {one} is missing before this line"),
                    format!("{LINE} {two}: entry {one} stands where entry {three} belongs")
                ]
            );
        }
    }

    #[test]
    fn any_line_that_was_copied_is_named() {
        for at in 0..6 {
            let faults = faults_after(|lines| lines.insert(at + 1, lines[at].clone()));
            let (one, two) = (at + 1, at + 2);
            assert_eq!(faults, [format!("{LINE} {two}: entry {one} stands where entry {two} belongs")]);
        }
    }

    #[test]
    fn any_line_from_another_log_is_named_and_no_other() {
        let other = State::with_entries(6).lines(1);
        for (at, foreign) in other.iter().enumerate().skip(1) {
            for is_replacing in [false, true] {
                let faults = faults_after(|lines| {
                    lines.splice(at..at + usize::from(is_replacing), [foreign.clone()]);
                });
                assert!(faults[0].starts_with(&format!("{LINE} {}: the entry is from another log", at + 1)));
                let is_told_missing = is_replacing && at < 5;
                assert_eq!(faults.len(), 1 + usize::from(is_told_missing), "{faults:?}");
            }
        }
    }

    #[test]
    fn any_line_that_was_inserted_is_found() {
        for at in 1..5 {
            let faults = faults_after(|lines| lines.insert(at, b"{}\n".to_vec()));
            assert_eq!(faults, [format!("{LINE} {}: the line is no entry", at + 1)]);
            let faults = faults_after(|lines| {
                lines.insert(at, forged(Place::after(head_of(&lines[at - 1]))).0);
            });
            assert!(
                faults[0].starts_with(&format!("{LINE} {}: entry {} stands", at + 2, at + 1)),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_cut_end_is_found_by_the_expected_head_alone() {
        let state = State::with_entries(6);
        let head = state.verify().head;
        let lines = state.lines(1);
        state.write(1, &lines[..4].concat());
        assert!(state.verify().is_intact());
        let verified = verify(state.path(), head.as_ref()).unwrap();
        assert_eq!(verified.faults.len(), 1);
        let told = "the log was cut: it ends at entry 4, and the expected head is 6";
        assert_eq!(verified.faults[0].to_string(), told);
    }

    #[test]
    fn a_rewritten_chain_is_found_by_the_expected_head_alone() {
        let state = State::with_entries(6);
        let head = state.verify().head;
        let mut lines = state.lines(1);
        relink(&mut lines, 3);
        state.write(1, &lines.concat());
        assert!(state.verify().is_intact());
        let verified = verify(state.path(), head.as_ref()).unwrap();
        assert_eq!(verified.faults.len(), 1);
        let told = "the log was rewritten: entry 6 is not the expected head";
        assert_eq!(verified.faults[0].to_string(), format!("{LINE} 6: {told}"));
    }

    #[test]
    fn an_expected_head_of_another_log_or_of_a_later_time_is_told_apart() {
        let state = State::with_entries(6);
        let other = State::with_entries(6).verify().head.unwrap();
        let verified = verify(state.path(), Some(&other)).unwrap();
        assert_eq!(verified.faults[0].kind, FaultKind::ForeignHead { expected: other.log_id });
        let before = head_of(&state.lines(1)[2]);
        assert!(verify(state.path(), Some(&before)).unwrap().is_intact());
    }

    #[test]
    fn segments_that_are_missing_exchanged_or_added_to_are_named() {
        let state = State::new();
        let journal = state.journal_of_short_segments();
        (1..=5).for_each(|customer| drop(journal.record(mint(customer)).unwrap()));
        assert!(state.verify().is_intact());
        let (second, third, fourth) = (state.read(2), state.read(3), state.read(4));

        fs::remove_file(state.segment(3)).unwrap();
        let told = [
            "audit-00000003.jsonl: the segment is missing",
            "audit-00000004.jsonl, line 1: entries 5 to 6 are missing before this line",
        ];
        assert_eq!(state.faults(), told);

        state.write(3, &fourth);
        state.write(4, &third);
        assert!(!state.verify().is_intact());

        state.write(3, &third);
        state.write(4, &fourth);
        state.write(2, &[&second[..], b"x"].concat());
        let told = "audit-00000002.jsonl, line 3: the line and 1 bytes were added after the segment's end";
        assert_eq!(state.faults(), [told]);

        state.write(2, &second[..second.len() - 1]);
        assert!(state.verify().is_intact(), "only the last newline is missing");
    }

    #[test]
    fn a_log_that_is_all_damage_is_told_in_bounded_memory() {
        let state = State::with_entries(2);
        state.write(1, &b"x\n".repeat(50_000));
        let verified = state.verify();
        assert_eq!((verified.faults.len(), verified.further_faults), (1000, 49_000));
        state.write(1, &vec![b'x'; 100_000_000]);
        let kind = FaultKind::Flawed(Flaw::TooLong { bytes: 100_000_000 });
        assert_eq!(state.verify().faults[0].kind, kind);
    }

    #[test]
    fn a_line_that_is_being_written_is_no_fault() {
        let state = State::with_entries(3);
        let whole = state.read(1);
        let start = whole.len() - state.lines(1)[2].len();
        for cut in start..=whole.len() {
            state.write(1, &whole[..cut]);
            let verified = state.verify();
            assert!(verified.is_intact(), "cut at {cut}: {:?}", verified.faults);
            let is_entry = cut + 1 >= whole.len();
            assert_eq!(verified.unfinished, if is_entry { 0 } else { (cut - start) as u64 });
            assert_eq!(verified.entries, if is_entry { 3 } else { 2 });
        }
    }
}
