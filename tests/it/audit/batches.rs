//! Batches: one entry per chunk, with exact ranges, in bounded memory.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use super::{Log, customers, in_lines};
use crate::cli::watchdog::Watchdog;

/// Returns the ranges and the number of customers of every batch entry in a log.
#[track_caller]
fn batches(log: &Log) -> Vec<(Vec<(u64, u64)>, u64)> {
    let entries = log.entries();
    let batches = entries.iter().filter(|entry| entry["action"] == "mint_batch");
    batches.map(|entry| (customers(entry), entry["count"].as_u64().unwrap())).collect()
}

#[test]
fn chunk_is_one_entry_with_exact_ranges() {
    let log = Log::new();
    let given = in_lines((1..=500).chain([777, 5, 5]).chain(9000..=9001));
    log.call(&["-q", "issue", "--from", "-"]).with_stdin(given).run().result();
    assert_eq!(batches(&log), [(vec![(1, 500), (777, 777), (5, 5), (5, 5), (9000, 9001)], 505)]);
    assert_eq!(log.actions(), ["segment_opened", "mint_batch"]);
    log.assert_intact();
}

#[test]
fn several_customers_in_one_call_are_a_batch() {
    let log = Log::new();
    log.run(&["-q", "issue", "3", "1", "2"]).result();
    assert_eq!(batches(&log), [(vec![(3, 3), (1, 2)], 3)]);
}

#[test]
fn chunk_holds_at_most_4096_ids_or_256_ranges() {
    let log = Log::new();
    let call = log.call(&["-q", "issue", "--from", "ids"]).with_file("ids", in_lines(1..=4097));
    call.run().result();
    assert_eq!(batches(&log), [(vec![(1, 4096)], 4096), (vec![(4097, 4097)], 1)]);
    let log = Log::new();
    let call =
        log.call(&["-q", "issue", "--from", "ids"]).with_file("ids", in_lines((1..=257).map(|id| id * 2)));
    call.run().result();
    let found = batches(&log);
    assert_eq!(found.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [256, 1]);
    assert_eq!(found[1].0, [(514, 514)]);
    log.assert_intact();
}

#[test]
fn entries_of_the_largest_ids_can_be_read_back() {
    let log = Log::new();
    let given = in_lines((0..1000).map(|at| i64::MAX as u64 - at));
    log.call(&["-q", "issue", "--from", "-"]).with_stdin(given).run().result();
    log.assert_intact();
    assert_eq!(batches(&log).iter().map(|(_, count)| count).sum::<u64>(), 1000);
    let listed = log.run(&["-o", "json", "audit", "list", "--customer", "9223372036854775807"]);
    assert_eq!(listed.result().lines().count(), 1);
}

#[test]
fn bad_line_is_reported_and_not_recorded() {
    let log = Log::new();
    let output = log.call(&["-q", "issue", "--from", "-"]).with_stdin("1\n2\nx\n3\n").run();
    assert_eq!((output.status, output.stdout.lines().count()), (Some(8), 3), "{output}");
    assert!(output.stderr.starts_with("stream-token: error: line 3: 'x' is not a customer id\n"), "{output}");
    assert_eq!(batches(&log), [(vec![(1, 2)], 2), (vec![(3, 3)], 1)]);
}

#[test]
fn empty_batch_has_no_entry() {
    let log = Log::new();
    log.call(&["-q", "issue", "--from", "-"]).with_stdin("\n\n").run().result();
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn list_finds_a_batch_by_the_customers_in_its_ranges() {
    let log = Log::new();
    let given = in_lines((100..=200).chain([300]));
    log.call(&["-q", "issue", "--from", "-"]).with_stdin(given).run().result();
    let found = |customer: &str| {
        let listed = log.run(&["-o", "json", "audit", "list", "--customer", customer]);
        listed.result().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    for inside in ["100", "150", "customer-200", "300"] {
        assert_eq!(found(inside).len(), 1, "{inside}");
        assert_eq!(found(inside)[0]["action"], "mint_batch");
    }
    for outside in ["99", "201", "299", "301", "1"] {
        assert_eq!(found(outside), [Value::Null; 0], "{outside}");
    }
}

/// The most kilobytes of a batch: the program itself, a chunk of tokens, some buffers.
#[cfg(target_os = "linux")]
const MAX_KILOBYTES: u64 = 24 * 1024;

#[test]
#[cfg(target_os = "linux")]
fn large_batch_uses_no_more_memory_than_a_chunk() {
    let log = Log::new();
    let call = log.call(&["-q", "issue", "--from", "-"]);
    let mut command = call.command();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let mut stdin = child.stdin.take().unwrap();
    let mut tokens = BufReader::new(child.stdout.take().unwrap()).lines();
    let feeder = thread::spawn(move || {
        stdin.write_all(in_lines(1..=300_000).as_bytes()).unwrap();
        stdin
    });
    assert_eq!(tokens.by_ref().take(300_000).map(Result::unwrap).count(), 300_000);
    // The process still waits for input, so that its memory can be measured.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(feeder.join().unwrap());
    assert!(child.wait().unwrap().success());
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak < MAX_KILOBYTES, "{peak} kB");
    println!("{peak} kB at most");
    log.assert_intact();
    assert_eq!(batches(&log).iter().map(|(_, count)| count).sum::<u64>(), 300_000);
}
