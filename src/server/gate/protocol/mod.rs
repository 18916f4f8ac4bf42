//! The server's side of HTTP/1.1 on one connection, as a state machine without I/O.
//!
//! Bytes and time go in; whole requests, refusals, bytes to write, a deadline and the end come out.
//! What comes out depends on the bytes alone, never on how they were split, and only one request is
//! out at a time: the next is not looked at before the reply to it has left.

mod answer;
mod chunks;
mod fault;
mod head;
mod scan;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

pub use self::answer::{Answer, Stamp};
use self::chunks::Chunks;
pub use self::fault::Fault;
use self::head::Framing;
pub use self::head::Head;
use self::scan::Scan;
use super::limits::Limits;

/// What tells a waiting client to send its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// What a request begins with whose reply has no body, whatever else is wrong with it (RFC 9110 section 9.3.2).
const HEAD: &[u8] = b"HEAD ";
/// How many bytes are read over while a connection is being ended.
const MOST_LINGERING: usize = 256 * 1024;
/// How many bytes are taken at a time while a connection is being ended.
const LINGERING_ROOM: usize = 16 * 1024;
/// The least room that is made for input.
const LEAST_ROOM: usize = 512;

/// A whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Vec<u8>,
}

/// What is to be answered, each with exactly one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request.
    Request(Box<Received>),
    /// A request that goes no further. The connection ends with its reply.
    Refusal(Fault),
}

/// One connection.
#[derive(Debug)]
pub struct Protocol {
    /// The bounds.
    limits: Arc<Limits>,
    /// What has been received and not been used.
    input: Vec<u8>,
    /// What is to be sent.
    output: Vec<u8>,
    /// How much of that has been sent.
    sent: usize,
    /// Where it stands.
    phase: Phase,
    /// When the present phase is over, whatever comes.
    due: Option<Instant>,
    /// Whether the client will send no more.
    has_ended: bool,
    /// Until when requests may still arrive, once no further one is to begin.
    last_call: Option<Instant>,
    /// Whether a reply has been sent on it.
    has_served: bool,
}

/// Where a connection stands.
#[derive(Debug)]
enum Phase {
    /// A head is awaited, or being received.
    Head {
        /// How far it has been looked through.
        scan: Scan,
        /// Whether an empty line before it has been passed over.
        has_skipped: bool,
    },
    /// A body is being received.
    Body {
        /// The head before it.
        head: Box<Head>,
        /// What there is of it.
        body: Vec<u8>,
        /// Takes chunks apart, where there are chunks.
        chunks: Chunks,
    },
    /// Something is there to be answered.
    There {
        /// What it is.
        event: Event,
        /// Whether the reply goes without its body.
        is_head: bool,
    },
    /// It is being answered.
    Answering {
        /// Whether the reply goes without its body.
        is_head: bool,
        /// Whether another request may follow.
        keeps_alive: bool,
    },
    /// The reply is leaving.
    Replying {
        /// Whether another request may follow.
        keeps_alive: bool,
    },
    /// Everything has been sent; the client is heard out, so that it can read the last reply.
    Lingering {
        /// How many bytes were read over.
        passed_over: usize,
    },
    /// Over.
    Closed,
}

impl Phase {
    /// The phase in which a new request is awaited.
    fn fresh() -> Self {
        Self::Head { scan: Scan::default(), has_skipped: false }
    }
}

impl Protocol {
    /// Begins a connection.
    #[must_use]
    pub fn new(limits: Arc<Limits>, now: Instant) -> Self {
        let due = Some(now + limits.head_time);
        Self {
            limits,
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            phase: Phase::fresh(),
            due,
            has_ended: false,
            last_call: None,
            has_served: false,
        }
    }

    /// Leaves so much time until the client can send a request, where more than bytes are to be carried
    /// before.
    pub fn await_greeting(&mut self, due: Instant) {
        self.set_due(due);
    }

    /// Takes note that the client can send a request from now on.
    pub fn greet(&mut self, now: Instant) {
        self.set_arrival_due(now + self.limits.head_time);
    }

    /// Tells how many bytes it takes now.
    #[must_use]
    pub fn room(&self) -> usize {
        match self.phase {
            _ if self.has_ended => 0,
            Phase::Head { .. } | Phase::Body { .. } => self.limits.head.saturating_sub(self.input.len()),
            Phase::Lingering { .. } => LINGERING_ROOM,
            Phase::There { .. } | Phase::Answering { .. } | Phase::Replying { .. } | Phase::Closed => 0,
        }
    }

    /// Takes bytes from the client, at most as many as there is room for.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if let Phase::Lingering { passed_over } = &mut self.phase {
            *passed_over += bytes.len();
            if *passed_over > MOST_LINGERING {
                self.close();
            }
            return;
        }
        if self.is_idle() && !bytes.is_empty() {
            self.set_arrival_due(now + self.limits.head_time);
        }
        let wanted = self.input.len() + bytes.len();
        if wanted > self.input.capacity() {
            let room = wanted.next_power_of_two().max(LEAST_ROOM);
            self.input.reserve_exact(room - self.input.len());
        }
        self.input.extend_from_slice(bytes);
        self.proceed(now);
    }

    /// Takes note that the client sends no more. It may still read.
    pub fn end(&mut self, now: Instant) {
        self.has_ended = true;
        self.proceed(now);
    }

    /// Gives what is to be answered next; `None` while something is, or nothing is there.
    pub fn next_event(&mut self) -> Option<Event> {
        let Phase::There { event, is_head } = &self.phase else { return None };
        let keeps_alive = matches!(event, Event::Request(received) if received.head.keeps_alive);
        let answering = Phase::Answering { is_head: *is_head, keeps_alive };
        match std::mem::replace(&mut self.phase, answering) {
            Phase::There { event, .. } => Some(event),
            _ => None,
        }
    }

    /// Has the connection end with the reply to what was given out last.
    pub fn end_with_reply(&mut self) {
        if let Phase::Answering { keeps_alive, .. } = &mut self.phase {
            *keeps_alive = false;
        }
    }

    /// Answers what was given out last.
    pub fn reply(&mut self, reply: &Answer<'_>, stamp: Stamp<'_>, now: Instant) {
        let Phase::Answering { is_head, keeps_alive } = self.phase else { return };
        let keeps_alive = keeps_alive && self.last_call.is_none();
        reply.write(&mut self.output, stamp, is_head, keeps_alive);
        self.phase = Phase::Replying { keeps_alive };
        self.set_due(now + self.limits.write_time);
    }

    /// Gives the bytes that are to be sent now.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or_default()
    }

    /// Takes note that so many of these bytes have been sent.
    pub fn wrote(&mut self, count: usize, now: Instant) {
        self.sent += count;
        if self.sent < self.output.len() {
            return;
        }
        self.output = Vec::new();
        self.sent = 0;
        if let Phase::Replying { keeps_alive } = self.phase {
            self.has_served = true;
            // Whoever was promised to be kept is heard once more if a request has begun.
            if keeps_alive && (self.last_call.is_none() || !self.input.is_empty()) {
                self.phase = Phase::fresh();
                let time = if self.input.is_empty() { self.limits.idle_time } else { self.limits.head_time };
                self.set_arrival_due(now + time);
            } else {
                self.input = Vec::new();
                self.phase = Phase::Lingering { passed_over: 0 };
                self.set_due(now + self.limits.linger_time);
            }
            self.proceed(now);
        }
    }

    /// Tells when `elapse` is to be called.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes note of the time.
    pub fn elapse(&mut self, now: Instant) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        match self.phase {
            Phase::Head { .. } if !self.input.is_empty() => self.refuse(Fault::SlowHead),
            Phase::Body { .. } => self.refuse(Fault::SlowBody),
            Phase::There { .. } | Phase::Answering { .. } => self.due = None,
            Phase::Head { .. } | Phase::Replying { .. } | Phase::Lingering { .. } | Phase::Closed => {
                self.close();
            }
        }
    }

    /// Takes no further request. One that has begun, or is the first, may still come until `last_call`.
    pub fn drain(&mut self, last_call: Instant) {
        self.last_call = Some(last_call);
        match self.phase {
            Phase::Head { .. } if self.is_idle() && self.has_served => self.close(),
            Phase::Head { .. } | Phase::Body { .. } => self.set_arrival_due(self.due.unwrap_or(last_call)),
            _ => {}
        }
    }

    /// Gives way to others, if it is idle or still receiving.
    pub fn give_way(&mut self) {
        match self.phase {
            Phase::Head { .. } if self.is_idle() => self.close(),
            Phase::Head { .. } | Phase::Body { .. } => self.refuse(Fault::Crowded),
            _ => {}
        }
    }

    /// Refuses what the client has to ask, which begins with this.
    pub fn turn_away(&mut self, asked: Vec<u8>, fault: Fault) {
        self.input = asked;
        self.refuse(fault);
    }

    /// Ends at once: the client is gone, or must go.
    pub fn abandon(&mut self) {
        self.close();
    }

    /// Tells whether it awaits a request of which nothing is there.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Head { .. }) && self.input.is_empty()
    }

    /// Tells whether a part of a request is there.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        matches!(self.phase, Phase::Head { .. } | Phase::Body { .. }) && !self.is_idle()
    }

    /// Tells whether a request has been received and its reply has not been sent.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        matches!(self.phase, Phase::There { .. } | Phase::Answering { .. } | Phase::Replying { .. })
    }

    /// Tells whether nothing more will be sent, so that the client is to be told of the end.
    #[must_use]
    pub fn has_finished(&self) -> bool {
        matches!(self.phase, Phase::Lingering { .. })
    }

    /// Tells whether it is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Tells how many bytes it holds.
    #[must_use]
    pub fn held(&self) -> usize {
        let received = match &self.phase {
            Phase::Body { head, body, .. } => head.held() + body.capacity(),
            Phase::There { event: Event::Request(received), .. } => {
                received.head.held() + received.body.capacity()
            }
            _ => 0,
        };
        self.input.capacity() + self.output.capacity() + received
    }

    /// Goes as far as the input reaches.
    fn proceed(&mut self, now: Instant) {
        loop {
            let step = match &mut self.phase {
                Phase::Head { .. } => self.take_head(now),
                Phase::Body { .. } => self.take_body(),
                Phase::Lingering { .. } if self.has_ended => {
                    self.close();
                    return;
                }
                _ => return,
            };
            match step {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    self.refuse(fault);
                    return;
                }
            }
        }
        if self.has_ended {
            self.close();
        }
    }

    /// Takes the head off the input, if it is there.
    fn take_head(&mut self, now: Instant) -> Result<bool, Fault> {
        let Phase::Head { scan, has_skipped } = &mut self.phase else { return Ok(false) };
        if !*has_skipped && self.input.starts_with(b"\r\n") {
            *has_skipped = true;
            self.use_input(2);
            return Ok(true);
        }
        if !*has_skipped && self.input == b"\r" {
            return Ok(false);
        }
        let Some(length) = scan.go_on(&self.input, self.limits.head)? else { return Ok(false) };
        let head = Head::parse(&self.input[..length], self.limits.body)?;
        self.use_input(length);
        if head.has_body() {
            if head.expects_continue {
                self.output.extend_from_slice(CONTINUE);
            }
            let expected = if let Framing::Length(length) = head.framing { length } else { 0 };
            let body = Vec::with_capacity(expected);
            self.phase = Phase::Body { head: Box::new(head), body, chunks: Chunks::default() };
            self.set_arrival_due(now + self.limits.body_time);
        } else {
            self.hand_on(head, Vec::new());
        }
        Ok(true)
    }

    /// Takes what there is of the body off the input.
    fn take_body(&mut self) -> Result<bool, Fault> {
        let Phase::Body { head, body, chunks } = &mut self.phase else { return Ok(false) };
        let (used, is_whole) = match head.framing {
            Framing::Length(length) => {
                let used = self.input.len().min(length - body.len());
                body.extend_from_slice(&self.input[..used]);
                (used, body.len() == length)
            }
            Framing::Chunked => {
                let used = chunks.read(&self.input, body, self.limits.body)?;
                (used, chunks.is_done())
            }
        };
        self.use_input(used);
        if is_whole && let Phase::Body { head, body, .. } = std::mem::replace(&mut self.phase, Phase::Closed)
        {
            self.hand_on(*head, body);
        }
        Ok(is_whole)
    }

    /// Gives a whole request out.
    fn hand_on(&mut self, head: Head, body: Vec<u8>) {
        // What follows may have to wait for long.
        self.input.shrink_to_fit();
        let is_head = head.method == "HEAD";
        self.phase = Phase::There { event: Event::Request(Box::new(Received { head, body })), is_head };
        self.due = None;
    }

    /// Refuses what is being received. What follows it is not looked at.
    fn refuse(&mut self, fault: Fault) {
        let is_head = match &self.phase {
            Phase::Body { head, .. } => head.method == "HEAD",
            _ => self.input.starts_with(HEAD),
        };
        self.input = Vec::new();
        self.phase = Phase::There { event: Event::Refusal(fault), is_head };
        self.due = None;
    }

    /// Ends at once.
    fn close(&mut self) {
        self.phase = Phase::Closed;
        self.input = Vec::new();
        self.output = Vec::new();
        self.sent = 0;
        self.due = None;
    }

    /// Drops bytes that were used, and their place once it is empty.
    fn use_input(&mut self, count: usize) {
        if count == self.input.len() {
            self.input = Vec::new();
        } else {
            self.input.drain(..count);
        }
    }

    /// Sets until when what is being received must be there.
    fn set_arrival_due(&mut self, due: Instant) {
        self.set_due(self.last_call.map_or(due, |last_call| due.min(last_call)));
    }

    /// Sets when the present phase is over.
    fn set_due(&mut self, due: Instant) {
        self.due = Some(due);
    }
}
