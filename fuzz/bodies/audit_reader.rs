//! Reads arbitrary bytes as an audit log, and appends to it: nothing is lost, and no damage is hidden.

use std::fs;
use std::path::{Path, PathBuf};

use stream_token::audit::{Action, Actor, AuditLog, Channel, Event, Outcome, head, list, verify};
use stream_token::time::{Clock, Timestamp};

/// The separator between the segments of an input.
const NEXT_SEGMENT: &[u8] = b"\xff\n";
/// The most segments of an input.
const MAX_SEGMENTS: usize = 4;

/// A directory, in memory if possible; it is removed when it is dropped.
struct State(PathBuf);

impl State {
    /// Writes the segments of an input as a log.
    fn of(data: &[u8]) -> Self {
        let shared = Path::new("/dev/shm");
        let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        let name = format!("stream-token-fuzz-{}-{:?}", std::process::id(), std::thread::current().id());
        let state = Self(base.join(name));
        // An earlier process may have left one.
        let _ = fs::remove_dir_all(&state.0);
        fs::create_dir_all(state.0.join("audit")).unwrap();
        for (number, bytes) in segments(data).iter().enumerate() {
            fs::write(state.segment(number + 1), bytes).unwrap();
        }
        state
    }

    /// Returns the path of a segment.
    fn segment(&self, number: usize) -> PathBuf {
        self.0.join("audit").join(format!("audit-{number:08}.jsonl"))
    }

    /// Returns whether the log is intact, and the number of listed entries.
    fn look(&self) -> (bool, usize) {
        let verified = verify(&self.0, None).unwrap();
        let entries = list(&self.0, |_| true).filter(|line| line.as_ref().unwrap().entry.is_ok()).count();
        assert!(entries as u64 <= verified.entries);
        if let (true, Some(head)) = (verified.is_intact(), verified.head) {
            assert!(verify(&self.0, Some(&head)).unwrap().is_intact());
        }
        (verified.is_intact(), entries)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Leftovers are in memory, or in the system's directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Splits an input into segments.
fn segments(data: &[u8]) -> Vec<&[u8]> {
    let mut segments = Vec::new();
    let mut rest = data;
    while segments.len() + 1 < MAX_SEGMENTS
        && let Some(at) = rest.windows(NEXT_SEGMENT.len()).position(|window| window == NEXT_SEGMENT)
    {
        segments.push(&rest[..at]);
        rest = &rest[at + NEXT_SEGMENT.len()..];
    }
    segments.push(rest);
    segments
}

/// Reads the input as a log, appends to it twice, and compares the three logs.
pub(crate) fn check(data: &[u8]) {
    let state = State::of(data);
    let (was_intact, before) = state.look();
    let mut intact = Vec::new();
    for customer in [1, 2] {
        let log = AuditLog::open(&state.0, Clock::Fixed(Timestamp::EPOCH)).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok).customer(customer);
        let receipt = log.record(event).unwrap();
        assert_eq!(head(&state.0).unwrap(), Some(receipt.head()));
        let (is_intact, entries) = state.look();
        assert!(entries > before, "an entry is gone");
        intact.push(is_intact);
    }
    assert!(intact[0] || !was_intact, "a sound log was damaged by going on in it");
    assert_eq!(intact[0], intact[1], "damage came or went by going on");
    for (number, bytes) in segments(data).iter().enumerate() {
        assert!(fs::read(state.segment(number + 1)).unwrap().starts_with(bytes), "a byte was changed");
    }
}
