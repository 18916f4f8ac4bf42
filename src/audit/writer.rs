//! Appends entries to the log: under the lock, after the last entry on disk, with one sync for all.
//!
//! Nothing is acknowledged that was not synced. Where a write or a sync fails, the segment is given
//! up: what is known to be on disk counts, the rest is cut off where that is possible, and the next
//! entry goes into a new segment that says so.

use std::fs::{File, remove_file};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::entry::{Deed, Facts, Outcome, Upkeep};
use super::error::{AuditError, Doing};
use super::head::{Head, LogId};
use super::health::AuditHealth;
use super::line::{self, Place};
use super::segment;
use super::survey::{Ended, Found, Heal, Memory, Next, Opening, survey};
use crate::fs::{self, Held, Identity, Lock, Purpose};
use crate::time::{Clock, utc};

/// The writing side of a log. One call at a time.
#[derive(Debug)]
pub(super) struct Writer {
    /// The directory of the log.
    directory: PathBuf,
    /// Where the time of an entry comes from.
    clock: Clock,
    /// After how many bytes a segment is followed by another.
    limit: u64,
    /// Keeps other writers away.
    lock: Lock,
    /// The segment that was written last, as it was left.
    open: Option<Open>,
    /// What was written.
    memory: Memory,
    /// Is told of syncs.
    health: Arc<AuditHealth>,
    /// What goes wrong in a test.
    #[cfg(test)]
    pub(super) sabotage: super::testing::Sabotage,
}

/// The segment that was written last.
#[derive(Debug)]
struct Open {
    /// Its number.
    number: u32,
    /// Its path.
    path: PathBuf,
    /// The file.
    file: File,
    /// Which file it is.
    identity: Identity,
    /// How many bytes it has; the last one ends an entry.
    length: u64,
}

/// A segment that is about to be appended to, and what goes before the entries.
#[derive(Debug)]
struct Site {
    /// The segment.
    open: Open,
    /// The entry after which it goes on; `None` for a new log.
    link: Option<Head>,
    /// What must be mended first.
    heal: Option<Heal>,
    /// What a new segment says first.
    opening: Option<Opening>,
}

impl Writer {
    /// Makes the log's directory if it is missing, and opens the lock in it.
    pub(super) fn open(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        fs::make_directory(&directory)?;
        let lock = Lock::open(directory.join("lock"))?;
        Ok(Self {
            directory,
            clock,
            limit,
            lock,
            open: None,
            memory: Memory::default(),
            health: Arc::new(AuditHealth::new(clock)),
            #[cfg(test)]
            sabotage: super::testing::Sabotage::default(),
        })
    }

    /// Returns the directory of the log.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns what is told of syncs.
    pub(super) fn health(&self) -> Arc<AuditHealth> {
        Arc::clone(&self.health)
    }

    /// Waits until no other writer has the lock, and gives up on one that seems stuck.
    pub(super) fn lock(&mut self) -> Result<Held, AuditError> {
        Ok(self.lock.acquire()?)
    }

    /// Appends entries, at least one, and gives their heads once they are on disk. The caller holds
    /// the lock.
    pub(super) fn append(&mut self, entries: &[&Facts]) -> Result<Vec<Head>, AuditError> {
        let Some(&first) = entries.first() else { return Ok(Vec::new()) };
        let mut site = self.site()?;
        let mut bytes = Vec::with_capacity(512 * (entries.len() + 1));
        let now = utc(self.clock.now());
        let link = site.link;
        let mut place = link.map_or_else(|| Place::first(LogId::random()), Place::after);
        let mut write = |facts: &Facts, bytes: &mut Vec<u8>| {
            let head = line::write(bytes, place, &now, facts);
            place = Place::after(head);
            head
        };
        if let Some(heal) = site.heal.take() {
            bytes.push(b'\n');
            write(&repaired(heal, first), &mut bytes);
        }
        if let Some(opening) = site.opening.take() {
            write(&opened(opening, first), &mut bytes);
        }
        let heads: Vec<Head> = entries.iter().map(|facts| write(facts, &mut bytes)).collect();
        self.bring_to_disk(site.open, link, &bytes)?;
        self.memory.known = heads.last().copied();
        Ok(heads)
    }

    /// Finds where the next entry goes, by the shortest way.
    fn site(&mut self) -> Result<Site, AuditError> {
        if let Some(open) = self.open.take()
            && open.length < self.limit
            && self.is_unchanged(&open)
        {
            return Ok(Site { open, link: self.memory.known, heal: None, opening: None });
        }
        match survey(&self.directory, self.limit, &self.memory)? {
            Next::Continue { found, link, heal } => {
                let Found { number, path, file, identity, length, .. } = found;
                let open = Open { number, path, file, identity, length };
                Ok(Site { open, link: Some(link), heal, opening: None })
            }
            Next::Open { number, is_there, link, opening } => {
                let path = segment::path(&self.directory, number);
                let purpose = if is_there { Purpose::Append } else { Purpose::Create };
                let (file, metadata) = fs::open(&path, purpose)?;
                let (identity, length) = (fs::identity(&metadata), metadata.len());
                let open = Open { number, path, file, identity, length };
                Ok(Site { open, link, heal: None, opening: Some(opening) })
            }
        }
    }

    /// Returns `true` if a segment is still the newest, the same file, and as long as it was left.
    fn is_unchanged(&self, open: &Open) -> bool {
        let next = segment::path(&self.directory, open.number.saturating_add(1));
        let is_newest = next.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        is_newest
            && open.path.symlink_metadata().is_ok_and(|metadata| {
                fs::identity(&metadata) == open.identity && metadata.len() == open.length
            })
    }

    /// Writes `bytes` to the end of a segment and syncs it; a new one's name before.
    fn bring_to_disk(&mut self, mut open: Open, link: Option<Head>, bytes: &[u8]) -> Result<(), AuditError> {
        // The name goes first: a segment that has entries is one whose name is on disk.
        if open.length == 0
            && let Err(error) = self.sync_name(&open)
        {
            self.give_up(&open, link, "sync_failed");
            return Err(error);
        }
        if let Err(error) = self.write(&open, bytes) {
            self.give_up(&open, link, "write_failed");
            return Err(AuditError::of(Doing::Write, &open.path, error));
        }
        if let Err(error) = self.sync(&open) {
            self.give_up(&open, link, "sync_failed");
            return Err(AuditError::of(Doing::Sync, &open.path, error));
        }
        open.length += bytes.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    /// Writes `bytes` to the end of a segment.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "a test lets it fail"))]
    fn write(&self, open: &Open, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        let bytes = self.sabotage.shorten(bytes);
        (&open.file).write_all(bytes)?;
        #[cfg(test)]
        self.sabotage.write()?;
        Ok(())
    }

    /// Syncs the names that lead to a new segment.
    fn sync_name(&self, open: &Open) -> Result<(), AuditError> {
        if open.number == 1 {
            fs::sync_parent(&self.directory)?;
        }
        Ok(fs::sync_directory(&self.directory)?)
    }

    /// Syncs the entries of a segment.
    fn sync(&self, open: &Open) -> io::Result<()> {
        let begun = Instant::now();
        let result = open.file.sync_data();
        self.health.record_sync(begun.elapsed());
        #[cfg(test)]
        self.sabotage.sync()?;
        result
    }

    /// Ends a segment on which a write or a sync failed.
    ///
    /// Other writers are told by an empty segment after it, or in its place if nothing in it counts.
    /// If even that cannot be made, this writer still remembers.
    fn give_up(&mut self, open: &Open, link: Option<Head>, reason: &'static str) {
        let left = match self.cut(open) {
            Ok(()) => open.length,
            Err(_) => open.file.metadata().map_or(open.length, |metadata| metadata.len()),
        };
        let next = if open.length == 0 && remove_file(&open.path).is_ok() {
            open.path.clone()
        } else {
            let (number, trusted) = (open.number, open.length);
            self.memory.ended = Some(Ended { number, reason, trusted, left, link });
            segment::path(&self.directory, number.saturating_add(1))
        };
        // The failure that led here is what is reported; the next append meets this one again.
        let _ = fs::open(&next, Purpose::Create);
    }

    /// Cuts off what was not acknowledged.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "a test lets it fail"))]
    fn cut(&self, open: &Open) -> io::Result<()> {
        #[cfg(test)]
        self.sabotage.cut()?;
        open.file.set_len(open.length)
    }
}

/// Says that a torn line was ended; by whoever comes next.
fn repaired(heal: Heal, next: &Facts) -> Facts {
    Facts {
        count: Some(heal.bytes),
        fingerprint: heal.fingerprint,
        ..Facts::new(Deed::Upkeep(Upkeep::Repaired), next.channel, next.actor.clone(), Outcome::Ok)
    }
}

/// Says that a segment was opened, and why; by whoever comes next.
fn opened(opening: Opening, next: &Facts) -> Facts {
    let outcome = if opening.upkeep == Upkeep::ChainBroken { Outcome::Failed } else { Outcome::Ok };
    Facts {
        reason: Some(opening.reason.to_owned()),
        count: opening.left_behind,
        previous_bytes: opening.previous_bytes,
        ..Facts::new(Deed::Upkeep(opening.upkeep), next.channel, next.actor.clone(), outcome)
    }
}

#[cfg(test)]
mod tests;
