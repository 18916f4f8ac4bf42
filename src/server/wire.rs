//! How the gate passes a request on to the endpoint: as a small HTTP request of its own making.
//!
//! Every value that a client sent is marked, so that none is empty or changed on its way, and the key
//! proves that the request came through the gate.

use std::fmt::{self, Write as _};
use std::io;
use std::net::IpAddr;

use subtle::ConstantTimeEq as _;

use super::exchange::{Field, Request};

/// The header with the key.
const KEY: &str = "X-Gate-Key";
/// The header with the client's address.
const PEER: &str = "X-Gate-Peer";
/// The header with what the request is called.
const ID: &str = "X-Gate-Id";
/// The method of what only proves that a connection works. No client's request has it with this path.
const PROOF: &str = "PROVE";
/// The path of the same.
const PROOF_PATH: &str = "*";
/// Stands before a value that was sent once.
const CLEAR: char = '=';
/// Stands for what is unclear.
const UNCLEAR: &str = "?";

/// What every request through the gate carries: 32 random bytes, made anew in every run.
#[derive(Clone)]
pub(super) struct Key(String);

impl Key {
    /// Makes a new one.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(random_hex::<32>()?))
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

/// What arrives at the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// A request.
    Request(Box<Request>),
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
    format!("{PROOF} {PROOF_PATH} HTTP/1.1\r\n{KEY}: {}\r\n\r\n", key.0).into_bytes()
}

/// Writes a request.
pub(super) fn encode(request: &Request, key: &Key) -> Vec<u8> {
    let mut head = format!(
        "{} {} HTTP/1.1\r\n{KEY}: {}\r\n{PEER}: {}\r\n{ID}: {}\r\n",
        request.method, request.path, key.0, request.peer, request.id
    );
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
    let _ = write!(head, "Content-Length: {}\r\n\r\n", request.body.len());
    let mut bytes = head.into_bytes();
    bytes.reserve_exact(request.body.len());
    bytes.extend_from_slice(&request.body);
    bytes
}

/// Reads what arrived, without its body.
pub(super) fn decode(arrived: &tiny_http::Request, key: &Key) -> Arrived {
    let value = |name: &str| {
        let known = |header: &&tiny_http::Header| header.field.as_str().as_str().eq_ignore_ascii_case(name);
        arrived.headers().iter().find(known).map(|header| header.value.as_str())
    };
    if !value(KEY).is_some_and(|candidate| key.is(candidate)) {
        return Arrived::Stranger;
    }
    if arrived.method().as_str() == PROOF && arrived.url() == PROOF_PATH {
        return Arrived::Proof;
    }
    let peer = value(PEER).and_then(|peer| peer.parse::<IpAddr>().ok());
    let (Some(peer), Some(id)) = (peer, value(ID)) else { return Arrived::Stranger };
    let field = |name: &str| match value(name).map(|value| value.strip_prefix(CLEAR)) {
        None => Field::Absent,
        Some(Some(value)) => Field::Once(value.to_owned()),
        Some(None) => Field::Unclear,
    };
    Arrived::Request(Box::new(Request {
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
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_itself_and_no_other_and_is_never_shown() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        assert!(key.is(&key.0) && !key.is(&other.0) && !key.is("") && key.0.len() == 64);
        assert_eq!(format!("{key:?}"), "Key");
    }
}
