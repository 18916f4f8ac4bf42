//! What is sent on one connection, and the statuses of all that comes back until its end: one row each.
//!
//! `HIDDEN` stands for a whole request of the client that behaves, `LENGTH` and `HEX` for its length. A body
//! that hides it must never have it answered; where it stands after a body, it must be.

mod bodies;
mod heads;
pub(crate) mod smuggling;

use super::running_server::RunningServer;

/// What is sent, and what comes back.
type Row<'a> = (&'a str, &'a [u16]);

/// What the requests of most rows begin with.
pub(crate) const POST: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

/// Starts a server for each of the ways to reach one.
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

/// Does the same with one server.
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
        // By TLS, who sends the next row is another client already.
        if !target.is_secured() {
            target.ask();
        }
    }
    target.ask();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Puts a request in the place of `HIDDEN`, and its length in that of `LENGTH` and `HEX`.
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
