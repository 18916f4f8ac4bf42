//! TLS without sockets, against a client in memory.

use std::io::{Read as _, Write as _};

use proptest::prelude::*;
use rustls::ClientConnection;
use rustls::version::{TLS12, TLS13};

use super::*;
use crate::tls::testing::{client, identity};

/// Both versions that are spoken.
const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// Both ends of a connection.
struct Pair {
    /// The client.
    client: ClientConnection,
    /// The server.
    server: Secured,
}

impl Pair {
    /// Makes both ends; nothing has been said yet.
    fn new(version: &'static rustls::SupportedProtocolVersion) -> Self {
        let (identity, certificate) = identity();
        Self { client: client(&certificate, version), server: Secured::new(identity.config()).unwrap() }
    }

    /// Makes both ends, and has them finish the handshake.
    fn established(version: &'static rustls::SupportedProtocolVersion) -> Self {
        let mut pair = Self::new(version);
        pair.exchange();
        assert!(!pair.server.is_handshaking() && !pair.client.is_handshaking());
        pair
    }

    /// Gives what the client has to send.
    fn of_client(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    /// Carries what the server has to send to the client.
    fn answer(&mut self) {
        let bytes = self.server.output().to_vec();
        self.server.wrote(bytes.len());
        let mut bytes = bytes.as_slice();
        while !bytes.is_empty() {
            self.client.read_tls(&mut bytes).unwrap();
            self.client.process_new_packets().unwrap();
        }
    }

    /// Carries bytes both ways until nobody has any.
    fn exchange(&mut self) {
        loop {
            let bytes = self.of_client();
            if !bytes.is_empty() {
                self.server.receive(&bytes).unwrap();
            }
            if bytes.is_empty() && self.server.output().is_empty() {
                return;
            }
            self.answer();
        }
    }

    /// Takes all that is there of the client's.
    fn taken(&mut self) -> Vec<u8> {
        let (mut all, mut room) = (Vec::new(), [0; 100]);
        loop {
            match self.server.take(&mut room).unwrap() {
                0 => return all,
                count => all.extend_from_slice(&room[..count]),
            }
        }
    }
}

#[test]
fn a_handshake_ends_with_http_1_1_whatever_else_the_client_offers() {
    for version in VERSIONS {
        let pair = Pair::established(version);
        assert_eq!(pair.client.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(pair.client.protocol_version(), Some(version.version));
        assert_eq!((pair.server.held(), pair.server.fault()), (0, None));
    }
}

#[test]
fn bytes_go_both_ways_however_they_are_split() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let mut said = Vec::new();
        while pair.server.is_handshaking() {
            for byte in pair.of_client() {
                pair.server.receive(&[byte]).unwrap();
            }
            pair.answer();
        }
        pair.client.writer().write_all(b"a question").unwrap();
        for byte in pair.of_client() {
            pair.server.receive(&[byte]).unwrap();
            said.extend(pair.taken());
        }
        assert_eq!(said, b"a question");
        assert_eq!(pair.server.send(b"an answer").unwrap(), 9);
        pair.answer();
        let mut heard = [0; 9];
        pair.client.reader().read_exact(&mut heard).unwrap();
        assert_eq!((&heard, pair.server.held()), (b"an answer", 0));
    }
}

#[test]
fn a_long_reply_leaves_in_pieces_and_a_long_record_is_taken_in_pieces() {
    for version in VERSIONS {
        let mut pair = Pair::established(version);
        let reply: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        let (mut sent, mut heard) = (0, Vec::new());
        while sent < reply.len() {
            sent += pair.server.send(&reply[sent..]).unwrap();
            assert!(pair.server.output().len() <= PIECE + OVERHEAD);
            pair.answer();
            let mut some = vec![0; PIECE];
            let count = pair.client.reader().read(&mut some).unwrap();
            heard.extend_from_slice(&some[..count]);
        }
        assert!(heard == reply);
        pair.client.writer().write_all(&reply[..16 * 1024]).unwrap();
        for piece in pair.of_client().chunks(1000) {
            pair.server.receive(piece).unwrap();
        }
        assert!(pair.server.waiting() >= 16 * 1024);
        assert!(pair.taken() == reply[..16 * 1024]);
        assert_eq!(pair.server.held(), 0);
    }
}

#[test]
fn each_end_is_told_of_the_others_end() {
    for version in VERSIONS {
        let mut pair = Pair::established(version);
        pair.client.writer().write_all(b"last words").unwrap();
        pair.client.send_close_notify();
        let bytes = pair.of_client();
        pair.server.receive(&bytes).unwrap();
        assert!(!pair.server.has_ended());
        assert_eq!(pair.taken(), b"last words");
        assert!(pair.server.has_ended());
        assert_eq!(pair.server.send(b"bye").unwrap(), 3);
        pair.server.close();
        pair.answer();
        let mut heard = String::new();
        // Without the notification it would be an error.
        pair.client.reader().read_to_string(&mut heard).unwrap();
        assert_eq!((heard.as_str(), pair.server.fault()), ("bye", None));
    }
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_connection_and_the_client_is_told() {
    for version in VERSIONS {
        let mut pair = Pair::established(version);
        pair.client.writer().write_all(b"a question").unwrap();
        let mut bytes = pair.of_client();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(pair.server.receive(&bytes), Err(TlsFault::Malformed));
        assert_eq!(pair.server.fault(), Some(TlsFault::Malformed));
        assert_eq!(pair.server.take(&mut [0; 10]), Err(TlsFault::Malformed));
        let alert = pair.server.output().to_vec();
        pair.client.read_tls(&mut alert.as_slice()).unwrap();
        assert!(matches!(pair.client.process_new_packets(), Err(Error::AlertReceived(_))));
    }
}

#[test]
fn nothing_is_sent_before_the_handshake_is_over() {
    assert_eq!(Pair::new(&TLS13).server.send(b"too early"), Err(TlsFault::Misbehaved));
}

#[test]
fn what_is_no_tls_is_told_apart_from_http_that_should_be() {
    let begun = |bytes: &[u8]| {
        let mut server = Pair::new(&TLS13).server;
        (server.receive(bytes), server.fault())
    };
    let fault = TlsFault::Unencrypted;
    assert_eq!(begun(b"GET / HTTP/1.1\r\n"), (Err(fault), Some(fault)));
    let fault = TlsFault::Malformed;
    assert_eq!(begun(b"\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff"), (Err(fault), Some(fault)));
    assert_eq!(begun(b"\x80\x2e\x01\x00\x02 of an older time"), (Err(fault), Some(fault)));
    assert_eq!(begun(b"\x16"), (Ok(()), Some(TlsFault::Unfinished)));
    assert_eq!(Pair::new(&TLS13).server.fault(), None);
}

#[test]
fn a_client_that_takes_nothing_of_what_is_known_here_is_told_apart() {
    let (identity, _) = identity();
    let mut server = Secured::new(identity.config()).unwrap();
    let mut stranger = client(&crate::tls::testing::sound().certificate, &TLS13);
    let mut bytes = Vec::new();
    stranger.write_tls(&mut bytes).unwrap();
    server.receive(&bytes).unwrap();
    stranger.read_tls(&mut server.output()).unwrap();
    // Its own roots are others.
    assert!(stranger.process_new_packets().is_err());
    let mut alert = Vec::new();
    stranger.write_tls(&mut alert).unwrap();
    assert_eq!(server.receive(&alert), Err(TlsFault::Alert));
}

#[test]
fn a_client_that_sends_much_and_says_nothing_is_let_go() {
    let mut server = Pair::new(&TLS13).server;
    // The beginning of a handshake message of 65,535 bytes, in records of 4,000.
    let mut record = b"\x16\x03\x01\x0f\xa0\x01\x00\xff\xff".to_vec();
    record.resize(5 + 4000, 0);
    let mut total = 0;
    let fault = loop {
        match server.receive(&record) {
            Ok(()) => total += record.len(),
            Err(fault) => break fault,
        }
        record[5..9].fill(0);
        assert!(server.held() <= 2 * MOST_FRUITLESS);
    };
    assert_eq!((fault, server.incoming.capacity()), (TlsFault::Misbehaved, 0));
    assert!((MOST_FRUITLESS - record.len()..=MOST_FRUITLESS).contains(&total), "{total}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_is_taken_or_ends_the_connection_and_never_the_program(
        is_older in any::<bool>(),
        is_established in any::<bool>(),
        changes in prop::collection::vec((0..400_usize, any::<u8>()), 0..4),
        garbage in prop::collection::vec(any::<u8>(), 0..300),
        size in 1..500_usize,
    ) {
        let version = if is_older { &TLS12 } else { &TLS13 };
        let mut pair = if is_established { Pair::established(version) } else { Pair::new(version) };
        if is_established {
            pair.client.writer().write_all(b"a question").unwrap();
            pair.client.send_close_notify();
        }
        let mut bytes = pair.of_client();
        for (at, change) in changes {
            let at = at % bytes.len();
            bytes[at] ^= change;
        }
        bytes.extend(garbage);
        for piece in bytes.chunks(size) {
            let mut room = [0; 50];
            let went_on = pair.server.receive(piece).and_then(|()| pair.server.take(&mut room));
            if !pair.server.is_handshaking() {
                let sent = pair.server.send(b"an answer");
                prop_assert!(went_on.is_ok() || sent.is_err());
            }
            let count = pair.server.output().len();
            pair.server.wrote(count);
        }
        pair.server.close();
        prop_assert!(pair.server.held() <= 2 * MOST_FRUITLESS);
    }
}
