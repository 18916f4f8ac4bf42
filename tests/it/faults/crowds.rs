//! Thousands of slow clients at once, beside some that are well-behaved.

use super::client_stream::ClientStream;
use super::many_connections::ManyConnections;
use super::running_server::RunningServer;
use super::well_behaved::WellBehavedClients;

/// The number of well-behaved requests to await while a crowd is connected.
const MEANWHILE: usize = 60;

/// The connections of a server by default, minus those of the well-behaved clients.
const MAX_CONNECTIONS: usize = 768 - 16;

/// A number of clients that all do the same.
struct Crowd {
    /// The number of clients.
    count: usize,
    /// The bytes that each client sends at once.
    opening: String,
    /// The bytes that each client sends now and then.
    trickle: &'static str,
}

/// Returns the head of a request with this header.
fn post(header: &str) -> String {
    format!("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n")
}

/// Connects one crowd after the other, while well-behaved clients ask for tokens.
///
/// Over TLS only one in `one_in` connects, because each handshake takes two processors some milliseconds.
#[track_caller]
fn assert_answered_beside(crowds: &[Crowd], one_in: usize) {
    for target in RunningServer::each() {
        let before = target.calm();
        for Crowd { count, opening, trickle } in crowds {
            let count = if target.is_secured() { count / one_in } else { *count };
            // Beyond the limit, a kept connection may be closed between two of its requests.
            let good = if count > MAX_CONNECTIONS {
                WellBehavedClients::newcomers_beside(&target)
            } else {
                WellBehavedClients::beside(&target)
            };
            let mut swarm = ManyConnections::of(&target, count, opening.as_bytes());
            for _ in 0..3 {
                swarm.push(trickle.as_bytes());
                good.wait_for(MEANWHILE / 3);
            }
            assert_eq!(swarm.count(), count);
            drop(swarm);
            good.end();
            target.recover(&before);
        }
    }
}

#[test]
fn thousands_of_slow_clients_block_nobody() {
    let crowd = |count, opening: &str, trickle| Crowd { count, opening: opening.into(), trickle };
    let crowds = [
        crowd(2000, "", ""),
        crowd(1000, "", "P"),
        crowd(1000, "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: ", "x"),
        crowd(1000, &post("Content-Length: 4096"), "x"),
        crowd(500, &(post("Transfer-Encoding: chunked") + "5\r\n123"), ""),
        crowd(500, &post("Transfer-Encoding: chunked"), "1\r\nx\r\n"),
        crowd(500, &(post("Transfer-Encoding: chunked") + "0\r\n"), "X: y\r\n"),
        crowd(700, "", ""),
        crowd(700, "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: ", "x"),
        crowd(500, &post("Expect: 100-continue\r\nContent-Length: 4096"), ""),
    ];
    assert_answered_beside(&crowds, 2);
}

#[test]
fn full_set_of_connections_stays_within_the_memory_bound() {
    let head = post("Content-Length: 4096");
    let name = "X-Forwarded-For: ";
    let long = |length: usize| format!("{name}{}", "x".repeat(length - head.len() - name.len() - 2));
    let crowd = |opening: String| Crowd { count: MAX_CONNECTIONS, opening, trickle: "" };
    let crowds = [
        // Unfinished heads.
        crowd(format!("POST / HTTP/1.1\r\n{}", "X: y\r\n".repeat(1300))),
        // Bodies behind heads that are kept.
        crowd(post(&(long(8192) + "\r\nContent-Length: 4096")) + &"x".repeat(4095)),
        // Whole requests, one waiting for its turn and others behind it.
        crowd((post(&(long(8192) + "\r\nContent-Length: 4096")) + &"x".repeat(4096)).repeat(2)),
        // Bodies in the smallest chunks.
        crowd(post(&(long(8192 - 8) + "\r\nTransfer-Encoding: chunked")) + &"1\r\nx\r\n".repeat(2049)),
    ];
    // A quarter of the connections is enough over TLS.
    assert_answered_beside(&crowds, 4);
}

#[test]
fn clients_that_never_read_block_nobody() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200);
        let mut swarm = ManyConnections::with_small_receive_buffers(&target, 40, requests.as_bytes());
        for _ in 0..3 {
            swarm.push(requests.as_bytes());
            good.wait_for(MEANWHILE / 3);
        }
        drop(swarm);
        good.end();
        target.recover(&before);
    }
}

#[test]
fn every_request_of_a_flood_is_answered() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        for (lines, requests) in [(1, 2000), (40, 50)] {
            let flood = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(requests);
            let lines: Vec<ClientStream> = (0..lines)
                .map(|_| {
                    let mut line = target.connect();
                    line.send(&flood).unwrap();
                    line.finish();
                    line
                })
                .collect();
            good.wait_for(MEANWHILE / 2);
            for mut line in lines {
                assert_eq!(line.statuses(), vec![404; requests]);
            }
        }
        good.end();
        target.recover(&before);
    }
}

#[test]
fn new_clients_are_answered_beyond_the_connection_limit() {
    for target in RunningServer::each_with(&["--max-connections", "50"]) {
        let before = target.calm();
        for opening in ["", "POST / HTTP/1.1\r\nHost: a\r\nX: ", &post("Content-Length: 4096")] {
            // A newcomer stays, because the oldest connection, which is closed first, is always one of the swarm.
            let swarm = ManyConnections::of(&target, 200, opening.as_bytes());
            let good = WellBehavedClients::newcomers_beside(&target);
            good.wait_for(MEANWHILE);
            drop(swarm);
            good.end();
            target.recover(&before);
        }
    }
}
