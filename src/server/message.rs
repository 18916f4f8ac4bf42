//! The request that the frontend forwards, and its response: plain values, without I/O.

use std::net::IpAddr;

use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde_json::json;

use crate::escape::json_line;

/// The only path that is served (contract section 3).
pub const PATH: &str = "/stream-chat/token";

/// A complete request, within its limits and well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in the case in which it was sent.
    pub method: String,
    /// The path without its query, as it was sent: visible ASCII that starts with `/`, or `*`.
    pub path: String,
    /// The client's address: the peer's, or the one that a trusted proxy reports.
    pub peer: IpAddr,
    /// The request's id in logs and in `X-Request-Id`: 16 hex digits that the server generates.
    pub id: String,
    /// The headers. The endpoint sees only those that a response can depend on.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the value of a header: visible ASCII, spaces and tabs, without surrounding whitespace; it may be empty. Returns
    /// `None` if the header was not sent, was sent more than once, or contains other bytes.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        let mut lines = self.headers.get_all(name).into_iter();
        let line = lines.next().filter(|_| lines.next().is_none())?;
        line.to_str().ok()
    }
}

/// The response to a request.
///
/// The frontend adds `Content-Length`, `Connection`, `Date` and `X-Request-Id`, and leaves the body out if the
/// method is HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status, 200 to 599.
    pub status: u16,
    /// The headers, in order, without those that frame the message.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns a response without headers or body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Returns a response with a body that no cache may store.
    #[must_use]
    pub fn with_body(status: u16, content_type: &'static str, body: String) -> Self {
        Self { body: body.into_bytes(), ..Self::new(status) }
            .header("Content-Type", content_type)
            .header("Cache-Control", "no-store")
    }

    /// Returns a response with a JSON body that no cache may store.
    #[must_use]
    pub fn json(status: u16, body: String) -> Self {
        Self::with_body(status, "application/json", body)
    }

    /// Returns an error response in the format that all errors share (contract section 3). `message` says what the client
    /// can do.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, json_line(&json!({ "error": reason_phrase(status), "message": message })))
    }

    /// Adds a header. A value that is not visible ASCII is left out, so that no value can end its header and begin another.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if HeaderValue::from_str(&value).is_ok_and(|value| value.to_str().is_ok()) {
            self.headers.push((name, value));
        }
        self
    }
}

/// Returns the reason phrase of a status: the one that hyper writes, except for the newer names of RFC 9110.
pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        _ => {
            StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::AUTHORIZATION;

    use super::*;

    /// Asserts what a header is that was sent in these lines.
    fn assert_is(lines: &[&[u8]], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, line.to_vec().try_into().unwrap());
        }
        let (method, path, id) = ("GET".into(), "/".into(), "1".into());
        let request = Request { method, path, peer: [127, 0, 0, 1].into(), id, headers, body: Vec::new() };
        assert_eq!(request.header(&AUTHORIZATION), expected);
    }

    #[test]
    fn repeated_header_has_no_value() {
        assert_is(&[], None);
        assert_is(&[b"Bearer x"], Some("Bearer x"));
        assert_is(&[b""], Some(""));
        assert_is(&[b"Bearer x", b"Bearer x"], None);
        assert_is(&[b"a", b"b", b"c"], None);
    }

    #[test]
    fn header_outside_visible_ascii_is_invalid() {
        for value in [&b"caf\xc3\xa9"[..], b"\xff"] {
            assert_is(&[value], None);
        }
    }

    #[test]
    fn every_error_has_one_shape_and_is_not_cached() {
        let response = Response::error(413, "send at most 4096 bytes");
        let body = br#"{"error":"Content Too Large","message":"send at most 4096 bytes"}"#;
        assert_eq!(response.body, body);
        let headers = [("Content-Type", "application/json".into()), ("Cache-Control", "no-store".into())];
        assert_eq!(response.headers, headers);
    }

    #[test]
    fn header_value_with_a_line_break_is_omitted() {
        let response = Response::new(200).header("Allow", "POST\r\nSet-Cookie: x").header("Vary", "Origin");
        assert_eq!(response.headers, [("Vary", "Origin".to_owned())]);
    }
}
