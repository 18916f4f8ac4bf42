//! Follows a log: reads what other processes append to it, across new and pruned segments.

use std::io::{BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::AuditError;
use super::list::ListItem;
use super::parse::ChainLink;
use super::reader::{EntryError, Lines, Read};
use super::segment::{self, OpenSegment, is_torn_write};
use crate::fs::{DiskError, FileUse};

/// Where the reading of a log has come to.
#[derive(Debug)]
pub struct LogFollower {
    /// The directory of the log.
    directory: PathBuf,
    /// The segment that was read last; 0 before the first.
    number: u32,
    /// How many of its bytes were read: whole lines.
    offset: u64,
    /// How many lines these are.
    line: u64,
}

impl LogFollower {
    /// Starts at the present end of the log under a state directory, which need not exist yet.
    ///
    /// # Errors
    /// Whatever keeps the log from being read.
    pub fn open(state: &Path) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        let number = segment::numbers(&directory)?.pop().unwrap_or(0);
        let mut follower = Self { directory, number, offset: 0, line: 0 };
        follower.read(drop)?;
        Ok(follower)
    }

    /// Returns the lines that were appended since the last call, of one segment at a time; none if there are none yet.
    ///
    /// # Errors
    /// Whatever keeps the log from being read.
    pub fn poll(&mut self) -> Result<Vec<ListItem>, AuditError> {
        loop {
            // Looked for first: a segment that another one follows is not written any more.
            let next = segment::numbers(&self.directory)?.into_iter().find(|number| *number > self.number);
            let mut items = Vec::new();
            self.read(|item| items.push(item))?;
            match next {
                Some(next) if items.is_empty() => (self.number, self.offset, self.line) = (next, 0, 0),
                _ => return Ok(items),
            }
        }
    }

    /// Reads the lines that were appended to the segment.
    fn read(&mut self, mut on_item: impl FnMut(ListItem)) -> Result<(), AuditError> {
        let segment = match OpenSegment::open(&self.directory, self.number, FileUse::Read) {
            // It was pruned, or there is none yet.
            Err(AuditError::Disk(error)) if error.is_missing() => return Ok(()),
            segment => segment?,
        };
        let failed = |error| DiskError::Read(segment.path.clone(), error);
        // A write that failed is cut off again.
        self.offset = self.offset.min(segment.length);
        (&segment.file).seek(SeekFrom::Start(self.offset)).map_err(failed)?;
        let mut lines = Lines::new(BufReader::new(&segment.file));
        while let Some(read) = lines.next().map_err(failed)? {
            let (bytes, error) = match read {
                // It is being written, or was torn.
                Read::Line { ended: false } => break,
                Read::Line { ended: true } => (lines.line.len() as u64, EntryError::Unreadable),
                Read::TooLong { bytes } => (bytes, EntryError::TooLong { bytes }),
            };
            self.offset += bytes + 1;
            self.line += 1;
            match ChainLink::parse(&lines.line) {
                Some(link) if link.is_whole() => {
                    let text = String::from_utf8_lossy(&lines.line).into_owned();
                    on_item(ListItem::Entry { entry: Box::new(link.entry), text });
                }
                // The entry after it says that it was repaired.
                None if error == EntryError::Unreadable && is_torn_write(&lines.line) => {}
                link => {
                    let error = if link.is_some() { EntryError::Edited } else { error };
                    on_item(ListItem::Invalid {
                        segment: segment::name(self.number),
                        line: self.line,
                        error,
                    });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::testing::{State, edit, mint};
    use super::*;

    /// Returns the numbers of the entries that came since the last call, 0 for a bad line.
    fn numbers(follower: &mut LogFollower) -> Vec<u64> {
        let number = |item: &ListItem| match item {
            ListItem::Entry { entry, .. } => entry.sequence,
            ListItem::Invalid { .. } => 0,
        };
        follower.poll().unwrap().iter().map(number).collect()
    }

    #[test]
    fn returns_what_came_since_the_last_call_and_nothing_from_before() {
        let state = State::with_entries(3);
        let mut follower = LogFollower::open(state.path()).unwrap();
        assert!(numbers(&mut follower).is_empty());
        (1..3).for_each(|customer| drop(state.log().record(mint(customer)).unwrap()));
        assert_eq!(numbers(&mut follower), [4, 5]);
        assert!(numbers(&mut follower).is_empty());
    }

    #[test]
    fn follows_into_new_segments_and_past_those_that_are_gone() {
        let state = State::new();
        let mut follower = LogFollower::open(state.path()).unwrap();
        let log = state.log_of_short_segments();
        let record = |customer| drop(log.record(mint(customer)).unwrap());
        record(1);
        assert_eq!(numbers(&mut follower), [1, 2]);
        (2..5).for_each(record);
        assert_eq!([numbers(&mut follower), numbers(&mut follower)].concat(), [3, 4, 5, 6]);
        fs::remove_file(state.segment(3)).unwrap();
        record(5);
        fs::remove_file(state.segment(4)).unwrap();
        assert_eq!(numbers(&mut follower), [9, 10]);
    }

    #[test]
    fn waits_for_the_end_of_a_line_and_passes_over_one_that_was_torn_and_repaired() {
        let state = State::with_entries(2);
        let mut follower = LogFollower::open(state.path()).unwrap();
        state.log().record(mint(2)).unwrap();
        let whole = state.read(1);
        state.write(1, &whole[..whole.len() - 9]);
        assert!(numbers(&mut follower).is_empty());
        state.log().record(mint(3)).unwrap();
        assert_eq!(numbers(&mut follower), [3, 4]);
        assert!(state.verify().is_intact());
    }

    #[test]
    fn shows_a_bad_line_with_its_place() {
        let state = State::with_entries(2);
        let mut follower = LogFollower::open(state.path()).unwrap();
        state.log().record(mint(2)).unwrap();
        let mut lines = state.lines(1);
        edit(&mut lines[2]);
        lines.push([vec![b'x'; 100_000], vec![b'\n']].concat());
        state.write(1, &lines.concat());
        let bad = |line, error| ListItem::Invalid { segment: "audit-00000001.jsonl".into(), line, error };
        let expected = [bad(3, EntryError::Edited), bad(4, EntryError::TooLong { bytes: 100_000 })];
        assert_eq!(follower.poll().unwrap(), expected);
    }
}
