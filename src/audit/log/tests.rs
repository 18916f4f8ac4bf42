use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::super::entry::Channel;
use super::super::testing::{State, ann, clock, mint};
use super::*;
use crate::fs::FileError;

/// Counts the syncs of a log from now on.
fn count_syncs(log: &AuditLog) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    log.observe_syncs(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    count
}

/// Records so many events from each of so many threads, all at once.
fn crowd(logs: &[&AuditLog], threads: u64, each: u64) -> Vec<u64> {
    let start = Barrier::new(usize::try_from(threads).unwrap());
    let caller = |thread: u64| {
        let log = logs[usize::try_from(thread).unwrap() % logs.len()];
        start.wait();
        let record = |at| log.record(mint(thread * each + at + 1)).unwrap().head().sequence;
        (0..each).map(record).collect::<Vec<u64>>()
    };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || caller(thread))).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

#[test]
fn an_entry_is_on_disk_when_its_receipt_is_there() {
    let state = State::new();
    let receipt = state.log().record(mint(123)).unwrap();
    assert_eq!(receipt.head().sequence, 2);
    assert_eq!(Some(receipt.head()), super::super::head(state.path()).unwrap());
    assert_eq!(state.actions(), ["segment_opened", "mint"]);
}

#[test]
fn a_receipt_is_for_its_own_token_alone() {
    let state = State::new();
    let log = state.log();
    let receipt = log.record(mint(123)).unwrap();
    let fingerprint = |customer: u64| move || format!("{customer:016x}");
    assert!(receipt.covers(123, fingerprint(123)) && !receipt.covers(123, fingerprint(124)));
    assert!(!receipt.covers(124, fingerprint(123)));
    let refused = Event::new(Action::Refusal, Channel::Cli, ann(), Outcome::Refused).customer(123);
    assert!(!log.record(refused).unwrap().covers(123, fingerprint(123)));
}

#[test]
fn a_caller_by_itself_pays_one_sync_for_each_entry() {
    let state = State::new();
    let log = state.log();
    let syncs = count_syncs(&log);
    (1..=10).for_each(|customer| drop(log.record(mint(customer)).unwrap()));
    assert_eq!(syncs.load(Ordering::Relaxed), 10);
}

#[test]
fn many_callers_share_a_sync() {
    let state = State::new();
    let log = state.log();
    let syncs = count_syncs(&log);
    let mut sequences = crowd(&[&log], 64, 100);
    sequences.sort_unstable();
    assert_eq!(sequences, (2..=6401).collect::<Vec<u64>>());
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.findings);
    assert_eq!(verified.entries, 6401);
    let average = 6400 / syncs.load(Ordering::Relaxed);
    // Without sharing it is 1. How many it is depends on the load of the machine, and is measured by the benchmark.
    assert!(average >= 4, "{average} entries a sync");
}

#[test]
fn two_writers_on_one_log_make_one_chain() {
    let state = State::new();
    let (one, two) = (state.log(), state.log_of_short_segments());
    let mut sequences = crowd(&[&one, &two], 16, 25);
    sequences.sort_unstable();
    sequences.dedup();
    assert_eq!(sequences.len(), 400);
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.findings);
    assert_eq!(verified.entries, 400 + verified.segments as u64);
}

#[test]
fn entries_are_in_the_order_of_the_calls_of_one_thread() {
    let state = State::new();
    let log = state.log();
    let sequences = crowd(&[&log], 4, 50);
    assert!(sequences.chunks(50).all(<[u64]>::is_sorted));
}

#[test]
fn a_failure_reaches_every_caller_and_the_next_entry_is_written() {
    let state = State::new();
    let log = state.log();
    log.record(mint(1)).unwrap();
    lock(&log.writer).sabotage.sync.store(true, Ordering::Relaxed);
    let log = &log;
    thread::scope(|scope| {
        let callers: Vec<_> =
            (0..8).map(|customer| scope.spawn(move || log.record(mint(customer)))).collect();
        for caller in callers {
            let error = caller.join().unwrap().unwrap_err();
            assert!(
                matches!(error, AuditError::File(ref error) if matches!(**error, FileError::Io(FileAction::Sync, ..))),
                "{error:?}"
            );
        }
    });
    lock(&log.writer).sabotage.sync.store(false, Ordering::Relaxed);
    assert_eq!(log.record(mint(2)).unwrap().head().sequence, 4);
    assert_eq!(state.actions(), ["segment_opened", "mint", "segment_opened", "mint"]);
    assert!(state.verify().is_intact(), "{:?}", state.verify().findings);
}

#[test]
fn how_the_last_append_went_is_known_without_writing() {
    let state = State::new();
    let log = state.log();
    assert_eq!(log.last_append(), LastAppend::None);
    log.record(mint(1)).unwrap();
    assert_eq!(log.last_append(), LastAppend::Succeeded);
    let directory = log.directory().to_owned();
    let aside = directory.with_extension("aside");
    fs::rename(&directory, &aside).unwrap();
    log.record(mint(2)).unwrap_err();
    assert_eq!(log.last_append(), LastAppend::Failed(clock().now()));
    fs::rename(&aside, &directory).unwrap();
    log.record(mint(3)).unwrap();
    assert_eq!(log.last_append(), LastAppend::Succeeded);
}

#[test]
fn every_sync_is_told_to_the_one_who_asked_first() {
    let state = State::new();
    let log = state.log();
    let told = count_syncs(&log);
    log.observe_syncs(|_| panic!("the second who asked"));
    (1..=3).for_each(|customer| drop(log.record(mint(customer)).unwrap()));
    assert_eq!(told.load(Ordering::Relaxed), 3);
}

/// Waits until so many entries are in the batch that callers join.
fn wait_until_joined(log: &AuditLog, count: usize) {
    let joined = || lock(&log.open).events.len();
    while joined() < count {
        thread::yield_now();
    }
}

#[test]
fn entries_that_wait_for_the_same_write_share_one_sync() {
    let state = State::new();
    let log = state.log();
    let syncs = count_syncs(&log);
    let writer = lock(&log.writer);
    let sequences: Vec<u64> = thread::scope(|scope| {
        let callers: Vec<_> = (1..=8)
            .map(|customer| {
                let caller = scope.spawn({
                    let log = &log;
                    move || log.record(mint(customer)).unwrap().head().sequence
                });
                wait_until_joined(&log, usize::try_from(customer).unwrap());
                caller
            })
            .collect();
        drop(writer);
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!((sequences, syncs.load(Ordering::Relaxed)), ((2..=9).collect(), 1));
}

#[test]
fn a_panic_of_the_caller_that_writes_fails_its_batch_and_nothing_else() {
    let state = State::new();
    let log = state.log();
    let writer = lock(&log.writer);
    writer.sabotage.panic.store(true, Ordering::Relaxed);
    thread::scope(|scope| {
        let first = scope.spawn(|| log.record(mint(1)));
        wait_until_joined(&log, 1);
        let second = scope.spawn(|| log.record(mint(2)));
        wait_until_joined(&log, 2);
        drop(writer);
        assert!(first.join().is_err());
        let result = second.join().unwrap();
        assert!(matches!(result, Err(AuditError::Abandoned(_))), "{result:?}");
    });
    assert_eq!(log.last_append(), LastAppend::Failed(clock().now()));
    lock(&log.writer).sabotage.panic.store(false, Ordering::Relaxed);
    assert_eq!(log.record(mint(3)).unwrap().head().sequence, 2);
}

#[test]
fn a_log_that_is_removed_under_a_writer_denies_the_next_entry() {
    let state = State::new();
    let log = state.log();
    log.record(mint(1)).unwrap();
    fs::remove_dir_all(log.directory()).unwrap();
    let error = log.record(mint(2)).unwrap_err();
    assert!(
        matches!(error, AuditError::File(ref error) if matches!(**error, FileError::Io(FileAction::Open, ..))),
        "{error:?}"
    );
}
