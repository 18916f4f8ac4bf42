//! A request as the gate lets it through, and the reply to it: plain values, without I/O.

use std::net::IpAddr;

use serde::Serialize;

use crate::foreign::json_line;

/// A whole request: bounded, well-formed, and with only those headers that an answer can depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method as it was sent, in its own case.
    pub method: String,
    /// The path without its query, as it was sent: visible ASCII that starts with `/`, or `*`.
    pub path: String,
    /// Where it comes from: the peer, or what a trusted proxy says of it.
    pub peer: IpAddr,
    /// The header `Authorization`.
    pub authorization: Field,
    /// The header `Content-Type`.
    pub content_type: Field,
    /// The header `Origin`.
    pub origin: Field,
    /// The header `Access-Control-Request-Method`.
    pub requested_method: Field,
    /// The header `Access-Control-Request-Headers`.
    pub requested_headers: Field,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// What the request is called in logs and in `X-Request-Id`; made here, of `[0-9a-f-]`.
    pub id: String,
}

impl Request {
    /// Makes a request without headers and body.
    #[must_use]
    pub fn bare(method: &str, path: &str, peer: IpAddr, id: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            peer,
            authorization: Field::Absent,
            content_type: Field::Absent,
            origin: Field::Absent,
            requested_method: Field::Absent,
            requested_headers: Field::Absent,
            body: Vec::new(),
            id: id.into(),
        }
    }
}

/// One header of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field {
    /// It was not sent.
    #[default]
    Absent,
    /// It was sent once: visible ASCII, blanks and tabs, none of these around it; perhaps empty.
    Once(String),
    /// It was sent more than once, or holds other bytes: nothing may be concluded from it.
    Unclear,
}

impl Field {
    /// Gives the value, if it was sent once and is clear.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Once(value) => Some(value),
            Self::Absent | Self::Unclear => None,
        }
    }

    /// Takes one more line of this header into account.
    pub fn add(&mut self, value: &[u8]) {
        *self = match (&*self, text(value)) {
            (Self::Absent, Some(value)) => Self::Once(value.to_owned()),
            _ => Self::Unclear,
        };
    }
}

/// What a request is answered with.
///
/// The gate adds `Content-Length`, `Connection`, `Date` and `X-Request-Id`, and leaves the body out where
/// the method is HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status, 200 to 599.
    status: u16,
    /// Its headers, in order; never one that frames the message.
    headers: Vec<(&'static str, String)>,
    /// The body.
    body: Vec<u8>,
}

/// The body of every refusal.
#[derive(Serialize)]
struct Refused<'a> {
    /// The reason phrase of the status.
    error: &'static str,
    /// What to do.
    message: &'a str,
}

impl Reply {
    /// Makes a reply without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Makes a reply with a JSON body that is kept by nobody on its way.
    #[must_use]
    pub fn json(status: u16, body: String) -> Self {
        Self { body: body.into_bytes(), ..Self::new(status) }
            .with("Content-Type", "application/json")
            .with("Cache-Control", "no-store")
    }

    /// Makes a reply with a text that is kept by nobody on its way.
    #[must_use]
    pub fn text(content_type: &'static str, body: String) -> Self {
        Self { body: body.into_bytes(), ..Self::new(200) }
            .with("Content-Type", content_type)
            .with("Cache-Control", "no-store")
    }

    /// Makes a refusal in the one shape that all of them have. `message` says what to do.
    #[must_use]
    pub fn refusal(status: u16, message: &str) -> Self {
        Self::json(status, json_line(&Refused { error: reason(status), message }))
    }

    /// Adds a header. One whose value is not visible ASCII is left out, so that nothing foreign can
    /// end the header and begin another.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if text(value.as_bytes()).is_some() {
            self.headers.push((name, value));
        }
        self
    }

    /// Gives the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Gives the headers, in order.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// Gives the first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Gives the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Gives the reason phrase of a status (RFC 9110 section 15, RFC 6585); `Other` of one that nobody here
/// uses.
#[must_use]
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Other",
    }
}

/// Gives bytes as text, if all of them are visible ASCII, blanks or tabs.
fn text(bytes: &[u8]) -> Option<&str> {
    let is_clear = bytes.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    is_clear.then(|| str::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_sent_once_has_a_value_and_one_sent_twice_has_none() {
        let mut field = Field::default();
        assert_eq!(field.value(), None);
        field.add(b"Bearer x");
        assert_eq!(field.value(), Some("Bearer x"));
        field.add(b"Bearer x");
        assert_eq!(field, Field::Unclear);
        field.add(b"Bearer x");
        assert_eq!(field, Field::Unclear);
    }

    #[test]
    fn a_header_with_other_bytes_than_visible_ascii_is_unclear() {
        for value in [&b"caf\xc3\xa9"[..], b"\xff", b"a\0b", b"a\x7f"] {
            let mut field = Field::default();
            field.add(value);
            assert_eq!(field, Field::Unclear);
        }
    }

    #[test]
    fn a_refusal_has_the_one_shape_and_is_kept_by_nobody() {
        let reply = Reply::refusal(413, "send at most 4096 bytes");
        assert_eq!(reply.body(), br#"{"error":"Content Too Large","message":"send at most 4096 bytes"}"#);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    }

    #[test]
    fn a_value_that_would_begin_another_header_is_left_out() {
        let reply = Reply::new(200).with("Allow", "POST\r\nSet-Cookie: x").with("Vary", "Origin");
        assert_eq!(reply.headers(), [("Vary", "Origin".to_owned())]);
    }
}
