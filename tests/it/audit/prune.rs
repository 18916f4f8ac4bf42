//! `audit prune`: the removal of old segments is recorded first, and the log verifies wherever a prune is killed.

use std::fs::{self, File};

use serde_json::Value;

use super::Log;
use super::traced::{self, can_trace};
use crate::cli::now;
use crate::cli::watchdog::until;

/// Makes a log of this many segments, each with two entries, and waits until all were written before now.
fn log_with_segments(count: u32) -> Log {
    let log = Log::new();
    log.mint(1);
    for number in 2..=count {
        // The state after a writer that could not write.
        File::create(log.segment(number)).unwrap();
        log.mint(number.into());
    }
    let written = now();
    until("a second is over", || now() > written);
    log
}

/// Returns the log's id, and the head of every entry.
fn heads(log: &Log) -> (String, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = log.entries();
    let id = text(&entries[0]["log_id"]);
    let head = |entry: &Value| format!("{id}:{}:{}", entry["sequence"], text(&entry["hash"]));
    (id.clone(), entries.iter().map(head).collect())
}

/// Returns the numbers of the existing segments.
fn numbers(log: &Log) -> Vec<u32> {
    (1..20).filter(|number| log.segment(*number).exists()).collect()
}

/// Prunes every segment that can be removed.
#[track_caller]
fn prune(log: &Log, id: &str) {
    let output = log.run(&["audit", "prune", "--before", "now", "--confirm", id]);
    assert_eq!(output.status, Some(0), "{output}");
}

#[test]
fn dry_run_removes_nothing_and_pruned_log_verifies() {
    let log = log_with_segments(3);
    let (id, heads) = heads(&log);
    let what = format!("entries 1 to 4 of the audit log {id}");
    let dry = log.run(&["audit", "prune", "--before", "now", "--dry-run"]);
    assert_eq!(dry.result(), format!("would remove {what}\n"));
    assert_eq!(numbers(&log), [1, 2, 3]);
    let pruned = log.run(&["audit", "prune", "--before", "now", "--confirm", &id, "--json"]);
    let report: Value = serde_json::from_str(pruned.result()).unwrap();
    let new_head = log.run(&["audit", "head"]).result().trim_end().to_owned();
    let expected = serde_json::json!({"first": 1, "last": 4, "entries": 4, "segments": 2, "head": new_head});
    assert_eq!((report, numbers(&log)), (expected, vec![3]));
    assert_eq!(log.assert_intact(), 3);
    let verify = |head: &str| log.run(&["audit", "verify", "--expect", head]);
    for head in [&heads[3], &heads[4], &new_head] {
        verify(head).result();
    }
    let old = verify(&heads[1]);
    assert_eq!((old.status, old.stderr.as_str()), (Some(9), ""), "{old}");
    assert!(old.stdout.starts_with("NOT PROVEN: 3 entries in 1 segment\n"), "{old}");
    assert!(old.stdout.contains("the expected head, entry 2, was pruned"), "{old}");
    let listed = log.run(&["audit", "list", "--action", "pruned"]);
    assert!(listed.result().contains("4 in all, up to entry 4, by "), "{listed}");
    log.mint(9);
    log.assert_intact();
}

#[test]
fn prune_removes_nothing_without_the_log_id() {
    let log = log_with_segments(2);
    let (id, _) = heads(&log);
    let why = format!("entries 1 to 2 of the audit log {id} will be removed");
    let hint = format!("confirm with --confirm {id}");
    let error = format!("{why}, and there is no terminal to ask at");
    log.run(&["audit", "prune", "--before", "now"]).is_refused(2, &error, &hint);
    let error = format!("{why}, and 'staging' is not its name");
    log.run(&["audit", "prune", "--before", "now", "--confirm", "staging"]).is_refused(2, &error, &hint);
    assert_eq!(numbers(&log), [1, 2]);
}

#[test]
fn segments_after_the_given_time_stay() {
    let log = log_with_segments(2);
    let output = log.run(&["audit", "prune", "--before", "1h", "--json"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(0), ""), "{output}");
    assert!(
        output.stderr.starts_with("{\"note\":\"nothing to remove: no segment before the newest ended"),
        "{output}"
    );
    let output = log.run(&["audit", "prune", "--before", "2999-01-01"]);
    assert_eq!((output.status, numbers(&log)), (Some(2), vec![1, 2]), "{output}");
}

#[test]
fn damaged_log_is_not_pruned() {
    let log = log_with_segments(3);
    let (id, _) = heads(&log);
    let first = fs::read_to_string(log.segment(1)).unwrap().replace("\"customer\":1", "\"customer\":7");
    log.rewrite(1, &first.lines().map(str::to_owned).collect::<Vec<_>>());
    let error = "the audit log does not verify, and nothing was removed";
    let hint = "see what is wrong with 'stream-token audit verify'";
    log.run(&["audit", "prune", "--before", "now", "--confirm", &id]).is_refused(9, error, hint);
    assert_eq!(numbers(&log), [1, 2, 3]);
}

#[test]
fn segments_removed_by_hand_are_reported() {
    let log = log_with_segments(4);
    let (id, _) = heads(&log);
    prune(&log, &id);
    log.assert_intact();
    let log = log_with_segments(3);
    fs::remove_file(log.segment(1)).unwrap();
    let output = log.run(&["audit", "verify"]);
    assert_eq!(output.status, Some(9), "{output}");
    let found = "audit-00000002.jsonl, line 1: entries 1 to 2 are missing before this line";
    assert!(output.stdout.contains(found), "{output}");
}

#[test]
fn log_verifies_after_a_killed_prune_and_the_next_one_finishes() {
    if !can_trace("that a prune that is killed leaves a log that verifies") {
        return;
    }
    for (call, count) in [("write", 2), ("fdatasync", 1), ("unlink", 3), ("fsync", 3)] {
        for when in 1..=count {
            let log = log_with_segments(4);
            let (id, _) = heads(&log);
            let traced = format!("trace={call}");
            let inject = format!("inject={call}:signal=KILL:when={when}");
            let call = log.call(&["-q", "audit", "prune", "--before", "now", "--confirm", &id]);
            let (output, _) = traced::run(&call, &["-e", &traced, "-e", &inject]);
            let place = format!("{inject}: {:?}", numbers(&log));
            assert_eq!(output.status, None, "{place}");
            log.assert_intact();
            log.mint(100);
            log.assert_intact();
            let written = now();
            until("a second is over", || now() > written);
            prune(&log, &id);
            assert_eq!(numbers(&log).len(), 1, "{place}");
            log.assert_intact();
        }
    }
}
