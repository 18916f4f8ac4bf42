//! TLS handshakes that stall, are aborted, or are junk.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use rustls::ClientConnection;

use super::client_stream::ClientStream;
use super::running_server::{Protocol, RunningServer, assert_token};
use super::speech::{VERSIONS, client, client_of};
use super::well_behaved::WellBehavedClients;

/// More than the limit of unfinished handshakes.
const MANY: usize = 600;

/// The most bytes of junk to send.
const MAX_SENT: usize = 100_000_000;

/// The distance between the points at which handshakes are aborted, in bytes.
const STEP: usize = 41;

/// The ways to leave.
const WAYS: [fn(TcpStream); 3] = [
    |mut stream| {
        // The server may have ended it already.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    },
    drop,
    |stream| set_socket_linger(&stream, Some(Duration::ZERO)).unwrap(),
];

/// Takes the bytes that a client wants to send.
fn output_of(client: &mut ClientConnection) -> Vec<u8> {
    let mut said = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut said).unwrap();
    }
    said
}

/// Wraps bytes in a handshake record.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&[22, 3, 1], &length.to_be_bytes()[..], bytes].concat()
}

#[test]
fn stalled_handshakes_beyond_the_limit_block_nobody() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let hello = output_of(&mut client());
    // The beginning of a message of 65,535 bytes, in whole records and a part of one.
    let message = [&[1, 0, 0xff, 0xff, 3, 3], &[0; 15_000][..]].concat();
    let large = [record(&message), record(&[0; 14_000])].concat();
    for opening in [&hello[..0], &hello[..1], &hello[..hello.len() - 1], &hello, &large] {
        let stall = || {
            let mut stream = target.way.connect_tcp();
            // The server closes the oldest.
            let _ = stream.write_all(opening);
            stream
        };
        let mut stalled: Vec<TcpStream> = (0..MANY).map(|_| stall()).collect();
        let good = WellBehavedClients::beside(&target);
        for _ in 0..3 {
            good.wait_for(10);
            stalled.extend((0..50).map(|_| stall()));
        }
        good.end();
        drop(stalled);
        target.recover(&before);
    }
}

#[test]
fn aborted_handshake_leaves_nothing_behind() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    for version in VERSIONS {
        let mut points = 1;
        for flight in 0..2 {
            let mut at = 0;
            while at < points {
                for leave in WAYS {
                    let (mut client, mut stream) = (client_of(version), target.way.connect_tcp());
                    let mut said = output_of(&mut client);
                    for _ in 0..flight {
                        stream.write_all(&said).unwrap();
                        while !client.wants_write() {
                            client.read_tls(&mut stream).unwrap();
                            client.process_new_packets().unwrap();
                        }
                        said = output_of(&mut client);
                    }
                    points = said.len();
                    stream.write_all(&said[..at.min(points)]).unwrap();
                    leave(stream);
                }
                at += STEP;
            }
        }
    }
    good.end();
    target.recover(&before);
}

#[test]
fn handshake_in_single_byte_pieces_completes() {
    let target = RunningServer::speaking(Protocol::Tls);
    let bytes = |hello: &[u8]| hello.iter().map(|byte| vec![*byte]).collect::<Vec<_>>();
    let records = |hello: &[u8]| hello[5..].iter().map(|byte| record(&[*byte])).collect();
    for version in VERSIONS {
        for split in [bytes, records] {
            let (mut client, mut stream) = (client_of(version), target.way.connect_tcp());
            for piece in split(&output_of(&mut client)) {
                stream.write_all(&piece).unwrap();
            }
            let mut line = ClientStream::speaking(client, stream);
            line.send(target.last_request()).unwrap();
            assert_token(line.reply());
        }
    }
}

#[test]
fn junk_instead_of_a_handshake_gets_an_alert_at_most() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    let hello = output_of(&mut client());
    let long = [&[1, 0xff, 0xff, 0xff], &[0; 16_000][..]].concat();
    let rows: &[(&[u8], &[u8])] = &[
        (&[], &[0xff; 1024]),
        (&[], &[0; 1024]),
        // Records of other kinds: data, changes of the cipher, warnings, heartbeats.
        (&[], &[23, 3, 3, 0, 1, 0]),
        (&[], &[20, 3, 3, 0, 1, 1]),
        (&[], &[21, 3, 3, 0, 2, 1, 90]),
        (&[], &[24, 3, 3, 0, 3, 1, 0xff, 0xff]),
        // The same after a valid beginning.
        (&hello, &[0xff; 1024]),
        (&hello, &[23, 3, 3, 0, 1, 0]),
        (&hello, &[20, 3, 3, 0, 1, 1]),
        (&hello, &[21, 3, 3, 0, 2, 1, 90]),
        (&hello, &hello),
        // Records that are empty, too long, or of unknown versions.
        (&[], &[22, 3, 1, 0, 0]),
        (&[22, 3, 1, 0x48, 1], &[0; 1024]),
        (&[22, 3, 1, 0xff, 0xff], &[0; 1024]),
        (&[22, 9, 9, 0, 1], &[0; 1024]),
        // A message of 16 MiB, and one in pieces of one byte.
        (&record(&long), &record(&[0; 16_000])),
        (&record(&[1, 0, 0xff, 0xff]), &record(&[0])),
        // The greeting of SSL 2.
        (&[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10], &[0; 1024]),
    ];
    for (opening, endless) in rows {
        let mut stream = target.way.connect_tcp();
        stream.write_all(opening).unwrap();
        let piece = endless.repeat(64 * 1024 / endless.len());
        let mut sent = 0;
        while sent < MAX_SENT && stream.write_all(&piece).is_ok() {
            sent += piece.len();
        }
        assert!(sent < MAX_SENT, "{opening:?} {endless:?} was taken for ever");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let is_told = answer.is_empty() || [21, 22].contains(&answer[0]);
        assert!(is_told, "{opening:?} {endless:?}: {answer:?}");
    }
    good.end();
    target.recover(&before);
}
