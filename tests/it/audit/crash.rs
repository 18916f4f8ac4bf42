//! Many processes at once, killed at random: every printed token has its entry, and the chain is unbroken.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Log, customers, fingerprint, in_lines};
use crate::cli::token::claims_of;
use crate::cli::watchdog::Watchdog;

/// The number of concurrent writers.
const WRITERS: u64 = 4;
/// The number of calls to kill.
const KILLS: usize = 200;
/// The time after which no further call is started, however few were killed.
const RUN_TIMEOUT: Duration = Duration::from_secs(20);
/// The number of customers in a batch: every other number, so that they make four chunks.
const BATCH: u64 = 1000;

/// The output of a call that may have been killed.
struct Left {
    /// The tokens that were printed whole.
    tokens: Vec<String>,
    /// Whether it was a batch.
    is_batch: bool,
    /// Whether it ended before it was killed.
    is_done: bool,
}

/// Returns `true` if a call is a batch: every fourth one of each writer.
const fn is_batch(id: u64) -> bool {
    id / WRITERS % 4 == 3
}

/// Starts a call, kills it after a while if it still runs, and returns its output.
fn killed(log: &Log, id: u64, after: Duration, kills: &AtomicUsize) -> Left {
    let is_batch = is_batch(id);
    let first = id * BATCH * 2 + 1;
    let call = if is_batch {
        let ids = in_lines((0..BATCH).map(|at| first + at * 2));
        log.call(&["-q", "issue", "--from", "ids"]).with_file("ids", ids)
    } else {
        log.call(&["-q", "issue", &first.to_string()])
    };
    let out = call.home.path().join("out");
    let mut command = call.command();
    command.stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(Stdio::inherit());
    let mut child: Child = command.spawn().unwrap();
    thread::sleep(after);
    // The process is this test's own child and not yet waited for, so its number is still its own.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    if status.code().is_none() {
        kills.fetch_add(1, Ordering::Relaxed);
    } else {
        assert!(status.success(), "{status}");
    }
    let text = fs::read_to_string(out).unwrap();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let tokens = whole.lines().map(str::to_owned).collect();
    Left { tokens, is_batch, is_done: status.code().is_some() }
}

/// Returns the customer of a token.
fn customer_of(token: &str) -> u64 {
    let claims: Value = serde_json::from_str(&claims_of(token)).unwrap();
    claims["user_id"].as_str().unwrap().strip_prefix("customer-").unwrap().parse().unwrap()
}

#[test]
fn every_token_printed_by_a_killed_process_has_its_entry() {
    let log = Log::new();
    let (kills, begun) = (AtomicUsize::new(0), Instant::now());
    let writer = |number: u64| {
        let mut left = Vec::new();
        let mut random = number + 1;
        // In microseconds, for a single mint and for a batch.
        let mut longest = [8_000, 40_000];
        for at in 0.. {
            if kills.load(Ordering::Relaxed) >= KILLS || begun.elapsed() > RUN_TIMEOUT {
                break;
            }
            // A step of a linear congruential generator (Knuth); its upper bits are the better ones.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let id = number + at * WRITERS;
            let longest = &mut longest[usize::from(is_batch(id))];
            let after = Duration::from_micros((random >> 33) % *longest);
            let found = killed(&log, id, after, &kills);
            // The moments around the first token are those to hit.
            if found.is_done {
                *longest -= *longest / 8;
            } else if found.tokens.is_empty() {
                *longest += *longest / 8;
            }
            left.push(found);
        }
        left
    };
    let left: Vec<Left> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|number| scope.spawn(move || writer(number))).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    // The next writer repairs a torn line.
    log.mint(1_000_000_000);
    log.assert_intact();
    // A torn line stays where it is, and is not an entry.
    let entries: Vec<Value> = log.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let is_mint = |entry: &&Value| entry["action"] == "mint";
    let fingerprints: HashSet<_> =
        entries.iter().filter(is_mint).map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
    let batches = entries.iter().filter(|entry| entry["action"] == "mint_batch");
    let ranges: BTreeMap<u64, u64> = batches.flat_map(customers).collect();
    let (mut singles, mut in_batches) = (0, 0);
    for Left { tokens, is_batch, .. } in &left {
        for token in tokens {
            let customer = customer_of(token);
            if *is_batch {
                in_batches += 1;
                let range = ranges.range(..=customer).next_back();
                assert!(range.is_some_and(|(_, last)| *last >= customer), "customer {customer} has no entry");
            } else {
                singles += 1;
                assert!(fingerprints.contains(&*fingerprint(token)), "customer {customer} has no entry");
            }
        }
    }
    let kills = kills.into_inner();
    println!(
        "{} calls, {kills} killed, {singles} tokens and {in_batches} of batches came out, {} entries",
        left.len(),
        entries.len()
    );
    assert!(kills >= 20 && singles > 0 && in_batches > 0, "{kills} kills, {singles} and {in_batches} tokens");
}

#[test]
fn next_mint_repairs_a_line_torn_at_any_byte() {
    let log = Log::of_mints(2);
    let whole = log.lines()[1].clone();
    for (torn, kept) in [1, 22, 23, 100, whole.len() - 2].into_iter().enumerate() {
        let mut segment = OpenOptions::new().append(true).open(log.segment(1)).unwrap();
        segment.write_all(&whole.as_bytes()[..kept]).unwrap();
        log.run(&["audit", "head"]).result();
        log.mint(100 + torn as u64);
        let verified = log.run(&["-o", "json", "audit", "verify"]);
        let verified: Value = serde_json::from_str(verified.result()).unwrap();
        assert_eq!(verified["repaired"], torn + 1, "{kept}");
        let last =
            log.run(&["-o", "json", "audit", "list"]).result().lines().rev().nth(1).unwrap().to_owned();
        let last: Value = serde_json::from_str(&last).unwrap();
        assert_eq!((&last["action"], &last["count"]), (&"repaired".into(), &kept.into()));
    }
}

#[test]
fn twenty_concurrent_processes_write_one_chain() {
    let log = Log::new();
    let calls: Vec<_> = (1..=20).map(|id| log.call(&["-q", "issue", &format!("{id}")])).collect();
    let spawn = |call: &crate::cli::Call| {
        let mut command = call.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = calls.iter().map(spawn).collect();
    let watchdogs: Vec<Watchdog> = children.iter().map(Watchdog::over).collect();
    let mut tokens: Vec<String> = Vec::new();
    for child in children {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        tokens.push(String::from_utf8(ended.stdout).unwrap().trim_end().to_owned());
    }
    drop(watchdogs);
    assert_eq!(log.assert_intact(), 21);
    let entries = log.entries();
    let sequences: Vec<u64> = entries.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=21).collect::<Vec<_>>());
    let fingerprints: HashSet<_> = entries.iter().filter_map(|entry| entry["fingerprint"].as_str()).collect();
    assert_eq!(
        fingerprints,
        tokens
            .iter()
            .map(|token| fingerprint(token))
            .collect::<Vec<_>>()
            .iter()
            .map(|name| &**name)
            .collect()
    );
}
