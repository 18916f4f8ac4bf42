//! Reads a log line by line, in constant memory, and classifies each line by itself.
//!
//! What a crash or a failed disk left, and the log itself accounts for, is passed over here and
//! nowhere else: a torn line that the next entry says it repaired, and the end of a segment that the
//! next segment's first entry gives up.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Take};
use std::path::{Path, PathBuf};

use super::encode::MAX_ENTRY_BYTES;
use super::entry::{Action, Entry};
use super::error::AuditError;
use super::head::Hash;
use super::parse::ChainLink;
use super::segment::{self, MAX_TORN_LINES, OpenSegment, is_torn_write};
use crate::fs::{DiskError, FileUse};

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
    pub(super) line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads lines from `input`.
    pub(super) fn new(input: R) -> Self {
        Self { input, line: Vec::with_capacity(1024) }
    }

    /// Reads the next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Read>> {
        let mut before = 0;
        loop {
            self.line.clear();
            let piece = self.input.by_ref().take(MAX_ENTRY_BYTES as u64).read_until(b'\n', &mut self.line)?;
            let ended = self.line.pop_if(|byte| *byte == b'\n').is_some();
            let bytes = before + self.line.len() as u64;
            match (before, piece) {
                (0, 0) => return Ok(None),
                (0, _) if ended || piece < MAX_ENTRY_BYTES => return Ok(Some(Read::Line { ended })),
                _ if ended || piece < MAX_ENTRY_BYTES => return Ok(Some(Read::TooLong { bytes })),
                _ => before = bytes,
            }
        }
    }
}

/// What is wrong with a line by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It is no entry of a log.
    #[error("is no entry")]
    Unreadable,
    /// It was changed after it was written.
    #[error("was changed after it was written")]
    Edited,
    /// It is longer than any entry.
    #[error("is longer than any entry ({bytes} bytes)")]
    TooLong {
        /// How many bytes it has.
        bytes: u64,
    },
    /// The line that this entry says was torn is not before it.
    #[error("says that the line before was torn, and it is not there")]
    TornLineMissing,
    /// Bytes follow the end of the segment, as the next segment's first entry states it.
    #[error("and {bytes} bytes were added after the segment's end")]
    AfterTheEnd {
        /// How many.
        bytes: u64,
    },
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location {
    /// The segment's number.
    pub(super) segment: u32,
    /// The line in it, from 1.
    pub(super) line: u64,
}

/// A line, or what stands for several.
#[derive(Debug)]
pub(super) enum ReadItem {
    /// A line that is as it was written; [`LogReader::line`] has its text.
    Entry(Location, Box<Entry>),
    /// A line that is not, with the hash that it claims and the one that it has, where it can be read.
    Invalid(Location, EntryError, Option<[Hash; 2]>),
    /// The end of the log, which is being written, or was torn by a crash and not yet repaired.
    Unfinished(u64),
}

/// Reads all lines of a log, in order.
#[derive(Debug, Default)]
pub(super) struct LogReader {
    /// The directory of the log.
    directory: PathBuf,
    /// The segments that are there.
    pub(super) numbers: Vec<u32>,
    /// How many of them were opened.
    opened: usize,
    /// The segment that is being read.
    segment: Option<Segment>,
    /// Lines that are no entries, and may yet turn out to be torn ones.
    torn: TornTail,
    /// What is returned before anything else is read.
    waiting: VecDeque<ReadItem>,
    /// How many torn lines were accounted for.
    pub(super) repaired: u64,
}

/// A segment that is being read.
#[derive(Debug)]
struct Segment {
    /// Its path.
    path: PathBuf,
    /// The line that was read last.
    at: Location,
    /// Its lines.
    lines: Lines<BufReader<Take<File>>>,
    /// How many bytes follow its end.
    left_behind: u64,
    /// How many of these the next segment accounts for.
    given_up: u64,
}

impl LogReader {
    /// Starts to read the log under a state directory; one that is not there has no lines.
    pub(super) fn open(state: &Path) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        let numbers = segment::numbers(&directory)?;
        Ok(Self { directory, numbers, ..Self::default() })
    }

    /// Returns the line of the entry that came last.
    pub(super) fn line(&self) -> &[u8] {
        self.segment.as_ref().map_or(&[], |segment| &segment.lines.line)
    }

    /// Reads on to the next item; `None` at the end of the log.
    pub(super) fn next(&mut self) -> Result<Option<ReadItem>, AuditError> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Ok(Some(item));
            }
            let Some(segment) = &mut self.segment else {
                if !self.open_next()? {
                    return Ok(None);
                }
                continue;
            };
            let failed = |error| DiskError::Read(segment.path.clone(), error);
            let read = segment.lines.next().map_err(failed)?;
            segment.at.line += 1;
            let at = segment.at;
            match read {
                None => self.close(),
                Some(Read::TooLong { bytes }) => {
                    self.push(ReadItem::Invalid(at, EntryError::TooLong { bytes }, None));
                }
                Some(Read::Line { ended }) => self.classify(at, ended),
            }
        }
    }

    /// Opens the next segment, up to its end as the one after it says; `false` after the last.
    fn open_next(&mut self) -> Result<bool, AuditError> {
        let Some(&number) = self.numbers.get(self.opened) else { return Ok(false) };
        self.opened += 1;
        let segment = match OpenSegment::open(&self.directory, number, FileUse::Read) {
            // It was pruned since the segments were listed.
            Err(AuditError::Disk(error)) if error.is_missing() => return Ok(true),
            segment => segment?,
        };
        let opening = match self.numbers.get(self.opened) {
            Some(&next) => first_entry(OpenSegment::open(&self.directory, next, FileUse::Read)?)?,
            None => None,
        };
        let length = segment.length;
        let trusted = opening.as_ref().and_then(|entry| entry.body.previous_bytes).unwrap_or(length);
        let input = BufReader::with_capacity(BUFFER, segment.file.take(trusted.min(length)));
        self.segment = Some(Segment {
            path: segment.path,
            at: Location { segment: number, line: 0 },
            lines: Lines::new(input),
            left_behind: length.saturating_sub(trusted),
            given_up: opening.and_then(|entry| entry.body.count).unwrap_or(0),
        });
        Ok(true)
    }

    /// Ends the segment that was read through.
    fn close(&mut self) {
        self.give_up_torn();
        if let Some(Segment { at, left_behind: bytes, given_up, .. }) = self.segment.take()
            && bytes > given_up
        {
            self.push(ReadItem::Invalid(at, EntryError::AfterTheEnd { bytes }, None));
        }
    }

    /// Classifies the line that was just read.
    fn classify(&mut self, at: Location, ended: bool) {
        let Some(segment) = &self.segment else { return };
        let line = &segment.lines.line;
        match ChainLink::parse(line) {
            Some(parsed) if parsed.is_whole() => {
                if parsed.entry.body.action == Action::Repaired {
                    self.check_repair(at, &parsed.entry);
                }
                self.push(ReadItem::Entry(at, Box::new(parsed.entry)));
            }
            Some(parsed) => {
                let hashes = [parsed.entry.hash, parsed.computed];
                self.push(ReadItem::Invalid(at, EntryError::Edited, Some(hashes)));
            }
            None if !ended && self.opened == self.numbers.len() && self.torn.is_repairable() => {
                self.torn.push(at, line);
                let torn = std::mem::take(&mut self.torn);
                self.push(ReadItem::Unfinished(torn.text.len() as u64));
            }
            None => {
                self.torn.push(at, line);
                if self.torn.lines.len() > MAX_TORN_LINES {
                    self.give_up_torn();
                }
            }
        }
    }

    /// Checks that an entry of a repair accounts for the torn lines before it.
    fn check_repair(&mut self, at: Location, entry: &Entry) {
        if self.torn.lines.is_empty() {
            if entry.body.count != Some(0) {
                self.push(ReadItem::Invalid(at, EntryError::TornLineMissing, None));
            }
        } else if self.torn.matches_repair(entry) {
            self.repaired += 1;
            self.torn = TornTail::default();
        }
    }

    /// Returns an item next, after lines that were not repaired.
    fn push(&mut self, item: ReadItem) {
        self.give_up_torn();
        self.waiting.push_back(item);
    }

    /// Returns lines that were not repaired as lines that are not entries.
    fn give_up_torn(&mut self) {
        let torn = std::mem::take(&mut self.torn);
        let unreadable = |at| ReadItem::Invalid(at, EntryError::Unreadable, None);
        self.waiting.extend(torn.lines.into_iter().map(unreadable));
    }
}

/// Reads the entry that opens a segment; `None` where its first line is none.
fn first_entry(segment: OpenSegment) -> Result<Option<Entry>, AuditError> {
    let mut lines = Lines::new(BufReader::with_capacity(1024, segment.file));
    lines.next().map_err(|error| DiskError::Read(segment.path.clone(), error))?;
    Ok(ChainLink::parse_whole(&lines.line))
}

/// Lines in a row that are no entries; there are few of them, so they are kept.
#[derive(Debug, Default)]
struct TornTail {
    /// Where they stand.
    lines: Vec<Location>,
    /// What they are, with the newlines between them.
    text: Vec<u8>,
}

impl TornTail {
    /// Adds a line.
    fn push(&mut self, at: Location, line: &[u8]) {
        if !self.lines.is_empty() {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(line);
        self.lines.push(at);
    }

    /// Returns `true` if the next writer repairs them together with a last line that is not ended.
    fn is_repairable(&self) -> bool {
        self.lines.len() < MAX_TORN_LINES && self.text.split(|byte| *byte == b'\n').all(is_torn_write)
    }

    /// Returns `true` if an entry accounts for exactly these.
    fn matches_repair(&self, entry: &Entry) -> bool {
        let fingerprint = Hash::of(&self.text).short();
        let count = self.text.len() as u64;
        entry.body.count == Some(count) && entry.body.fingerprint.as_deref() == Some(&fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(input: impl BufRead) -> Vec<(Read, usize)> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(read) = lines.next().unwrap() {
            all.push((read, lines.line.len()));
            assert!(lines.line.capacity() <= 2 * MAX_ENTRY_BYTES);
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
        assert_eq!(
            read_all(&line(MAX_ENTRY_BYTES - 1)[..]),
            [(Read::Line { ended: true }, MAX_ENTRY_BYTES - 1)]
        );
        let bytes = MAX_ENTRY_BYTES as u64;
        assert_eq!(read_all(&line(MAX_ENTRY_BYTES)[..])[0].0, Read::TooLong { bytes });
        assert_eq!(read_all(&vec![b'x'; MAX_ENTRY_BYTES][..])[0].0, Read::TooLong { bytes });
        assert_eq!(read_all(&b"a\n\nb"[..]).last(), Some(&(Read::Line { ended: false }, 1)));
    }
}
