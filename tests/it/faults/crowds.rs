//! Thousands of clients at once that take their time, beside some that behave.

use super::client_stream::ClientStream;
use super::many_connections::ManyConnections;
use super::running_server::RunningServer;
use super::well_behaved::WellBehavedClients;

/// How many requests of clients that behave are awaited while a crowd is there.
const MEANWHILE: usize = 60;

/// How many connections a server takes by default, but for those of clients that behave.
const MAX_CONNECTIONS: usize = 768 - 16;

/// Clients that do the same.
struct Crowd {
    /// How many they are.
    count: usize,
    /// What each sends at once.
    opening: String,
    /// What each sends now and then.
    trickle: &'static str,
}

/// The head of a request with a body that is announced by this header.
fn post(header: &str) -> String {
    format!("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n")
}

/// Connects one crowd after the other, while well-behaved clients ask for tokens.
///
/// By TLS only one in so many comes, for each costs two processors some milliseconds.
#[track_caller]
fn assert_unmoved_by(crowds: &[Crowd], one_in: usize) {
    for target in RunningServer::each() {
        let before = target.calm();
        for Crowd { count, opening, trickle } in crowds {
            let count = if target.is_secured() { count / one_in } else { *count };
            // Beyond the most connections, one that is kept may be closed between two of its requests.
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
fn thousands_that_idle_or_trickle_keep_nobody_from_being_answered() {
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
    assert_unmoved_by(&crowds, 2);
}

#[test]
fn as_many_as_there_may_be_holding_all_they_can_stay_within_the_bound_of_memory() {
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
    // A thousand are enough to hold all that may be held.
    assert_unmoved_by(&crowds, 4);
}

#[test]
fn clients_that_ask_and_ask_and_never_read_keep_nobody_from_being_answered() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200);
        let mut swarm = ManyConnections::of_stingy(&target, 40, requests.as_bytes());
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
fn every_request_of_a_flood_is_answered_and_so_is_everybody_else() {
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
fn where_there_are_more_than_there_may_be_who_comes_is_answered_all_the_same() {
    for target in RunningServer::each_with(&["--max-connections", "50"]) {
        let before = target.calm();
        for opening in ["", "POST / HTTP/1.1\r\nHost: a\r\nX: ", &post("Content-Length: 4096")] {
            // Whoever comes after all of them stays, for it is always one of them that has been there longest.
            let swarm = ManyConnections::of(&target, 200, opening.as_bytes());
            let good = WellBehavedClients::newcomers_beside(&target);
            good.wait_for(MEANWHILE);
            drop(swarm);
            good.end();
            target.recover(&before);
        }
    }
}
