//! Events that wait to be written, in rounds, and who is to write them. It writes nothing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::super::entry::{Facts, Ticket};
use super::super::error::AuditError;
use super::super::head::Head;
use super::Completion;

/// How many entries share one write at most; the longest of them make 16 MiB.
pub(super) const MOST_AT_ONCE: usize = 1024;

/// Events that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The rounds that wait; all but the last are full.
    rounds: VecDeque<Forming>,
    /// Whether somebody leads.
    is_led: bool,
    /// How many callers waited when the last write was done.
    company: usize,
}

/// A round that others may still join.
#[derive(Debug, Default)]
pub(super) struct Forming {
    /// Reaches those who wait for it.
    pub(super) round: Arc<Round>,
    /// What the entries will say, in order.
    pub(super) facts: Vec<Arc<Facts>>,
    /// What was left by those who do not wait, in order.
    pub(super) left: Vec<Left>,
}

/// Those whose entries share a write.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Whether it is the turn of the first to lead. Nobody else waits for this.
    pub(super) turn: OnceLock<()>,
    /// The entries once they are on disk, or why they are not. All wait for this.
    pub(super) outcome: OnceLock<Result<Vec<Head>, AuditError>>,
}

/// A caller's place in a round.
#[derive(Debug)]
pub(super) struct Seat {
    /// The round.
    pub(super) round: Arc<Round>,
    /// Which of its entries is the caller's; the first may have to lead.
    pub(super) at: usize,
}

/// What a caller has left that does not wait.
pub(super) struct Left {
    /// Which of the round's entries is its own.
    pub(super) at: usize,
    /// The mark of its event.
    pub(super) ticket: Ticket,
    /// What its entry says.
    pub(super) facts: Arc<Facts>,
    /// What is to be done.
    pub(super) completion: Completion,
}

impl fmt::Debug for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Left").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Forming {
    /// Tells how many callers wait for it.
    pub(super) fn waiting(&self) -> usize {
        self.facts.len() - self.left.len()
    }

    /// Tells whether the first of it waits, and can lead.
    fn can_lead(&self) -> bool {
        self.left.first().is_none_or(|left| left.at > 0)
    }
}

impl Queue {
    /// Joins the last round, or begins one.
    pub(super) fn join(&mut self, facts: Arc<Facts>) -> Seat {
        let last = self.last();
        last.facts.push(facts);
        Seat { round: Arc::clone(&last.round), at: last.facts.len() - 1 }
    }

    /// Joins in the same way, without waiting.
    pub(super) fn leave(&mut self, left: Left) {
        let last = self.last();
        last.facts.push(Arc::clone(&left.facts));
        last.left.push(Left { at: last.facts.len() - 1, ..left });
    }

    /// Gives the round that others join.
    fn last(&mut self) -> &mut Forming {
        if self.rounds.back().is_none_or(|last| last.facts.len() >= MOST_AT_ONCE) {
            self.rounds.push_back(Forming::default());
        }
        let last = self.rounds.len() - 1;
        &mut self.rounds[last]
    }

    /// Takes the first round; nobody joins it any more.
    pub(super) fn take(&mut self) -> Forming {
        self.rounds.pop_front().unwrap_or_default()
    }

    /// Takes the lead where nobody has it. Tells whether somebody had.
    pub(super) fn take_lead(&mut self) -> bool {
        std::mem::replace(&mut self.is_led, true)
    }

    /// Hands the lead on after a write for so many who waited: to the first of the next round if it waits, or
    /// to whoever comes next.
    pub(super) fn hand_on(&mut self, waited: usize) {
        self.company = waited + self.waiting();
        match self.rounds.front() {
            // It was not its turn before.
            Some(next) if next.can_lead() => drop(next.round.turn.set(())),
            _ => self.is_led = false,
        }
    }

    /// Takes the lead where nobody has it and entries wait. Tells whether it did.
    pub(super) fn resume_lead(&mut self) -> bool {
        self.lacks_lead() && !self.take_lead()
    }

    /// Tells whether entries wait and nobody has the lead.
    pub(super) fn lacks_lead(&self) -> bool {
        !self.rounds.is_empty() && !self.is_led
    }

    /// Tells how many entries wait that are not being written.
    #[cfg(test)]
    pub(super) fn present(&self) -> usize {
        self.rounds.iter().map(|forming| forming.facts.len()).sum()
    }

    /// Tells how many callers wait whose entries are not being written.
    pub(super) fn waiting(&self) -> usize {
        self.rounds.iter().map(Forming::waiting).sum()
    }

    /// Tells how many callers waited when the last write was done.
    pub(super) fn company(&self) -> usize {
        self.company
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::mint;
    use super::*;

    /// What somebody leaves that does not wait.
    fn left() -> Left {
        let (ticket, facts) = mint(1).into_parts();
        Left { at: 0, ticket, facts: Arc::new(facts), completion: Box::new(|_| ()) }
    }

    fn facts() -> Arc<Facts> {
        Arc::new(mint(1).into_parts().1)
    }

    #[test]
    fn a_round_is_full_at_its_limit_and_another_follows() {
        let mut queue = Queue::default();
        let seats: Vec<Seat> = (0..=MOST_AT_ONCE).map(|_| queue.join(facts())).collect();
        assert_eq!((seats[MOST_AT_ONCE - 1].at, seats[MOST_AT_ONCE].at), (MOST_AT_ONCE - 1, 0));
        assert!(Arc::ptr_eq(&seats[0].round, &seats[MOST_AT_ONCE - 1].round));
        assert!(!Arc::ptr_eq(&seats[0].round, &seats[MOST_AT_ONCE].round));
        assert_eq!(queue.present(), MOST_AT_ONCE + 1);
    }

    #[test]
    fn who_waits_and_who_does_not_share_a_round_and_keep_their_order() {
        let mut queue = Queue::default();
        assert_eq!(queue.join(facts()).at, 0);
        queue.leave(left());
        assert_eq!(queue.join(facts()).at, 2);
        queue.leave(left());
        assert_eq!(queue.present(), 4);
        let Forming { facts, left, .. } = queue.take();
        let places: Vec<usize> = left.iter().map(|left| left.at).collect();
        assert_eq!((facts.len(), places), (4, vec![1, 3]));
    }

    #[test]
    fn who_waits_is_expected_to_come_again_and_who_does_not_is_not() {
        let mut queue = Queue::default();
        queue.leave(left());
        queue.join(facts());
        queue.leave(left());
        let waited = queue.take().waiting();
        queue.leave(left());
        queue.join(facts());
        queue.hand_on(waited);
        assert_eq!((queue.company(), queue.waiting(), queue.present()), (2, 1, 2));
    }

    #[test]
    fn the_lead_goes_to_the_first_if_it_waits_and_else_to_whoever_comes_next() {
        let mut queue = Queue::default();
        assert!(!queue.take_lead() && queue.take_lead());
        let first = queue.join(facts());
        queue.hand_on(0);
        assert!(first.round.turn.get().is_some() && !queue.resume_lead());
        queue.take();
        queue.leave(left());
        let second = queue.join(facts());
        queue.hand_on(1);
        assert!(second.round.turn.get().is_none());
        assert!(queue.resume_lead() && queue.take_lead());
        queue.take();
        queue.hand_on(1);
        assert!(!queue.resume_lead() && !queue.take_lead());
    }
}
