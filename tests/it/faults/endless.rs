//! Requests that never end: each is refused once it is too long, and then read only for a limited time.

use super::running_server::RunningServer;
use super::well_behaved::WellBehavedClients;

/// The most bytes to send: more than the server can read in the ten seconds that a body may take.
const MAX_SENT: usize = 50_000_000_000;

/// The approximate bytes per write.
const PIECE: usize = 64 * 1024;

#[test]
fn endless_requests_are_refused_once_they_are_too_long() {
    for target in RunningServer::each() {
        let before = target.calm();
        let good = WellBehavedClients::beside(&target);
        let start = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";
        let chunked = "Transfer-Encoding: chunked\r\n\r\n";
        let rows: &[(&[&str], &str, &[u16])] = &[
            (&["POST /"], "x", &[431]),
            (&["P"], "O", &[431]),
            (&[start, "X: "], "x", &[431]),
            (&[start, "X"], "x", &[431]),
            (&[start], "X: y\r\n", &[431]),
            (&[start], "Authorization: Bearer x\r\n", &[431]),
            (&[start], "Content-Length: 5\r\n", &[431]),
            (&[""], "\r\n", &[431]),
            (&[""], "\0", &[400]),
            (&[start, "Content-Length: 1099511627776\r\n\r\n"], "x", &[413]),
            (&[start, "Content-Length: 5\r\n\r\n12345"], "x", &[401, 431]),
            (&[start, chunked], "1\r\nx\r\n", &[413]),
            (&[start, chunked], "0000000000000001\r\nx\r\n", &[413]),
            (&[start, chunked, "ffffffff\r\n"], "x", &[413]),
            (&[start, chunked], "0", &[408]),
            (&[start, chunked, "1;"], "x", &[400]),
            (&[start, chunked], "1;abcd\r\nx\r\n", &[400]),
            (&[start, chunked, "0\r\nX: "], "x", &[400]),
            (&[start, chunked, "0\r\n"], "X: y\r\n", &[400]),
        ];
        let mut surprises = Vec::new();
        for (opening, endless, expected) in rows {
            let piece = endless.repeat(PIECE / endless.len());
            let mut line = target.connect();
            line.send(opening.concat()).unwrap();
            let mut sent = 0;
            while sent < MAX_SENT && line.send(&piece).is_ok() {
                sent += piece.len();
            }
            assert!(sent < MAX_SENT, "{opening:?} {endless:?} was taken for ever");
            let statuses = line.statuses();
            // hyper may close the connection where it refuses a request.
            let is_refused = statuses.is_empty() && matches!(expected, [400 | 431]);
            if statuses != *expected && !is_refused {
                surprises.push(format!("{opening:?} {endless:?}: {statuses:?}"));
            }
        }
        assert!(surprises.is_empty(), "{surprises:?}");
        good.end();
        target.recover(&before);
    }
}
