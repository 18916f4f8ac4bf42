//! How a request passes from the frontend to the endpoint: as an HTTP request that the frontend wrote.
//!
//! It has the client's method, path and body, the headers that a response depends on, the client's address, the
//! request's id, and a random token of this run that proves where it comes from.

use std::io;
use std::net::IpAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, ORIGIN,
};
use subtle::ConstantTimeEq as _;

use super::message::{HeaderValue, Request};

/// The header with the token of this run, the client's address and the request's id; of a probe with the token alone.
/// One header is read sooner than three.
static FORWARDED: HeaderName = HeaderName::from_static("x-stream-token-forwarded");

/// The header of a response that the frontend is to hold back for so many seconds, a fault that takes no worker's time.
pub(super) const DELAY: &str = "X-Stream-Token-Delay";

/// The headers of a client's request that are passed on, in the order of [`header_values`].
static PASSED_ON: [HeaderName; 5] =
    [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING, ORIGIN, ACCESS_CONTROL_REQUEST_METHOD];

/// What every request of the frontend carries: 16 random bytes, new in every run.
#[derive(Clone)]
pub(super) struct ForwardingToken(String);

impl ForwardingToken {
    /// Returns a new token.
    pub(super) fn random() -> io::Result<Self> {
        Ok(Self(format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?)))
    }

    /// Returns `true`, in constant time, if this is the token.
    fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

/// A request as the endpoint receives it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A client's request, without its body.
    Request(Box<Request>),
    /// A request that only proves that its connection is served.
    Probe,
    /// A request that did not come from the frontend.
    Unauthenticated,
}

/// Encodes a client's request for the endpoint. `None` if it has a value that HTTP cannot carry.
pub(super) fn encode(mut request: Request, token: &ForwardingToken) -> Option<hyper::Request<Full<Bytes>>> {
    let body = Full::new(Bytes::from(std::mem::take(&mut request.body)));
    let mut builder = hyper::Request::builder()
        .method(request.method.as_str())
        .uri(request.path.as_str())
        .header(&FORWARDED, format!("{} {} {}", token.0, request.peer, request.id));
    for (name, value) in PASSED_ON.iter().zip(header_values(&mut request)) {
        builder = match value {
            HeaderValue::Absent => builder,
            HeaderValue::Single(value) => builder.header(name, value.as_str()),
            // Two lines are invalid for the endpoint too.
            HeaderValue::Invalid => builder.header(name, "").header(name, ""),
        };
    }
    builder.body(body).ok()
}

/// Encodes a request that only proves that its connection is served.
pub(super) fn probe(token: &ForwardingToken) -> Option<hyper::Request<Full<Bytes>>> {
    hyper::Request::builder().uri("/").header(&FORWARDED, &token.0).body(Full::default()).ok()
}

/// Decodes a request that arrived at the endpoint, without its body.
pub(super) fn decode(incoming: &tiny_http::Request, token: &ForwardingToken) -> Incoming {
    let header = |name: &'static HeaderName| {
        let lines = incoming.headers().iter().filter(move |header| header.field.equiv(name.as_str()));
        lines.map(|header| header.value.as_str())
    };
    let mut parts = header(&FORWARDED).next().unwrap_or_default().split(' ');
    if !parts.next().is_some_and(|candidate| token.matches(candidate)) {
        return Incoming::Unauthenticated;
    }
    let peer = parts.next().and_then(|peer| peer.parse::<IpAddr>().ok());
    let (Some(peer), Some(id)) = (peer, parts.next()) else { return Incoming::Probe };
    let mut request = Request::new(incoming.method().as_str(), incoming.url(), peer, id);
    for (name, value) in PASSED_ON.iter().zip(header_values(&mut request)) {
        *value = header(name).map(str::as_bytes).collect::<HeaderValue>();
    }
    Incoming::Request(Box::new(request))
}

/// Returns the headers that are passed on, in the order of [`PASSED_ON`].
fn header_values(request: &mut Request) -> [&mut HeaderValue; 5] {
    let Request { authorization, content_type, content_encoding, origin, requested_method, .. } = request;
    [authorization, content_type, content_encoding, origin, requested_method]
}

/// Sets the headers that are passed on from those that a client sent.
pub(super) fn read_headers(request: &mut Request, headers: &hyper::HeaderMap) {
    for (name, value) in PASSED_ON.iter().zip(header_values(request)) {
        *value = headers.get_all(name).into_iter().map(hyper::http::HeaderValue::as_bytes).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_itself_alone() {
        let (token, other) = (ForwardingToken::random().unwrap(), ForwardingToken::random().unwrap());
        assert!(token.matches(&token.0) && !token.matches(&other.0) && !token.matches(""));
        assert_eq!(token.0.len(), 32);
    }
}
