//! The journal: takes events from many threads, brings them to disk together, and gives receipts.
//!
//! Events that wait together make a round. One caller leads it: it waits for the lock, takes all that have
//! joined by then, writes them with one sync, tells all of them at once, and hands the lead on. A caller by
//! itself pays for its own entry and nothing else.
//!
//! A caller either waits for its entry, or leaves what is to be done with the receipt and goes on, to settle
//! later what it has left. The lead goes to the first of a round where it waits, and otherwise to whoever comes
//! next, or stays: no entry waits without somebody who leads, is about to, or will settle it.

mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use self::queue::{Forming, Left, Queue, Seat};
use super::entry::{Action, Customers, Deed, Event, Facts, Outcome, Ticket};
use super::error::AuditError;
use super::head::{Hash, Head};
use super::pulse::Pulse;
use super::writer::Writer;
use crate::disk;
use crate::time::Clock;

/// After how many bytes a segment is followed by another.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// How often a leader that expects company lets others run without any of them coming.
const PATIENCE: u32 = 16;

/// What is done with the receipt of an entry, or with the failure. It must not block.
pub type Completion = Box<dyn FnOnce(Result<Receipt, AuditError>) + Send>;

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
            (seat, queue.take_lead())
        };
        if !is_led {
            self.lead();
        }
        if at == 0 && round.outcome.get().is_none() {
            round.turn.wait();
            self.lead();
        }
        self.receipt(round.outcome.wait(), at, ticket, facts)
    }

    /// Puts an event off, and what is to be done when its entry is on disk. Whoever does so calls `settle`
    /// soon, and before it waits for anything; how much is put off until then is for the callers to bound.
    pub fn put_off(&self, event: Event, completion: Completion) {
        let (ticket, facts) = event.into_parts();
        self.queue().leave(Left { at: 0, ticket, facts: Arc::new(facts), completion });
    }

    /// Has what was put off recorded and done: by this thread before it returns, or by one that records
    /// already. This thread may do what others have left, and write their entries. Tells whether more waits
    /// that nobody else records; then it is to be called again.
    pub fn settle(&self) -> bool {
        if !self.queue().resume_lead() {
            return false;
        }
        self.lead_round();
        self.queue().lacks_lead()
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

    /// Leads the first round, and those after it for as long as nobody else does.
    fn lead(&self) {
        loop {
            self.lead_round();
            if !self.queue().resume_lead() {
                return;
            }
        }
    }

    /// Writes the entries of the first round, tells all of it, hands the lead on, and does what was left.
    fn lead_round(&self) {
        self.gather();
        let mut writer = self.writer();
        let held = writer.lock();
        let forming = self.queue().take();
        let waited = forming.waiting();
        let Forming { round, facts, left } = forming;
        let entries: Vec<&Facts> = facts.iter().map(|facts| &**facts).collect();
        let result = held.and_then(|_held| {
            let append = AssertUnwindSafe(|| writer.append(&entries));
            // A panic must not leave others without a leader.
            catch_unwind(append).unwrap_or_else(|_| Err(self.abandoned()))
        });
        self.pulse.appended(result.is_ok());
        drop(writer);
        // All at once, and before the lead goes on: until the next leader runs, many of them are back.
        let outcome = round.outcome.get_or_init(|| result);
        self.queue().hand_on(waited);
        for Left { at, ticket, facts, completion } in left {
            let receipt = self.receipt(outcome, at, ticket, facts);
            // A panic is that one's alone.
            let _ = catch_unwind(AssertUnwindSafe(|| completion(receipt)));
        }
    }

    /// Gives one caller of a round what has become of its entry.
    fn receipt(
        &self,
        outcome: &Result<Vec<Head>, AuditError>,
        at: usize,
        ticket: Ticket,
        facts: Arc<Facts>,
    ) -> Result<Receipt, AuditError> {
        let heads = outcome.as_ref().map_err(Clone::clone)?;
        let head = *heads.get(at).ok_or_else(|| self.abandoned())?;
        Ok(Receipt { ticket, head, facts })
    }

    /// Lets those who waited for the last write come again, if they do so at once.
    ///
    /// A sync costs far more than letting them run, and without this half of them would find it
    /// already under way, each time.
    fn gather(&self) {
        let (mut present, company) = {
            let queue = self.queue();
            (queue.waiting(), queue.company())
        };
        let mut idle = 0;
        while present < company && idle < PATIENCE {
            thread::yield_now();
            let now = self.queue().waiting();
            idle = if now > present { 0 } else { idle + 1 };
            present = now;
        }
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

#[cfg(test)]
mod tests;
