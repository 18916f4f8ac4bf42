//! Shared fixtures of the audit log's tests: a state directory, a log in it, and faults.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::entry::{Action, Actor, Channel, Event, Outcome};
use super::log::AuditLog;
use super::reader::LogLine;
use super::reader::list;
use super::segment;
use super::verify::{VerifyReport, verify};
use crate::time::{Clock, Timestamp};

/// The injected faults of a writer.
#[derive(Debug, Default)]
pub(super) struct Sabotage {
    /// Writes stop halfway, and fail.
    pub(super) write: AtomicBool,
    /// Syncs fail.
    pub(super) sync: AtomicBool,
    /// Truncating unacknowledged bytes fails.
    pub(super) cut: AtomicBool,
    /// Writes panic.
    pub(super) panic: AtomicBool,
}

impl Sabotage {
    /// Returns the part of `bytes` that is written.
    pub(super) fn shorten<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        assert!(!self.panic.load(Ordering::Relaxed), "as it was told to");
        if self.write.load(Ordering::Relaxed) { &bytes[..bytes.len() / 2] } else { bytes }
    }

    /// Fails if writes are to fail.
    pub(super) fn write(&self) -> io::Result<()> {
        failing(&self.write, io::ErrorKind::StorageFull)
    }

    /// Fails if syncs are to fail.
    pub(super) fn sync(&self) -> io::Result<()> {
        failing(&self.sync, io::ErrorKind::Other)
    }

    /// Fails if truncations are to fail.
    pub(super) fn cut(&self) -> io::Result<()> {
        failing(&self.cut, io::ErrorKind::Other)
    }
}

/// Fails with `kind` while `is_failing`.
fn failing(is_failing: &AtomicBool, kind: io::ErrorKind) -> io::Result<()> {
    if is_failing.load(Ordering::Relaxed) { Err(kind.into()) } else { Ok(()) }
}

/// A state directory that is removed when it is dropped.
#[derive(Debug)]
pub(super) struct State(TempDir);

impl State {
    /// Creates an empty state directory.
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Creates a state directory with a log of this many entries, the first of which opens the segment.
    pub(super) fn with_entries(count: u64) -> Self {
        let state = Self::new();
        let log = state.log();
        for customer in 1..count {
            log.record(mint(customer)).unwrap();
        }
        state
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn log(&self) -> AuditLog {
        AuditLog::open(self.path(), clock()).unwrap()
    }

    /// Opens a log that starts a new segment after every write.
    pub(super) fn log_of_short_segments(&self) -> AuditLog {
        AuditLog::open_with(self.path(), clock(), 1).unwrap()
    }

    pub(super) fn segment(&self, number: u32) -> PathBuf {
        segment::path(&segment::directory(self.path()), number)
    }

    pub(super) fn read(&self, number: u32) -> Vec<u8> {
        fs::read(self.segment(number)).unwrap()
    }

    pub(super) fn write(&self, number: u32, bytes: &[u8]) {
        fs::write(self.segment(number), bytes).unwrap();
    }

    /// Returns the lines of a segment, with their newlines.
    pub(super) fn lines(&self, number: u32) -> Vec<Vec<u8>> {
        self.read(number).split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    pub(super) fn verify(&self) -> VerifyReport {
        verify(self.path(), None).unwrap()
    }

    /// Returns the faults as text.
    pub(super) fn findings(&self) -> Vec<String> {
        self.verify().findings.iter().map(ToString::to_string).collect()
    }

    /// Returns the actions of all entries, and `bad` for bad lines.
    pub(super) fn actions(&self) -> Vec<&'static str> {
        let name = |line: LogLine| line.entry.map_or("bad", |entry| entry.body.action.name());
        list(self.path(), |_| true).map(|line| name(line.unwrap())).collect()
    }
}

pub(super) fn clock() -> Clock {
    Clock::Fixed(Timestamp::from_epoch_seconds(1_893_456_000).unwrap())
}

pub(super) fn ann() -> Actor {
    Actor { user: "ann".into(), sudo_user: None }
}

/// The event of minting a token for a customer.
pub(super) fn mint(customer: u64) -> Event {
    let event = Event::new(Action::Mint, Channel::Cli, ann(), Outcome::Ok);
    Event { fingerprint: Some(format!("{customer:016x}")), ..event.profile("staging").customer(customer) }
}

/// Changes the actor of a line, as a forger would.
pub(super) fn edit(line: &mut Vec<u8>) {
    let text = String::from_utf8(line.clone()).unwrap();
    assert!(text.contains("\"user\":\"ann\""));
    *line = text.replace("\"user\":\"ann\"", "\"user\":\"bob\"").into_bytes();
}
