//! Keeps replies in line: on each connection they leave in the order of its requests, whoever answers first.
//!
//! `tiny_http` keeps that order too, and has whoever answers too early wait for the others. Here nobody waits:
//! a reply that is early is left, and goes with the one that it waits for. While a cork is in, replies are only
//! gathered, and those of a connection leave together when it, or any other, is pulled.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::io::{self, Cursor};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tiny_http::{Method, Response};

/// Bytes of the head of a reply: rarely more.
const ROOM: usize = 320;

/// All requests that are not answered.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<State>);

/// What is known of them.
#[derive(Debug, Default)]
struct State {
    /// The connections that have some.
    lines: HashMap<u64, Line>,
    /// How many there are.
    unanswered: usize,
    /// How many corks are in.
    corks: usize,
    /// The connections that have got replies since then.
    gathered: BTreeSet<u64>,
}

/// The requests of one connection that are not answered, in order.
#[derive(Debug, Default)]
struct Line {
    /// The number of the first.
    first: u64,
    /// The replies to them, as far as they are there.
    replies: VecDeque<Option<Ready>>,
    /// Whether somebody is sending the first of them.
    is_sending: bool,
}

/// A reply as it is sent, and what it is sent through.
pub(super) struct Ready {
    /// What takes it, or that of a request before it on the same connection.
    writer: Box<dyn io::Write + Send>,
    /// The reply.
    bytes: Vec<u8>,
}

/// A request's place in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The connection.
    way: u64,
    /// Its number on this connection.
    number: u64,
}

/// Has replies gathered until it is dropped.
#[derive(Debug)]
pub(super) struct Cork<'a>(&'a Lines);

impl Ready {
    /// Makes one for a request.
    pub(super) fn new(arrived: tiny_http::Request, response: Response<Cursor<Vec<u8>>>) -> Self {
        let mut bytes = Vec::with_capacity(ROOM + response.data_length().unwrap_or(0));
        let (version, is_head) = (arrived.http_version().clone(), *arrived.method() == Method::Head);
        // Neither reading bytes nor writing to a Vec can fail.
        let _ = response.raw_print(&mut bytes, version, arrived.headers(), is_head, None);
        Self { writer: arrived.into_writer(), bytes }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ready")
    }
}

impl Lines {
    /// Gives the request of a connection its place, behind all that came before it.
    pub(super) fn join(&self, way: u64) -> Place {
        let mut state = self.state();
        state.unanswered += 1;
        let line = state.lines.entry(way).or_default();
        line.replies.push_back(None);
        Place { way, number: line.first + line.replies.len() as u64 - 1 }
    }

    /// Tells how many requests are not answered.
    pub(super) fn unanswered(&self) -> usize {
        self.state().unanswered
    }

    /// Has replies gathered. Whoever puts a cork in pulls it soon.
    pub(super) fn cork(&self) -> Cork<'_> {
        self.state().corks += 1;
        Cork(self)
    }

    /// Sends a reply, and those that have waited for it; or leaves it to whoever pulls a cork, or answers what
    /// is before it.
    pub(super) fn send(&self, place: Place, ready: Ready) {
        let mut state = self.state();
        if let Some(line) = state.lines.get_mut(&place.way) {
            line.put(place.number, ready);
        }
        if state.corks > 0 {
            state.gathered.insert(place.way);
        } else {
            drop(state);
            self.flush(place.way);
        }
    }

    /// Sends the replies of a connection that are next, unless somebody does so already and will send them too.
    fn flush(&self, way: u64) {
        let mut state = self.state();
        while let Some(next) = state.lines.get_mut(&way).and_then(Line::take) {
            drop(state);
            let count = next.len();
            // Where whoever asked has gone, there is nobody to be told.
            let _ = write(next);
            state = self.state();
            state.unanswered -= count;
            if state.lines.get_mut(&way).is_some_and(|line| line.move_on(count)) {
                state.lines.remove(&way);
            }
        }
    }

    /// Gives what is known.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Puts a reply where it belongs.
    fn put(&mut self, number: u64, ready: Ready) {
        let at = usize::try_from(number - self.first).ok();
        if let Some(reply) = at.and_then(|at| self.replies.get_mut(at)) {
            *reply = Some(ready);
        }
    }

    /// Takes the replies that are next, to send them, if there are any and nobody is sending. Their places
    /// stay.
    fn take(&mut self) -> Option<Vec<Ready>> {
        if self.is_sending {
            return None;
        }
        let next: Vec<Ready> = self.replies.iter_mut().map_while(Option::take).collect();
        self.is_sending = !next.is_empty();
        self.is_sending.then_some(next)
    }

    /// Takes note that so many replies have been sent. Tells whether nothing is left.
    fn move_on(&mut self, count: usize) -> bool {
        self.is_sending = false;
        self.replies.drain(..count);
        self.first += count as u64;
        self.replies.is_empty()
    }
}

impl Drop for Cork<'_> {
    fn drop(&mut self) {
        let gathered = {
            let mut state = self.0.state();
            state.corks -= 1;
            std::mem::take(&mut state.gathered)
        };
        for way in gathered {
            self.0.flush(way);
        }
    }
}

/// Writes replies of one connection at once.
fn write(mut ready: Vec<Ready>) -> io::Result<()> {
    let Some((first, others)) = ready.split_first_mut() else { return Ok(()) };
    for other in others {
        first.bytes.append(&mut other.bytes);
    }
    first.writer.write_all(&first.bytes)?;
    first.writer.flush()
}
