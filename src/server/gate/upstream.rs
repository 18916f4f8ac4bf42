//! One connection to the endpoint: one request in flight at most, and only after it has proven itself.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

use mio::event::Event as Readiness;
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};

use super::protocol::Answer;

/// How many headers a reply of the endpoint may have.
const MOST_HEADERS: usize = 32;
/// How many bytes are read at a time.
const PIECE: usize = 4096;
/// The headers that the gate makes itself.
const OWN: [&str; 6] =
    ["Connection", "Content-Length", "Date", "Server", "Transfer-Encoding", "X-Request-Id"];

/// A connection.
#[derive(Debug)]
pub(super) struct Upstream {
    /// The socket.
    stream: UnixStream,
    /// What it is registered as.
    token: Token,
    /// Whether room for what is to be sent is waited for.
    is_blocked: bool,
    /// Which endpoint it leads to.
    pub(super) house: u64,
    /// What it is used for.
    pub(super) work: Work,
    /// When the present work must be done.
    due: Option<Instant>,
    /// What is to be sent.
    output: Vec<u8>,
    /// How much of it has been sent.
    sent: usize,
    /// What has been received.
    input: Vec<u8>,
    /// Whether it has come to an end.
    pub(super) is_lost: bool,
}

/// What a connection is used for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// It proves itself.
    Proving,
    /// Nothing.
    Free,
    /// A request is being answered.
    Asking(Asked),
}

/// A request that was passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Who asked.
    pub(super) client: Token,
    /// What the request is called.
    pub(super) id: String,
    /// Whether the reply comes without its body.
    pub(super) is_head: bool,
}

impl Upstream {
    /// Connects to an endpoint.
    pub(super) fn connect(socket: &Path, house: u64, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Self {
            stream,
            token,
            is_blocked: false,
            house,
            work: Work::Free,
            due: None,
            output: Vec::new(),
            sent: 0,
            input: Vec::new(),
            is_lost: false,
        })
    }

    /// Sends a request on its way.
    pub(super) fn send(&mut self, work: Work, bytes: Vec<u8>, due: Instant, registry: &Registry) {
        self.work = work;
        self.due = Some(due);
        self.output = bytes;
        self.sent = 0;
        self.write(registry);
    }

    /// Does what its socket is ready for. A reply may be longer by one piece than `most` bytes.
    pub(super) fn go_on(&mut self, readiness: &Readiness, most: usize, registry: &Registry) {
        if readiness.is_writable() {
            self.write(registry);
        }
        if readiness.is_readable() || readiness.is_read_closed() || readiness.is_error() {
            self.read(most, readiness.is_read_closed() || readiness.is_error());
        }
    }

    /// Tells whether a whole reply is there. What cannot be a reply ends the connection.
    pub(super) fn has_reply(&mut self) -> bool {
        let is_head = matches!(&self.work, Work::Asking(asked) if asked.is_head);
        let Ok(found) = parse(&self.input, is_head) else {
            self.is_lost = true;
            return false;
        };
        found.is_some() && self.work != Work::Free
    }

    /// Tells when it must be looked at, whatever happens.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.is_lost { Some(now) } else { self.due }
    }

    /// Takes the reply, and frees the connection for another request.
    pub(super) fn take_reply(&mut self) -> (Work, Vec<u8>) {
        self.due = None;
        self.output = Vec::new();
        (std::mem::replace(&mut self.work, Work::Free), std::mem::take(&mut self.input))
    }

    /// Gives the connection up.
    pub(super) fn leave(mut self, registry: &Registry) -> Work {
        // Closing it does the same.
        let _ = registry.deregister(&mut self.stream);
        self.work
    }

    /// Writes as much as goes, and waits for room only where there is none: the endpoint makes room with
    /// every request that it reads, and each time would wake the gate.
    fn write(&mut self, registry: &Registry) {
        while self.sent < self.output.len() {
            match self.stream.write(&self.output[self.sent..]) {
                Ok(count @ 1..) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_pending(&error) => return self.wait_for_room(true, registry),
                Ok(_) | Err(_) => {
                    self.is_lost = true;
                    return;
                }
            }
        }
        self.wait_for_room(false, registry);
    }

    /// Has the poll tell of room, or not.
    fn wait_for_room(&mut self, is_blocked: bool, registry: &Registry) {
        if self.is_blocked == is_blocked {
            return;
        }
        self.is_blocked = is_blocked;
        let interest = if is_blocked { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.is_lost |= registry.reregister(&mut self.stream, self.token, interest).is_err();
    }

    /// Reads until nothing more is there. That the end follows, if it does, was told of already.
    fn read(&mut self, most: usize, has_ended: bool) {
        let mut piece = [0; PIECE];
        while !self.is_lost {
            match self.stream.read(&mut piece) {
                Ok(count @ 1..) if self.input.len() <= most && self.work != Work::Free => {
                    self.input.extend_from_slice(&piece[..count]);
                    // What leaves room was all there was (epoll(7)).
                    if count < PIECE && !has_ended {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_pending(&error) => return,
                Ok(_) | Err(_) => self.is_lost = true,
            }
        }
    }
}

/// Tells whether an error means to wait.
fn is_pending(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}

/// What was received is no reply of the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads a reply of the endpoint; `None` while it is not whole.
pub(super) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<Answer<'_>>, Unreadable> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let Ok(status) = parsed.parse(bytes) else { return Err(Unreadable) };
    let httparse::Status::Complete(start) = status else { return Ok(None) };
    let status = parsed.code.filter(|status| (200..600).contains(status)).ok_or(Unreadable)?;
    let mut length = None;
    let mut passed_on = Vec::with_capacity(parsed.headers.len());
    for header in parsed.headers.iter() {
        let value = str::from_utf8(header.value).map_err(|_| Unreadable)?;
        if header.name.eq_ignore_ascii_case("Content-Length") {
            length = value.parse::<usize>().ok();
        }
        if !OWN.iter().any(|own| own.eq_ignore_ascii_case(header.name)) {
            passed_on.push((header.name, value));
        }
    }
    let length = length.ok_or(Unreadable)?;
    let rest = &bytes[start..];
    let expected = if is_head || matches!(status, 204 | 304) { 0 } else { length };
    match rest.len() {
        there if there < expected => Ok(None),
        there if there > expected => Err(Unreadable),
        _ => Ok(Some(Answer { status, headers: passed_on, body: rest, length })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_once_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\nServer: x\r\nVary: Origin\r\nContent-Length: 2\r\n\r\n{}";
        for length in 0..bytes.len() {
            assert_eq!(parse(&bytes[..length], false), Ok(None));
        }
        let expected = Answer { status: 200, headers: vec![("Vary", "Origin")], body: b"{}", length: 2 };
        assert_eq!(parse(bytes, false), Ok(Some(expected)));
    }

    #[test]
    fn the_reply_to_head_is_whole_without_its_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        let expected = Answer { status: 200, headers: Vec::new(), body: b"", length: 2 };
        assert_eq!(parse(bytes, true), Ok(Some(expected)));
        assert_eq!(parse(bytes, false), Ok(None));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bytes in [
            &b"SSH-2.0-x\r\n"[..],
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}",
        ] {
            assert_eq!(parse(bytes, false), Err(Unreadable));
        }
    }
}
