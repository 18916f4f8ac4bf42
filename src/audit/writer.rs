//! Appends entries to the log: under the lock, after the last entry on disk, with one sync for all.
//!
//! Nothing is acknowledged that was not synced. Where a write or a sync fails, the segment is given
//! up: what is known to be on disk counts, the rest is cut off where that is possible, and the next
//! entry goes into a new segment that says so.

use std::fs::remove_file;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::encode::{self, ChainPosition};
use super::entry::{Action, EntryBody};
use super::error::AuditError;
use super::head::{Head, LogId};
use super::health::AuditHealth;
use super::locate::{AbandonedSegment, AppendTarget, WriterState, locate};
use super::segment::{self, OpenSegment};
use crate::fs::{self, DiskError, FileUse, Lock};
use crate::process::stop_signals;
use crate::time::{Clock, utc};

/// The writing side of a log. One call at a time.
#[derive(Debug)]
pub(super) struct Writer {
    /// The directory of the log.
    pub(super) directory: PathBuf,
    /// Where the time of an entry comes from.
    clock: Clock,
    /// After how many bytes a segment is followed by another.
    limit: u64,
    /// Keeps other writers away.
    lock: Lock,
    /// The segment that was written last, as it was left.
    open: Option<OpenSegment>,
    /// What the writer knows of the log.
    state: WriterState,
    /// Records how syncs went.
    pub(super) health: Arc<AuditHealth>,
    /// What goes wrong in a test.
    #[cfg(test)]
    pub(super) sabotage: super::testing::Sabotage,
}

impl Writer {
    /// Creates the log's directory if it is missing, and opens the lock in it.
    pub(super) fn open(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let directory = segment::directory(state);
        fs::create_private_dir(&directory)?;
        let lock = Lock::open(directory.join("lock"))?;
        Ok(Self {
            directory,
            clock,
            limit,
            lock,
            open: None,
            state: WriterState::default(),
            health: Arc::new(AuditHealth::new(clock)),
            #[cfg(test)]
            sabotage: super::testing::Sabotage::default(),
        })
    }

    /// Waits until no other writer has the lock, and gives up on one that seems stuck. This process does not stop
    /// (Ctrl-Z) until what this returns is dropped.
    pub(super) fn lock(&mut self) -> Result<impl Sized + use<>, AuditError> {
        let held = stop_signals::hold();
        // Dropped in this order: the lock is free when the process stops.
        Ok((self.lock.acquire()?, held))
    }

    /// Appends entries, at least one, and returns their heads once they are on disk. The caller holds
    /// the lock.
    pub(super) fn append(&mut self, entries: &[&EntryBody]) -> Result<Vec<Head>, AuditError> {
        let Some(&first) = entries.first() else { return Ok(Vec::new()) };
        let AppendTarget { number, segment, link, maintenance } = self.target(first)?;
        let segment = match segment {
            Some(segment) => segment,
            None => OpenSegment::open(&self.directory, number, FileUse::Create)?,
        };
        let mut bytes = Vec::with_capacity(512 * (entries.len() + 1));
        if maintenance.as_ref().is_some_and(|entry| entry.action == Action::Repaired) {
            bytes.push(b'\n');
        }
        let now = utc(self.clock.now());
        let mut position = link.map_or_else(|| ChainPosition::first(LogId::random()), ChainPosition::after);
        let mut heads = Vec::with_capacity(entries.len() + 1);
        for body in maintenance.iter().chain(entries.iter().copied()) {
            let head = encode::write(&mut bytes, position, &now, body)
                .map_err(|error| DiskError::Write(segment.path.clone(), error))?;
            position = ChainPosition::after(head);
            heads.push(head);
        }
        self.write_and_sync(segment, link, &bytes)?;
        self.state.known = heads.last().copied();
        Ok(heads.split_off(heads.len() - entries.len()))
    }

    /// Finds where the next entry goes, by the shortest way.
    fn target(&mut self, next: &EntryBody) -> Result<AppendTarget, AuditError> {
        match self.open.take() {
            Some(segment) if segment.length < self.limit && self.still_current(&segment) => {
                let (number, link) = (segment.number, self.state.known);
                Ok(AppendTarget { number, segment: Some(segment), link, maintenance: None })
            }
            _ => locate(&self.directory, self.limit, &self.state, next),
        }
    }

    /// Returns `true` if a segment is still the newest, the same file, and as long as it was left.
    fn still_current(&self, open: &OpenSegment) -> bool {
        let next = segment::path(&self.directory, open.number.saturating_add(1));
        let is_newest = next.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        is_newest
            && open.path.symlink_metadata().is_ok_and(|metadata| {
                fs::file_id(&metadata) == open.identity && metadata.len() == open.length
            })
    }

    /// Writes `bytes` to the end of a segment and syncs it; a new one's name before.
    fn write_and_sync(
        &mut self,
        mut open: OpenSegment,
        link: Option<Head>,
        bytes: &[u8],
    ) -> Result<(), AuditError> {
        // The name goes first: a segment that has entries is one whose name is on disk.
        if open.length == 0
            && let Err(error) = self.sync_name(&open)
        {
            self.abandon_segment(&open, link, "sync_failed");
            return Err(error);
        }
        if let Err(error) = self.write(&open, bytes) {
            self.abandon_segment(&open, link, "write_failed");
            return Err(DiskError::Write(open.path.clone(), error).into());
        }
        if let Err(error) = self.sync(&open) {
            self.abandon_segment(&open, link, "sync_failed");
            return Err(DiskError::Sync(open.path.clone(), error).into());
        }
        open.length += bytes.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    /// Writes `bytes` to the end of a segment.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "a test lets it fail"))]
    fn write(&self, open: &OpenSegment, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        let bytes = self.sabotage.shorten(bytes);
        (&open.file).write_all(bytes)?;
        #[cfg(test)]
        self.sabotage.write()?;
        Ok(())
    }

    /// Syncs the names that lead to a new segment.
    fn sync_name(&self, open: &OpenSegment) -> Result<(), AuditError> {
        if open.number == 1 {
            fs::sync_parent(&self.directory)?;
        }
        Ok(fs::sync_directory(&self.directory)?)
    }

    /// Syncs the entries of a segment.
    fn sync(&self, open: &OpenSegment) -> io::Result<()> {
        let begun = Instant::now();
        let result = open.file.sync_data();
        self.health.record_fsync(begun.elapsed());
        #[cfg(test)]
        self.sabotage.sync()?;
        result
    }

    /// Ends a segment on which a write or a sync failed.
    ///
    /// Other writers are told by an empty segment after it, or in its place if nothing in it counts.
    /// If even that cannot be made, this writer still remembers.
    fn abandon_segment(&mut self, open: &OpenSegment, link: Option<Head>, reason: &'static str) {
        let left = match self.truncate(open) {
            Ok(()) => open.length,
            Err(_) => open.file.metadata().map_or(open.length, |metadata| metadata.len()),
        };
        let next = if open.length == 0 && remove_file(&open.path).is_ok() {
            open.path.clone()
        } else {
            let (number, trusted) = (open.number, open.length);
            self.state.abandoned = Some(AbandonedSegment { number, reason, trusted, left, link });
            segment::path(&self.directory, number.saturating_add(1))
        };
        // The failure that led here is what is reported; the next append meets this one again.
        let _ = fs::open(&next, FileUse::Create);
    }

    /// Cuts off what was not acknowledged.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "a test lets it fail"))]
    fn truncate(&self, open: &OpenSegment) -> io::Result<()> {
        #[cfg(test)]
        self.sabotage.cut()?;
        open.file.set_len(open.length)
    }
}

#[cfg(test)]
mod tests;
