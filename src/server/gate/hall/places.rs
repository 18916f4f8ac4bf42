//! Who has a place: lets clients in, and has some of them go where there are too many or they hold too much.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use mio::Token;
use mio::net::TcpStream;

use super::super::Notice;
use super::super::client::Client;
use super::super::crowd::Standing;
use super::super::door::Caller;
use super::super::protocol::Protocol;
use super::super::secured::Secured;
use super::super::transport::Transport;
use super::Hall;

/// How many clients are let in before others are looked after again.
const GUESTS_AT_ONCE: usize = 64;

impl Hall {
    /// Lets clients in, some at a time.
    pub(super) fn welcome(&mut self, now: Instant) {
        for _ in 0..GUESTS_AT_ONCE {
            if self.is_full() && self.crowd.first_to_go().is_none() {
                self.door.iter_mut().for_each(|door| door.delay(now));
                return;
            }
            match self.door.as_mut().map_or(Caller::Nobody, |door| door.answer(now)) {
                Caller::Nobody => return,
                Caller::Client(stream, peer) => self.seat(stream, peer, now),
                Caller::SentAway => {
                    (self.settings.notice)(Notice::OutOfDescriptors);
                    if let Some(token) = self.crowd.first_to_go() {
                        self.give_up(token, now);
                    }
                }
            }
        }
    }

    /// Tells whether there are as many clients as there may be.
    pub(super) fn is_full(&self) -> bool {
        self.clients.len() >= self.limits.connections
    }

    /// Begins with a client. Where there is no place, another gives way.
    fn seat(&mut self, stream: TcpStream, peer: SocketAddr, now: Instant) {
        if self.is_full() {
            (self.settings.notice)(Notice::Full);
            match self.crowd.first_to_go() {
                Some(token) => self.give_up(token, now),
                None => return,
            }
        }
        let mut protocol = Protocol::new(Arc::clone(&self.limits), now);
        let (mut secured, mut standing) = (None, Standing::Idle);
        if let Some(identity) = &self.identity {
            let Some(begun) = Secured::new(identity.current().config()) else { return };
            (secured, standing) = (Some(Box::new(begun)), Standing::Handshaking);
            protocol.await_greeting(now + self.limits.handshake_time);
            if self.crowd.handshaking() >= self.limits.handshakes
                && let Some(token) = self.crowd.oldest_handshaking()
            {
                self.give_up(token, now);
            }
        }
        self.last_token += 1;
        let token = Token(self.last_token);
        // A socket that cannot be used is one that has gone.
        let Ok(transport) = Transport::new(stream, secured, self.poll.registry(), token) else { return };
        let place = self.crowd.join(token, standing, now);
        self.clients.insert(token, Client::new(transport, protocol, peer.ip(), place));
        self.settle(token, now);
    }

    /// Has one client hold less. Tells whether there was one that could.
    ///
    /// Requests that wait may hold a third of the budget, and the largest of them goes first: however many
    /// large ones there are, they keep no small one out. Handshakes may hold half of it: neither may they crowd
    /// the others out, nor the other way round.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        let has_too_much_waiting = self.way.held() > self.limits.budget / 3;
        let largest = if has_too_much_waiting { self.way.give_up_largest() } else { None };
        if let Some(client) = largest.and_then(|token| self.clients.get_mut(&token)) {
            client.protocol.end_with_reply();
            return true;
        }
        let (crowd, in_handshakes) = (&self.crowd, self.crowd.held_in_handshakes());
        let first = crowd.oldest_handshaking().filter(|_| in_handshakes > self.limits.budget / 2);
        let next = crowd.oldest_handshaking().filter(|_| in_handshakes > 0);
        match (first, crowd.oldest_receiving(), next.or_else(|| crowd.oldest_replying())) {
            (None, Some(oldest), _) => self.give_way(oldest, now),
            (Some(oldest), _, _) | (None, None, Some(oldest)) => self.give_up(oldest, now),
            (None, None, None) => return false,
        }
        true
    }

    /// Asks a client to give way. It is told if it was sending a request.
    fn give_way(&mut self, token: Token, now: Instant) {
        if let Some(client) = self.clients.get_mut(&token) {
            client.protocol.give_way();
        }
        self.carry(token, now);
    }

    /// Ends with a client at once, telling it if that can be done at once.
    fn give_up(&mut self, token: Token, now: Instant) {
        self.give_way(token, now);
        if let Some(client) = self.clients.get_mut(&token) {
            client.protocol.abandon();
        }
        self.settle(token, now);
    }
}
