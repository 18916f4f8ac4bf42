//! One client's side of a connection to the gate's state machine: everything is answered at once with 200.

use std::sync::Arc;
use std::time::Instant;

use stream_token::server::protocol::{Answer, Event, Protocol, Stamp};
use stream_token::server::{Limits, Reply};

/// Stands for what only the world outside knows.
pub(crate) const STAMP: Stamp<'static> = Stamp { date: "Thu, 01 Jan 1970 00:00:00 GMT", id: "1" };

/// A connection, and all that came of it.
pub(crate) struct Connection {
    /// The machine.
    pub(crate) protocol: Protocol,
    /// The time.
    pub(crate) now: Instant,
    /// What came out, in order.
    pub(crate) events: Vec<Event>,
    /// What was sent.
    pub(crate) sent: Vec<u8>,
    /// The most bytes that were held at any moment.
    pub(crate) most_held: usize,
}

impl Connection {
    /// Begins one.
    pub(crate) fn new() -> Self {
        Self::within(Limits::default())
    }

    /// Begins one within these bounds.
    pub(crate) fn within(limits: Limits) -> Self {
        let now = Instant::now();
        let protocol = Protocol::new(Arc::new(limits), now);
        Self { protocol, now, events: Vec::new(), sent: Vec::new(), most_held: 0 }
    }

    /// Sends bytes in pieces of these lengths, over and over, for as long as they are taken.
    pub(crate) fn send(&mut self, bytes: &[u8], pieces: impl IntoIterator<Item = usize>) {
        let mut rest = bytes;
        for piece in pieces {
            let count = rest.len().min(piece.max(1)).min(self.protocol.room());
            if count == 0 {
                return;
            }
            self.protocol.receive(&rest[..count], self.now);
            rest = &rest[count..];
            self.answer();
        }
    }

    /// Sends no more.
    pub(crate) fn end(&mut self) {
        self.protocol.end(self.now);
        self.answer();
    }

    /// Answers what is there, and takes what is sent.
    pub(crate) fn answer(&mut self) {
        loop {
            self.flush();
            let Some(event) = self.protocol.next_event() else { return };
            let reply = match &event {
                Event::Request(_) => Reply::json(200, "{}".into()),
                Event::Refusal(fault) => fault.reply(),
            };
            self.events.push(event);
            self.protocol.reply(&Answer::from(&reply), STAMP, self.now);
        }
    }

    /// Takes what is sent: a reply, and what the request behind it is told at once.
    pub(crate) fn flush(&mut self) {
        self.most_held = self.most_held.max(self.protocol.held());
        while !self.protocol.output().is_empty() {
            self.sent.extend_from_slice(self.protocol.output());
            let count = self.protocol.output().len();
            self.protocol.wrote(count, self.now);
            self.most_held = self.most_held.max(self.protocol.held());
        }
    }
}
