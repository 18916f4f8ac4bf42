//! Who is in which state for how long, and what all of them hold: so that one of them can give way.

use std::collections::BTreeSet;
use std::time::Instant;

use mio::Token;

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: it awaits a request, or its end.
    Idle,
    /// It is sending a request.
    Receiving,
    /// It is taking a reply.
    Replying,
    /// Its request is being answered.
    Served,
}

/// The place of a connection in the crowd.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// What it is about.
    standing: Standing,
    /// Since when.
    since: Instant,
    /// How many bytes it holds.
    held: usize,
}

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// The idle ones, the oldest first.
    idle: BTreeSet<(Instant, Token)>,
    /// Those that are sending, the oldest first.
    receiving: BTreeSet<(Instant, Token)>,
    /// Those that are taking a reply, the oldest first.
    replying: BTreeSet<(Instant, Token)>,
    /// How many bytes all of them hold.
    held: usize,
}

impl Crowd {
    /// Takes a new connection in.
    pub(super) fn join(&mut self, token: Token, now: Instant) -> Place {
        let place = Place { standing: Standing::Idle, since: now, held: 0 };
        self.idle.insert((now, token));
        place
    }

    /// Takes note of what a connection is about now.
    pub(super) fn update(
        &mut self,
        token: Token,
        place: &mut Place,
        standing: Standing,
        held: usize,
        now: Instant,
    ) {
        self.held = self.held - place.held + held;
        place.held = held;
        if place.standing != standing {
            self.leave_line(token, *place);
            *place = Place { standing, since: now, held };
            if let Some(line) = self.line(standing) {
                line.insert((now, token));
            }
        }
    }

    /// Lets a connection go.
    pub(super) fn leave(&mut self, token: Token, place: Place) {
        self.held -= place.held;
        self.leave_line(token, place);
    }

    /// Tells how many bytes all of them hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Gives the one that has been idle for longest.
    pub(super) fn oldest_idle(&self) -> Option<Token> {
        self.idle.first().map(|(_, token)| *token)
    }

    /// Gives the one that has been sending a request for longest.
    pub(super) fn oldest_receiving(&self) -> Option<Token> {
        self.receiving.first().map(|(_, token)| *token)
    }

    /// Gives the one that has been taking a reply for longest.
    pub(super) fn oldest_replying(&self) -> Option<Token> {
        self.replying.first().map(|(_, token)| *token)
    }

    /// Takes a connection out of its line.
    fn leave_line(&mut self, token: Token, place: Place) {
        if let Some(line) = self.line(place.standing) {
            line.remove(&(place.since, token));
        }
    }

    /// Gives the line for a standing; those that are served stand in none.
    fn line(&mut self, standing: Standing) -> Option<&mut BTreeSet<(Instant, Token)>> {
        match standing {
            Standing::Idle => Some(&mut self.idle),
            Standing::Receiving => Some(&mut self.receiving),
            Standing::Replying => Some(&mut self.replying),
            Standing::Served => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_of_each_standing_is_known_and_what_all_hold() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut crowd = Crowd::default();
        let mut one = crowd.join(Token(1), start);
        let mut two = crowd.join(Token(2), later);
        assert_eq!(crowd.oldest_idle(), Some(Token(1)));
        crowd.update(Token(1), &mut one, Standing::Receiving, 10, later);
        crowd.update(Token(2), &mut two, Standing::Idle, 5, later);
        assert_eq!((crowd.oldest_idle(), crowd.oldest_receiving()), (Some(Token(2)), Some(Token(1))));
        assert_eq!(crowd.held(), 15);
        crowd.update(Token(1), &mut one, Standing::Served, 3, later);
        crowd.update(Token(2), &mut two, Standing::Replying, 0, later);
        assert_eq!((crowd.oldest_receiving(), crowd.oldest_replying()), (None, Some(Token(2))));
        crowd.leave(Token(1), one);
        crowd.leave(Token(2), two);
        assert_eq!((crowd.held(), crowd.oldest_idle(), crowd.oldest_replying()), (0, None, None));
    }
}
