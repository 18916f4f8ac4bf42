//! Keeps replies in line: on each connection they leave in the order of its requests, whoever answers first.
//!
//! `tiny_http` keeps that order too, and has whoever answers too early wait for the others. Here nobody waits:
//! a reply that is early is left, and goes with the one that it waits for.

use std::collections::{HashMap, VecDeque};
use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tiny_http::Response;

/// All requests that are not answered.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The connections that have some.
    lines: Mutex<HashMap<u64, Line>>,
    /// How many there are.
    unanswered: AtomicUsize,
}

/// The requests of one connection that are not answered, in order.
#[derive(Debug, Default)]
struct Line {
    /// The number of the first.
    first: u64,
    /// The replies to them, as far as they are there.
    replies: VecDeque<Option<Ready>>,
    /// Whether somebody is sending one.
    is_sending: bool,
}

/// A reply and what it is sent through.
pub(super) struct Ready {
    /// The request.
    pub(super) arrived: tiny_http::Request,
    /// The reply.
    pub(super) response: Response<Cursor<Vec<u8>>>,
}

/// A request's place in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The connection.
    way: u64,
    /// Its number on this connection.
    number: u64,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ready")
    }
}

impl Lines {
    /// Gives the request of a connection its place, behind all that came before it.
    pub(super) fn join(&self, way: u64) -> Place {
        self.unanswered.fetch_add(1, Ordering::AcqRel);
        let mut lines = self.lines();
        let line = lines.entry(way).or_default();
        line.replies.push_back(None);
        Place { way, number: line.first + line.replies.len() as u64 - 1 }
    }

    /// Tells how many requests are not answered.
    pub(super) fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Acquire)
    }

    /// Sends a reply, and those that have waited for it; or leaves it to whoever answers what is before it.
    pub(super) fn send(&self, place: Place, ready: Ready) {
        let mut lines = self.lines();
        if let Some(line) = lines.get_mut(&place.way) {
            line.put(place.number, ready);
        }
        while let Some(ready) = lines.get_mut(&place.way).and_then(Line::take) {
            drop(lines);
            // Where whoever asked has gone, there is nobody to be told.
            let _ = ready.arrived.respond(ready.response);
            self.unanswered.fetch_sub(1, Ordering::AcqRel);
            lines = self.lines();
            if lines.get_mut(&place.way).is_some_and(Line::move_on) {
                lines.remove(&place.way);
            }
        }
    }

    /// Gives all lines.
    fn lines(&self) -> MutexGuard<'_, HashMap<u64, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Takes the first reply, to send it, if it is there and nobody is sending.
    fn take(&mut self) -> Option<Ready> {
        if self.is_sending {
            return None;
        }
        let ready = self.replies.front_mut()?.take()?;
        self.is_sending = true;
        Some(ready)
    }

    /// Takes note that the first reply has been sent. Tells whether it was the last.
    fn move_on(&mut self) -> bool {
        self.is_sending = false;
        self.replies.pop_front();
        self.first += 1;
        self.replies.is_empty()
    }
}
