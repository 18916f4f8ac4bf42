//! Requests that wait for a connection to the endpoint, the oldest first. Whoever leaves gives its turn up,
//! so that there are never more of them than clients.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use mio::Token;

use super::upstream::Asked;

/// A request that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Who asked, and how.
    pub(super) asked: Asked,
    /// What will be sent.
    pub(super) bytes: Vec<u8>,
    /// When it has waited for too long.
    pub(super) due: Instant,
}

/// All requests that wait. Each change takes logarithmic time.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The requests, by their turns.
    turns: BTreeMap<u64, Waiting>,
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
        self.held += waiting.bytes.capacity();
        self.turn_of.insert(waiting.asked.client, self.last_turn);
        self.turns.insert(self.last_turn, waiting);
    }

    /// Takes the oldest.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let (_, waiting) = self.turns.pop_first()?;
        self.turn_of.remove(&waiting.asked.client);
        self.held -= waiting.bytes.capacity();
        Some(waiting)
    }

    /// Takes the oldest if it has waited for too long.
    pub(super) fn pop_late(&mut self, now: Instant) -> Option<Waiting> {
        self.due().filter(|due| *due <= now).and_then(|_| self.pop())
    }

    /// Drops what waits for a client.
    pub(super) fn leave(&mut self, client: Token) {
        let turn = self.turn_of.remove(&client);
        if let Some(waiting) = turn.and_then(|turn| self.turns.remove(&turn)) {
            self.held -= waiting.bytes.capacity();
        }
    }

    /// Tells whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Tells when the oldest has waited for too long.
    pub(super) fn due(&self) -> Option<Instant> {
        self.turns.first_key_value().map(|(_, waiting)| waiting.due)
    }

    /// Tells how many bytes all of them hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Puts a request of a client into a queue.
    fn push(queue: &mut Queue, client: usize, due: Instant) {
        let asked = Asked { client: Token(client), id: String::new(), is_head: false };
        queue.push(Waiting { asked, bytes: vec![0; 10], due });
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
            push(&mut queue, number, later);
        }
        queue.leave(Token(1));
        queue.leave(Token(3));
        queue.leave(Token(5));
        assert_eq!((queue.held(), queue.due()), (20, Some(later)));
        assert_eq!(client(queue.pop_late(now)), None);
        assert_eq!(client(queue.pop_late(later)), Some(2));
        assert_eq!(client(queue.pop()), Some(4));
        assert_eq!(client(queue.pop()), None);
        assert!(queue.is_empty() && queue.held() == 0 && queue.due().is_none());
        queue.leave(Token(4));
        assert_eq!(queue.held(), 0);
    }
}
