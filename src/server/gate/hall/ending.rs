//! How a run ends: nobody is let in any more, and what was received is still answered.

use std::time::Instant;

use mio::Token;

use super::super::client::Client;
use super::super::door::Door;
use super::super::{Ended, Notice};
use super::Hall;

impl Hall {
    /// Tells how it has ended, if it has. Begins to drain when that was asked for.
    pub(super) fn end(&mut self, now: Instant) -> Option<Ended> {
        if self.stop.wants_stop() {
            return Some(Ended::Stopped);
        }
        if self.stop.wants_drain() && self.drained_by.is_none() {
            self.drain(now);
        }
        let until = self.drained_by?;
        if self.clients.is_empty() {
            return Some(Ended::Drained);
        }
        let at_work = self.clients.values().filter(|client| client.protocol.is_at_work()).count();
        (now >= until).then_some(if at_work == 0 { Ended::Drained } else { Ended::LeftWork(at_work) })
    }

    /// Closes the door behind those who stood before it, and has everybody come to an end.
    fn drain(&mut self, now: Instant) {
        (self.settings.notice)(Notice::Draining);
        self.drained_by = Some(now + self.limits.drain_time);
        self.door.iter_mut().for_each(Door::knock);
        while self.door.as_ref().is_some_and(|door| door.due(now) == Some(now)) {
            self.welcome(now);
        }
        self.door = None;
        let everybody: Vec<Token> = self.clients.keys().copied().collect();
        for token in everybody {
            // What has arrived by now counts as received.
            self.clients.get_mut(&token).into_iter().for_each(Client::look_again);
            self.serve(token, now);
            let last_call = now + self.limits.last_call;
            self.clients.get_mut(&token).into_iter().for_each(|client| client.protocol.drain(last_call));
            self.serve(token, now);
        }
    }
}
