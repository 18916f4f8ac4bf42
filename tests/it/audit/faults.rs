//! Faults of the disk, injected at the system's edge: nothing is minted, and the next mint goes on.

use std::path::Path;

use serde_json::Value;

use super::traced::{self, can_trace};
use super::{CHECK_PATH, FREE_SOME, Log, assert_refused_at, disk_full, in_lines};

/// The check that is skipped where processes cannot be traced.
const UNCHECKED: &str = "that nothing is minted where the disk fails";

/// Mints with an injected fault, which must be reported without a token; then mints without the fault.
#[track_caller]
fn assert_survives(log: &Log, inject: &[&str], path: &Path, reason: impl Fn(&str) -> String, hint: &str) {
    let options: Vec<&str> = inject.iter().flat_map(|fault| ["-e", fault]).collect();
    let (output, trace) = traced::run(&log.call(&["-q", "issue", "4711"]), &options);
    assert!(trace.contains("(INJECTED)"), "{trace}");
    assert_refused_at(&output, path, reason, hint);
    log.mint(8);
    log.assert_intact();
    let of_the_failed = log.run(&["-o", "json", "audit", "list", "--customer", "4711"]);
    assert_eq!(of_the_failed.result(), "");
}

/// The message for a file that may not be on disk.
fn not_synced(path: &str) -> String {
    format!("cannot sync {path}: Input/output error (os error 5)")
}

#[test]
fn nothing_is_minted_if_an_entry_cannot_be_synced() {
    if !can_trace(UNCHECKED) {
        return;
    }
    for log in [Log::new(), Log::of_mints(3)] {
        let segment = log.segment(1);
        assert_survives(&log, &["inject=fdatasync:error=EIO"], &segment, not_synced, CHECK_PATH);
    }
}

#[test]
fn writer_opens_a_new_segment_after_a_failed_sync() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::of_mints(2);
    let before = std::fs::read(log.segment(1)).unwrap();
    let segment = log.segment(1);
    assert_survives(&log, &["inject=fdatasync:error=EIO"], &segment, not_synced, CHECK_PATH);
    assert_eq!(std::fs::read(log.segment(1)).unwrap(), before);
    let opening: Value = serde_json::from_str(&log.lines()[3]).unwrap();
    assert_eq!(
        (&opening["action"], &opening["previous_bytes"]),
        (&"segment_opened".into(), &before.len().into())
    );
    assert!(log.segment(2).exists());
}

#[test]
fn nothing_is_minted_if_the_segments_directory_cannot_be_synced() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::new();
    std::fs::create_dir_all(log.directory()).unwrap();
    let state = log.state();
    assert_survives(&log, &["inject=fsync:error=EIO:when=1"], &state, not_synced, CHECK_PATH);
    let log = Log::new();
    std::fs::create_dir_all(log.directory()).unwrap();
    let directory = log.directory();
    assert_survives(&log, &["inject=fsync:error=EIO:when=2"], &directory, not_synced, CHECK_PATH);
}

#[test]
fn nothing_is_minted_if_the_parent_directory_cannot_be_synced() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::new();
    let above = log.0.path().to_owned();
    assert_survives(&log, &["inject=fsync:error=EIO:when=1"], &above, not_synced, CHECK_PATH);
}

#[test]
fn nothing_is_minted_without_space_for_the_entry() {
    if !can_trace(UNCHECKED) {
        return;
    }
    for log in [Log::new(), Log::of_mints(3)] {
        assert_survives(&log, &["inject=write:error=ENOSPC:when=1"], &log.segment(1), disk_full, FREE_SOME);
    }
}

#[test]
fn failure_within_a_batch_prints_recorded_tokens_only() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::of_mints(1);
    let ids = in_lines(1..=10_000);
    let call = log.call(&["-q", "issue", "--from", "ids"]).with_file("ids", ids);
    let (output, _) = traced::run(&call, &["-e", "inject=fdatasync:error=EIO:when=2"]);
    assert_eq!(output.status, Some(1));
    assert_eq!(output.stdout.lines().count(), 4096);
    let segment = log.segment(1);
    assert_eq!(
        output.stderr,
        crate::cli::refusal(
            &format!("{}{}", super::NOTHING, not_synced(segment.to_str().unwrap())),
            CHECK_PATH
        )
    );
    log.mint(9);
    log.assert_intact();
    for (customer, batches) in [("4096", 1), ("4097", 0)] {
        let listed = log.run(&["-o", "json", "audit", "list", "--customer", customer]);
        assert_eq!(listed.result().lines().count(), batches, "{customer}");
    }
}
