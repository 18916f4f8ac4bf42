//! Requests that wait for a connection to the endpoint, the oldest first. Whoever leaves gives its turn up,
//! so that there are never more of them than clients.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use mio::Token;

use super::upstream::Asked;
use crate::server::wire::Passage;

/// A request that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Who asked, and how.
    pub(super) asked: Asked,
    /// What will be sent.
    pub(super) passage: Passage,
    /// When it has waited for too long.
    pub(super) due: Instant,
}

/// All requests that wait. Each change takes logarithmic time.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The requests, by their turns.
    turns: BTreeMap<u64, Waiting>,
    /// How large they are, and their turns.
    sizes: BTreeSet<(usize, u64)>,
    /// The turn of each client, which has one at most.
    turn_of: HashMap<Token, u64>,
    /// The last turn that was given out.
    last_turn: u64,
    /// How many bytes all of them hold.
    held: usize,
}

impl Queue {
    /// Puts a request behind all others.
    pub(super) fn push(&mut self, waiting: Waiting) {
        self.last_turn += 1;
        let size = waiting.passage.held();
        self.held += size;
        self.sizes.insert((size, self.last_turn));
        self.turn_of.insert(waiting.asked.client, self.last_turn);
        self.turns.insert(self.last_turn, waiting);
    }

    /// Takes the oldest.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let turn = *self.turns.first_key_value()?.0;
        self.take(turn)
    }

    /// Takes the largest.
    pub(super) fn pop_largest(&mut self) -> Option<Waiting> {
        let turn = self.sizes.last()?.1;
        self.take(turn)
    }

    /// Takes the oldest if it has waited for too long.
    pub(super) fn pop_late(&mut self, now: Instant) -> Option<Waiting> {
        self.due().filter(|due| *due <= now).and_then(|_| self.pop())
    }

    /// Drops what waits for a client.
    pub(super) fn leave(&mut self, client: Token) {
        let turn = self.turn_of.get(&client).copied();
        drop(turn.and_then(|turn| self.take(turn)));
    }

    /// Tells what the oldest counts as.
    pub(super) fn next_weight(&self) -> Option<usize> {
        self.turns.first_key_value().map(|(_, waiting)| waiting.passage.weight())
    }

    /// Tells when the oldest has waited for too long.
    pub(super) fn due(&self) -> Option<Instant> {
        self.turns.first_key_value().map(|(_, waiting)| waiting.due)
    }

    /// Tells how many bytes all of them hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes the request whose turn this is.
    fn take(&mut self, turn: u64) -> Option<Waiting> {
        let waiting = self.turns.remove(&turn)?;
        let size = waiting.passage.held();
        self.held -= size;
        self.sizes.remove(&(size, turn));
        self.turn_of.remove(&waiting.asked.client);
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Puts a request of a client into a queue.
    fn push(queue: &mut Queue, client: usize, size: usize, due: Instant) {
        let asked = Asked { client: Token(client), id: String::new(), is_head: false };
        queue.push(Waiting { asked, passage: Passage::holding(size), due });
    }

    /// Gives whose request is taken from a queue.
    fn client(waiting: Option<Waiting>) -> Option<usize> {
        waiting.map(|waiting| waiting.asked.client.0)
    }

    #[test]
    fn the_oldest_comes_first_and_who_has_left_does_not_come() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut queue = Queue::default();
        for number in 1..=4 {
            push(&mut queue, number, 10, later);
        }
        queue.leave(Token(1));
        queue.leave(Token(3));
        queue.leave(Token(5));
        assert_eq!((queue.held(), queue.next_weight(), queue.due()), (20, Some(1024), Some(later)));
        assert_eq!(client(queue.pop_late(now)), None);
        assert_eq!(client(queue.pop_late(later)), Some(2));
        assert_eq!(client(queue.pop()), Some(4));
        assert_eq!(client(queue.pop()), None);
        assert!(queue.next_weight().is_none() && queue.held() == 0 && queue.due().is_none());
        queue.leave(Token(4));
        assert_eq!(queue.held(), 0);
    }

    #[test]
    fn the_largest_can_be_taken_before_its_turn() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for (number, size) in [(1, 10), (2, 30), (3, 20), (4, 40)] {
            push(&mut queue, number, size, now);
        }
        queue.leave(Token(4));
        assert_eq!(client(queue.pop_largest()), Some(2));
        assert_eq!(queue.held(), 30);
        assert_eq!(client(queue.pop()), Some(1));
        assert_eq!(client(queue.pop_largest()), Some(3));
        assert_eq!((client(queue.pop_largest()), queue.held()), (None, 0));
    }
}
