//! The journal: takes events from many threads, brings them to disk together, and gives receipts.
//!
//! Events that wait together make a round. The first of a round leads it: it waits for the lock, takes all
//! that have joined by then, writes them with one sync, tells all of them at once, and hands the lead on. A
//! caller by itself pays for its own entry and nothing else.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use super::entry::{Action, Customers, Deed, Event, Facts, Outcome, Ticket};
use super::error::AuditError;
use super::head::{Hash, Head};
use super::pulse::Pulse;
use super::writer::Writer;
use crate::disk;
use crate::time::Clock;

/// After how many bytes a segment is followed by another.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// How many entries share one write at most; the longest of them make 16 MiB.
const MOST_AT_ONCE: usize = 1024;
/// How often a leader that expects company lets others run without any of them coming.
const PATIENCE: u32 = 16;

/// The writing side of an audit log, to be shared by all threads.
#[derive(Debug)]
pub struct Journal {
    /// Events that wait to be written.
    queue: Mutex<Queue>,
    /// Writes them. Only the leader takes it.
    writer: Mutex<Writer>,
    /// The directory of the log.
    directory: PathBuf,
    /// What is known without writing.
    pulse: Arc<Pulse>,
}

/// Events that wait to be written.
#[derive(Debug, Default)]
struct Queue {
    /// The rounds that wait; all but the last are full.
    rounds: VecDeque<Forming>,
    /// Whether somebody leads.
    is_led: bool,
    /// How many callers there were when the last write was done.
    company: usize,
}

/// A round that others may still join.
#[derive(Debug, Default)]
struct Forming {
    /// Reaches those who have joined it.
    round: Arc<Round>,
    /// What their entries will say, in order.
    facts: Vec<Arc<Facts>>,
}

/// Those whose entries share a write.
#[derive(Debug, Default)]
struct Round {
    /// Whether it is the turn of the first to lead. Nobody else waits for this.
    turn: OnceLock<()>,
    /// The entries once they are on disk, or why they are not. All wait for this.
    outcome: OnceLock<Result<Vec<Head>, AuditError>>,
}

/// A caller's place in a round.
#[derive(Debug)]
struct Seat {
    /// The round.
    round: Arc<Round>,
    /// Which of its entries is the caller's; the first leads.
    at: usize,
}

impl Queue {
    /// Joins the last round, or begins one.
    fn join(&mut self, facts: Arc<Facts>) -> Seat {
        if self.rounds.back().is_none_or(|last| last.facts.len() >= MOST_AT_ONCE) {
            self.rounds.push_back(Forming::default());
        }
        let last = self.rounds.len() - 1;
        let Forming { round, facts: joined } = &mut self.rounds[last];
        joined.push(facts);
        Seat { round: Arc::clone(round), at: joined.len() - 1 }
    }

    /// Tells how many wait.
    fn present(&self) -> usize {
        self.rounds.iter().map(|forming| forming.facts.len()).sum()
    }
}

/// Proof that an event's entry, and all entries before it, are on disk.
///
/// Only a journal makes one, one for each event, and it cannot be cloned.
#[derive(Debug)]
pub struct Receipt {
    /// The mark of the event.
    ticket: Ticket,
    /// The entry.
    head: Head,
    /// What the entry says.
    facts: Arc<Facts>,
}

impl Receipt {
    /// Gives the entry's number in the log.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.head.sequence
    }

    /// Gives the entry's hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.head.hash
    }

    /// Gives the entry as a head of the log.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Tells whether it is for the event with this mark.
    #[must_use]
    pub fn is_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// Tells whether it is for a mint that was allowed.
    #[must_use]
    pub fn is_for_a_mint(&self) -> bool {
        self.facts.outcome == Outcome::Ok
            && matches!(self.facts.deed, Deed::Action(Action::Mint | Action::MintBatch))
    }

    /// Tells whether the entry is that of minting the one token with this fingerprint.
    #[must_use]
    pub fn covers(&self, fingerprint: &str) -> bool {
        self.is_for_a_mint() && self.facts.fingerprint.as_deref() == Some(fingerprint)
    }

    /// Tells whether the entry is that of minting for this customer, alone or among others.
    #[must_use]
    pub fn covers_customer(&self, customer: u64) -> bool {
        self.is_for_a_mint() && self.facts.customers.contains(customer)
    }

    /// Gives the customers that the entry names.
    #[must_use]
    pub fn customers(&self) -> &Customers {
        &self.facts.customers
    }
}

impl Journal {
    /// Opens the log under a state directory. Directories that are missing are made, mode 0700.
    ///
    /// # Errors
    /// Whatever keeps the log from being written to: a link or something else in the directory's
    /// place, another owner, a missing permission, a read-only file system.
    pub fn open(state: &Path, clock: Clock) -> Result<Self, AuditError> {
        Self::open_with(state, clock, SEGMENT_BYTES)
    }

    /// Opens a log whose segments are followed by another after `limit` bytes.
    pub(super) fn open_with(state: &Path, clock: Clock, limit: u64) -> Result<Self, AuditError> {
        let writer = Writer::open(state, clock, limit)?;
        Ok(Self {
            queue: Mutex::default(),
            directory: writer.directory().to_owned(),
            pulse: writer.pulse(),
            writer: Mutex::new(writer),
        })
    }

    /// Records an event. Returns when its entry is on disk, and blocks until then.
    ///
    /// # Errors
    /// Whatever kept the entry from being written. It may then be in the log or not, and what it
    /// was to record must not happen.
    pub fn record(&self, event: Event) -> Result<Receipt, AuditError> {
        let (ticket, facts) = event.into_parts();
        let facts = Arc::new(facts);
        let (Seat { round, at }, is_led) = {
            let mut queue = self.queue();
            let seat = queue.join(Arc::clone(&facts));
            (seat, std::mem::replace(&mut queue.is_led, true))
        };
        if at == 0 {
            if is_led {
                round.turn.wait();
            }
            self.lead(&round);
        }
        match round.outcome.wait() {
            Ok(heads) => match heads.get(at) {
                Some(head) => Ok(Receipt { ticket, head: *head, facts }),
                None => Err(self.abandoned()),
            },
            Err(error) => Err(error.clone()),
        }
    }

    /// Tells how many syncs of entries there were, failed ones included.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.pulse.syncs()
    }

    /// Gives what is known of the journal without writing to it.
    #[must_use]
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Gives the directory of the log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Tells how many bytes may still be written to the log's file system; `None` where that cannot
    /// be told.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        disk::free_bytes(&self.directory)
    }

    /// Writes the entries of the round that is led, tells all of it, and hands the lead on.
    fn lead(&self, round: &Arc<Round>) {
        let _lead = Lead { journal: self, round };
        self.gather();
        let mut writer = self.writer();
        let held = writer.lock();
        let facts = self.take(round);
        let entries: Vec<&Facts> = facts.iter().map(|facts| &**facts).collect();
        let result = held.and_then(|_held| writer.append(&entries));
        self.pulse.appended(result.is_ok());
        drop(writer);
        self.remember(facts.len());
        // All at once, and before the lead goes on: until the next leader runs, many of them are back.
        let _ = round.outcome.set(result);
    }

    /// Lets those who were in the last write come again, if they do so at once.
    ///
    /// A sync costs far more than letting them run, and without this half of them would find it
    /// already under way, each time.
    fn gather(&self) {
        let (mut present, company) = {
            let queue = self.queue();
            (queue.present(), queue.company)
        };
        let mut idle = 0;
        while present < company && idle < PATIENCE {
            thread::yield_now();
            let now = self.queue().present();
            idle = if now > present { 0 } else { idle + 1 };
            present = now;
        }
    }

    /// Takes the facts of the round that is led; nobody joins it any more.
    fn take(&self, round: &Arc<Round>) -> Vec<Arc<Facts>> {
        let mut queue = self.queue();
        match queue.rounds.pop_front_if(|first| Arc::ptr_eq(&first.round, round)) {
            Some(first) => first.facts,
            None => Vec::new(),
        }
    }

    /// Remembers how many callers there are after a write of so many entries.
    fn remember(&self, count: usize) {
        let mut queue = self.queue();
        queue.company = count + queue.present();
    }

    /// Says that nobody knows what has become of an entry.
    fn abandoned(&self) -> AuditError {
        AuditError::Abandoned { path: self.directory.clone() }
    }

    /// Gives the queue. Whoever panicked with it left it whole.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the writer. Whoever panicked with it left no open segment in it.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lead while somebody has it; handed on when dropped, by a panic too.
struct Lead<'a> {
    /// The journal that is led.
    journal: &'a Journal,
    /// The round that is led.
    round: &'a Arc<Round>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.journal.pulse.appended(false);
        }
        // Nothing of the round is left where it was told.
        drop(self.journal.take(self.round));
        if self.round.outcome.get().is_none() {
            // Nobody else tells it.
            let _ = self.round.outcome.set(Err(self.journal.abandoned()));
        }
        let mut queue = self.journal.queue();
        match queue.rounds.front() {
            // It was not its turn before.
            Some(next) => drop(next.round.turn.set(())),
            None => queue.is_led = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU64, Ordering};

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
        let facts = mint(1).into_parts().1;
        let Seat { round, .. } = journal.queue().join(Arc::new(facts));
        journal.queue().is_led = true;
        thread::scope(|scope| {
            let other = scope.spawn(|| journal.record(mint(2)));
            while journal.queue().present() < 2 {
                thread::yield_now();
            }
            let leader = scope.spawn(|| {
                let _writer = journal.writer();
                let _lead = Lead { journal: &journal, round: &round };
                panic!("while it leads");
            });
            assert!(leader.join().is_err());
            assert!(matches!(other.join().unwrap().unwrap_err(), AuditError::Abandoned { .. }));
        });
        assert_eq!(journal.pulse().last_append(), LastAppend::Failed { at: clock().now() });
        assert_eq!(journal.record(mint(3)).unwrap().sequence(), 2);
    }

    #[test]
    fn a_round_is_full_at_its_limit_and_another_follows() {
        let mut queue = Queue::default();
        let facts = Arc::new(mint(1).into_parts().1);
        let seats: Vec<Seat> = (0..=MOST_AT_ONCE).map(|_| queue.join(Arc::clone(&facts))).collect();
        assert_eq!((seats[MOST_AT_ONCE - 1].at, seats[MOST_AT_ONCE].at), (MOST_AT_ONCE - 1, 0));
        assert!(Arc::ptr_eq(&seats[0].round, &seats[MOST_AT_ONCE - 1].round));
        assert!(!Arc::ptr_eq(&seats[0].round, &seats[MOST_AT_ONCE].round));
        assert_eq!(queue.present(), MOST_AT_ONCE + 1);
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
}
