//! Clients that leave at every point of a request and of its reply.

use super::client_stream::ClientStream;
use super::running_server::{RunningServer, assert_token};
use super::well_behaved::WellBehavedClients;

/// The distance between the points at which clients leave, in bytes.
const STEP: usize = 7;

/// The ways to leave: to send no more and read on, to close, to reset.
const WAYS: [fn(ClientStream); 3] = [
    |mut line| {
        line.finish();
        line.statuses();
    },
    drop,
    ClientStream::reset,
];

#[test]
fn client_leaving_within_a_request_leaves_nothing_behind() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        let whole = String::from_utf8(target.last_request()).unwrap();
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n";
        for request in [whole.as_str(), chunked] {
            for length in (0..request.len()).step_by(STEP).chain([request.len()]) {
                for leave in WAYS {
                    let mut line = target.connect();
                    line.send(&request[..length]).unwrap();
                    leave(line);
                }
            }
        }
        good.end();
        target.recover(&before);
    }
}

#[test]
fn client_leaving_within_a_reply_leaves_nothing_behind() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        for leave in WAYS {
            for _ in 0..20 {
                let mut line = target.connect();
                line.send(target.request().repeat(5)).unwrap();
                assert_token(line.reply());
                leave(line);
            }
        }
        good.end();
        target.recover(&before);
    }
}

#[test]
fn half_closed_client_is_answered() {
    for target in RunningServer::each() {
        for request in [target.request(), target.last_request()] {
            let mut line = target.connect();
            line.send(request).unwrap();
            line.finish();
            assert_token(line.reply());
            assert_eq!(line.reply(), None);
        }
    }
}
