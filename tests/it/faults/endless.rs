//! Requests that never end: each is refused as soon as it is too long, and then heard out only for a while.

use super::good::Good;
use super::target::Target;

/// How much is sent at most: more than any buffer of a system takes.
const MOST: usize = 100_000_000;

/// How much is sent at a time, about.
const PIECE: usize = 64 * 1024;

#[test]
fn what_never_ends_is_refused_as_soon_as_it_is_too_long() {
    for target in Target::each() {
        let before = target.calm();
        let good = Good::beside(&target);
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
            (&[""], "\r\n", &[400]),
            (&[""], "\0", &[400]),
            (&[start, "Content-Length: 1099511627776\r\n\r\n"], "x", &[413]),
            (&[start, "Content-Length: 5\r\n\r\n12345"], "x", &[401, 431]),
            (&[start, chunked], "1\r\nx\r\n", &[413]),
            (&[start, chunked], "0000000000000001\r\nx\r\n", &[413]),
            (&[start, chunked, "ffffffff\r\n"], "x", &[413]),
            (&[start, chunked], "0", &[400]),
            (&[start, chunked, "1;"], "x", &[400]),
            (&[start, chunked], "1;abcd\r\nx\r\n", &[400]),
            (&[start, chunked, "0\r\nX: "], "x", &[431]),
            (&[start, chunked, "0\r\n"], "X: y\r\n", &[431]),
        ];
        for (opening, endless, expected) in rows {
            let piece = endless.repeat(PIECE / endless.len());
            let mut line = target.connect();
            line.send(opening.concat()).unwrap();
            let mut sent = 0;
            while sent < MOST && line.send(&piece).is_ok() {
                sent += piece.len();
            }
            assert!(sent < MOST, "{opening:?} {endless:?} was taken for ever");
            assert_eq!(line.statuses(), *expected, "{opening:?} {endless:?}");
        }
        good.end();
        target.recover(&before);
    }
}
