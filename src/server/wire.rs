//! How the gate passes a request on to the endpoint: as a small HTTP request of its own making.
//!
//! The key proves that the request came through the gate. What a client sent in headers goes before the body and
//! in it: there nothing is trimmed, and it is read at once, where a head is read byte by byte.

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
const CLEAR: u8 = b'=';
/// Stands for what is unclear.
const UNCLEAR: u8 = b'?';
/// Ends every field; no value has it.
const END: u8 = b'\n';
/// Bytes of a head beside method and path, and where the connection is told: rarely more.
const ROOM: usize = 160;
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
    /// Its head up to where the connection is told, and what follows the head.
    bytes: Vec<u8>,
    /// How long that part of the head is.
    head: usize,
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
        let Request { method, path, peer, id, body, .. } = request;
        let fields = fields(request);
        let length = fields.iter().map(|field| written(field)).sum::<usize>() + body.len();
        let mut bytes = Vec::with_capacity(method.len() + path.len() + length + ROOM);
        // Writing to a Vec cannot fail.
        let _ = write!(
            bytes,
            "{method} {path} HTTP/1.1\r\nContent-Length: {length}\r\n{GATE}: {} {peer} {id} ",
            key.0
        );
        let head = bytes.len();
        for field in fields {
            match field {
                Field::Absent => {}
                Field::Once(value) => {
                    bytes.push(CLEAR);
                    bytes.extend_from_slice(value.as_bytes());
                }
                Field::Unclear => bytes.push(UNCLEAR),
            }
            bytes.push(END);
        }
        bytes.extend_from_slice(body);
        Self { bytes, head }
    }

    /// Makes one that holds so many bytes.
    #[cfg(test)]
    pub(super) fn holding(size: usize) -> Self {
        Self { bytes: Vec::with_capacity(size), head: 0 }
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
        let (head, rest) = self.bytes.split_at(self.head);
        output.extend_from_slice(head);
        // Writing to a Vec cannot fail.
        let _ = write!(output, "{way}\r\n\r\n");
        output.extend_from_slice(rest);
    }
}

/// Gives what a client sent in headers, in the order in which it is passed on; `complete` reads the same.
fn fields(request: &Request) -> [&Field; 5] {
    let Request { authorization, content_type, origin, requested_method, requested_headers, .. } = request;
    [authorization, content_type, origin, requested_method, requested_headers]
}

/// Tells how many bytes a field is passed on in.
fn written(field: &Field) -> usize {
    match field {
        Field::Absent => 1,
        Field::Once(value) => value.len() + 2,
        Field::Unclear => 2,
    }
}

/// Reads the head of what arrived.
pub(super) fn decode(arrived: &tiny_http::Request, key: &Key) -> Arrived {
    let is_gates = |header: &&tiny_http::Header| header.field.as_str().as_str().eq_ignore_ascii_case(GATE);
    let marks = arrived.headers().iter().find(is_gates).map(|header| header.value.as_str());
    let mut marks = marks.unwrap_or_default().split(' ');
    if !marks.next().is_some_and(|candidate| key.is(candidate)) {
        return Arrived::Stranger;
    }
    let (method, path) = (arrived.method().as_str(), arrived.url());
    if method == PROOF && path == PROOF_PATH {
        return Arrived::Proof;
    }
    let peer = marks.next().and_then(|peer| peer.parse::<IpAddr>().ok());
    let (id, way) = (marks.next(), marks.next().and_then(|way| way.parse().ok()));
    let (Some(peer), Some(id), Some(way)) = (peer, id, way) else { return Arrived::Stranger };
    Arrived::Request(Box::new(Request::bare(method, path, peer, id)), way)
}

/// Reads what followed the head of a request, and puts it where it belongs. `None` where the gate did not
/// write it.
pub(super) fn complete(request: &mut Request, mut rest: Vec<u8>) -> Option<()> {
    let Request { authorization, content_type, origin, requested_method, requested_headers, .. } = request;
    let mut read = 0;
    for field in [authorization, content_type, origin, requested_method, requested_headers] {
        let line = &rest[read..];
        let line = &line[..line.iter().position(|byte| *byte == END)?];
        *field = match line.split_first() {
            None => Field::Absent,
            Some((&CLEAR, value)) => Field::Once(str::from_utf8(value).ok()?.to_owned()),
            Some((&UNCLEAR, [])) => Field::Unclear,
            Some(_) => return None,
        };
        read += line.len() + 1;
    }
    rest.drain(..read);
    request.body = rest;
    Some(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// A request to nobody.
    fn bare() -> Request {
        Request::bare("GET", "/", IpAddr::V4(Ipv4Addr::LOCALHOST), "7-1")
    }

    #[test]
    fn what_follows_the_head_is_five_fields_and_the_body() {
        let mut request = bare();
        assert_eq!(complete(&mut request, b"=Bearer a b\n?\n\n=\n==?\n{\n}\n".to_vec()), Some(()));
        let expected = Request {
            authorization: Field::Once("Bearer a b".into()),
            content_type: Field::Unclear,
            requested_method: Field::Once(String::new()),
            requested_headers: Field::Once("=?".into()),
            body: b"{\n}\n".to_vec(),
            ..bare()
        };
        assert_eq!(request, expected);
    }

    #[test]
    fn what_the_gate_does_not_write_is_no_request() {
        for rest in
            [&b""[..], b"\n\n\n\n", b"\n\n\n\n=a", b"a\n\n\n\n\n", b"?a\n\n\n\n\n", b"=\xff\n\n\n\n\n"]
        {
            assert_eq!(complete(&mut bare(), rest.to_vec()), None, "{rest:?}");
        }
    }

    #[test]
    fn a_key_is_itself_and_no_other_and_is_never_shown() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        assert!(key.is(&key.0) && !key.is(&other.0) && !key.is("") && key.0.len() == 32);
        assert_eq!(format!("{key:?}"), "Key");
    }
}
