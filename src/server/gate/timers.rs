//! Who is due when: one time for each connection, the next always at hand.

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
    /// Moves a deadline from where it was to where it is.
    pub(super) fn change(&mut self, token: Token, was: &mut Option<Instant>, due: Option<Instant>) {
        if *was == due {
            return;
        }
        if let Some(was) = *was {
            self.dues.remove(&(was, token));
        }
        if let Some(due) = due {
            self.dues.insert((due, token));
        }
        *was = due;
    }

    /// Tells when the next deadline is.
    pub(super) fn next(&self) -> Option<Instant> {
        self.dues.first().map(|(due, _)| *due)
    }

    /// Gives one whose deadline has come.
    pub(super) fn expired(&self, now: Instant) -> Option<Token> {
        self.dues.first().filter(|(due, _)| *due <= now).map(|(_, token)| *token)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_deadline_comes_first_however_they_are_moved() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let mut timers = Timers::default();
        let (mut one, mut two) = (None, None);
        timers.change(Token(1), &mut one, at(2));
        timers.change(Token(2), &mut two, at(3));
        assert_eq!((timers.next(), timers.expired(start)), (at(2), None));
        timers.change(Token(1), &mut one, at(4));
        assert_eq!(timers.expired(start + Duration::from_secs(3)), Some(Token(2)));
        timers.change(Token(2), &mut two, None);
        assert_eq!((timers.next(), one, two), (at(4), at(4), None));
        timers.change(Token(1), &mut one, None);
        assert_eq!(timers.next(), None);
    }
}
