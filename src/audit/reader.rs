//! Reads a log line by line, in constant memory, and says of each line what it is by itself.
//!
//! What a crash or a failed disk left, and the log itself accounts for, is passed over here and
//! nowhere else: a torn line that the next entry says it repaired, and the end of a segment that the
//! next segment's first entry gives up.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Take};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::chain::Frame;
use super::entry::{Deed, Entry, Upkeep};
use super::error::{AuditError, Doing};
use super::head::Hash;
use super::line::{self, LONGEST_LINE};
use super::segment::{self, MOST_TORN, looks_torn};
use crate::fs::{self, Purpose};

/// How much is read from disk at once.
const BUFFER: usize = 128 * 1024;

/// What was read of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// It is in the buffer.
    Line {
        /// Whether a newline ended it.
        ended: bool,
    },
    /// It is longer than any entry, and was skipped.
    TooLong {
        /// How many bytes it has.
        bytes: u64,
    },
}

/// Lines of bounded length.
#[derive(Debug)]
pub(super) struct Lines<R> {
    /// Where they come from.
    input: R,
    /// The latest one, without its newline.
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads lines from `input`.
    pub(super) fn new(input: R) -> Self {
        Self { input, line: Vec::with_capacity(1024) }
    }

    /// Returns the line that was read last.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Reads the next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Read>> {
        self.line.clear();
        let longest = LONGEST_LINE as u64;
        let mut length = self.input.by_ref().take(longest).read_until(b'\n', &mut self.line)? as u64;
        if length == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            return Ok(Some(Read::Line { ended: true }));
        }
        if length < longest {
            return Ok(Some(Read::Line { ended: false }));
        }
        loop {
            let buffered = self.input.fill_buf()?;
            let newline = buffered.iter().position(|&byte| byte == b'\n');
            let used = newline.map_or(buffered.len(), |at| at + 1);
            self.input.consume(used);
            length += used as u64;
            if newline.is_some() || used == 0 {
                let bytes = length - u64::from(newline.is_some());
                return Ok(Some(Read::TooLong { bytes }));
            }
        }
    }
}

/// What is wrong with a line by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is no entry of a log.
    Unreadable,
    /// It was changed after it was written.
    Edited,
    /// It is longer than any entry.
    TooLong {
        /// How many bytes it has.
        bytes: u64,
    },
    /// The line that this entry says was torn is not before it.
    TornLineMissing,
    /// Bytes follow the end of the segment, as the next segment's first entry gives it.
    AfterTheEnd {
        /// How many.
        bytes: u64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("is no entry"),
            Self::Edited => f.write_str("was changed after it was written"),
            Self::TooLong { bytes } => write!(f, "is longer than any entry ({bytes} bytes)"),
            Self::TornLineMissing => f.write_str("says that the line before was torn, and it is not there"),
            Self::AfterTheEnd { bytes } => write!(f, "and {bytes} bytes were added after the segment's end"),
        }
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    /// The segment's number.
    pub(super) segment: u32,
    /// The line in it, from 1.
    pub(super) line: u64,
}

/// A line, or what stands for several.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record {
    /// A line that is as it was written; [`Records::line`] has it.
    Entry(At, Frame),
    /// A line that is not, with what can still be read of it.
    Bad(At, Flaw, Option<Frame>),
    /// The end of the log, which is being written, or was torn by a crash and not yet healed.
    Unfinished(u64),
}

/// All lines of a log, in order.
#[derive(Debug)]
pub(super) struct Records {
    /// The directory of the log.
    directory: PathBuf,
    /// The segments that are there.
    numbers: Vec<u32>,
    /// How many of them were opened.
    opened: usize,
    /// The segment that is being read.
    segment: Option<Segment>,
    /// Lines that are no entries, and may yet turn out to be torn ones.
    torn: Torn,
    /// What is to be given before anything else is read.
    waiting: VecDeque<Record>,
    /// How many torn lines were accounted for.
    repaired: u64,
    /// How many bytes of lines were read.
    bytes: u64,
}

/// A segment that is being read.
#[derive(Debug)]
struct Segment {
    /// Its path.
    path: PathBuf,
    /// The line that was read last.
    at: At,
    /// Its lines.
    lines: Lines<BufReader<Take<File>>>,
    /// How many bytes follow its end.
    left_behind: u64,
    /// How many of these the next segment accounts for.
    given_up: u64,
}

impl Records {
    /// Starts to read the log under a state directory; one that is not there has no lines.
    pub(super) fn open(state: &Path) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        let numbers = segment::numbers(&directory)?;
        Ok(Self {
            directory,
            numbers,
            opened: 0,
            segment: None,
            torn: Torn::default(),
            waiting: VecDeque::new(),
            repaired: 0,
            bytes: 0,
        })
    }

    /// Returns the numbers of the segments.
    pub(super) fn segments(&self) -> &[u32] {
        &self.numbers
    }

    /// Returns how many torn lines were accounted for so far.
    pub(super) fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Returns how many bytes were read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the line of the entry that came last.
    pub(super) fn line(&self) -> &[u8] {
        self.segment.as_ref().map_or(&[], |segment| segment.lines.line())
    }

    /// Reads on to the next record; `None` at the end of the log.
    pub(super) fn next(&mut self) -> Result<Option<Record>, AuditError> {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return Ok(Some(record));
            }
            let Some(segment) = &mut self.segment else {
                if !self.open_next()? {
                    return Ok(None);
                }
                continue;
            };
            let failed = |error| AuditError::of(Doing::Read, &segment.path, error);
            let read = segment.lines.next().map_err(failed)?;
            segment.at.line += 1;
            let at = segment.at;
            match read {
                None => self.close(),
                Some(Read::TooLong { bytes }) => {
                    self.bytes += bytes;
                    self.torn.give_up(&mut self.waiting);
                    self.waiting.push_back(Record::Bad(at, Flaw::TooLong { bytes }, None));
                }
                Some(Read::Line { ended }) => self.judge(at, ended),
            }
        }
    }

    /// Opens the next segment, up to its end as the one after it says; `false` after the last.
    fn open_next(&mut self) -> Result<bool, AuditError> {
        let Some(&number) = self.numbers.get(self.opened) else { return Ok(false) };
        self.opened += 1;
        let path = segment::path(&self.directory, number);
        let (file, metadata) = fs::open(&path, Purpose::Read)?;
        let length = metadata.len();
        let opening = match self.numbers.get(self.opened) {
            Some(&next) => first_entry(&segment::path(&self.directory, next))?,
            None => None,
        };
        let trusted = opening.as_ref().and_then(|entry| entry.facts.previous_bytes).unwrap_or(length);
        let given_up = opening.and_then(|entry| entry.facts.count).unwrap_or(0);
        let input = BufReader::with_capacity(BUFFER, file.take(trusted.min(length)));
        self.segment = Some(Segment {
            path,
            at: At { segment: number, line: 0 },
            lines: Lines::new(input),
            left_behind: length.saturating_sub(trusted),
            given_up,
        });
        Ok(true)
    }

    /// Ends the segment that was read through.
    fn close(&mut self) {
        self.torn.give_up(&mut self.waiting);
        if let Some(segment) = self.segment.take()
            && segment.left_behind > segment.given_up
        {
            let flaw = Flaw::AfterTheEnd { bytes: segment.left_behind };
            self.waiting.push_back(Record::Bad(segment.at, flaw, None));
        }
    }

    /// Says what the line is that was just read.
    fn judge(&mut self, at: At, ended: bool) {
        let Some(segment) = &self.segment else { return };
        let line = segment.lines.line();
        self.bytes += line.len() as u64 + u64::from(ended);
        match Frame::read(line) {
            Some(frame) if frame.is_whole() => {
                if frame.deed == Deed::Upkeep(Upkeep::Repaired) {
                    let claimed = line::read(line);
                    let is_missing = self.torn.is_empty()
                        && claimed.as_ref().is_some_and(|entry| entry.facts.count != Some(0));
                    if is_missing {
                        self.waiting.push_back(Record::Bad(at, Flaw::TornLineMissing, Some(frame)));
                    } else if claimed.is_some_and(|entry| self.torn.is_repaired_by(&entry)) {
                        self.repaired += 1;
                        self.torn = Torn::default();
                    }
                }
                self.torn.give_up(&mut self.waiting);
                self.waiting.push_back(Record::Entry(at, frame));
            }
            Some(frame) => {
                self.torn.give_up(&mut self.waiting);
                self.waiting.push_back(Record::Bad(at, Flaw::Edited, Some(frame)));
            }
            None if !ended && self.opened == self.numbers.len() && self.torn.may_be_healed() => {
                let bytes = self.torn.and_then(line.len());
                self.torn = Torn::default();
                self.waiting.push_back(Record::Unfinished(bytes));
            }
            None => {
                self.torn.push(at, line);
                if self.torn.lines.len() > MOST_TORN {
                    self.torn.give_up(&mut self.waiting);
                }
            }
        }
    }
}

/// Reads the entry that opens a segment; `None` where its first line is none.
fn first_entry(path: &Path) -> Result<Option<Entry>, AuditError> {
    let (file, _) = fs::open(path, Purpose::Read)?;
    let mut lines = Lines::new(BufReader::with_capacity(1024, file));
    lines.next().map_err(|error| AuditError::of(Doing::Read, path, error))?;
    Ok(line::read(lines.line()))
}

/// Lines in a row that are no entries.
#[derive(Debug)]
struct Torn {
    /// Where they stand.
    lines: Vec<At>,
    /// How many bytes they have, with the newlines between them.
    bytes: u64,
    /// Hashes those bytes.
    hasher: Sha256,
    /// Whether all of them look like the start of an entry that was not written to its end.
    is_torn_throughout: bool,
}

impl Default for Torn {
    fn default() -> Self {
        Self { lines: Vec::new(), bytes: 0, hasher: Sha256::new(), is_torn_throughout: true }
    }
}

impl Torn {
    /// Returns `true` if there are none.
    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a line.
    fn push(&mut self, at: At, line: &[u8]) {
        if !self.is_empty() {
            self.hasher.update(b"\n");
        }
        self.hasher.update(line);
        self.bytes = self.and_then(line.len());
        self.is_torn_throughout &= looks_torn(line);
        self.lines.push(at);
    }

    /// Returns `true` if the next writer heals them together with a last line that is not ended.
    fn may_be_healed(&self) -> bool {
        self.is_torn_throughout && self.lines.len() < MOST_TORN
    }

    /// Returns how many bytes they have with another line of `length`.
    fn and_then(&self, length: usize) -> u64 {
        self.bytes + u64::from(!self.is_empty()) + length as u64
    }

    /// Returns `true` if an entry accounts for exactly these.
    fn is_repaired_by(&self, entry: &Entry) -> bool {
        let fingerprint = Hash::finish(self.hasher.clone()).fingerprint();
        !self.is_empty()
            && entry.facts.count == Some(self.bytes)
            && entry.facts.fingerprint.as_deref() == Some(&fingerprint)
    }

    /// Returns them as lines that are not entries.
    fn give_up(&mut self, waiting: &mut VecDeque<Record>) {
        if !self.is_empty() {
            let torn = std::mem::take(self);
            waiting.extend(torn.lines.into_iter().map(|at| Record::Bad(at, Flaw::Unreadable, None)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(input: impl BufRead) -> Vec<(Read, usize)> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(read) = lines.next().unwrap() {
            all.push((read, lines.line().len()));
            assert!(lines.line.capacity() <= 2 * LONGEST_LINE);
        }
        all
    }

    #[test]
    fn reads_a_line_of_100_megabytes_in_bounded_memory() {
        let long = io::repeat(b'x').take(100_000_000);
        let input = BufReader::new(long.chain(&b"\nnext\n"[..]));
        let all = read_all(input);
        assert_eq!(all[0].0, Read::TooLong { bytes: 100_000_000 });
        assert_eq!(all[1], (Read::Line { ended: true }, 4));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_line_is_too_long_only_beyond_the_longest() {
        let line = |length: usize| [vec![b'x'; length], vec![b'\n']].concat();
        assert_eq!(read_all(&line(LONGEST_LINE - 1)[..]), [(Read::Line { ended: true }, LONGEST_LINE - 1)]);
        let bytes = LONGEST_LINE as u64;
        assert_eq!(read_all(&line(LONGEST_LINE)[..])[0].0, Read::TooLong { bytes });
        assert_eq!(read_all(&vec![b'x'; LONGEST_LINE][..])[0].0, Read::TooLong { bytes });
        assert_eq!(read_all(&b"a\n\nb"[..]).last(), Some(&(Read::Line { ended: false }, 1)));
    }
}
