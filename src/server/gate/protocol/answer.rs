//! A reply on its way out, and how it is written (RFC 9112 section 4).

use std::io::Write as _;

use crate::server::{Reply, reason};

/// Bytes of a head beside the headers of an answer: rarely more.
const ROOM: usize = 224;

/// A reply, wherever it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status, 200 to 599.
    pub status: u16,
    /// The headers, without those that frame the message or that the gate makes itself.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body; empty in a reply to HEAD.
    pub body: &'a [u8],
    /// How long the body is, or would be.
    pub length: usize,
}

impl<'a> From<&'a Reply> for Answer<'a> {
    fn from(reply: &'a Reply) -> Self {
        let headers = reply.headers().iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { status: reply.status(), headers, body: reply.body(), length: reply.body().len() }
    }
}

/// What only the world outside knows about a reply.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// The time, in the form of `Date`.
    pub date: &'a str,
    /// What the request is called in logs.
    pub id: &'a str,
}

impl Answer<'_> {
    /// Writes it out.
    pub(super) fn write(&self, output: &mut Vec<u8>, stamp: Stamp<'_>, is_head: bool, keeps_alive: bool) {
        let status = self.status;
        let body = if is_head || status == 204 { &[][..] } else { self.body };
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
        output.reserve_exact(headers + body.len() + ROOM);
        // Writing to a Vec cannot fail.
        let _ = write!(output, "HTTP/1.1 {status} {}\r\nDate: {}\r\n", reason(status), stamp.date);
        for (name, value) in &self.headers {
            let _ = write!(output, "{name}: {value}\r\n");
        }
        let _ = write!(output, "X-Request-Id: {}\r\n", stamp.id);
        if status != 204 {
            let _ = write!(output, "Content-Length: {}\r\n", self.length);
        }
        let connection = if keeps_alive { "keep-alive" } else { "close" };
        let _ = write!(output, "Connection: {connection}\r\n\r\n");
        output.extend_from_slice(body);
    }
}
