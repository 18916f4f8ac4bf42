//! What is sent on one connection, and the statuses of all that comes back until its end: one row each.
//!
//! `HIDDEN` stands for a whole request of the client that behaves, `LENGTH` and `HEX` for its length. A body
//! that hides it must never have it answered; where it stands after a body, it must be.

mod bodies;
mod heads;
mod smuggling;

use super::target::Target;

/// What is sent, and what comes back.
type Row<'a> = (&'a str, &'a [u16]);

/// What the requests of most rows begin with.
const POST: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

/// Has every row sent and answered, with a client that behaves after each of them.
#[track_caller]
fn check(target: &Target, rows: &[Row<'_>]) {
    let hidden = String::from_utf8(target.last_request()).unwrap();
    for (text, expected) in rows {
        let filled = text
            .replace("LENGTH", &hidden.len().to_string())
            .replace("HEX", &format!("{:x}", hidden.len()))
            .replace("HIDDEN", &hidden);
        let mut line = target.connect();
        line.send(filled).unwrap();
        line.finish();
        assert_eq!(line.statuses(), *expected, "{text:?}");
        target.ask();
    }
}

/// Has headers and bodies of requests for a token sent as [`check`] does.
#[track_caller]
fn check_framing(target: &Target, rows: &[(&str, &str, &[u16])]) {
    for (headers, body, expected) in rows {
        check(target, &[(&format!("{POST}{headers}\r\n{body}"), expected)]);
    }
}
