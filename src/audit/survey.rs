//! Decides where the next entry goes: on in the newest segment, after a healing, or in a new one.
//!
//! It reads, and changes nothing. What the writer remembers of its own entries is held against what
//! it finds, so a log that was cut or exchanged under a running writer is noticed.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::chain::Frame;
use super::entry::Upkeep;
use super::error::{AuditError, Doing};
use super::head::Head;
use super::reader::{Lines, Read};
use super::segment::{self, Tail};
use crate::fs::{self, Identity, Purpose};

/// What a writer knows of the log from its own writing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The last entry that it knows to be on disk.
    pub(super) known: Option<Head>,
    /// The segment that it gave up.
    pub(super) ended: Option<Ended>,
}

/// A segment that was given up because a write or a sync on it failed.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// Which one.
    pub(super) number: u32,
    /// Why, as the next segment will say.
    pub(super) reason: &'static str,
    /// How many of its bytes were acknowledged.
    pub(super) trusted: u64,
    /// How many it has, those that failed included.
    pub(super) left: u64,
    /// The last acknowledged entry.
    pub(super) link: Option<Head>,
}

/// Where the next entry goes.
#[derive(Debug)]
pub(super) enum Next {
    /// On in this segment.
    Continue {
        /// The segment.
        found: Found,
        /// The entry after which it goes.
        link: Head,
        /// What must be mended first.
        heal: Option<Heal>,
    },
    /// Into a new segment.
    Open {
        /// Its number.
        number: u32,
        /// Whether its file is there already, empty.
        is_there: bool,
        /// The entry after which it goes; `None` for a new log.
        link: Option<Head>,
        /// What its first entry says.
        opening: Opening,
    },
}

/// A segment as it was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Its number.
    pub(super) number: u32,
    /// Its path.
    pub(super) path: PathBuf,
    /// The file, to be appended to.
    pub(super) file: File,
    /// Which file it is.
    pub(super) identity: Identity,
    /// How many bytes it has.
    pub(super) length: u64,
    /// How it ends.
    tail: Tail,
}

/// What a crash left at the end of a segment; the newline that ends it is still missing.
#[derive(Debug)]
pub(super) struct Heal {
    /// How many bytes were torn; none where only the newline is missing.
    pub(super) bytes: u64,
    /// What names those bytes.
    pub(super) fingerprint: Option<String>,
}

/// What the first entry of a new segment says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// That it was opened, or that the chain was found broken.
    pub(super) upkeep: Upkeep,
    /// Why.
    pub(super) reason: &'static str,
    /// How many bytes of the segment before belong to the log; `None` for all, or where it is damaged.
    pub(super) previous_bytes: Option<u64>,
    /// How many bytes there follow those.
    pub(super) left_behind: Option<u64>,
}

impl Opening {
    /// A segment after one of which `trusted` of `length` bytes belong to the log.
    fn after(reason: &'static str, trusted: u64, length: u64) -> Self {
        let left_behind = Some(length.saturating_sub(trusted)).filter(|&bytes| bytes > 0);
        Self { upkeep: Upkeep::SegmentOpened, reason, previous_bytes: Some(trusted), left_behind }
    }

    /// The first segment of a new log.
    fn new_log() -> Self {
        Self { upkeep: Upkeep::SegmentOpened, reason: "new_log", previous_bytes: None, left_behind: None }
    }

    /// A segment after damage.
    fn broken(reason: &'static str) -> Self {
        Self { upkeep: Upkeep::ChainBroken, reason, previous_bytes: None, left_behind: None }
    }
}

/// Finds where the next entry goes. The caller holds the lock.
pub(super) fn survey(directory: &Path, limit: u64, memory: &Memory) -> Result<Next, AuditError> {
    let survey = Survey { directory, memory, numbers: segment::numbers(directory)? };
    let next = survey.next(limit)?;
    Ok(survey.held_against_memory(next))
}

/// A look at all segments.
struct Survey<'a> {
    /// The directory of the log.
    directory: &'a Path,
    /// What the writer remembers.
    memory: &'a Memory,
    /// The segments that are there.
    numbers: Vec<u32>,
}

impl Survey<'_> {
    /// Finds where the next entry goes by what is on disk.
    fn next(&self, limit: u64) -> Result<Next, AuditError> {
        let Some((&newest, earlier)) = self.numbers.split_last() else {
            return Ok(Next::Open { number: 1, is_there: false, link: None, opening: Opening::new_log() });
        };
        let found = self.examine(newest)?;
        let length = found.length;
        let open = |(link, opening)| Next::Open { number: newest + 1, is_there: false, link, opening };
        if self.memory.ended.as_ref().is_some_and(|ended| ended.number == newest) {
            return self.after(&self.numbers, "").map(open);
        }
        Ok(match found.tail.clone() {
            Tail::Empty => {
                let (link, opening) = self.after(earlier, "interrupted")?;
                Next::Open { number: newest, is_there: true, link, opening }
            }
            Tail::Clean(head) if length >= limit => {
                open((Some(head), Opening::after("size", length, length)))
            }
            Tail::Clean(link) => Next::Continue { found, link, heal: None },
            Tail::Unended(link) => {
                Next::Continue { found, link, heal: Some(Heal { bytes: 0, fingerprint: None }) }
            }
            Tail::Torn { after: link, bytes, fingerprint } => {
                let heal = Heal { bytes, fingerprint: Some(fingerprint) };
                Next::Continue { found, link, heal: Some(heal) }
            }
            Tail::Fragment | Tail::Damaged => open(self.after(&self.numbers, "torn")?),
        })
    }

    /// Finds the last entry of some segments, and what a segment after them says first.
    ///
    /// `reason` is why it is opened, where none of them was given up or is damaged.
    fn after(&self, numbers: &[u32], reason: &'static str) -> Result<(Option<Head>, Opening), AuditError> {
        let mut opening = None;
        for (at, &number) in numbers.iter().enumerate().rev() {
            let found = self.examine(number)?;
            let length = found.length;
            if let Some(ended) = self.memory.ended.as_ref().filter(|ended| ended.number == number) {
                if ended.left == length {
                    let gave_up = Opening::after(ended.reason, ended.trusted, length);
                    return Ok((ended.link, opening.unwrap_or(gave_up)));
                }
                opening = opening.or_else(|| Some(Opening::after(ended.reason, length, length)));
            }
            let (link, trusted) = match found.tail {
                Tail::Clean(head) | Tail::Unended(head) => (Some(head), length),
                Tail::Torn { after, bytes, .. } => (Some(after), length - bytes),
                Tail::Empty | Tail::Fragment => (None, 0),
                Tail::Damaged => {
                    let link = self.last_whole(&numbers[..=at])?;
                    return Ok((link, Opening::broken("the last line is not as it was written")));
                }
            };
            opening = opening.or_else(|| Some(Opening::after(reason, trusted, length)));
            if link.is_some() {
                return Ok((link, opening.unwrap_or_else(Opening::new_log)));
            }
        }
        Ok((None, opening.unwrap_or_else(Opening::new_log)))
    }

    /// Opens a segment and finds out how it ends.
    fn examine(&self, number: u32) -> Result<Found, AuditError> {
        let path = segment::path(self.directory, number);
        let (file, metadata) = fs::open(&path, Purpose::Append)?;
        let length = metadata.len();
        let tail = Tail::read(&file, &path, length)?;
        Ok(Found { number, path, file, identity: fs::identity(&metadata), length, tail })
    }

    /// Reads damaged segments through, newest first, for the last entry that is still whole.
    fn last_whole(&self, numbers: &[u32]) -> Result<Option<Head>, AuditError> {
        for &number in numbers.iter().rev() {
            let path = segment::path(self.directory, number);
            let (file, _) = fs::open(&path, Purpose::Read)?;
            let mut lines = Lines::new(BufReader::new(file));
            let mut last: Option<Head> = None;
            while let Some(read) = lines.next().map_err(|error| AuditError::of(Doing::Read, &path, error))? {
                if let Read::Line { .. } = read
                    && let Some(frame) = Frame::whole(lines.line())
                    && last.is_none_or(|last| frame.head.sequence > last.sequence)
                {
                    last = Some(frame.head);
                }
            }
            if last.is_some() {
                return Ok(last);
            }
        }
        Ok(None)
    }

    /// Holds what was found against the writer's memory; entries that are gone are damage.
    fn held_against_memory(&self, next: Next) -> Next {
        let Some(known) = self.memory.known else { return next };
        let (link, is_broken) = match &next {
            Next::Continue { link, .. } => (Some(*link), false),
            Next::Open { link, opening, .. } => (*link, opening.upkeep == Upkeep::ChainBroken),
        };
        let (link, reason) = match link {
            Some(link) if link.log_id != known.log_id => (link, "another log stands in this one's place"),
            Some(link) if link == known || link.sequence > known.sequence => return next,
            _ => (known, "entries that were on disk are gone"),
        };
        match next {
            Next::Open { number, is_there, opening, .. } if is_broken => {
                Next::Open { number, is_there, link: Some(link), opening }
            }
            Next::Open { number, is_there, .. } => {
                Next::Open { number, is_there, link: Some(link), opening: Opening::broken(reason) }
            }
            Next::Continue { found, .. } => {
                let number = found.number + 1;
                Next::Open { number, is_there: false, link: Some(link), opening: Opening::broken(reason) }
            }
        }
    }
}
