//! The audit log through the program: no token is printed before its entry is on disk, even if a disk or process fails.

mod batches;
mod chain;
mod crash;
mod faults;
mod find;
#[cfg(target_os = "linux")]
mod follow;
mod full;
mod list;
mod order;
mod places;
mod prune;
mod rules;
mod stopped;
pub(crate) mod traced;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cli::{Call, Output, with_secret};
use crate::test_home::TestHome;

/// The start of the error if the audit log cannot be written.
const NOTHING: &str = "nothing is minted that cannot be recorded: ";

/// An audit log in a home of its own, and the calls that write and read it.
#[derive(Debug)]
struct Log(TestHome);

impl Log {
    /// Prepares a log without entries.
    fn new() -> Self {
        Self(TestHome::new())
    }

    /// Makes a log with this many mints, for customers from 1 on.
    #[track_caller]
    fn of_mints(count: u64) -> Self {
        let log = Self::new();
        (1..=count).for_each(|customer| log.mint(customer));
        log
    }

    /// Returns the state directory.
    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Returns the directory of the log.
    fn directory(&self) -> PathBuf {
        self.state().join("audit")
    }

    /// Returns the path of a segment.
    fn segment(&self, number: u32) -> PathBuf {
        self.directory().join(format!("audit-{number:08}.jsonl"))
    }

    /// Prepares a call that works with this log.
    fn call(&self, arguments: &[&str]) -> Call {
        with_secret(arguments).with_env("STATE_DIRECTORY", self.state())
    }

    /// Runs a call that works with this log.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Output {
        self.call(arguments).run()
    }

    /// Mints one token, which must succeed.
    #[track_caller]
    fn mint(&self, customer: u64) {
        self.run(&["-q", "issue", &customer.to_string()]).result();
    }

    /// Checks that a mint is refused at a path for a reason, with a hint, and prints no token.
    #[track_caller]
    fn refuses_a_mint(&self, path: &Path, reason: impl Fn(&str) -> String, hint: &str) {
        assert_refused_at(&self.run(&["-q", "issue", "7"]), path, reason, hint);
    }

    /// Checks that the log verifies, and returns its number of entries.
    #[track_caller]
    fn assert_intact(&self) -> u64 {
        let output = self.run(&["-o", "json", "audit", "verify"]);
        let verified: Value = serde_json::from_str(output.result()).unwrap();
        assert_eq!(verified["intact"], true, "{verified}");
        verified["entries"].as_u64().unwrap()
    }

    /// Returns every line of every segment, in order.
    fn lines(&self) -> Vec<String> {
        let lines = |number| fs::read_to_string(self.segment(number)).ok();
        let segments = (1..).map_while(lines);
        segments.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Returns every entry, in order.
    #[track_caller]
    fn entries(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns the action of every entry, in order.
    #[track_caller]
    fn actions(&self) -> Vec<String> {
        self.entries().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }

    /// Replaces the lines of a segment.
    fn rewrite(&self, number: u32, lines: &[String]) {
        fs::write(self.segment(number), in_lines(lines)).unwrap();
    }
}

/// Checks that a mint was refused at a path for a reason, with a hint, and printed no token.
///
/// `reason` is given the path as it is shown.
#[track_caller]
fn assert_refused_at(output: &Output, path: &Path, reason: impl Fn(&str) -> String, hint: &str) {
    let reason = reason(path.to_str().unwrap());
    output.is_refused(1, &format!("{NOTHING}{reason}"), hint);
}

/// Joins items with a line break after each.
fn in_lines<T: Display>(each: impl IntoIterator<Item = T>) -> String {
    each.into_iter().fold(String::new(), |text, next| text + &next.to_string() + "\n")
}

/// The hint for a file of the log on which an operation fails.
const CHECK_PATH: &str = "check the path and who may use it; or give another place with --state-dir";

/// The hint where the disk is full.
const FREE_SOME: &str = "free some space; or give another place with --state-dir";

/// Returns the message for a full disk.
fn disk_full(path: &str) -> String {
    format!("cannot write {path}: No space left on device (os error 28)")
}

/// Returns the hint for a path of the log that cannot be used. `hint` is the one for the same problem elsewhere.
fn or_elsewhere(hint: &str) -> String {
    format!("{hint}; or give another place with --state-dir")
}

/// Returns the fingerprint of a token as the log has it: the first 16 hexadecimal digits of its SHA-256.
fn fingerprint(token: &str) -> String {
    let digest = Sha256::digest(token);
    format!("{:016x}", u64::from_be_bytes(digest[..8].try_into().unwrap()))
}

/// Returns every customer that an entry names, as ranges with both ends.
fn customers(entry: &Value) -> Vec<(u64, u64)> {
    let one = entry["customer"].as_u64().map(|customer| (customer, customer));
    let many = entry["customers"].as_array().into_iter().flatten();
    let many = many.map(|range| (range[0].as_u64().unwrap(), range[1].as_u64().unwrap()));
    one.into_iter().chain(many).collect()
}
