//! One connection to the endpoint, used only after it has proven itself. Several requests are in flight on
//! it at once; their replies come in order.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use mio::event::Event as Readiness;
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};

use super::protocol::Answer;
use crate::server::wire::Passage;

/// How many headers a reply of the endpoint may have.
const MOST_HEADERS: usize = 32;
/// How many bytes are read at a time.
const PIECE: usize = 4096;
/// How much room for bytes is kept on a connection, either way, when all have gone.
const KEPT: usize = 4096;
/// How long the oldest request may take until the connection gets no further one, so that what takes long
/// holds up only what came with it.
const PATIENCE: Duration = Duration::from_millis(10);
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
    /// What is in flight, the oldest first.
    in_flight: VecDeque<Sent>,
    /// What is to be sent.
    output: Vec<u8>,
    /// How much of it has been sent.
    sent: usize,
    /// What has been received.
    input: Vec<u8>,
    /// Whether it has come to an end.
    pub(super) is_lost: bool,
}

/// What is in flight.
#[derive(Debug)]
struct Sent {
    /// What it is for.
    errand: Errand,
    /// What it counts as.
    weight: usize,
    /// Since when.
    since: Instant,
    /// When it must be answered.
    due: Instant,
}

/// What something is sent for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// To prove the connection.
    Proof,
    /// To have a request answered.
    Request(Asked),
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
    /// Connects to an endpoint, and has the connection prove itself with these bytes.
    pub(super) fn connect(
        socket: &Path,
        house: u64,
        proof: Vec<u8>,
        due: Instant,
        now: Instant,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        registry.register(&mut stream, token, Interest::READABLE)?;
        let mut upstream = Self {
            stream,
            token,
            is_blocked: false,
            house,
            in_flight: VecDeque::from([Sent { errand: Errand::Proof, weight: 0, since: now, due }]),
            output: proof,
            sent: 0,
            input: Vec::new(),
            is_lost: false,
        };
        upstream.flush(registry);
        Ok(upstream)
    }

    /// Tells how many requests are in flight on it.
    pub(super) fn load(&self) -> usize {
        self.in_flight.len()
    }

    /// Tells what these count as altogether.
    pub(super) fn weight(&self) -> usize {
        self.in_flight.iter().map(|sent| sent.weight).sum()
    }

    /// Tells until when it takes requests, if nothing is answered; `None` where it does not take any.
    pub(super) fn takes_until(&self, now: Instant) -> Option<Instant> {
        let Some(oldest) = self.in_flight.front() else { return (!self.is_lost).then_some(now + PATIENCE) };
        let until = oldest.since + PATIENCE;
        (!self.is_lost && oldest.errand != Errand::Proof && now < until).then_some(until)
    }

    /// Takes a request, which `flush` sends on its way.
    pub(super) fn take(&mut self, asked: Asked, passage: &Passage, due: Instant, now: Instant) {
        let weight = passage.weight();
        self.in_flight.push_back(Sent { errand: Errand::Request(asked), weight, since: now, due });
        passage.write(self.token.0 as u64, &mut self.output);
    }

    /// Sends what was taken, as much as goes.
    pub(super) fn flush(&mut self, registry: &Registry) {
        if !self.is_blocked && !self.output.is_empty() {
            self.write(registry);
        }
    }

    /// Does what its socket is ready for, and gives the replies that are whole, in order. One may be longer by
    /// one piece than `most` bytes.
    pub(super) fn go_on(
        &mut self,
        readiness: &Readiness,
        most: usize,
        registry: &Registry,
    ) -> Vec<(Errand, Vec<u8>)> {
        if readiness.is_writable() {
            self.write(registry);
        }
        let mut replies = Vec::new();
        if readiness.is_readable() || readiness.is_read_closed() || readiness.is_error() {
            self.read(most, readiness.is_read_closed() || readiness.is_error(), &mut replies);
        }
        replies
    }

    /// Tells when it must be looked at, whatever happens.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.is_lost { Some(now) } else { self.in_flight.front().map(|sent| sent.due) }
    }

    /// Gives the connection up, and what is in flight on it.
    pub(super) fn leave(mut self, registry: &Registry) -> impl Iterator<Item = Errand> {
        // Closing it does the same.
        let _ = registry.deregister(&mut self.stream);
        self.in_flight.into_iter().map(|sent| sent.errand)
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
        self.output.clear();
        self.output.shrink_to(KEPT);
        self.sent = 0;
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
    fn read(&mut self, most: usize, has_ended: bool, replies: &mut Vec<(Errand, Vec<u8>)>) {
        let mut piece = [0; PIECE];
        while !self.is_lost {
            match self.stream.read(&mut piece) {
                Ok(count @ 1..) if self.input.len() <= most => {
                    self.input.extend_from_slice(&piece[..count]);
                    self.take_replies(replies);
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

    /// Takes the replies that are whole off the input. What cannot be one, or answers nothing, ends the
    /// connection.
    fn take_replies(&mut self, replies: &mut Vec<(Errand, Vec<u8>)>) {
        let mut read = 0;
        while let Some(Sent { errand, .. }) = self.in_flight.front() {
            let is_head = matches!(errand, Errand::Request(asked) if asked.is_head);
            let rest = &self.input[read..];
            match parse(rest, is_head) {
                Ok(Some((_, length))) => {
                    let reply = rest[..length].to_vec();
                    replies.extend(self.in_flight.pop_front().map(|sent| (sent.errand, reply)));
                    read += length;
                }
                Ok(None) => break,
                Err(Unreadable) => {
                    self.is_lost = true;
                    return;
                }
            }
        }
        self.input.drain(..read);
        self.input.shrink_to(KEPT);
        self.is_lost |= self.in_flight.is_empty() && !self.input.is_empty();
    }
}

/// Tells whether an error means to wait.
fn is_pending(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}

/// What was received is no reply of the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads the reply of the endpoint that this begins with, and tells how long it is; `None` while it is not
/// whole.
pub(super) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<(Answer<'_>, usize)>, Unreadable> {
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
    let expected = if is_head || matches!(status, 204 | 304) { 0 } else { length };
    let end = start.checked_add(expected).ok_or(Unreadable)?;
    let body = bytes.get(start..end);
    Ok(body.map(|body| (Answer { status, headers: passed_on, body, length }, end)))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::os::unix::net::{UnixListener, UnixStream as Plain};

    use mio::{Events, Poll};

    use super::*;
    use crate::server::private::Private;

    /// A connection, and its other end.
    struct Pair {
        poll: Poll,
        upstream: Upstream,
        other: Plain,
        now: Instant,
        _private: Private,
    }

    impl Pair {
        /// Connects them, with a proof of one byte on its way.
        fn new() -> Self {
            let (poll, private, now) =
                (Poll::new().unwrap(), Private::under(&env::temp_dir()).unwrap(), Instant::now());
            let listener = UnixListener::bind(private.socket()).unwrap();
            let due = now + Duration::from_secs(1);
            let (socket, proof) = (private.socket(), b"P".to_vec());
            let upstream = Upstream::connect(&socket, 1, proof, due, now, poll.registry(), Token(7)).unwrap();
            let mut other = listener.accept().unwrap().0;
            let mut proof = [0];
            other.read_exact(&mut proof).unwrap();
            assert_eq!(&proof, b"P");
            Self { poll, upstream, other, now, _private: private }
        }

        /// Connects them, and has the connection proven.
        fn proven() -> Self {
            let mut pair = Self::new();
            assert_eq!(pair.tell(&reply(204)), [(Errand::Proof, reply(204))]);
            pair
        }

        /// Passes a request on.
        fn ask(&mut self, client: usize, now: Instant) {
            let due = now + Duration::from_secs(10);
            self.upstream.take(asked(client), &Passage::holding(100), due, now);
            self.upstream.flush(self.poll.registry());
        }

        /// Has the other end send bytes, and gives the replies that become of them.
        fn tell(&mut self, bytes: &[u8]) -> Vec<(Errand, Vec<u8>)> {
            self.other.write_all(bytes).unwrap();
            let mut events = Events::with_capacity(8);
            self.poll.poll(&mut events, None).unwrap();
            let go_on = |event| self.upstream.go_on(event, 1000, self.poll.registry());
            events.iter().flat_map(go_on).collect()
        }

        /// Tells whether it takes requests at a moment.
        fn takes(&self, now: Instant) -> bool {
            self.upstream.takes_until(now).is_some()
        }
    }

    fn asked(client: usize) -> Asked {
        Asked { client: Token(client), id: client.to_string(), is_head: false }
    }

    fn reply(status: u16) -> Vec<u8> {
        format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").into_bytes()
    }

    #[test]
    fn nothing_goes_over_it_before_it_is_proven() {
        let mut pair = Pair::new();
        assert!(!pair.takes(pair.now));
        assert_eq!(pair.upstream.due(pair.now), Some(pair.now + Duration::from_secs(1)));
        pair.tell(&reply(204));
        assert!(pair.takes(pair.now) && pair.upstream.due(pair.now).is_none());
    }

    #[test]
    fn replies_belong_to_requests_in_their_order_however_they_are_split() {
        let mut pair = Pair::proven();
        (1..=3).for_each(|client| pair.ask(client, pair.now));
        assert_eq!((pair.upstream.load(), pair.upstream.weight()), (3, 3 * 1024));
        let all = [reply(200), reply(401), reply(500)].concat();
        let (first, rest) = all.split_at(all.len() - 60);
        let first = pair.tell(first);
        let rest = pair.tell(rest);
        let replies: Vec<_> = first.into_iter().chain(rest).collect();
        let expected = [(1, 200), (2, 401), (3, 500)];
        let expected = expected.map(|(client, status)| (Errand::Request(asked(client)), reply(status)));
        assert_eq!(replies, expected);
        assert_eq!((pair.upstream.load(), pair.upstream.weight(), pair.upstream.is_lost), (0, 0, false));
    }

    #[test]
    fn while_its_oldest_request_takes_long_it_takes_no_other() {
        let mut pair = Pair::proven();
        let begun = pair.now;
        pair.ask(1, begun);
        pair.ask(2, begun + PATIENCE / 2);
        assert_eq!(pair.upstream.takes_until(begun), Some(begun + PATIENCE));
        assert!(pair.takes(begun + PATIENCE.mul_f32(0.9)) && !pair.takes(begun + PATIENCE));
        pair.tell(&reply(200));
        assert!(pair.takes(begun + PATIENCE) && !pair.takes(begun + 2 * PATIENCE));
        pair.tell(&reply(200));
        assert!(pair.takes(begun + 2 * PATIENCE));
    }

    #[test]
    fn a_reply_to_nothing_and_one_that_is_none_end_it_and_what_is_in_flight_is_told_of() {
        for wrong in [[reply(200), reply(200)].concat(), b"SSH-2.0-x\r\n\r\n".to_vec()] {
            let mut pair = Pair::proven();
            pair.ask(1, pair.now);
            let answered = pair.tell(&wrong).len();
            assert!(pair.upstream.is_lost && !pair.takes(pair.now));
            let left: Vec<Errand> = pair.upstream.leave(pair.poll.registry()).collect();
            assert_eq!(answered + left.len(), 1);
        }
    }

    #[test]
    fn a_reply_longer_than_it_may_be_ends_it() {
        let mut pair = Pair::proven();
        pair.ask(1, pair.now);
        let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{}", "x".repeat(8999));
        assert!(pair.tell(long.as_bytes()).is_empty() && pair.upstream.is_lost);
    }

    #[test]
    fn a_reply_is_read_once_it_is_whole_and_no_further() {
        let bytes = b"HTTP/1.1 200 OK\r\nServer: x\r\nVary: Origin\r\nContent-Length: 2\r\n\r\n{}";
        for length in 0..bytes.len() {
            assert_eq!(parse(&bytes[..length], false), Ok(None));
        }
        let expected = Answer { status: 200, headers: vec![("Vary", "Origin")], body: b"{}", length: 2 };
        for further in ["", "H", "HTTP/1.1 204 No Content\r\n", "\0"] {
            let bytes = [bytes, further.as_bytes()].concat();
            assert_eq!(parse(&bytes, false), Ok(Some((expected.clone(), bytes.len() - further.len()))));
        }
    }

    #[test]
    fn the_reply_to_head_is_whole_without_its_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        let expected = Answer { status: 200, headers: Vec::new(), body: b"", length: 2 };
        assert_eq!(parse(bytes, true), Ok(Some((expected, bytes.len()))));
        assert_eq!(parse(bytes, false), Ok(None));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bytes in [
            &b"SSH-2.0-x\r\n"[..],
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
        ] {
            assert_eq!(parse(bytes, false), Err(Unreadable));
        }
    }
}
