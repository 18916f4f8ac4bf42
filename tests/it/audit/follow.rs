//! `audit follow`: prints entries as they are written, and ends when its reader leaves.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Log;
use crate::cli::Call;
use crate::cli::watchdog::{Watchdog, until};

/// A running `audit follow`, and its lines.
struct Follower {
    /// The process.
    child: Child,
    /// Kills the process if the test hangs.
    _watchdog: Watchdog,
    /// Its standard output.
    lines: BufReader<ChildStdout>,
    /// Its home.
    _call: Call,
}

impl Follower {
    /// Starts to follow, and mints for a customer until such an entry is printed.
    fn start(log: &Log, arguments: &[&str], customer: u64) -> Self {
        let call = log.call(&[&["-q", "audit", "follow"], arguments].concat());
        let mut child = call.command().stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let watchdog = Watchdog::over(&child);
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut follower = Self { child, _watchdog: watchdog, lines, _call: call };
        // Entries from before the process first reads the log are not new.
        until("the process follows", || {
            log.mint(customer);
            follower.has_line()
        });
        while follower.has_line() {
            follower.line();
        }
        follower
    }

    /// Returns `true` if a line arrives within twice the polling interval.
    fn has_line(&self) -> bool {
        let time = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };
        let mut output = [PollFd::new(self.lines.get_ref(), PollFlags::IN)];
        !self.lines.buffer().is_empty() || poll(&mut output, Some(&time)).unwrap() > 0
    }

    /// Returns the next line.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }
}

#[test]
fn follow_prints_new_entries_until_its_reader_leaves() {
    let log = Log::of_mints(2);
    let mut follower = Follower::start(&log, &["-o", "json"], 3);
    for customer in [4, 5] {
        log.mint(customer);
        assert_eq!(Some(follower.line().trim_end()), log.lines().last().map(String::as_str));
    }
    let Follower { mut child, _watchdog, lines, _call } = follower;
    drop(lines);
    // No further entry is written.
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn follow_applies_the_filter_until_it_is_interrupted() {
    let log = Log::new();
    let mut follower = Follower::start(&log, &["--customer", "2"], 2);
    (1..4).for_each(|customer| log.mint(customer));
    let line = follower.line();
    assert!(line.contains("Z  mint            -           2         fingerprint "), "{line}");
    kill_process(Pid::from_child(&follower.child), Signal::INT).unwrap();
    assert!(!follower.child.wait().unwrap().success());
    assert_eq!(follower.line(), "");
}

#[test]
fn follow_shows_a_bad_line_with_its_place() {
    let log = Log::of_mints(1);
    let mut follower = Follower::start(&log, &["--json"], 1);
    let lines = log.lines();
    let mut segment = OpenOptions::new().append(true).open(log.segment(1)).unwrap();
    writeln!(segment, "{}", lines[1].replace("\"customer\":1", "\"customer\":7")).unwrap();
    let bad: Value = serde_json::from_str(&follower.line()).unwrap();
    assert_eq!(bad["bad"]["why"], "was changed after it was written");
    assert_eq!(bad["bad"]["line"], lines.len() + 1);
}
