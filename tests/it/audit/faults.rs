//! Faults of the disk, injected at the system's edge: nothing is minted, and the next mint goes on.

use std::path::Path;

use serde_json::Value;

use super::traced::{self, can_trace};
use super::{Log, in_lines, is_refused_at, or_elsewhere};

/// What is not checked where nothing can be traced.
const UNCHECKED: &str = "that nothing is minted where the disk fails";

/// Mints with a fault injected, which must be told and give nothing out; then goes on without it.
#[track_caller]
fn meets(log: &Log, inject: &[&str], path: &Path, reason: impl Fn(&str) -> String, hint: &str) {
    let options: Vec<&str> = inject.iter().flat_map(|fault| ["-e", fault]).collect();
    let (output, trace) = traced::run(&log.call(&["-q", "issue", "4711"]), &options);
    assert!(trace.contains("(INJECTED)"), "{trace}");
    is_refused_at(&output, path, reason, hint);
    log.mint(8);
    log.assert_intact();
    let of_the_failed = log.run(&["-o", "json", "audit", "list", "--customer", "4711"]);
    assert_eq!(of_the_failed.result(), "");
}

/// What is said of a file that is perhaps not on disk.
fn not_synced(path: &str) -> String {
    format!("cannot sync {path}: Input/output error (os error 5)")
}

/// What is said where the disk is full.
fn full(path: &str) -> String {
    format!("cannot write {path}: No space left on device (os error 28)")
}

/// The hint where the disk is full.
const FREE_SOME: &str = "free some space; or give another place with --state-dir";

#[test]
fn an_entry_that_is_perhaps_not_on_disk_mints_nothing() {
    if !can_trace(UNCHECKED) {
        return;
    }
    for log in [Log::new(), Log::of_mints(3)] {
        let segment = log.segment(1);
        meets(
            &log,
            &["inject=fdatasync:error=EIO"],
            &segment,
            not_synced,
            &or_elsewhere("check the path and who may use it"),
        );
    }
}

#[test]
fn a_segment_that_failed_is_not_gone_on_in() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::of_mints(2);
    let before = std::fs::read(log.segment(1)).unwrap();
    let segment = log.segment(1);
    meets(
        &log,
        &["inject=fdatasync:error=EIO"],
        &segment,
        not_synced,
        &or_elsewhere("check the path and who may use it"),
    );
    assert_eq!(std::fs::read(log.segment(1)).unwrap(), before);
    let opening: Value = serde_json::from_str(&log.lines()[3]).unwrap();
    assert_eq!(
        (&opening["action"], &opening["previous_bytes"]),
        (&"segment_opened".into(), &before.len().into())
    );
    assert!(log.segment(2).exists());
}

#[test]
fn a_new_segment_whose_name_is_perhaps_not_on_disk_mints_nothing() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::new();
    std::fs::create_dir_all(log.directory()).unwrap();
    let state = log.state();
    meets(
        &log,
        &["inject=fsync:error=EIO:when=1"],
        &state,
        not_synced,
        &or_elsewhere("check the path and who may use it"),
    );
    let log = Log::new();
    std::fs::create_dir_all(log.directory()).unwrap();
    let directory = log.directory();
    meets(
        &log,
        &["inject=fsync:error=EIO:when=2"],
        &directory,
        not_synced,
        &or_elsewhere("check the path and who may use it"),
    );
}

#[test]
fn a_directory_whose_name_is_perhaps_not_on_disk_mints_nothing() {
    if !can_trace(UNCHECKED) {
        return;
    }
    let log = Log::new();
    let above = log.0.path().to_owned();
    meets(
        &log,
        &["inject=fsync:error=EIO:when=1"],
        &above,
        not_synced,
        &or_elsewhere("check the path and who may use it"),
    );
}

#[test]
fn an_entry_for_which_there_is_no_space_mints_nothing() {
    if !can_trace(UNCHECKED) {
        return;
    }
    for log in [Log::new(), Log::of_mints(3)] {
        meets(&log, &["inject=write:error=ENOSPC:when=1"], &log.segment(1), full, FREE_SOME);
    }
}

#[test]
fn a_failure_in_the_midst_of_a_batch_gives_out_what_is_on_disk_and_no_more() {
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
            &or_elsewhere("check the path and who may use it")
        )
    );
    log.mint(9);
    log.assert_intact();
    for (customer, batches) in [("4096", 1), ("4097", 0)] {
        let listed = log.run(&["-o", "json", "audit", "list", "--customer", customer]);
        assert_eq!(listed.result().lines().count(), batches, "{customer}");
    }
}
