//! A request as the frontend passes it on, and the response to it: plain values, without I/O.

use std::net::IpAddr;

use hyper::StatusCode;
use serde_json::json;

use crate::escape::json_line;

/// A whole request: bounded, well-formed, and with only those headers that a response can depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method as it was sent, in its own case.
    pub method: String,
    /// The path without its query, as it was sent: visible ASCII that starts with `/`, or `*`.
    pub path: String,
    /// The client's address: the peer, or what a trusted proxy says.
    pub peer: IpAddr,
    /// The header `Host`; the endpoint does not see it.
    pub host: HeaderValue,
    /// The header `Authorization`.
    pub authorization: HeaderValue,
    /// The header `Content-Type`.
    pub content_type: HeaderValue,
    /// The header `Content-Encoding`.
    pub content_encoding: HeaderValue,
    /// The header `Origin`.
    pub origin: HeaderValue,
    /// The header `Access-Control-Request-Method`.
    pub requested_method: HeaderValue,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
    /// The request's id in logs and in `X-Request-Id`; made here, of `[0-9a-f-]`.
    pub id: String,
}

impl Request {
    /// Returns a request without headers and body.
    #[must_use]
    pub fn new(method: &str, path: &str, peer: IpAddr, id: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            peer,
            host: HeaderValue::Absent,
            authorization: HeaderValue::Absent,
            content_type: HeaderValue::Absent,
            content_encoding: HeaderValue::Absent,
            origin: HeaderValue::Absent,
            requested_method: HeaderValue::Absent,
            body: Vec::new(),
            id: id.into(),
        }
    }
}

/// One header of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderValue {
    /// The header was not sent.
    #[default]
    Absent,
    /// It was sent once: visible ASCII, blanks and tabs, none of these around it; perhaps empty.
    Single(String),
    /// It was sent more than once, or holds other bytes: it says nothing.
    Invalid,
}

impl HeaderValue {
    /// Returns the value if the header was sent once and is valid.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Single(value) => Some(value),
            Self::Absent | Self::Invalid => None,
        }
    }
}

impl<'a> FromIterator<&'a [u8]> for HeaderValue {
    /// Returns the value of a header that was sent in these lines.
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(lines: I) -> Self {
        let mut lines = lines.into_iter();
        match (lines.next().map(visible_ascii), lines.next()) {
            (None, _) => Self::Absent,
            (Some(Some(value)), None) => Self::Single(value.to_owned()),
            _ => Self::Invalid,
        }
    }
}

/// The response to a request.
///
/// The frontend adds `Content-Length`, `Connection`, `Date` and `X-Request-Id`, and leaves the body out if the
/// method is HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status, 200 to 599.
    status: u16,
    /// The headers, in order; never one that frames the message.
    headers: Vec<(&'static str, String)>,
    /// The body.
    body: Vec<u8>,
}

impl Response {
    /// Returns a response without headers and body.
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

    /// Returns an error in the one shape that all errors have (contract section 3). `message` says what the
    /// client can do.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, json_line(&json!({ "error": reason_phrase(status), "message": message })))
    }

    /// Adds a header. A value that is not visible ASCII is left out, so that none can end the header and begin
    /// another.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if visible_ascii(value.as_bytes()).is_some() {
            self.headers.push((name, value));
        }
        self
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the headers, in order.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Returns the reason phrase of a status: what hyper writes on the wire, but for RFC 9110's newer names.
#[must_use]
pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        _ => {
            StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
        }
    }
}

/// Returns bytes as text if all of them are visible ASCII, blanks or tabs.
fn visible_ascii(bytes: &[u8]) -> Option<&str> {
    let is_visible = bytes.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    is_visible.then(|| str::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&[u8]]) -> HeaderValue {
        lines.iter().copied().collect()
    }

    #[test]
    fn a_header_sent_once_has_a_value_and_one_sent_twice_has_none() {
        assert_eq!(of(&[]), HeaderValue::Absent);
        assert_eq!(of(&[b"Bearer x"]).value(), Some("Bearer x"));
        assert_eq!(of(&[b""]).value(), Some(""));
        assert_eq!(of(&[b"Bearer x", b"Bearer x"]), HeaderValue::Invalid);
        assert_eq!(of(&[b"a", b"b", b"c"]), HeaderValue::Invalid);
    }

    #[test]
    fn a_header_with_other_bytes_than_visible_ascii_is_invalid() {
        for value in [&b"caf\xc3\xa9"[..], b"\xff", b"a\0b", b"a\x7f"] {
            assert_eq!(of(&[value]), HeaderValue::Invalid);
        }
    }

    #[test]
    fn an_error_has_the_one_shape_and_is_not_cached() {
        let response = Response::error(413, "send at most 4096 bytes");
        let body = br#"{"error":"Content Too Large","message":"send at most 4096 bytes"}"#;
        assert_eq!(response.body(), body);
        let headers = [("Content-Type", "application/json".into()), ("Cache-Control", "no-store".into())];
        assert_eq!(response.headers(), headers);
    }

    #[test]
    fn a_value_that_would_begin_another_header_is_left_out() {
        let response = Response::new(200).header("Allow", "POST\r\nSet-Cookie: x").header("Vary", "Origin");
        assert_eq!(response.headers(), [("Vary", "Origin".to_owned())]);
    }
}
