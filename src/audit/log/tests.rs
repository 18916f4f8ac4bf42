use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::super::entry::Channel;
use super::super::testing::{State, ann, clock, edit, mint};
use super::super::verify::{FindingKind, verify};
use super::*;
use crate::fs::FileError;

/// Counts the syncs of a log from now on.
fn count_syncs(log: &AuditLog) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    log.observe_syncs(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    count
}

/// Records this many events from each of this many concurrent threads.
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
fn entry_is_on_disk_before_its_receipt() {
    let state = State::new();
    let receipt = state.log().record(mint(123)).unwrap();
    assert_eq!(receipt.head().sequence, 2);
    assert_eq!(Some(receipt.head()), super::super::head(state.path()).unwrap());
    assert_eq!(state.actions(), ["segment_opened", "mint"]);
}

#[test]
fn receipt_is_valid_for_its_own_token_only() {
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
fn single_caller_syncs_every_entry() {
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
    // Without sharing the ratio is 1. The actual ratio depends on the load, and the benchmark measures it.
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
fn failure_reaches_every_caller_and_the_log_continues() {
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
fn state_of_the_last_append_is_known_without_writing() {
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
fn every_sync_is_reported_to_the_first_observer() {
    let state = State::new();
    let log = state.log();
    let told = count_syncs(&log);
    log.observe_syncs(|_| panic!("the second who asked"));
    (1..=3).for_each(|customer| drop(log.record(mint(customer)).unwrap()));
    assert_eq!(told.load(Ordering::Relaxed), 3);
}

/// Waits until this many entries are in the current batch.
fn wait_until_joined(log: &AuditLog, count: usize) {
    let joined = || lock(&log.open).events.len();
    while joined() < count {
        thread::yield_now();
    }
}

#[test]
fn waiting_entries_share_one_sync() {
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
fn panic_of_the_writing_caller_fails_its_batch_only() {
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
fn removed_log_refuses_the_next_entry() {
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

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

/// Returns the log at a time, every write of which makes a new segment.
fn log_at(state: &State, seconds: u64) -> AuditLog {
    AuditLog::open_with(state.path(), Clock::Fixed(at(seconds)), 1).unwrap()
}

/// Makes a log of four segments, with two entries each, written at 10, 20, 30 and 40 seconds; returns their last heads.
fn four_segments() -> (State, Vec<Head>) {
    let state = State::new();
    let record = |time| log_at(&state, time).record(mint(time)).unwrap().head();
    let heads = [10, 20, 30, 40].map(record).to_vec();
    (state, heads)
}

fn pruned_up_to(head: Head) -> Event {
    let event = Event::new(Action::Pruned, Channel::Cli, ann(), Outcome::Ok);
    Event { pruned_up_to: Some(head.to_string()), ..event }
}

fn plan(state: &State, before: u64) -> Option<PrunePlan> {
    PrunePlan::new(state.path(), at(before)).unwrap().1
}

/// Removes what was written before a time. The record goes into a segment of its own.
fn prune(state: &State, before: u64) -> Head {
    log_at(state, 50).prune(&plan(state, before).unwrap(), ann()).unwrap()
}

fn segments(state: &State) -> Vec<u32> {
    segment::numbers(&state.path().join("audit")).unwrap()
}

fn findings(state: &State, expected: &Head) -> Vec<FindingKind> {
    verify(state.path(), Some(expected)).unwrap().findings.into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn old_segments_are_removed_and_the_log_verifies() {
    let (state, heads) = four_segments();
    assert_eq!(plan(&state, 10), None);
    let planned = plan(&state, 30).unwrap();
    assert_eq!((planned.first, planned.last, planned.segments, planned.entries()), (1, heads[1], 2, 4));
    assert_eq!(prune(&state, 30).sequence, 10);
    assert_eq!(segments(&state), [3, 4, 5]);
    let report = state.verify();
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!((report.entries, report.head.unwrap().sequence), (6, 10));
    let actions = ["segment_opened", "mint", "segment_opened", "mint", "segment_opened", "pruned"];
    assert_eq!(state.actions(), actions);
    // And again, with the record of the first prune among what stays.
    prune(&state, 40);
    assert_eq!((segments(&state), state.verify().is_intact()), (vec![4, 5, 6], true));
}

#[test]
fn newest_segment_with_entries_stays() {
    let (state, _) = four_segments();
    state.write(5, b"");
    log_at(&state, 50).record(mint(5)).unwrap();
    state.write(6, b"");
    prune(&state, 1_000);
    assert_eq!(segments(&state), [5, 6]);
    assert!(state.verify().is_intact(), "{:?}", state.findings());
}

#[test]
fn pruned_head_is_reported_and_the_last_one_still_proven() {
    let (state, heads) = four_segments();
    prune(&state, 30);
    assert_eq!(findings(&state, &heads[0]), [FindingKind::HeadPruned(2)]);
    assert!(verify(state.path(), Some(&heads[0])).unwrap().is_unproven());
    for head in &heads[1..] {
        assert_eq!(findings(&state, head), []);
    }
    let forged = Head { hash: heads[2].hash, ..heads[1] };
    assert_eq!(findings(&state, &forged), [FindingKind::Rewritten(4)]);
}

#[test]
fn removal_without_a_record_is_detected() {
    let (state, heads) = four_segments();
    fs::remove_file(state.segment(1)).unwrap();
    assert_eq!(findings(&state, &heads[0]), [FindingKind::Missing(1..=2)]);
    assert_eq!(plan(&state, 100), None, "a log that does not verify is not pruned");
    let (state, heads) = four_segments();
    prune(&state, 20);
    fs::remove_file(state.segment(2)).unwrap();
    assert_eq!(findings(&state, &heads[2]), [FindingKind::Missing(1..=4)], "more is gone than was recorded");
}

#[test]
fn prune_record_must_name_the_last_removed_entry() {
    let (state, heads) = four_segments();
    let other = Head { hash: heads[2].hash, ..heads[1] };
    let event = pruned_up_to(other);
    log_at(&state, 50).record(event).unwrap();
    (1..3).for_each(|number| fs::remove_file(state.segment(number)).unwrap());
    assert!(findings(&state, &heads[3]).contains(&FindingKind::Missing(1..=4)));
}

#[test]
fn changes_of_the_record_or_the_rest_are_detected() {
    for number in [3, 5] {
        let (state, _) = four_segments();
        prune(&state, 30);
        let mut lines = state.lines(number);
        edit(&mut lines[1]);
        state.write(number, &lines.concat());
        assert!(!state.verify().is_intact(), "segment {number}");
    }
    // Segments of another log with as many entries do not fit the record.
    let ((state, _), (other, _)) = (four_segments(), four_segments());
    prune(&state, 20);
    state.write(2, &other.read(2));
    assert!(!state.verify().is_intact());
}

#[test]
fn interrupted_prune_verifies_and_is_finished_by_the_next() {
    for removed in 0..3 {
        let (state, heads) = four_segments();
        let event = pruned_up_to(heads[2]);
        log_at(&state, 50).record(event).unwrap();
        (1..=removed).for_each(|number| fs::remove_file(state.segment(number)).unwrap());
        assert!(state.verify().is_intact(), "{removed}: {:?}", state.findings());
        prune(&state, 40);
        assert_eq!(segments(&state), [4, 5, 6]);
        assert!(state.verify().is_intact(), "{removed}: {:?}", state.findings());
    }
}

#[test]
fn revocations_are_known_after_their_entries_are_pruned() {
    let state = State::new();
    let event = Event::new(Action::SessionRevoke, Channel::Cli, ann(), Outcome::Ok);
    log_at(&state, 10).record(event).unwrap();
    for time in [20, 30] {
        log_at(&state, time).record(mint(1)).unwrap();
        log_at(&state, time).prune(&plan(&state, time).unwrap(), ann()).unwrap();
    }
    log_at(&state, 40).record(mint(1)).unwrap();
    prune(&state, 40);
    let is_recorded = |state: &State| {
        let is_record = |event: &Event| event.action == Action::Pruned && event.records_revocation();
        super::super::contains(state.path(), is_record).unwrap()
    };
    assert!(is_recorded(&state));
    let (state, _) = four_segments();
    prune(&state, 30);
    assert!(!is_recorded(&state));
}
