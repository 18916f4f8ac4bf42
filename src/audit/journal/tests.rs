use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

use super::super::entry::Channel;
use super::super::pulse::LastAppend;
use super::super::testing::{State, ann, clock, mint};
use super::*;

/// Records so many events from each of so many threads, all at once.
fn crowd(journals: &[&Journal], threads: u64, each: u64) -> Vec<u64> {
    let start = Barrier::new(usize::try_from(threads).unwrap());
    let caller = |thread: u64| {
        let journal = journals[usize::try_from(thread).unwrap() % journals.len()];
        start.wait();
        let record = |at| journal.record(mint(thread * each + at + 1)).unwrap().sequence();
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
    let receipt = state.journal().record(mint(123)).unwrap();
    assert_eq!(receipt.sequence(), 2);
    assert_eq!(Some(receipt.head()), super::super::head(state.path()).unwrap());
    assert_eq!(state.actions(), ["segment_opened", "mint"]);
}

#[test]
fn a_receipt_is_for_its_own_event_alone() {
    let state = State::new();
    let journal = state.journal();
    let (event, other) = (mint(123), mint(123));
    let (ticket, other_ticket) = (event.ticket(), other.ticket());
    let receipt = journal.record(event).unwrap();
    assert!(receipt.is_for(ticket) && !receipt.is_for(other_ticket));
    assert!(receipt.covers("000000000000007b") && !receipt.covers("000000000000007c"));
    assert!(receipt.covers_customer(123) && !receipt.covers_customer(124));
    let refused = Event::new(Action::Refusal, Channel::Cli, ann(), Outcome::Refused)
        .customer(123)
        .fingerprint("000000000000007b");
    let receipt = journal.record(refused).unwrap();
    assert!(!receipt.covers("000000000000007b") && !receipt.covers_customer(123));
}

#[test]
fn a_caller_by_itself_pays_one_sync_for_each_entry() {
    let state = State::new();
    let journal = state.journal();
    (1..=10).for_each(|customer| drop(journal.record(mint(customer)).unwrap()));
    assert_eq!(journal.syncs(), 10);
}

#[test]
fn sixty_four_callers_share_a_sync_among_at_least_40_entries() {
    let state = State::new();
    let journal = state.journal();
    let mut sequences = crowd(&[&journal], 64, 100);
    sequences.sort_unstable();
    assert_eq!(sequences, (2..=6401).collect::<Vec<u64>>());
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.faults);
    assert_eq!(verified.entries, 6401);
    let average = 6400 / journal.syncs();
    assert!(average >= 40, "{average} entries a sync");
}

#[test]
fn two_journals_on_one_log_make_one_chain() {
    let state = State::new();
    let (one, two) = (state.journal(), state.journal_of_short_segments());
    let mut sequences = crowd(&[&one, &two], 16, 25);
    sequences.sort_unstable();
    sequences.dedup();
    assert_eq!(sequences.len(), 400);
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.faults);
    assert_eq!(verified.entries, 400 + verified.segments as u64);
}

#[test]
fn entries_are_in_the_order_of_the_calls_of_one_thread() {
    let state = State::new();
    let journal = state.journal();
    let sequences = crowd(&[&journal], 4, 50);
    assert!(sequences.chunks(50).all(<[u64]>::is_sorted));
}

#[test]
fn a_failure_reaches_every_caller_and_the_next_entry_is_written() {
    let state = State::new();
    let journal = state.journal();
    journal.record(mint(1)).unwrap();
    journal.writer().sabotage.sync.store(true, Ordering::Relaxed);
    let journal = &journal;
    thread::scope(|scope| {
        let callers: Vec<_> =
            (0..8).map(|customer| scope.spawn(move || journal.record(mint(customer)))).collect();
        for caller in callers {
            let error = caller.join().unwrap().unwrap_err();
            assert!(matches!(error, AuditError::Sync { .. }), "{error:?}");
        }
    });
    journal.writer().sabotage.sync.store(false, Ordering::Relaxed);
    assert_eq!(journal.record(mint(2)).unwrap().sequence(), 4);
    assert_eq!(state.actions(), ["segment_opened", "mint", "segment_opened", "mint"]);
    assert!(state.verify().is_intact(), "{:?}", state.verify().faults);
}

#[test]
fn how_the_last_append_went_is_known_without_writing() {
    let state = State::new();
    let journal = state.journal();
    let pulse = journal.pulse();
    assert_eq!(pulse.last_append(), LastAppend::None);
    journal.record(mint(1)).unwrap();
    assert_eq!(pulse.last_append(), LastAppend::Succeeded);
    let log = journal.directory().to_owned();
    let aside = log.with_extension("aside");
    fs::rename(&log, &aside).unwrap();
    journal.record(mint(2)).unwrap_err();
    assert_eq!(pulse.last_append(), LastAppend::Failed { at: clock().now() });
    fs::rename(&aside, &log).unwrap();
    journal.record(mint(3)).unwrap();
    assert_eq!(pulse.last_append(), LastAppend::Succeeded);
}

#[test]
fn every_sync_is_told_to_the_one_who_asked_first() {
    let state = State::new();
    let journal = state.journal();
    let told = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&told);
    journal.pulse().observe(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    journal.pulse().observe(|_| panic!("the second who asked"));
    (1..=3).for_each(|customer| drop(journal.record(mint(customer)).unwrap()));
    assert_eq!((told.load(Ordering::Relaxed), journal.syncs()), (3, 3));
}

#[test]
fn a_panic_of_the_leader_is_told_to_its_round_and_stops_nobody_else() {
    let state = State::new();
    let journal = state.journal();
    journal.writer().sabotage.panic.store(true, Ordering::Relaxed);
    let (told, done) = channel();
    let writer = journal.writer();
    thread::scope(|scope| {
        let leader = scope.spawn(|| journal.record(mint(1)));
        while journal.queue().present() < 1 {
            thread::yield_now();
        }
        let other = scope.spawn(|| journal.record(mint(2)));
        while journal.queue().present() < 2 {
            thread::yield_now();
        }
        journal.put_off(mint(3), Box::new(move |result| told.send(result).unwrap()));
        drop(writer);
        let results = [leader.join().unwrap(), other.join().unwrap(), done.recv().unwrap()];
        for result in results {
            assert!(matches!(result, Err(AuditError::Abandoned { .. })), "{result:?}");
        }
    });
    assert_eq!(journal.pulse().last_append(), LastAppend::Failed { at: clock().now() });
    journal.writer().sabotage.panic.store(false, Ordering::Relaxed);
    assert_eq!(journal.record(mint(3)).unwrap().sequence(), 2);
}

#[test]
fn what_is_left_is_done_when_its_entry_is_on_disk_and_with_its_own_receipt() {
    let state = State::new();
    let journal = state.journal();
    let event = mint(123);
    let ticket = event.ticket();
    let (told, done) = channel();
    let place = state.path().to_owned();
    journal.put_off(
        event,
        Box::new(move |receipt| {
            let head = super::super::head(&place).unwrap();
            told.send((receipt.unwrap(), head)).unwrap();
        }),
    );
    assert!(done.try_recv().is_err() && journal.syncs() == 0);
    journal.settle();
    let (receipt, head) = done.try_recv().unwrap();
    assert_eq!((Some(receipt.head()), journal.syncs()), (head, 1));
    assert!(receipt.is_for(ticket) && receipt.covers_customer(123));
}

#[test]
fn what_was_put_off_shares_a_sync_and_settling_again_does_nothing() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    journal.settle();
    for customer in 1..=5 {
        let told = told.clone();
        journal.put_off(
            mint(customer),
            Box::new(move |receipt| told.send(receipt.unwrap().sequence()).unwrap()),
        );
    }
    assert!(!journal.settle() && !journal.settle());
    assert_eq!((done.try_iter().collect::<Vec<u64>>(), journal.syncs()), ((2..=6).collect(), 1));
}

#[test]
fn nothing_that_was_left_is_done_before_the_sync_is_over() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    let done = Arc::new(Mutex::new(done));
    let seen = Arc::clone(&done);
    journal.pulse().observe(move |_| {
        assert!(seen.lock().unwrap().try_recv().is_err(), "done before its entry was on disk");
    });
    for customer in 1..=3 {
        let told = told.clone();
        journal.put_off(mint(customer), Box::new(move |receipt| told.send(receipt).unwrap()));
        journal.settle();
        done.lock().unwrap().try_recv().unwrap().unwrap();
    }
    assert_eq!(journal.syncs(), 3);
}

#[test]
fn whoever_led_leads_again_where_entries_wait_and_nobody_comes() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    let (syncs, syncing) = channel();
    let (go, may_go) = channel::<()>();
    let may_go = Mutex::new(may_go);
    journal.pulse().observe(move |_| {
        syncs.send(()).unwrap();
        // The second is not held up.
        let _ = may_go.lock().unwrap().recv();
    });
    thread::scope(|scope| {
        let leader = scope.spawn(|| journal.record(mint(1)).unwrap().sequence());
        syncing.recv().unwrap();
        journal.put_off(mint(2), Box::new(move |receipt| told.send(receipt).unwrap()));
        journal.settle();
        assert!(done.try_recv().is_err());
        drop(go);
        assert_eq!(leader.join().unwrap(), 2);
    });
    assert_eq!(done.try_recv().unwrap().unwrap().sequence(), 3);
}

/// Has this done while a leader is held up before its write, with one that waits and leads.
fn held_up(journal: &Journal, and: impl FnOnce()) -> Result<Receipt, AuditError> {
    thread::scope(|scope| {
        let writer = journal.writer();
        let leader = scope.spawn(|| journal.record(mint(1)));
        while journal.queue().present() < 1 {
            thread::yield_now();
        }
        and();
        drop(writer);
        leader.join().unwrap()
    })
}

#[test]
fn who_waits_and_who_does_not_share_a_sync_and_what_is_left_is_done_in_order() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    let receipt = held_up(&journal, || {
        for customer in 2..=9 {
            let told = told.clone();
            journal.put_off(
                mint(customer),
                Box::new(move |receipt| told.send(receipt.unwrap().sequence()).unwrap()),
            );
        }
        assert!(done.try_recv().is_err());
    });
    assert_eq!((receipt.unwrap().sequence(), journal.syncs()), (2, 1));
    assert_eq!(done.try_iter().collect::<Vec<u64>>(), (3..=10).collect::<Vec<u64>>());
}

#[test]
fn many_threads_that_leave_and_wait_in_turns_get_one_receipt_for_each_event() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    thread::scope(|scope| {
        for thread in 0..8 {
            let (journal, told) = (&journal, told.clone());
            scope.spawn(move || {
                for at in 0..50 {
                    let event = mint(thread * 50 + at + 1);
                    let tell = told.clone();
                    if (thread + at) % 3 == 0 {
                        tell.send(journal.record(event).unwrap().sequence()).unwrap();
                    } else {
                        let tell = move |receipt: Result<Receipt, _>| {
                            tell.send(receipt.unwrap().sequence()).unwrap();
                        };
                        journal.put_off(event, Box::new(tell));
                        while at % 2 == 0 && journal.settle() {}
                    }
                }
                while journal.settle() {}
            });
        }
    });
    // The threads have ended: nothing that was left may be waiting for another.
    let mut sequences: Vec<u64> = done.try_iter().collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (2..=401).collect::<Vec<u64>>());
    assert!(state.verify().is_intact(), "{:?}", state.verify().faults);
}

#[test]
fn a_failure_reaches_all_that_was_left() {
    let state = State::new();
    let journal = state.journal();
    journal.writer().sabotage.sync.store(true, Ordering::Relaxed);
    let (told, done) = channel();
    let failed = held_up(&journal, || {
        for customer in 2..=4 {
            let told = told.clone();
            journal.put_off(mint(customer), Box::new(move |result| told.send(result).unwrap()));
        }
    });
    let results: Vec<_> = done.try_iter().chain([failed]).collect();
    assert_eq!(results.len(), 4);
    assert!(results.iter().all(|result| matches!(result, Err(AuditError::Sync { .. }))), "{results:?}");
}

#[test]
fn a_panic_in_what_was_left_is_that_ones_alone() {
    let state = State::new();
    let journal = state.journal();
    let (told, done) = channel();
    let receipt = held_up(&journal, || {
        journal.put_off(mint(2), Box::new(|_| panic!("as it was told to")));
        journal.put_off(mint(3), Box::new(move |receipt| told.send(receipt.unwrap().sequence()).unwrap()));
    });
    assert_eq!((receipt.unwrap().sequence(), done.try_recv()), (2, Ok(4)));
    assert_eq!(journal.record(mint(4)).unwrap().sequence(), 5);
}

#[test]
fn what_is_left_may_leave_more() {
    let state = State::new();
    let journal = Arc::new(state.journal());
    let (told, done) = channel();
    let again = Arc::clone(&journal);
    let more = move |_| again.put_off(mint(2), Box::new(move |receipt| told.send(receipt).unwrap()));
    journal.put_off(mint(1), Box::new(more));
    assert!(journal.settle() && done.try_recv().is_err());
    assert!(!journal.settle());
    assert_eq!(done.try_recv().unwrap().unwrap().sequence(), 3);
}

#[test]
fn a_log_that_is_removed_under_a_journal_denies_the_next_entry() {
    let state = State::new();
    let journal = state.journal();
    journal.record(mint(1)).unwrap();
    fs::remove_dir_all(journal.directory()).unwrap();
    let error = journal.record(mint(2)).unwrap_err();
    assert!(matches!(error, AuditError::Open { .. }), "{error:?}");
}
