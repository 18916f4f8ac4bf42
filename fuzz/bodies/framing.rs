//! Sends arbitrary requests to the gate: where each of them ends is judged a second time by a plain reader of
//! RFC 9112, which sees only what leaves no choice.

use std::iter;

use stream_token::server::protocol::{Event, Received};

use super::connection::Connection;

/// Sends the input, and follows every request that comes of it.
pub(crate) fn check(data: &[u8]) {
    let mut connection = Connection::new();
    connection.send(data, iter::repeat(usize::MAX));
    connection.end();
    let mut rest = data;
    for event in &connection.events {
        let Event::Request(received) = event else { break };
        rest = after(rest, received);
    }
    assert_eq!(
        connection.sent.windows(9).filter(|bytes| *bytes == b"HTTP/1.1 ").count(),
        replies(&connection)
    );
}

/// Tells how many replies there are to be, the interim ones included.
fn replies(connection: &Connection) -> usize {
    let interim = connection.sent.windows(13).filter(|bytes| *bytes == b"HTTP/1.1 100 ").count();
    connection.events.len() + interim
}

/// Reads the request that an input begins with, holds it against what was received, and gives what follows it.
fn after<'a>(input: &'a [u8], received: &Received) -> &'a [u8] {
    let input = input.strip_prefix(b"\r\n").unwrap_or(input);
    let end = input.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let (head, rest) = (&input[..end], &input[end + 4..]);
    let lines: Vec<&[u8]> = lines(head);
    let words: Vec<&[u8]> = lines[0].split(|byte| *byte == b' ').collect();
    assert_eq!(words.len(), 3, "a request line has three words");
    assert_eq!(words[0], received.head.method.as_bytes());
    assert!(matches!(words[2], b"HTTP/1.1" | b"HTTP/1.0"));
    let values = |name: &str| -> Vec<&[u8]> {
        let value = |line: &&'a [u8]| value_of(line, name);
        lines[1..].iter().filter_map(value).collect()
    };
    assert!(values("Host").len() == 1 || words[2] == b"HTTP/1.0");
    let (body, rest) = match (values("Transfer-Encoding").as_slice(), values("Content-Length").as_slice()) {
        ([], []) => (Vec::new(), rest),
        ([], [length]) => {
            let length: usize = str::from_utf8(length).unwrap().parse().unwrap();
            (rest[..length].to_vec(), &rest[length..])
        }
        ([coding], []) => {
            assert!(coding.eq_ignore_ascii_case(b"chunked") && words[2] == b"HTTP/1.1");
            joined(rest)
        }
        _ => panic!("two readers could see two bodies here"),
    };
    assert_eq!(body, received.body);
    rest
}

/// Takes a head apart. A lone CR or LF, or a NUL, is in none of its lines.
fn lines(head: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.windows(2).position(|bytes| bytes == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    assert!(lines.iter().all(|line| !line.iter().any(|byte| b"\r\n\0".contains(byte))));
    lines
}

/// Gives the value of a header's line, if it has this name.
fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let colon = line.iter().position(|byte| *byte == b':').unwrap();
    let found = &line[..colon];
    assert!(!found.is_empty() && found.iter().all(u8::is_ascii_graphic), "a name of visible characters");
    found.eq_ignore_ascii_case(name.as_bytes()).then(|| line[colon + 1..].trim_ascii())
}

/// Joins chunks, and gives what follows them.
fn joined(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut body = Vec::new();
    loop {
        let (line, after) = line(rest);
        let digits = line.split(|byte| *byte == b';').next().unwrap();
        let size = usize::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
        assert!(digits.iter().all(u8::is_ascii_hexdigit));
        rest = after;
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[..size]);
        assert_eq!(&rest[size..size + 2], b"\r\n");
        rest = &rest[size + 2..];
    }
    loop {
        let (line, after) = line(rest);
        rest = after;
        if line.is_empty() {
            return (body, rest);
        }
    }
}

/// Gives a line and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.windows(2).position(|bytes| bytes == b"\r\n").unwrap();
    (&text[..end], &text[end + 2..])
}
