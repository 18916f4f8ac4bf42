//! Requests on one connection, and the statuses of all replies until its end: one row each.
//!
//! `HIDDEN` stands for a whole well-behaved request, `LENGTH` and `HEX` for its length. A body
//! that hides it must never have it answered; after a body, it must be answered.

mod bodies;
mod heads;
pub(crate) mod smuggling;

use super::running_server::RunningServer;

/// The bytes to send, and the statuses of the replies.
type Row<'a> = (&'a str, &'a [u16]);

/// The start of the requests of most rows.
pub(crate) const POST: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

/// Starts a server for each protocol.
fn servers() -> Vec<RunningServer> {
    RunningServer::each().collect()
}

/// Sends every row to each of the servers, checks the responses, and then asks for a token as usual.
#[track_caller]
fn check(servers: &[RunningServer], rows: &[Row<'_>]) {
    for target in servers {
        check_one(target, rows);
    }
}

/// Checks the rows with one server.
#[track_caller]
fn check_one(target: &RunningServer, rows: &[Row<'_>]) {
    let hidden = String::from_utf8(target.last_request()).unwrap();
    let mut surprises = Vec::new();
    for (text, expected) in rows {
        let filled = fill(text, &hidden);
        let mut line = target.connect();
        line.send(filled).unwrap();
        line.finish();
        let statuses = line.statuses();
        // hyper may close the connection where it refuses a request.
        let is_refused = matches!(expected, [400 | 431]) && statuses.is_empty();
        if statuses != *expected && !is_refused {
            surprises.push(format!("{text:?}: {statuses:?} and not {expected:?}"));
        }
        // Over TLS, the next row already shows that the server answers.
        if !target.is_secured() {
            target.ask();
        }
    }
    target.ask();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Replaces `HIDDEN` with a request, and `LENGTH` and `HEX` with its length.
pub(crate) fn fill(text: &str, hidden: &str) -> String {
    let (length, hex) = (hidden.len().to_string(), format!("{:x}", hidden.len()));
    text.replace("LENGTH", &length).replace("HEX", &hex).replace("HIDDEN", hidden)
}

/// Sends headers and bodies of token requests as [`check`] does.
#[track_caller]
fn check_framing(servers: &[RunningServer], rows: &[(&str, &str, &[u16])]) {
    let filled: Vec<String> =
        rows.iter().map(|(headers, body, _)| format!("{POST}{headers}\r\n{body}")).collect();
    let rows: Vec<Row<'_>> =
        filled.iter().zip(rows).map(|(text, (_, _, expected))| (text.as_str(), *expected)).collect();
    check(servers, &rows);
}
