//! The segments of a log: their names, their order, and how the newest one ends.
//!
//! The end of a segment is found from its last few lines, however long the segment is.

use std::fs::{File, read_dir};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::encode::MAX_ENTRY_BYTES;
use super::error::AuditError;
use super::head::{Hash, Head};
use super::parse::ChainLink;
use crate::fs::{self, DiskError, FileId, FileUse};

/// How many lines in a row a crash may have torn: a repair may be torn itself.
pub(super) const MAX_TORN_LINES: usize = 4;
/// How much of a segment's end is read: it holds the last whole line, or the segment is damaged.
const TAIL_BYTES: u64 = (MAX_TORN_LINES as u64 + 2) * MAX_ENTRY_BYTES as u64;

/// Returns the directory of the log that belongs to a state directory.
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

/// Lists the segments in order; none where there is no log.
pub(super) fn numbers(directory: &Path) -> Result<Vec<u32>, AuditError> {
    match fs::directory(directory) {
        Err(error) if error.is_missing() => return Ok(Vec::new()),
        other => other?,
    };
    let failed = |error| DiskError::Read(directory.to_owned(), error);
    let mut numbers = Vec::new();
    for entry in read_dir(directory).map_err(failed)? {
        let found = entry.map_err(failed)?.file_name();
        numbers.extend(found.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads a segment's number from its file name.
fn number(found: &str) -> Option<u32> {
    let digits = found.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let number = digits.parse().ok()?;
    (number > 0 && name(number) == found).then_some(number)
}

/// Finds the last entry of the log under a state directory; `None` where the log has none.
///
/// # Errors
/// [`AuditError::Damaged`] where the newest segment's last line is not as it was written, and
/// whatever keeps the log from being read.
pub fn head(state: &Path) -> Result<Option<Head>, AuditError> {
    let directory = directory(state);
    for number in numbers(&directory)?.into_iter().rev() {
        let segment = OpenSegment::open(&directory, number, FileUse::Read)?;
        match segment.tail()? {
            SegmentTail::Empty | SegmentTail::Fragment => {}
            SegmentTail::Clean(head) | SegmentTail::Unended(head) | SegmentTail::Torn { after: head, .. } => {
                return Ok(Some(head));
            }
            SegmentTail::Damaged => return Err(AuditError::Damaged { path: segment.path }),
        }
    }
    Ok(None)
}

/// An open segment.
#[derive(Debug)]
pub(super) struct OpenSegment {
    /// Its number.
    pub(super) number: u32,
    /// Its path.
    pub(super) path: PathBuf,
    /// The file.
    pub(super) file: File,
    /// Which file it is.
    pub(super) identity: FileId,
    /// How many bytes it has.
    pub(super) length: u64,
}

impl OpenSegment {
    /// Opens a segment.
    pub(super) fn open(directory: &Path, number: u32, file_use: FileUse) -> Result<Self, AuditError> {
        let path = path(directory, number);
        let (file, metadata) = fs::open(&path, file_use)?;
        Ok(Self { number, path, file, identity: fs::file_id(&metadata), length: metadata.len() })
    }

    /// Reads how the segment ends.
    pub(super) fn tail(&self) -> Result<SegmentTail, AuditError> {
        let size = self.length.min(TAIL_BYTES);
        let mut window = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.length - size))
            .and_then(|_| file.take(size).read_to_end(&mut window))
            .map_err(|error| DiskError::Read(self.path.clone(), error))?;
        Ok(SegmentTail::of(&window, size == self.length).unwrap_or(SegmentTail::Damaged))
    }
}

/// How a segment ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SegmentTail {
    /// There is nothing in it.
    Empty,
    /// With a whole entry.
    Clean(Head),
    /// With a whole entry that lacks only its newline.
    Unended(Head),
    /// With a line that was not written to its end.
    Torn {
        /// The last whole entry.
        after: Head,
        /// How many bytes follow it.
        bytes: u64,
        /// What names those bytes.
        fingerprint: String,
    },
    /// It holds torn lines and nothing else.
    Fragment,
    /// With an ended line that is not as it was written.
    Damaged,
}

impl SegmentTail {
    /// Classifies the end of a segment; `None` where more of it must be seen. `is_all` says that there is
    /// no more.
    fn of(window: &[u8], is_all: bool) -> Option<Self> {
        if window.is_empty() {
            return Some(Self::Empty);
        }
        let is_ended = window.ends_with(b"\n");
        let mut end = window.len();
        for torn_lines in 0..=MAX_TORN_LINES {
            if end == 0 && is_all {
                return Some(Self::Fragment);
            }
            let (start, line) = last_line(&window[..end], is_all)?;
            if let Some(entry) = ChainLink::parse_whole(line) {
                let head = entry.head();
                return Some(match &window[end..] {
                    _ if torn_lines == 0 && is_ended => Self::Clean(head),
                    _ if torn_lines == 0 => Self::Unended(head),
                    torn => {
                        let fingerprint = Hash::of(torn).short();
                        Self::Torn { after: head, bytes: torn.len() as u64, fingerprint }
                    }
                });
            }
            // The last line is torn unless it is ended; one before it was ended by the repair of an earlier crash.
            if if torn_lines == 0 { is_ended } else { !is_torn_write(line) } {
                break;
            }
            end = start;
        }
        Some(Self::Damaged)
    }
}

/// Returns `true` if a line that is no entry may be the start of one: what a crash leaves has no end.
pub(super) fn is_torn_write(line: &[u8]) -> bool {
    !line.ends_with(br#""}"#)
}

/// Finds where the last ended line starts, and the line; `None` where it starts before `ended`.
fn last_line(ended: &[u8], is_all: bool) -> Option<(usize, &[u8])> {
    let line = ended.strip_suffix(b"\n").unwrap_or(ended);
    match line.iter().rposition(|&byte| byte == b'\n') {
        Some(newline) => Some((newline + 1, &line[newline + 1..])),
        None => is_all.then_some((0, line)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode::{self, ChainPosition};
    use super::super::entry::{Action, Actor, Channel, Event, Outcome};
    use super::super::head::LogId;
    use super::*;
    use crate::time::{Timestamp, utc};

    /// Three whole lines and the head of each.
    fn lines() -> (Vec<Vec<u8>>, Vec<Head>) {
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok);
        let mut place = ChainPosition::first(LogId::from_hex("0123456789abcdef").unwrap());
        let (mut lines, mut heads) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let mut line = Vec::new();
            let head = encode::write(&mut line, place, &utc(Timestamp::EPOCH), event.body()).unwrap();
            place = ChainPosition::after(head);
            lines.push(line);
            heads.push(head);
        }
        (lines, heads)
    }

    fn tail(bytes: &[u8]) -> SegmentTail {
        SegmentTail::of(bytes, true).unwrap()
    }

    #[test]
    fn only_its_own_names_are_segments() {
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
    fn a_cut_at_any_byte_of_the_last_line_is_told_from_a_clean_end() {
        let (lines, heads) = lines();
        let whole = lines.concat();
        let two = lines[0].len() + lines[1].len();
        assert_eq!(tail(&whole), SegmentTail::Clean(heads[2]));
        assert_eq!(tail(&whole[..whole.len() - 1]), SegmentTail::Unended(heads[2]));
        assert_eq!(tail(&whole[..two]), SegmentTail::Clean(heads[1]));
        for cut in two + 1..whole.len() - 1 {
            let torn = &whole[two..cut];
            let (bytes, fingerprint) = (torn.len() as u64, Hash::of(torn).short());
            assert_eq!(tail(&whole[..cut]), SegmentTail::Torn { after: heads[1], bytes, fingerprint });
        }
        for cut in 1..lines[0].len() - 1 {
            assert_eq!(tail(&whole[..cut]), SegmentTail::Fragment);
        }
        assert_eq!(tail(b""), SegmentTail::Empty);
    }

    #[test]
    fn a_healing_that_was_torn_itself_is_torn_and_not_damaged() {
        let (lines, heads) = lines();
        let torn = [&lines[1][..40], b"\n", &lines[2][..60]].concat();
        let bytes = [&lines[0][..], &torn].concat();
        let fingerprint = Hash::of(&torn).short();
        assert_eq!(tail(&bytes), SegmentTail::Torn { after: heads[0], bytes: 101, fingerprint });
    }

    #[test]
    fn an_ended_line_that_was_changed_is_damage() {
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
    fn asks_for_more_where_the_window_cuts_the_line_it_needs() {
        let (lines, heads) = lines();
        assert_eq!(SegmentTail::of(&lines[2][1..], false), None);
        assert_eq!(SegmentTail::of(&lines[2][..50], false), None);
        let window = [b"x\n", &lines[2][..]].concat();
        assert_eq!(SegmentTail::of(&window, false), Some(SegmentTail::Clean(heads[2])));
    }
}
