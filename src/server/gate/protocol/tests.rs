//! What the state machine makes of bytes and time.

mod any_bytes;
mod course;
mod refusals;

use std::time::Duration;

use super::*;
use crate::server::Reply;

/// A head that is complete but for its empty line.
const POST: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

/// Stands for what only the world outside knows.
const STAMP: Stamp<'static> = Stamp { date: "Thu, 01 Jan 1970 00:00:00 GMT", id: "1" };

/// A client's side of one connection: everything is answered at once with 200.
struct Talk {
    /// The machine.
    protocol: Protocol,
    /// The time.
    now: Instant,
    /// What came out, in order.
    events: Vec<Event>,
    /// What was sent.
    sent: Vec<u8>,
    /// The most bytes that were held at any moment.
    most_held: usize,
}

impl Talk {
    /// Begins a connection.
    fn new() -> Self {
        Self::within(Limits::default())
    }

    /// Begins a connection within these bounds.
    fn within(limits: Limits) -> Self {
        let now = Instant::now();
        let protocol = Protocol::new(Arc::new(limits), now);
        Self { protocol, now, events: Vec::new(), sent: Vec::new(), most_held: 0 }
    }

    /// Sends bytes in pieces of these lengths, over and over, for as long as they are taken.
    fn send_in(&mut self, bytes: &[u8], pieces: &[usize]) {
        let mut rest = bytes;
        let mut pieces = pieces.iter().copied().cycle();
        while !rest.is_empty() && self.protocol.room() > 0 {
            let piece = pieces.next().unwrap_or(usize::MAX).max(1);
            let count = rest.len().min(piece).min(self.protocol.room());
            self.protocol.receive(&rest[..count], self.now);
            rest = &rest[count..];
            self.answer();
        }
    }

    /// Sends bytes as large pieces as are taken.
    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.send_in(bytes.as_ref(), &[usize::MAX]);
    }

    /// Answers what is there, and takes what is sent.
    fn answer(&mut self) {
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
    fn flush(&mut self) {
        self.most_held = self.most_held.max(self.protocol.held());
        while !self.protocol.output().is_empty() {
            self.sent.extend_from_slice(self.protocol.output());
            let count = self.protocol.output().len();
            self.protocol.wrote(count, self.now);
            self.most_held = self.most_held.max(self.protocol.held());
        }
    }

    /// Lets time pass, and lets the machine know.
    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.protocol.elapse(self.now);
        self.answer();
    }

    /// Gives what was sent as text.
    fn text(&self) -> String {
        String::from_utf8(self.sent.clone()).unwrap()
    }

    /// Gives the requests that came out.
    fn requests(&self) -> Vec<&Received> {
        let requests = self.events.iter().filter_map(|event| match event {
            Event::Request(received) => Some(&**received),
            Event::Refusal(_) => None,
        });
        requests.collect()
    }

    /// Gives the refusal that the connection ended with.
    fn refusal(&self) -> Option<Fault> {
        self.events.iter().find_map(|event| match event {
            Event::Refusal(fault) => Some(*fault),
            Event::Request(_) => None,
        })
    }
}

/// Tells how a whole input is refused; `None` where it is not.
fn refusal_of(input: impl AsRef<[u8]>) -> Option<Fault> {
    let mut talk = Talk::new();
    talk.send(input);
    talk.refusal()
}
