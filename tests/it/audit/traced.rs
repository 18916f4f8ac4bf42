//! The program under strace: its system calls, their order and their results.

use std::process::{Command, Stdio};

use crate::cli::{Call, Output, start_by};
use crate::tools::{has, say_unchecked};

/// Returns `true` if processes can be traced here; otherwise reports the check that is skipped.
pub(crate) fn can_trace(unchecked: &str) -> bool {
    if !has("strace", unchecked) {
        return false;
    }
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let is_permitted = tried.unwrap().success();
    if !is_permitted {
        say_unchecked(unchecked, "strace may not trace processes here");
    }
    is_permitted
}

/// Runs a call under strace with these options, and returns its output and the trace.
#[track_caller]
pub(super) fn run(call: &Call, options: &[&str]) -> (Output, String) {
    let trace = call.home.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-o"]).arg(&trace).args(options);
    // An ordinary user's strace cannot read paths from the memory of a process that is not dumpable.
    start_by(command.env_clear(), &call.command()).env("STREAM_TOKEN_DUMPABLE", "1");
    let output = call.run_with(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    (output, std::fs::read_to_string(trace).unwrap())
}

/// A system call that returned, in the order of returning.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A file or directory was brought to disk.
    Synced(String),
    /// A part of the log was written.
    Logged(String),
    /// A part of the result was written.
    Out(String),
}

/// Reads the steps of one thread from a trace of fdatasync, fsync and write.
pub(super) fn steps(trace: &str) -> Vec<Step> {
    trace.lines().filter_map(step).collect()
}

/// Reads a line such as `123 fdatasync(4</path>) = 0`.
fn step(line: &str) -> Option<Step> {
    assert!(!line.contains("<unfinished"), "more than one thread: {line}");
    let (_, call) = line.trim_start().split_once(' ')?;
    let (name, rest) = call.trim_start().split_once('(')?;
    let (descriptor, rest) = rest.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    let (rest, returned) = rest.rsplit_once(" = ")?;
    let has_failed = returned.starts_with('-');
    match name {
        "fdatasync" | "fsync" if !has_failed => Some(Step::Synced(path.to_owned())),
        "write" if descriptor == "1" => Some(Step::Out(rest.to_owned())),
        "write" if path.contains("/audit/audit-") => Some(Step::Logged(rest.to_owned())),
        _ => None,
    }
}
