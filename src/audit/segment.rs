//! The segments of a log: their names, their order, and the end of the newest one.
//!
//! The end of a segment is determined from its last few lines, in constant time.

use std::fs::{File, read_dir};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::{Entry, MAX_ENTRY_BYTES};
use super::error::AuditError;
use super::head::Head;
use crate::fs::{self, FileAction, FileUse};

/// The maximum number of bytes read from the end of a segment: enough for the last whole line and a torn one, unless
/// the segment is damaged.
const TAIL_BYTES: u64 = 3 * MAX_ENTRY_BYTES as u64;

/// Returns the log's directory under a state directory.
pub(super) fn directory(state: &Path) -> PathBuf {
    state.join("audit")
}

/// Returns the path of a segment.
pub(super) fn path(directory: &Path, number: u32) -> PathBuf {
    directory.join(name(number))
}

/// Returns the file name of a segment.
pub(super) fn name(number: u32) -> String {
    format!("audit-{number:08}.jsonl")
}

/// Lists the numbers of the segments in order. The list is empty if there is no log.
pub(super) fn numbers(directory: &Path) -> Result<Vec<u32>, AuditError> {
    match fs::directory(directory) {
        Err(error) if error.is_missing() => return Ok(Vec::new()),
        other => other?,
    };
    let failed = FileAction::Read.failed(directory);
    let mut numbers = Vec::new();
    for entry in read_dir(directory).map_err(failed)? {
        let found = entry.map_err(failed)?.file_name();
        numbers.extend(found.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Parses a segment's number from its file name.
fn number(found: &str) -> Option<u32> {
    let digits = found.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let number = digits.parse().ok()?;
    (number > 0 && name(number) == found).then_some(number)
}

/// Returns the last entry of the log under a state directory, or `None` if the log has no entries.
///
/// # Errors
/// [`AuditError::Damaged`] if the last line of the newest segment is not an intact entry, or another [`AuditError`]
/// if the log cannot be read.
pub fn head(state: &Path) -> Result<Option<Head>, AuditError> {
    let directory = directory(state);
    for number in numbers(&directory)?.into_iter().rev() {
        let segment = OpenSegment::open(&directory, number, FileUse::Read)?;
        match segment.tail()? {
            SegmentTail::Empty | SegmentTail::Fragment => {}
            SegmentTail::Entry(head, _) => return Ok(Some(head)),
            SegmentTail::Damaged => return Err(AuditError::Damaged(segment.path)),
        }
    }
    Ok(None)
}

/// An open segment.
#[derive(Debug)]
pub(super) struct OpenSegment {
    /// The segment's number.
    pub(super) number: u32,
    /// The file's path.
    pub(super) path: PathBuf,
    /// The file, open.
    pub(super) file: File,
    /// The length in bytes.
    pub(super) length: u64,
}

impl OpenSegment {
    /// Opens a segment.
    pub(super) fn open(directory: &Path, number: u32, file_use: FileUse) -> Result<Self, AuditError> {
        let path = path(directory, number);
        let (file, metadata) = fs::open(&path, file_use)?;
        Ok(Self { number, path, file, length: metadata.len() })
    }

    /// Reads the end of the segment, and classifies it.
    pub(super) fn tail(&self) -> Result<SegmentTail, AuditError> {
        let size = self.length.min(TAIL_BYTES);
        let mut window = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.length - size))
            .and_then(|_| file.take(size).read_to_end(&mut window))
            .map_err(FileAction::Read.failed(&self.path))?;
        Ok(match SegmentTail::of(&window) {
            // The line begins before the window, so it is longer than any entry.
            SegmentTail::Fragment if size < self.length => SegmentTail::Damaged,
            tail => tail,
        })
    }
}

/// How a segment ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SegmentTail {
    /// The segment is empty.
    Empty,
    /// A whole entry, and the bytes that a crash left after it: empty if the entry lacks only its newline, `None` if
    /// its line is complete.
    Entry(Head, Option<Vec<u8>>),
    /// A torn line and nothing else.
    Fragment,
    /// The last complete line is not an intact entry.
    Damaged,
}

impl SegmentTail {
    /// Classifies the last bytes of a segment.
    fn of(window: &[u8]) -> Self {
        let is_ended = window.ends_with(b"\n");
        let mut lines = window.strip_suffix(b"\n").unwrap_or(window).rsplit(|byte| *byte == b'\n');
        let last = lines.next().unwrap_or_default();
        if let Ok(entry) = Entry::read(last) {
            return Self::Entry(entry.head(), (!is_ended).then(Vec::new));
        }
        match lines.next().map(Entry::read) {
            _ if window.is_empty() => Self::Empty,
            _ if is_ended => Self::Damaged,
            Some(Ok(entry)) => Self::Entry(entry.head(), Some(last.to_vec())),
            Some(Err(_)) => Self::Damaged,
            None => Self::Fragment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Action, Actor, Channel, Event, Outcome};
    use super::super::head::Hex;
    use super::*;
    use crate::time::{Timestamp, utc};

    /// Three whole lines and the head of each.
    fn lines() -> (Vec<Vec<u8>>, Vec<Head>) {
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok);
        let mut last = Head::before_first(Hex::parse("0123456789abcdef").unwrap());
        let (mut lines, mut heads) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let mut line = Vec::new();
            last = Entry::write(&mut line, last, &utc(Timestamp::EPOCH), &event).unwrap();
            lines.push(line);
            heads.push(last);
        }
        (lines, heads)
    }

    fn tail(bytes: &[u8]) -> SegmentTail {
        SegmentTail::of(bytes)
    }

    #[test]
    fn only_canonical_names_are_segments() {
        assert_eq!(number("audit-00000001.jsonl"), Some(1));
        assert_eq!(number("audit-123456789.jsonl"), Some(123_456_789));
        let others = [
            "lock",
            "audit-1.jsonl",
            "audit-00000000.jsonl",
            "audit-+0000001.jsonl",
            "audit-00000001.jsonl~",
            "audit-000000001.jsonl",
        ];
        for other in others {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn torn_last_line_is_detected_at_any_byte() {
        let (lines, heads) = lines();
        let whole = lines.concat();
        let two = lines[0].len() + lines[1].len();
        assert_eq!(tail(&whole), SegmentTail::Entry(heads[2], None));
        assert_eq!(tail(&whole[..whole.len() - 1]), SegmentTail::Entry(heads[2], Some(Vec::new())));
        assert_eq!(tail(&whole[..two]), SegmentTail::Entry(heads[1], None));
        for cut in two + 1..whole.len() - 1 {
            let torn = &whole[two..cut];
            assert_eq!(tail(&whole[..cut]), SegmentTail::Entry(heads[1], Some(torn.to_vec())));
        }
        for cut in 1..lines[0].len() - 1 {
            assert_eq!(tail(&whole[..cut]), SegmentTail::Fragment);
        }
        assert_eq!(tail(b""), SegmentTail::Empty);
    }

    #[test]
    fn changed_complete_line_is_damage() {
        let (lines, _) = lines();
        let mut whole = lines.concat();
        let at = whole.len() - 100;
        whole[at] ^= 1;
        assert_eq!(tail(&whole), SegmentTail::Damaged);
        assert_eq!(tail(&[&whole[..], b"{\"version"].concat()), SegmentTail::Damaged);
        assert_eq!(tail(b"\n"), SegmentTail::Damaged);
        assert_eq!(tail(&[&lines[0][..], b"\n"].concat()), SegmentTail::Damaged);
        assert_eq!(tail(&[&lines[0][..40], b"\n"].concat()), SegmentTail::Damaged);
    }

    #[test]
    fn bytes_before_the_read_window_are_not_judged() {
        let state = super::super::testing::State::with_entries(2);
        state.write(1, &[state.read(1), vec![b'x'; 4 * MAX_ENTRY_BYTES]].concat());
        let segment = OpenSegment::open(&directory(state.path()), 1, FileUse::Read).unwrap();
        assert_eq!(segment.tail().unwrap(), SegmentTail::Damaged);
    }
}
