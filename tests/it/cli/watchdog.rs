//! Time limits for processes and waits, so that a test that hangs fails.

use std::process::Child;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than any process of a test lives on a busy machine: thousands of clients in turn take a
/// server more than a minute.
const PROCESS_TIMEOUT: Duration = Duration::from_mins(5);

/// Longer than any condition takes on a busy machine.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_mins(1);

/// Kills a process that outlives [`PROCESS_TIMEOUT`], unless it is dropped before.
pub(crate) struct Watchdog(#[expect(dead_code, reason = "its end is the message")] Sender<()>);

impl Watchdog {
    /// Watches a process.
    pub(crate) fn over(child: &Child) -> Self {
        let (alive, ended) = channel();
        let process = Pid::from_child(child);
        thread::spawn(move || {
            if ended.recv_timeout(PROCESS_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                let _ = kill_process(process, Signal::KILL);
            }
        });
        Self(alive)
    }
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn until(fact: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < WAIT_TIMEOUT, "waited in vain for {fact}");
        thread::yield_now();
    }
}
