//! Reads a log line by line, in constant memory, and classifies each line. Lines that are not entries are listed too.
//!
//! Two remains of a crash or a failed disk are skipped, here and nowhere else, because the log accounts for them: a
//! torn line that the next entry repaired, and the end of a segment that the next segment's first entry gives up.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::{Action, Entry, EntryError, Event, MAX_ENTRY_BYTES, Outcome};
use super::error::AuditError;
use super::head::Hash;
use super::segment::{self, OpenSegment};
use crate::fs::{FileAction, FileUse};
use crate::time::Timestamp;

/// The size of the read buffer in bytes.
const BUFFER: usize = 128 * 1024;

/// The location of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The segment's number.
    pub segment: u32,
    /// The line number in the segment, from 1.
    pub line: u64,
}

impl Location {
    /// Returns the file name of the segment.
    pub fn file_name(self) -> String {
        segment::name(self.segment)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file_name(), self.line)
    }
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The location of the line.
    pub at: Location,
    /// The entry, or the fault of the line.
    pub entry: Result<Entry, EntryError>,
    /// The line of an entry as the log contains it; empty for a fault.
    pub text: String,
}

/// A token to search for in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenQuery {
    /// The token's fingerprint.
    pub fingerprint: String,
    /// The token's customer and expiration time; `None` if only the fingerprint is known.
    pub claims: Option<(u64, Option<Timestamp>)>,
}

/// How surely an entry concerns a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMatch {
    /// The entry names the token's fingerprint.
    Certain,
    /// The entry names no fingerprint, and records a batch for the token's customer with the token's expiration time.
    Possible,
}

impl TokenQuery {
    /// Returns how surely the entry concerns the token; `None` if it does not.
    pub fn matches(&self, event: &Event) -> Option<TokenMatch> {
        let makes_tokens =
            matches!(event.action, Action::Mint | Action::MintBatch | Action::Fault | Action::SessionNew);
        if !makes_tokens || event.outcome != Outcome::Ok {
            return None;
        }
        if event.fingerprint.is_some() {
            return (event.fingerprint.as_ref() == Some(&self.fingerprint)).then_some(TokenMatch::Certain);
        }
        let (customer, expires_at) = self.claims?;
        let is_in_batch = event.customers.as_ref().is_some_and(|ids| ids.contains(customer));
        (is_in_batch && event.expires_at == expires_at).then_some(TokenMatch::Possible)
    }
}

/// Lists the lines of the log under a state directory, in order: the entries for which `is_listed` returns `true`, and
/// all lines that are not entries. A missing log is empty. An error, if the log cannot be read, is the last item.
pub fn list<F: Fn(&Entry) -> bool>(
    state: &Path,
    is_listed: F,
) -> impl Iterator<Item = Result<LogLine, AuditError>> + use<F> {
    admitted(LogReader::open(state), is_listed)
}

/// Lists the lines that are appended to the log from now on, as [`list()`] does. The iterator returns `None` while there
/// are no new lines, and can be polled again.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn follow<F: Fn(&Entry) -> bool>(
    state: &Path,
    is_listed: F,
) -> Result<impl Iterator<Item = Result<LogLine, AuditError>> + use<F>, AuditError> {
    Ok(admitted(LogReader::open_at_end(state)?, is_listed))
}

/// Skips the entries for which `is_listed` returns `false`.
fn admitted(
    reader: LogReader,
    is_listed: impl Fn(&Entry) -> bool,
) -> impl Iterator<Item = Result<LogLine, AuditError>> {
    reader.filter(move |line| {
        let entry = line.as_ref().ok().and_then(|line| line.entry.as_ref().ok());
        entry.is_none_or(&is_listed)
    })
}

/// Returns `true` if the log under a state directory has an entry whose event satisfies `is_meant`.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn contains(state: &Path, is_meant: impl Fn(&Event) -> bool) -> Result<bool, AuditError> {
    for line in LogReader::open(state) {
        if line?.entry.is_ok_and(|entry| is_meant(&entry.body)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads all lines of a log, in order. At the end it returns `None`; a later call returns lines appended since.
#[derive(Debug, Default)]
pub(super) struct LogReader {
    /// The directory of the log.
    directory: PathBuf,
    /// The number of the segment that was opened last; 0 before the first.
    number: u32,
    /// The segment that is being read.
    segment: Option<Segment>,
    /// The line that was read last, with its newline.
    line: Vec<u8>,
    /// An unreadable line that the next entry may repair.
    torn: Option<(Location, Vec<u8>)>,
    /// The lines to return before more is read.
    waiting: VecDeque<LogLine>,
    /// The number of torn lines that were accounted for.
    pub(super) repaired: u64,
    /// The number of bytes at the end that are not a whole entry: one being written, or torn and not yet repaired.
    pub(super) unfinished: u64,
}

/// A segment that is being read.
#[derive(Debug)]
struct Segment {
    /// The file's path.
    path: PathBuf,
    /// The file, buffered.
    input: BufReader<File>,
    /// The number of bytes read.
    offset: u64,
    /// The number of lines read.
    line: u64,
    /// The length of the segment according to the next one; `u64::MAX` if that does not state it.
    end: u64,
    /// The number of bytes after that end that are not accounted for.
    added: u64,
}

impl LogReader {
    /// Opens the log under a state directory. A missing log has no lines.
    pub(super) fn open(state: &Path) -> Self {
        Self { directory: segment::directory(state), ..Self::default() }
    }

    /// Opens the log at its current end.
    pub(super) fn open_at_end(state: &Path) -> Result<Self, AuditError> {
        let mut reader = Self::open(state);
        reader.number = segment::numbers(&reader.directory)?.pop().map_or(0, |newest| newest - 1);
        while reader.read()?.is_some() {}
        Ok(reader)
    }

    /// Reads the next line; `None` at the end of the log.
    fn read(&mut self) -> Result<Option<LogLine>, AuditError> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Ok(Some(line));
            }
            let was_ended = self.line.ends_with(b"\n");
            let bytes = self.segment.as_mut().map_or(Ok(0), |segment| segment.read_line(&mut self.line))?;
            let is_unfinished = bytes > 0 && self.is_being_written()?;
            if let Some(segment) = self.segment.as_mut().filter(|_| bytes > 0) {
                if is_unfinished {
                    self.unfinished = bytes;
                    let sought = segment.input.seek(SeekFrom::Start(segment.offset));
                    sought.map_err(FileAction::Read.failed(&segment.path))?;
                    return Ok(None);
                }
                segment.offset += bytes;
                // The newline of an entry that was returned before it was ended is not a line of its own.
                if was_ended || segment.line == 0 || self.line != b"\n" {
                    segment.line += 1;
                    self.classify();
                }
                continue;
            }
            self.give_up_torn();
            let added = self.segment.as_mut().map_or(0, |segment| std::mem::take(&mut segment.added));
            if added > 0 {
                self.push(Err(EntryError::AfterTheEnd(added)));
            }
            if self.waiting.is_empty() && !self.open_next()? {
                return Ok(None);
            }
        }
    }

    /// Opens the next segment, up to the end that the segment after it states. Returns `false` after the last
    /// segment.
    fn open_next(&mut self) -> Result<bool, AuditError> {
        let later = self.later_segments()?;
        let Some(&number) = later.first() else { return Ok(false) };
        (self.number, self.segment) = (number, None);
        let open = |number| OpenSegment::open(&self.directory, number, FileUse::Read);
        let segment = match open(number) {
            // The segment was pruned after the segments were listed.
            Err(AuditError::File(error)) if error.is_missing() => return Ok(true),
            segment => segment?,
        };
        let opening = match later.get(1) {
            Some(&next) => first_entry(&open(next)?)?,
            None => None,
        };
        let end = opening.as_ref().and_then(|entry| entry.body.previous_bytes).unwrap_or(u64::MAX);
        let given_up = opening.and_then(|entry| entry.body.count).unwrap_or(0);
        let added = segment.length.saturating_sub(end);
        self.segment = Some(Segment {
            path: segment.path,
            input: BufReader::with_capacity(BUFFER, segment.file),
            offset: 0,
            line: 0,
            end,
            added: if added > given_up { added } else { 0 },
        });
        Ok(true)
    }

    /// Returns the numbers of the segments after the one that was opened last.
    fn later_segments(&self) -> Result<Vec<u32>, AuditError> {
        let mut numbers = segment::numbers(&self.directory)?;
        numbers.retain(|number| *number > self.number);
        Ok(numbers)
    }

    /// Returns `true` if the line is the last of the log and not yet an entry: it is being written, or was torn by a
    /// crash and not yet repaired.
    fn is_being_written(&self) -> Result<bool, AuditError> {
        let is_torn = !self.line.ends_with(b"\n") && Entry::read(&self.line) == Err(EntryError::Unreadable);
        Ok(is_torn && self.torn.is_none() && self.later_segments()?.is_empty())
    }

    /// Classifies the line that was just read.
    fn classify(&mut self) {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let entry = Entry::read(line);
        match &entry {
            Err(EntryError::Unreadable) => {
                let torn = (self.location(), line.to_vec());
                self.give_up_torn();
                self.torn = Some(torn);
                return;
            }
            Ok(entry) if entry.body.action == Action::Repaired => self.check_repair(&entry.body),
            _ => {}
        }
        self.push(entry);
    }

    /// Checks that a repair accounts for the torn line before it, unless it repaired only a missing newline.
    fn check_repair(&mut self, repair: &Event) {
        let is_torn = |text: &[u8]| {
            repair.count == Some(text.len() as u64) && repair.fingerprint == Some(Hash::of(text).short())
        };
        if self.torn.take_if(|(_, text)| is_torn(text)).is_some() {
            self.repaired += 1;
        } else if self.torn.is_none() && repair.count != Some(0) {
            self.push(Err(EntryError::TornLineMissing));
        }
    }

    /// Queues the current line, after an unreadable line that was not repaired.
    fn push(&mut self, entry: Result<Entry, EntryError>) {
        self.give_up_torn();
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let text = if entry.is_ok() { String::from_utf8_lossy(line).into_owned() } else { String::new() };
        self.waiting.push_back(LogLine { at: self.location(), entry, text });
    }

    /// Queues an unreadable line that was not repaired, as a fault.
    fn give_up_torn(&mut self) {
        let unreadable = |(at, _)| LogLine { at, entry: Err(EntryError::Unreadable), text: String::new() };
        self.waiting.extend(self.torn.take().map(unreadable));
    }

    /// Returns the location of the line that was read last.
    fn location(&self) -> Location {
        Location { segment: self.number, line: self.segment.as_ref().map_or(0, |segment| segment.line) }
    }
}

impl Iterator for LogReader {
    type Item = Result<LogLine, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if read.is_err() {
            // Nothing is read after an error.
            (self.number, self.segment) = (u32::MAX, None);
        }
        read.transpose()
    }
}

impl Segment {
    /// Reads the next line, with its newline, and returns its length in bytes; 0 at the end. Does not advance the
    /// offset.
    fn read_line(&mut self, line: &mut Vec<u8>) -> Result<u64, AuditError> {
        let read = read_line(&mut self.input, self.end.saturating_sub(self.offset), line);
        Ok(read.map_err(FileAction::Read.failed(&self.path))?)
    }
}

/// Reads a line, with its newline, from the `left` remaining bytes of a segment, and returns its length in bytes. A
/// line longer than any entry is read as an empty line.
fn read_line(input: &mut impl BufRead, left: u64, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let mut rest = input.take(left);
    let read = rest.by_ref().take(MAX_ENTRY_BYTES as u64).read_until(b'\n', line)?;
    if read < MAX_ENTRY_BYTES || line.ends_with(b"\n") {
        return Ok(read as u64);
    }
    line.clear();
    line.push(b'\n');
    Ok((read + rest.skip_until(b'\n')?) as u64)
}

/// Reads the first entry of a segment; `None` if its first line is not an entry.
fn first_entry(segment: &OpenSegment) -> Result<Option<Entry>, AuditError> {
    let mut line = Vec::new();
    read_line(&mut BufReader::with_capacity(1024, &segment.file), u64::MAX, &mut line)
        .map_err(FileAction::Read.failed(&segment.path))?;
    Ok(Entry::read(line.strip_suffix(b"\n").unwrap_or(&line)).ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::entry::{Channel, IdRanges};
    use super::super::testing::{State, ann, edit, mint};
    use super::*;

    fn read_all(mut input: impl BufRead) -> Vec<(u64, usize)> {
        let (mut all, mut line) = (Vec::new(), Vec::new());
        loop {
            let bytes = read_line(&mut input, u64::MAX, &mut line).unwrap();
            assert!(line.capacity() <= 2 * MAX_ENTRY_BYTES);
            if bytes == 0 {
                return all;
            }
            all.push((bytes, line.len()));
        }
    }

    #[test]
    fn line_of_100_megabytes_is_read_in_bounded_memory() {
        let long = io::repeat(b'x').take(100_000_000);
        let input = BufReader::new(long.chain(&b"\nnext\n"[..]));
        assert_eq!(read_all(input), [(100_000_001, 1), (5, 5)]);
    }

    #[test]
    fn longest_line_is_accepted() {
        let line = |length: usize| [vec![b'x'; length], vec![b'\n']].concat();
        let most = MAX_ENTRY_BYTES as u64;
        assert_eq!(read_all(&line(MAX_ENTRY_BYTES - 1)[..]), [(most, MAX_ENTRY_BYTES)]);
        assert_eq!(read_all(&line(MAX_ENTRY_BYTES)[..]), [(most + 1, 1)]);
        assert_eq!(read_all(&vec![b'x'; MAX_ENTRY_BYTES][..]), [(most, 1)]);
        assert_eq!(read_all(&b"a\n\nb"[..]), [(2, 2), (1, 1), (1, 1)]);
    }

    /// Returns the numbers of entries, 0 for a bad line.
    fn numbers_of(lines: impl Iterator<Item = Result<LogLine, AuditError>>) -> Vec<u64> {
        lines.map(|line| line.unwrap().entry.map_or(0, |entry| entry.sequence)).collect()
    }

    /// Returns the numbers of the entries that a filter admits.
    fn numbers(state: &State, is_listed: impl Fn(&Entry) -> bool) -> Vec<u64> {
        numbers_of(list(state.path(), is_listed))
    }

    #[test]
    fn filters_by_customer_also_inside_a_batch() {
        let state = State::with_entries(4);
        let mut ranges = IdRanges::default();
        assert!((2..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let batch = Event::new(Action::MintBatch, Channel::Cli, ann(), Outcome::Ok);
        state.log().record(Event { customers: Some(ranges), ..batch }).unwrap();
        let of = |customer| numbers(&state, |entry| entry.body.is_for(customer));
        assert_eq!(of(1), [2]);
        assert_eq!(of(2), [3, 5]);
        assert_eq!(of(777), [5]);
        assert!(of(501).is_empty());
    }

    #[test]
    fn bad_lines_are_shown_under_any_filter() {
        let state = State::with_entries(4);
        let mut lines = state.lines(1);
        lines[2] = b"gone\n".to_vec();
        edit(&mut lines[3]);
        state.write(1, &lines.concat());
        assert_eq!(numbers(&state, |entry| entry.body.is_for(1)), [2, 0, 0]);
        let last = list(state.path(), |_| true).last().unwrap().unwrap();
        assert_eq!(
            (last.at.to_string().as_str(), last.entry),
            ("audit-00000001.jsonl, line 4", Err(EntryError::Edited))
        );
    }

    #[test]
    fn line_is_returned_verbatim() {
        let state = State::with_entries(1);
        state.log().record(mint(7)).unwrap();
        let LogLine { entry, text, .. } = list(state.path(), |_| true).last().unwrap().unwrap();
        assert_eq!(format!("{text}\n").into_bytes(), state.lines(1)[1]);
        assert!(entry.unwrap().body.is_for(7));
    }

    #[test]
    fn list_contains_matching_entries_and_no_bad_lines() {
        let state = State::with_entries(2);
        let of = |action| contains(state.path(), |event| event.action == action).unwrap();
        assert!(of(Action::Mint) && !of(Action::SessionRevoke));
        let mut lines = state.lines(1);
        edit(&mut lines[1]);
        state.write(1, &lines.concat());
        assert!(!of(Action::Mint));
    }

    #[test]
    fn missing_log_has_no_lines() {
        assert!(numbers(&State::new(), |_| true).is_empty());
    }

    fn of(customer: u64, expires_at: Option<u64>) -> TokenQuery {
        let expires_at = expires_at.and_then(Timestamp::from_epoch_seconds);
        TokenQuery { fingerprint: format!("{customer:016x}"), claims: Some((customer, expires_at)) }
    }

    #[test]
    fn fingerprint_is_a_certain_match_or_none() {
        let matches = |query: &TokenQuery| query.matches(&mint(7));
        assert_eq!(matches(&of(7, Some(1))), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { claims: None, ..of(7, None) }), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { fingerprint: "00".into(), ..of(7, None) }), None);
    }

    #[test]
    fn batch_with_customer_and_expiry_is_a_possible_match() {
        let mut ranges = IdRanges::default();
        assert!((5..9).all(|id| ranges.insert_next(id)));
        let batch = |action, expires_at| Event {
            customers: Some(ranges.clone()),
            expires_at,
            ..Event::new(action, Channel::Cli, ann(), Outcome::Ok)
        };
        let event = batch(Action::MintBatch, Timestamp::from_epoch_seconds(100));
        assert_eq!(of(7, Some(100)).matches(&event), Some(TokenMatch::Possible));
        for other in [of(9, Some(100)), of(7, Some(101)), of(7, None)] {
            assert_eq!(other.matches(&event), None, "{other:?}");
        }
        assert_eq!(of(7, None).matches(&batch(Action::Fault, None)), Some(TokenMatch::Possible));
        assert_eq!(TokenQuery { claims: None, ..of(7, None) }.matches(&batch(Action::MintBatch, None)), None);
    }

    #[test]
    fn entries_without_a_token_do_not_match() {
        for (action, outcome) in [(Action::Repaired, Outcome::Ok), (Action::Mint, Outcome::Failed)] {
            let event = Event { action, outcome, ..mint(7) };
            assert_eq!(of(7, None).matches(&event), None);
        }
    }

    #[test]
    fn follow_returns_only_new_lines() {
        let state = State::with_entries(3);
        let mut follower = follow(state.path(), |_| true).unwrap();
        assert!(numbers_of(&mut follower).is_empty());
        (1..3).for_each(|customer| drop(state.log().record(mint(customer)).unwrap()));
        assert_eq!(numbers_of(&mut follower), [4, 5]);
        assert!(numbers_of(&mut follower).is_empty());
    }

    #[test]
    fn follow_enters_new_segments_and_skips_missing_ones() {
        let state = State::new();
        let mut follower = follow(state.path(), |_| true).unwrap();
        let log = state.log_of_short_segments();
        let record = |customer| drop(log.record(mint(customer)).unwrap());
        record(1);
        assert_eq!(numbers_of(&mut follower), [1, 2]);
        (2..5).for_each(record);
        assert_eq!(numbers_of(&mut follower), [3, 4, 5, 6, 7, 8]);
        fs::remove_file(state.segment(3)).unwrap();
        record(5);
        fs::remove_file(state.segment(4)).unwrap();
        assert_eq!(numbers_of(&mut follower), [9, 10]);
    }

    #[test]
    fn follow_waits_for_whole_lines_and_skips_torn_ones() {
        let state = State::with_entries(2);
        let mut follower = follow(state.path(), |_| true).unwrap();
        state.log().record(mint(2)).unwrap();
        let whole = state.read(1);
        state.write(1, &whole[..whole.len() - 9]);
        assert!(numbers_of(&mut follower).is_empty());
        state.log().record(mint(3)).unwrap();
        assert_eq!(numbers_of(&mut follower), [3, 4]);
        assert!(state.verify().is_intact());
    }

    #[test]
    fn follow_shows_a_bad_line_with_its_place() {
        let state = State::with_entries(2);
        let follower = follow(state.path(), |_| true).unwrap();
        state.log().record(mint(2)).unwrap();
        let mut lines = state.lines(1);
        edit(&mut lines[2]);
        lines.push([vec![b'x'; 100_000], vec![b'\n']].concat());
        state.write(1, &lines.concat());
        let bad: Vec<_> =
            follower.map(Result::unwrap).map(|line| (line.at.line, line.entry.unwrap_err())).collect();
        assert_eq!(bad, [(3, EntryError::Edited), (4, EntryError::Unreadable)]);
    }
}
