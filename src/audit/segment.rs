//! The segments of a log: their names, their order, and how the newest one ends.
//!
//! The end of a segment is found from its last few lines, however long the segment is.

use std::fs::{File, read_dir};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::chain::{END, Frame};
use super::error::{AuditError, Doing};
use super::head::{Hash, Head};
use super::line::LONGEST_LINE;
use crate::fs::{self, Purpose};

/// How much of a segment's end is read at first: several lines as most of them are.
const SHORT_WINDOW: u64 = 4 * 1024;
/// How much is read where that does not hold the last whole line.
const LONG_WINDOW: u64 = (MOST_TORN as u64 + 2) * LONGEST_LINE as u64;
/// How many lines in a row a crash may have torn: a healing may be torn itself.
pub(super) const MOST_TORN: usize = 4;

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
    let failed = |error| AuditError::of(Doing::Read, directory, error);
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
        let path = path(&directory, number);
        let (file, metadata) = fs::open(&path, Purpose::Read)?;
        match Tail::read(&file, &path, metadata.len())? {
            Tail::Empty | Tail::Fragment => {}
            Tail::Clean(head) | Tail::Unended(head) | Tail::Torn { after: head, .. } => {
                return Ok(Some(head));
            }
            Tail::Damaged => return Err(AuditError::Damaged { path }),
        }
    }
    Ok(None)
}

/// How a segment ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tail {
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
    /// It holds a torn line and nothing else.
    Fragment,
    /// With an ended line that is not as it was written.
    Damaged,
}

impl Tail {
    /// Reads how a segment of `length` bytes ends.
    pub(super) fn read(mut file: &File, path: &Path, length: u64) -> Result<Self, AuditError> {
        let mut window = Vec::new();
        for longest in [SHORT_WINDOW, LONG_WINDOW] {
            let size = length.min(longest);
            window.clear();
            // With room for all of it, it is read in one piece.
            window.reserve(usize::try_from(size).unwrap_or_default() + 1);
            file.seek(SeekFrom::Start(length - size))
                .and_then(|_| file.take(size).read_to_end(&mut window))
                .map_err(|error| AuditError::of(Doing::Read, path, error))?;
            if let Some(tail) = Self::of(&window, size == length) {
                return Ok(tail);
            }
        }
        Ok(Self::Damaged)
    }

    /// Judges the end of a segment; `None` where more of it must be seen. `is_all` says that there is
    /// no more.
    fn of(window: &[u8], is_all: bool) -> Option<Self> {
        let ended = window.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let rest = &window[ended..];
        if rest.is_empty() {
            return match last_line(&window[..ended], is_all)? {
                (_, b"") if ended == 0 => Some(Self::Empty),
                (_, line) => Some(Frame::whole(line).map_or(Self::Damaged, |frame| Self::Clean(frame.head))),
            };
        }
        if (ended > 0 || is_all)
            && let Some(frame) = Frame::whole(rest)
        {
            return Some(Self::Unended(frame.head));
        }
        let mut end = ended;
        // The last of them is `rest`, which is not ended.
        for _ in 0..MOST_TORN {
            if end == 0 && is_all {
                return Some(Self::Fragment);
            }
            let (start, line) = last_line(&window[..end], is_all)?;
            if let Some(frame) = Frame::whole(line) {
                let torn = &window[end..];
                let fingerprint = Hash::of(torn).fingerprint();
                return Some(Self::Torn { after: frame.head, bytes: torn.len() as u64, fingerprint });
            }
            if !looks_torn(line) {
                return Some(Self::Damaged);
            }
            end = start;
        }
        Some(Self::Damaged)
    }
}

/// Returns `true` if a line that is no entry may be the start of one: what a crash leaves has no end.
pub(super) fn looks_torn(line: &[u8]) -> bool {
    !line.ends_with(END)
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
    use super::super::entry::{Action, Actor, Channel, Event, Outcome};
    use super::super::head::LogId;
    use super::super::line::{self, Place};
    use super::*;
    use crate::time::{Timestamp, utc};

    /// Three whole lines and the head of each.
    fn lines() -> (Vec<Vec<u8>>, Vec<Head>) {
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok);
        let mut place = Place::first(LogId::from_hex(b"0123456789abcdef").unwrap());
        let (mut lines, mut heads) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let mut line = Vec::new();
            let head = line::write(&mut line, place, &utc(Timestamp::EPOCH), event.facts());
            place = Place::after(head);
            lines.push(line);
            heads.push(head);
        }
        (lines, heads)
    }

    fn tail(bytes: &[u8]) -> Tail {
        Tail::of(bytes, true).unwrap()
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
        assert_eq!(tail(&whole), Tail::Clean(heads[2]));
        assert_eq!(tail(&whole[..whole.len() - 1]), Tail::Unended(heads[2]));
        assert_eq!(tail(&whole[..two]), Tail::Clean(heads[1]));
        for cut in two + 1..whole.len() - 1 {
            let torn = &whole[two..cut];
            let (bytes, fingerprint) = (torn.len() as u64, Hash::of(torn).fingerprint());
            assert_eq!(tail(&whole[..cut]), Tail::Torn { after: heads[1], bytes, fingerprint });
        }
        for cut in 1..lines[0].len() - 1 {
            assert_eq!(tail(&whole[..cut]), Tail::Fragment);
        }
        assert_eq!(tail(b""), Tail::Empty);
    }

    #[test]
    fn a_healing_that_was_torn_itself_is_torn_and_not_damaged() {
        let (lines, heads) = lines();
        let torn = [&lines[1][..40], b"\n", &lines[2][..60]].concat();
        let bytes = [&lines[0][..], &torn].concat();
        let fingerprint = Hash::of(&torn).fingerprint();
        assert_eq!(tail(&bytes), Tail::Torn { after: heads[0], bytes: 101, fingerprint });
    }

    #[test]
    fn an_ended_line_that_was_changed_is_damage() {
        let (lines, _) = lines();
        let mut whole = lines.concat();
        let at = whole.len() - 100;
        whole[at] ^= 1;
        assert_eq!(tail(&whole), Tail::Damaged);
        assert_eq!(tail(&[&whole[..], b"{\"version"].concat()), Tail::Damaged);
        assert_eq!(tail(b"\n"), Tail::Damaged);
        assert_eq!(tail(&[&lines[0][..], b"\n"].concat()), Tail::Damaged);
        assert_eq!(tail(&[&lines[0][..40], b"\n"].concat()), Tail::Damaged);
    }

    #[test]
    fn asks_for_more_where_the_window_cuts_the_line_it_needs() {
        let (lines, heads) = lines();
        assert_eq!(Tail::of(&lines[2][1..], false), None);
        assert_eq!(Tail::of(&lines[2][..50], false), None);
        let window = [b"x\n", &lines[2][..]].concat();
        assert_eq!(Tail::of(&window, false), Some(Tail::Clean(heads[2])));
    }
}
