//! Who is in which state for how long, and what all of them hold: so that one of them can give way.

use std::collections::BTreeSet;
use std::time::Instant;

use mio::Token;

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has not finished its handshake.
    Handshaking,
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
    /// Those that have not finished their handshake, the oldest first.
    handshaking: BTreeSet<(Instant, Token)>,
    /// The idle ones, the oldest first.
    idle: BTreeSet<(Instant, Token)>,
    /// Those that are sending, the oldest first.
    receiving: BTreeSet<(Instant, Token)>,
    /// Those that are taking a reply, the oldest first.
    replying: BTreeSet<(Instant, Token)>,
    /// How many bytes all of them hold.
    held: usize,
    /// How many of these those hold that have not finished their handshake.
    held_in_handshakes: usize,
}

impl Crowd {
    /// Takes a new connection in.
    pub(super) fn join(&mut self, token: Token, standing: Standing, now: Instant) -> Place {
        if let Some(line) = self.line(standing) {
            line.insert((now, token));
        }
        Place { standing, since: now, held: 0 }
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
        self.count_out(*place);
        self.held += held;
        if standing == Standing::Handshaking {
            self.held_in_handshakes += held;
        }
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
        self.count_out(place);
        self.leave_line(token, place);
    }

    /// Tells how many bytes all of them hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Tells how many of these those hold that have not finished their handshake.
    pub(super) fn held_in_handshakes(&self) -> usize {
        self.held_in_handshakes
    }

    /// Tells how many have not finished their handshake.
    pub(super) fn handshaking(&self) -> usize {
        self.handshaking.len()
    }

    /// Gives the one that has been at its handshake for longest.
    pub(super) fn oldest_handshaking(&self) -> Option<Token> {
        self.handshaking.first().map(|(_, token)| *token)
    }

    /// Gives the one that has been idle for longest.
    fn oldest_idle(&self) -> Option<Token> {
        self.idle.first().map(|(_, token)| *token)
    }

    /// Gives the one that has to go where one has to: the one that has been idle for longest, else at its
    /// handshake, else sending, else taking a reply. Whoever is being served does not have to.
    pub(super) fn first_to_go(&self) -> Option<Token> {
        let waiting = self.oldest_idle().or_else(|| self.oldest_handshaking());
        waiting.or_else(|| self.oldest_receiving()).or_else(|| self.oldest_replying())
    }

    /// Gives the one that has been sending a request for longest.
    pub(super) fn oldest_receiving(&self) -> Option<Token> {
        self.receiving.first().map(|(_, token)| *token)
    }

    /// Gives the one that has been taking a reply for longest.
    pub(super) fn oldest_replying(&self) -> Option<Token> {
        self.replying.first().map(|(_, token)| *token)
    }

    /// Counts what a connection held no more.
    fn count_out(&mut self, place: Place) {
        self.held -= place.held;
        if place.standing == Standing::Handshaking {
            self.held_in_handshakes -= place.held;
        }
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
            Standing::Handshaking => Some(&mut self.handshaking),
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
        let mut one = crowd.join(Token(1), Standing::Handshaking, start);
        let mut two = crowd.join(Token(2), Standing::Idle, later);
        assert_eq!((crowd.oldest_handshaking(), crowd.handshaking()), (Some(Token(1)), 1));
        crowd.update(Token(1), &mut one, Standing::Handshaking, 7, start);
        assert_eq!((crowd.held(), crowd.held_in_handshakes()), (7, 7));
        crowd.update(Token(1), &mut one, Standing::Idle, 3, start);
        assert_eq!((crowd.held(), crowd.held_in_handshakes()), (3, 0));
        assert_eq!((crowd.oldest_handshaking(), crowd.oldest_idle()), (None, Some(Token(1))));
        crowd.update(Token(1), &mut one, Standing::Receiving, 10, later);
        crowd.update(Token(2), &mut two, Standing::Idle, 5, later);
        assert_eq!((crowd.oldest_idle(), crowd.oldest_receiving()), (Some(Token(2)), Some(Token(1))));
        assert_eq!(crowd.held(), 15);
        crowd.update(Token(1), &mut one, Standing::Served, 3, later);
        crowd.update(Token(2), &mut two, Standing::Replying, 0, later);
        assert_eq!((crowd.oldest_receiving(), crowd.oldest_replying()), (None, Some(Token(2))));
        assert_eq!(crowd.first_to_go(), Some(Token(2)));
        crowd.leave(Token(2), two);
        assert_eq!(crowd.first_to_go(), None);
        crowd.leave(Token(1), one);
        assert_eq!((crowd.held(), crowd.oldest_idle(), crowd.oldest_replying()), (0, None, None));
    }
}
