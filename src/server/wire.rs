//! How the gate passes a request on to the endpoint: as a small HTTP request of its own making.
//!
//! Every value that a client sent is marked, so that none is empty or changed on its way, and the key
//! proves that the request came through the gate.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::net::IpAddr;

use subtle::ConstantTimeEq as _;

use super::exchange::{Field, Request};

/// The header with the key, and then, of a request, the client's address, what the request is called, and the
/// connection that it came over. One header of all is read sooner than four.
const GATE: &str = "X-Gate";
/// The method of what only proves that a connection works. No client's request has it with this path.
const PROOF: &str = "PROVE";
/// The path of the same.
const PROOF_PATH: &str = "*";
/// Stands before a value that was sent once.
const CLEAR: char = '=';
/// Stands for what is unclear.
const UNCLEAR: &str = "?";
/// What a request counts as at least.
pub(super) const LEAST_WEIGHT: usize = 1024;

/// What every request through the gate carries: 16 random bytes, made anew in every run.
#[derive(Clone)]
pub(super) struct Key(String);

impl Key {
    /// Makes a new one.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(random_hex::<16>()?))
    }

    /// Tells in constant time whether this is it.
    fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

/// A request that can be sent over any connection.
#[derive(Debug)]
pub(super) struct Passage {
    /// Its head up to where the connection is told, and its body.
    bytes: Vec<u8>,
    /// Where the body begins.
    body: usize,
}

/// What arrives at the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// A request, and the connection that it came over.
    Request(Box<Request>, u64),
    /// A connection that is to be proven.
    Proof,
    /// Something that did not come through the gate.
    Stranger,
}

/// Gives so many random bytes in hexadecimal.
pub(super) fn random_hex<const COUNT: usize>() -> io::Result<String> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes)?;
    let mut text = String::with_capacity(COUNT * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Gives what proves that a connection works.
pub(super) fn proof(key: &Key) -> Vec<u8> {
    format!("{PROOF} {PROOF_PATH} HTTP/1.1\r\n{GATE}: {}\r\n\r\n", key.0).into_bytes()
}

impl Passage {
    /// Writes a request down.
    pub(super) fn of(request: &Request, key: &Key) -> Self {
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
        for (name, field) in [
            ("Authorization", &request.authorization),
            ("Content-Type", &request.content_type),
            ("Origin", &request.origin),
            ("Access-Control-Request-Method", &request.requested_method),
            ("Access-Control-Request-Headers", &request.requested_headers),
        ] {
            // Writing to a String cannot fail.
            let _ = match field {
                Field::Absent => Ok(()),
                Field::Once(value) => write!(head, "{name}: {CLEAR}{value}\r\n"),
                Field::Unclear => write!(head, "{name}: {UNCLEAR}\r\n"),
            };
        }
        // As above.
        let _ = write!(
            head,
            "Content-Length: {}\r\n{GATE}: {} {} {} ",
            request.body.len(),
            key.0,
            request.peer,
            request.id
        );
        let mut bytes = head.into_bytes();
        let body = bytes.len();
        bytes.reserve_exact(request.body.len());
        bytes.extend_from_slice(&request.body);
        Self { bytes, body }
    }

    /// Makes one that holds so many bytes.
    #[cfg(test)]
    pub(super) fn holding(size: usize) -> Self {
        Self { bytes: Vec::with_capacity(size), body: 0 }
    }

    /// Tells how many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Tells what it counts as while it is in flight: its bytes, and at least what it takes to answer any.
    pub(super) fn weight(&self) -> usize {
        self.held().max(LEAST_WEIGHT)
    }

    /// Adds it to what is sent over a connection.
    pub(super) fn write(&self, way: u64, output: &mut Vec<u8>) {
        let (head, body) = self.bytes.split_at(self.body);
        output.extend_from_slice(head);
        // Writing to a Vec cannot fail.
        let _ = write!(output, "{way}\r\n\r\n");
        output.extend_from_slice(body);
    }
}

/// Reads what arrived, without its body.
pub(super) fn decode(arrived: &tiny_http::Request, key: &Key) -> Arrived {
    let value = |name: &str| {
        let known = |header: &&tiny_http::Header| header.field.as_str().as_str().eq_ignore_ascii_case(name);
        arrived.headers().iter().find(known).map(|header| header.value.as_str())
    };
    let mut marks = value(GATE).unwrap_or_default().split(' ');
    if !marks.next().is_some_and(|candidate| key.is(candidate)) {
        return Arrived::Stranger;
    }
    if arrived.method().as_str() == PROOF && arrived.url() == PROOF_PATH {
        return Arrived::Proof;
    }
    let peer = marks.next().and_then(|peer| peer.parse::<IpAddr>().ok());
    let (id, way) = (marks.next(), marks.next().and_then(|way| way.parse().ok()));
    let (Some(peer), Some(id), Some(way)) = (peer, id, way) else { return Arrived::Stranger };
    let field = |name: &str| match value(name).map(|value| value.strip_prefix(CLEAR)) {
        None => Field::Absent,
        Some(Some(value)) => Field::Once(value.to_owned()),
        Some(None) => Field::Unclear,
    };
    let request = Request {
        method: arrived.method().as_str().to_owned(),
        path: arrived.url().to_owned(),
        peer,
        authorization: field("Authorization"),
        content_type: field("Content-Type"),
        origin: field("Origin"),
        requested_method: field("Access-Control-Request-Method"),
        requested_headers: field("Access-Control-Request-Headers"),
        body: Vec::new(),
        id: id.to_owned(),
    };
    Arrived::Request(Box::new(request), way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_itself_and_no_other_and_is_never_shown() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        assert!(key.is(&key.0) && !key.is(&other.0) && !key.is("") && key.0.len() == 32);
        assert_eq!(format!("{key:?}"), "Key");
    }
}
