//! Answers one request, once: there and then, or later and from elsewhere.

use std::io::Cursor;
use std::sync::Arc;

use tiny_http::{Header, Response, StatusCode};

use super::super::exchange::{Reply, Request};
use super::Handler;
use super::lines::{Lines, Place, Ready};

/// What a request is answered through. Dropped without an answer, by a panic too, it answers 500.
///
/// An answer does not wait for others: what is before it on its connection takes it along.
#[derive(Debug)]
pub struct Responder {
    /// The request, until it is answered.
    arrived: Option<tiny_http::Request>,
    /// Its place among those of its connection.
    place: Place,
    /// All that are not answered.
    lines: Arc<Lines>,
}

impl Responder {
    /// Makes the one of a request that has this place.
    pub(super) fn to(arrived: tiny_http::Request, place: Place, lines: &Arc<Lines>) -> Self {
        Self { arrived: Some(arrived), place, lines: Arc::clone(lines) }
    }

    /// Answers.
    pub fn answer(mut self, reply: &Reply) {
        self.give(reply);
    }

    /// Answers, if nobody has yet.
    fn give(&mut self, reply: &Reply) {
        if let Some(arrived) = self.arrived.take() {
            self.lines.send(self.place, Ready::new(arrived, response(reply)));
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if self.arrived.is_some() {
            self.give(&Reply::refusal(500, "Try again, and report it if it happens again"));
        }
    }
}

/// Makes a handler of what answers there and then.
pub fn at_once(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Handler {
    Arc::new(move |request: Request, responder: Responder| responder.answer(&answer(&request)))
}

/// Writes a reply in the terms of `tiny_http`.
pub(super) fn response(reply: &Reply) -> Response<Cursor<Vec<u8>>> {
    let headers = reply.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Header::from_bytes(*name, value.as_bytes()).ok()).collect();
    let body = reply.body().to_vec();
    let length = body.len();
    Response::new(StatusCode(reply.status()), headers, Cursor::new(body), Some(length), None)
        .with_chunked_threshold(usize::MAX)
}
