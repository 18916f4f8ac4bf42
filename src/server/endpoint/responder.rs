//! Answers one request, once: there and then, or later and from elsewhere.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tiny_http::{Header, Response, StatusCode};

use super::super::exchange::{Reply, Request};
use super::Handler;

/// What a request is answered through. Dropped without an answer, by a panic too, it answers 500.
///
/// An answer does not block: one request is in flight on a connection, and its reply fits into the socket's
/// buffer.
#[derive(Debug)]
pub struct Responder {
    /// The request, until it is answered.
    arrived: Option<tiny_http::Request>,
    /// How many there are.
    unanswered: Arc<AtomicUsize>,
}

impl Responder {
    /// Makes the one of a request that has arrived, and counts it for as long as it is there.
    pub(super) fn to(arrived: tiny_http::Request, unanswered: &Arc<AtomicUsize>) -> Self {
        unanswered.fetch_add(1, Ordering::AcqRel);
        Self { arrived: Some(arrived), unanswered: Arc::clone(unanswered) }
    }

    /// Answers.
    pub fn answer(mut self, reply: &Reply) {
        self.give(reply);
    }

    /// Answers, if nobody has yet.
    fn give(&mut self, reply: &Reply) {
        if let Some(arrived) = self.arrived.take() {
            // Whoever asked has gone; there is nobody to be told.
            let _ = arrived.respond(response(reply));
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if self.arrived.is_some() {
            self.give(&Reply::refusal(500, "Try again, and report it if it happens again"));
        }
        self.unanswered.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Makes a handler of what answers there and then.
pub fn at_once(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Handler {
    Arc::new(move |request, responder| responder.answer(&answer(&request)))
}

/// Writes a reply in the terms of `tiny_http`.
fn response(reply: &Reply) -> Response<Cursor<Vec<u8>>> {
    let headers = reply.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Header::from_bytes(*name, value.as_bytes()).ok()).collect();
    let body = reply.body().to_vec();
    let length = body.len();
    Response::new(StatusCode(reply.status()), headers, Cursor::new(body), Some(length), None)
        .with_chunked_threshold(usize::MAX)
}
