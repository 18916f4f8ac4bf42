//! Handshakes of TLS that stall, break off, or are none.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use rustls::ClientConnection;

use super::client_stream::ClientStream;
use super::running_server::{Protocol, RunningServer, assert_token};
use super::speech::{VERSIONS, client, client_of};
use super::well_behaved::WellBehavedClients;

/// More than the handshakes that are not finished may be.
const MANY: usize = 600;

/// How much is sent at most that is no handshake.
const MAX_SENT: usize = 100_000_000;

/// How many bytes lie between the points at which handshakes break off.
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

/// Takes what a client has to say.
fn said_by(client: &mut ClientConnection) -> Vec<u8> {
    let mut said = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut said).unwrap();
    }
    said
}

/// Puts bytes into a record of a handshake.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&[22, 3, 1], &length.to_be_bytes()[..], bytes].concat()
}

#[test]
fn more_stalled_handshakes_than_there_may_be_keep_nobody_from_being_answered() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let hello = said_by(&mut client());
    // The beginning of a message of 65,535 bytes, in whole records and a part of one.
    let message = [&[1, 0, 0xff, 0xff, 3, 3], &[0; 15_000][..]].concat();
    let large = [record(&message), record(&[0; 14_000])].concat();
    for opening in [&hello[..0], &hello[..1], &hello[..hello.len() - 1], &hello, &large] {
        let stall = || {
            let mut stream = target.way.knock();
            // The oldest are sent away.
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
fn a_handshake_that_breaks_off_at_any_point_leaves_nothing_behind() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    for version in VERSIONS {
        let mut points = 1;
        for flight in 0..2 {
            let mut at = 0;
            while at < points {
                for leave in WAYS {
                    let (mut client, mut stream) = (client_of(version), target.way.knock());
                    let mut said = said_by(&mut client);
                    for _ in 0..flight {
                        stream.write_all(&said).unwrap();
                        while !client.wants_write() {
                            client.read_tls(&mut stream).unwrap();
                            client.process_new_packets().unwrap();
                        }
                        said = said_by(&mut client);
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
fn a_handshake_in_the_smallest_pieces_and_records_is_finished() {
    let target = RunningServer::speaking(Protocol::Tls);
    let bytes = |hello: &[u8]| hello.iter().map(|byte| vec![*byte]).collect::<Vec<_>>();
    let records = |hello: &[u8]| hello[5..].iter().map(|byte| record(&[*byte])).collect();
    for version in VERSIONS {
        for split in [bytes, records] {
            let (mut client, mut stream) = (client_of(version), target.way.knock());
            for piece in split(&said_by(&mut client)) {
                stream.write_all(&piece).unwrap();
            }
            let mut line = ClientStream::speaking(client, stream);
            line.send(target.last_request()).unwrap();
            assert_token(line.reply());
        }
    }
}

#[test]
fn what_is_no_handshake_is_answered_with_an_alert_at_most_and_never_taken_for_ever() {
    let target = RunningServer::speaking(Protocol::Tls);
    let before = target.calm();
    let good = WellBehavedClients::beside(&target);
    let hello = said_by(&mut client());
    let long = [&[1, 0xff, 0xff, 0xff], &[0; 16_000][..]].concat();
    let rows: &[(&[u8], &[u8])] = &[
        (&[], &[0xff; 1024]),
        (&[], &[0; 1024]),
        // Records of other kinds: data, changes of the cipher, warnings, heartbeats.
        (&[], &[23, 3, 3, 0, 1, 0]),
        (&[], &[20, 3, 3, 0, 1, 1]),
        (&[], &[21, 3, 3, 0, 2, 1, 90]),
        (&[], &[24, 3, 3, 0, 3, 1, 0xff, 0xff]),
        // The same behind what begins well.
        (&hello, &[0xff; 1024]),
        (&hello, &[23, 3, 3, 0, 1, 0]),
        (&hello, &[20, 3, 3, 0, 1, 1]),
        (&hello, &[21, 3, 3, 0, 2, 1, 90]),
        (&hello, &hello),
        // Records that are empty, too long, and of versions that there are not.
        (&[], &[22, 3, 1, 0, 0]),
        (&[22, 3, 1, 0x48, 1], &[0; 1024]),
        (&[22, 3, 1, 0xff, 0xff], &[0; 1024]),
        (&[22, 9, 9, 0, 1], &[0; 1024]),
        // A message of 16 MiB, and one that comes in pieces of a byte.
        (&record(&long), &record(&[0; 16_000])),
        (&record(&[1, 0, 0xff, 0xff]), &record(&[0])),
        // The greeting of SSL 2.
        (&[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10], &[0; 1024]),
    ];
    for (opening, endless) in rows {
        let mut stream = target.way.knock();
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
