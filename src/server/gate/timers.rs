//! Who is due when: one time for each connection, the next always at hand.
//!
//! A deadline that moves away, as almost all do with every request, stays where it is until it comes, and
//! only then is put where it has moved to.

use std::collections::BTreeSet;
use std::time::Instant;

use mio::Token;

/// All deadlines. Each change takes logarithmic time.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// The deadlines, the next one first.
    dues: BTreeSet<(Instant, Token)>,
}

impl Timers {
    /// Takes note of a deadline. `set` is the time at which the connection will be given, never later.
    pub(super) fn change(&mut self, token: Token, set: &mut Option<Instant>, due: Option<Instant>) {
        let Some(due) = due else { return };
        if set.is_none_or(|set| due < set) {
            self.leave(token, set);
            self.dues.insert((due, token));
            *set = Some(due);
        }
    }

    /// Lets a connection go.
    pub(super) fn leave(&mut self, token: Token, set: &mut Option<Instant>) {
        if let Some(set) = set.take() {
            self.dues.remove(&(set, token));
        }
    }

    /// Tells when the next one is to be taken.
    pub(super) fn next(&self) -> Option<Instant> {
        self.dues.first().map(|(due, _)| *due)
    }

    /// Takes one whose time has come. Its deadline may have moved away meanwhile, and is to be noted anew.
    pub(super) fn take(&mut self, now: Instant) -> Option<Token> {
        if self.next()? > now {
            return None;
        }
        self.dues.pop_first().map(|(_, token)| token)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_deadline_that_comes_nearer_is_moved_and_one_that_moves_away_is_taken_and_noted_anew() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let mut timers = Timers::default();
        let (mut one, mut two) = (None, None);
        timers.change(Token(1), &mut one, at(2));
        timers.change(Token(2), &mut two, at(3));
        assert_eq!((timers.next(), timers.take(start)), (at(2), None));
        timers.change(Token(2), &mut two, at(1));
        assert_eq!((timers.next(), two), (at(1), at(1)));
        timers.change(Token(2), &mut two, at(4));
        timers.change(Token(1), &mut one, None);
        assert_eq!((timers.next(), one, two), (at(1), at(2), at(1)));
        assert_eq!(timers.take(start + Duration::from_secs(1)), Some(Token(2)));
        two = None;
        timers.change(Token(2), &mut two, at(4));
        assert_eq!((timers.next(), two), (at(2), at(4)));
        timers.leave(Token(1), &mut one);
        assert_eq!((timers.next(), one), (at(4), None));
        assert_eq!(timers.take(start + Duration::from_secs(4)), Some(Token(2)));
        assert_eq!(timers.next(), None);
    }
}
