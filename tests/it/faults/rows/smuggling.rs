//! Requests hidden in bodies, in every way in which two parsers could find different ends (RFC 9112
//! section 11.2): none of them is ever answered.

use super::{POST, Row, check, check_framing, servers};

/// A chunk with a request in it, and the last one.
pub(crate) const CHUNKS: &str = "HEX\r\nHIDDEN\r\n0\r\n\r\n";

/// Headers in which a length and a coding disagree, and the status of the response. Chunked wins, and the connection
/// ends with the response (RFC 9112 section 6.3).
pub(crate) const LENGTH_AND_CODING: [(&str, u16); 9] = [
    ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 401),
    ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 401),
    ("Content-Length: LENGTH\r\nTransfer-Encoding: chunked\r\n", 401),
    ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 401),
    ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", 401),
    ("content-length: 4\r\nTRANSFER-ENCODING: chunked\r\n", 401),
    ("Content-Length: 4\r\nTransfer-Encoding: identity\r\n", 400),
    ("Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n", 400),
    ("Content-Length: 4\r\nTransfer-Encoding:\r\n", 400),
];

/// Headers that only look like chunked, and the status of the response.
pub(crate) const DISGUISES: [(&str, u16); 34] = [
    ("Transfer-Encoding: xchunked", 400),
    ("Transfer-Encoding: chunkedx", 400),
    ("Transfer-Encoding: chunked, identity", 400),
    ("Transfer-Encoding: identity, chunked", 400),
    ("Transfer-Encoding: chunked, chunked", 400),
    ("Transfer-Encoding: gzip, chunked", 400),
    ("Transfer-Encoding: chunked,", 400),
    ("Transfer-Encoding: , chunked", 400),
    ("Transfer-Encoding: chunked;a=b", 400),
    ("Transfer-Encoding: \"chunked\"", 400),
    ("Transfer-Encoding: 'chunked'", 400),
    ("Transfer-Encoding: chun ked", 400),
    ("Transfer-Encoding: x chunked", 400),
    ("Transfer-Encoding: identity", 400),
    ("Transfer-Encoding: compress", 400),
    ("Transfer-Encoding:", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
    ("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 400),
    ("Transfer-Encoding: chunked\r\ntransfer-encoding: x", 400),
    ("Transfer-Encoding:\x0bchunked", 400),
    ("Transfer-Encoding:\x0cchunked", 400),
    ("Transfer-Encoding: chunked\x0b", 400),
    ("Transfer-Encoding: chunked\u{85}", 400),
    ("Transfer-Encoding: chunk\u{e9}d", 400),
    ("Transfer-Encoding : chunked", 400),
    ("Transfer-Encoding\t: chunked", 400),
    ("Transfer-Encoding\0: chunked", 400),
    (" Transfer-Encoding: chunked", 400),
    ("X: y\r\n Transfer-Encoding: chunked", 400),
    ("Transfer-Encoding:\r\n chunked", 400),
    ("X: y\rTransfer-Encoding: chunked", 400),
    ("Transfer-Encoding: chunked\r", 400),
    ("Transfer\u{212a}Encoding: chunked", 400),
];

#[test]
fn request_in_a_body_is_never_answered() {
    // CL.0: the reply needs no body, which is read all the same.
    let mut rows = Vec::new();
    for (line, status) in [
        ("GET /", 404),
        ("GET /stream-chat/token", 405),
        ("HEAD2 /stream-chat/token", 405),
        ("TRACE /", 404),
        ("OPTIONS *", 404),
        ("OPTIONS /stream-chat/token", 405),
        ("POST /stream-chat/token/", 404),
        ("POST /stream-chat/token", 401),
    ] {
        for (headers, body) in [
            ("Content-Length: LENGTH\r\n", "HIDDEN"),
            ("Content-Length: LENGTH\r\nConnection: Content-Length\r\n", "HIDDEN"),
            ("Content-Length: LENGTH\r\nX-HTTP-Method-Override: GET\r\n", "HIDDEN"),
            ("Transfer-Encoding: chunked\r\n", CHUNKS),
            ("Transfer-Encoding: CHUNKED\r\n", CHUNKS),
        ] {
            rows.push((format!("{line} HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}"), [status]));
        }
    }
    let rows: Vec<Row<'_>> = rows.iter().map(|(text, statuses)| (text.as_str(), &statuses[..])).collect();
    check(&servers(), &rows);
}

#[test]
fn conflicting_length_and_coding_hide_no_request() {
    let servers = servers();
    let mut rows: Vec<(&str, &str, &[u16])> = Vec::new();
    for (headers, status) in &LENGTH_AND_CODING {
        let status = std::slice::from_ref(status);
        rows.extend([(*headers, CHUNKS, status), (*headers, "0\r\n\r\nHIDDEN", status)]);
    }
    check_framing(&servers, &rows);
}

#[test]
fn disguised_chunked_codings_are_refused() {
    let servers = servers();
    let rows = DISGUISES.map(|(coding, status)| (format!("{coding}\r\n"), [status]));
    let mut both: Vec<(&str, &str, &[u16])> = Vec::new();
    for (headers, status) in &rows {
        both.extend([(headers.as_str(), CHUNKS, &status[..]), (headers, "0\r\n\r\nHIDDEN", status)]);
    }
    check_framing(&servers, &both);
    check(
        &servers,
        &[
            ("POST /stream-chat/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHIDDEN", &[400]),
            (
                "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHIDDEN",
                &[400],
            ),
        ],
    );
    // A line that ends with LF alone is a line.
    check_framing(&servers, &[("X: y\nTransfer-Encoding: chunked\r\n", CHUNKS, &[401])]);
    // These are chunked, and nothing else (RFC 9110 section 5.5, RFC 9112 section 7).
    for coding in ["Transfer-Encoding:chunked\r\n", "transfer-encoding: \t CHUNKED \t\r\n"] {
        check_framing(&servers, &[(coding, CHUNKS, &[401]), (coding, "0\r\n\r\nHIDDEN", &[401, 200])]);
    }
    // Similar header names have no meaning, so there is no body.
    for other in ["Transfer_Encoding: chunked\r\n", "X-Transfer-Encoding: chunked\r\n", "TE: chunked\r\n"] {
        check_framing(&servers, &[(other, "HIDDEN", &[401, 200])]);
    }
}

#[test]
fn malformed_chunks_end_the_connection() {
    let servers = servers();
    let mut rows = Vec::new();
    for (body, status) in [
        ("+5\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("-5\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("0x5\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("0_5\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        (" 5\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("\u{665}\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("g\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        (";a\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("10000000000000005\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("ffffffffffffffff\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("7fffffffffffffff\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("1001\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("5\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("5\r12345\r\n0\r\n\r\nHIDDEN", 400),
        ("5\r\n123450\r\n\r\nHIDDEN", 400),
        ("5\r\n12345\n0\r\n\r\nHIDDEN", 400),
        ("5\r\n12345\r0\r\n\r\nHIDDEN", 400),
        ("5\r\n1234567\r\n0\r\n\r\nHIDDEN", 400),
        ("5\r\n1234\r\n0\r\n\r\nHIDDEN", 400),
        ("5;a\nb\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("5;a\rb\r\n12345\r\n0\r\n\r\nHIDDEN", 400),
        ("0\n\nHIDDEN", 400),
        ("0\r\nHIDDEN", 400),
        ("0\r\nX : a\r\n\r\nHIDDEN", 400),
        ("0\r\n X: a\r\n\r\nHIDDEN", 400),
        ("0\r\n: a\r\n\r\nHIDDEN", 400),
    ] {
        rows.push(("Transfer-Encoding: chunked\r\n", body, [status]));
    }
    let rows: Vec<(&str, &str, &[u16])> =
        rows.iter().map(|(headers, body, status)| (*headers, *body, &status[..])).collect();
    check_framing(&servers, &rows);
    // Blanks and zeros around a size, and any extension, hide nothing.
    let readable = [
        "5 \r\n12345\r\n0\r\n\r\nHIDDEN",
        "5\t\r\n12345\r\n0\r\n\r\nHIDDEN",
        "5 ;a\r\n12345\r\n0\r\n\r\nHIDDEN",
        "00000000000000005\r\n12345\r\n0\r\n\r\nHIDDEN",
        "5;a\0\r\n12345\r\n0\r\n\r\nHIDDEN",
    ];
    check_framing(&servers, &readable.map(|body| ("Transfer-Encoding: chunked\r\n", body, &[401, 200][..])));
    // A malformed trailer section swallows the request after it.
    let broken = ["0\r\n\nHIDDEN", "0\r\nX: a\n\r\nHIDDEN"];
    check_framing(&servers, &broken.map(|body| ("Transfer-Encoding: chunked\r\n", body, &[401, 400][..])));
    // Sizes with leading zeros and short extensions are well-formed, and hide nothing.
    for body in [CHUNKS, "0000HEX\r\nHIDDEN\r\n00000\r\n\r\n", "HEX;a=\"b c\"\r\nHIDDEN\r\n0;a\r\n\r\n"] {
        check_framing(&servers, &[("Transfer-Encoding: chunked\r\n", body, &[401])]);
    }
}

#[test]
fn trailers_neither_frame_nor_authorize() {
    let servers = servers();
    for trailer in [
        "Content-Length: LENGTH",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity\r\nContent-Length: 3",
        "Host: b\r\nHost: c",
        "Connection: close",
        "Expect: 100-continue",
        "HTTP-1.1: 200",
    ] {
        let body = format!("5\r\n12345\r\n0\r\n{trailer}\r\n\r\nHIDDEN");
        check_framing(&servers, &[("Transfer-Encoding: chunked\r\n", &body, &[401, 200])]);
    }
    // The well-behaved client's session, in a trailer.
    let hidden = String::from_utf8(servers[0].last_request()).unwrap();
    let session = hidden.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
    let in_a_trailer = format!(
        "{POST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         14\r\n{{\"customer_id\": 123}}\r\n0\r\n{session}\r\n\r\n"
    );
    check(&servers, &[(&in_a_trailer, &[401])]);
}
