//! What is refused, and what just is not.

use super::*;

/// A request with these headers and this body.
fn with(headers: &str, body: &str) -> String {
    format!("{POST}{headers}\r\n{body}")
}

#[test]
fn every_refusal_has_its_status() {
    let cases: &[(&str, Fault, u16)] = &[
        // Lines.
        ("GET / HTTP/1.1\nHost: a\n\n", Fault::Line, 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", Fault::Line, 400),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", Fault::Line, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Fault::Line, 400),
        ("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", Fault::Line, 400),
        ("\n", Fault::Line, 400),
        ("\r\n\r\nGET / HTTP/1.1\r\n", Fault::RequestLine, 400),
        // Request lines.
        ("GET /\r\n", Fault::RequestLine, 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::RequestLine, 400),
        ("GET / HTTP/1.1 \r\n", Fault::RequestLine, 400),
        ("GET / http/1.1\r\n", Fault::RequestLine, 400),
        ("GET / HTTP/1.10\r\n", Fault::RequestLine, 400),
        ("GET / HTTP/11\r\n", Fault::RequestLine, 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::RequestLine, 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::RequestLine, 400),
        ("\x16\x03\x01\x02\x00\x01", Fault::Line, 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Fault::Version, 505),
        ("GET / HTTP/0.9\r\n", Fault::Version, 505),
        ("GET / HTTP/1.2\r\n", Fault::Version, 505),
        ("GET / HTTP/3.0\r\n", Fault::Version, 505),
        // Targets.
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Target, 400),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Tunnel, 501),
        // Headers.
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\x0b: b\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: b\x0b\r\n\r\n", Fault::Header, 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Fault::Header, 400),
        // Host.
        ("GET / HTTP/1.1\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", Fault::Host, 400),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Fault::Host, 400),
        ("GET http://a/ HTTP/1.1\r\n\r\n", Fault::Host, 400),
    ];
    for (input, fault, status) in cases {
        assert_eq!(refusal_of(input), Some(*fault), "{input:?}");
        assert_eq!(fault.status(), *status, "{input:?}");
    }
}

#[test]
fn every_unclear_end_of_a_body_is_refused() {
    let cases: &[(&str, &str, Fault, u16)] = &[
        ("Content-Length: -1\r\n", "", Fault::Length, 400),
        ("Content-Length: +1\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1, 1\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1,\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1 1\r\n", "a", Fault::Length, 400),
        ("Content-Length: 0x1\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1.0\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1e3\r\n", "a", Fault::Length, 400),
        ("Content-Length:\r\n", "", Fault::Length, 400),
        ("Content-Length: \u{661}\r\n", "", Fault::Length, 400),
        ("Content-Length: 1\r\nContent-Length: 1\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1\r\ncontent-length: 2\r\n", "a", Fault::Length, 400),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", Fault::Framing, 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n", Fault::Framing, 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "", Fault::Framing, 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "", Fault::Framing, 400),
        ("Transfer-Encoding: gzip, chunked\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: chunked, gzip\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: chunked, chunked\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: identity\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: xchunked\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: \"chunked\"\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: chunked;q=1\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding:\r\n", "", Fault::Coding, 501),
        ("Transfer-Encoding: chunked\u{85}\r\n", "", Fault::Framing, 400),
        ("Transfer-Encoding:\x0bchunked\r\n", "", Fault::Header, 400),
        ("Transfer-Encoding : chunked\r\n", "", Fault::Header, 400),
        ("Transfer-Encoding\r\n : chunked\r\n", "", Fault::Header, 400),
        ("Expect: 100-continue\r\nExpect: 100-continue\r\n", "", Fault::Expectation, 417),
        ("Expect: 200-ok\r\n", "", Fault::Expectation, 417),
        ("Content-Length: 1099511627776\r\n", "", Fault::LargeBody, 413),
        ("Content-Length: 18446744073709551615\r\n", "", Fault::LargeBody, 413),
        ("Content-Length: 18446744073709551617\r\n", "", Fault::LargeBody, 413),
        ("Content-Length: 4097\r\n", "", Fault::LargeBody, 413),
    ];
    for (headers, body, fault, status) in cases {
        assert_eq!(refusal_of(with(headers, body)), Some(*fault), "{headers:?}");
        assert_eq!(fault.status(), *status, "{headers:?}");
    }
}

#[test]
fn transfer_encoding_in_http_1_0_is_refused() {
    let input = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refusal_of(input), Some(Fault::Framing));
}

#[test]
fn every_malformed_chunk_is_refused() {
    let long = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(256));
    let many = format!("{:017}\r\n", 1);
    let trailers = format!("0\r\nX: {}\r\n\r\n", "x".repeat(1024));
    let cases: &[(&str, Fault)] = &[
        ("\r\n", Fault::Chunk),
        ("g\r\n", Fault::Chunk),
        ("0x1\r\na\r\n", Fault::Chunk),
        ("+1\r\na\r\n", Fault::Chunk),
        ("-1\r\na\r\n", Fault::Chunk),
        (" 1\r\na\r\n", Fault::Chunk),
        ("1 \r\na\r\n", Fault::Chunk),
        ("1 ;a\r\na\r\n", Fault::Chunk),
        (";a\r\n", Fault::Chunk),
        ("1\na\r\n", Fault::Chunk),
        ("1\r\r\na\r\n", Fault::Chunk),
        ("1;a\nb\r\na\r\n", Fault::Chunk),
        ("1;\0\r\na\r\n", Fault::Chunk),
        ("1\r\nab\r\n", Fault::Chunk),
        ("1\r\na\n0\r\n\r\n", Fault::Chunk),
        ("1\r\na0\r\n\r\n", Fault::Chunk),
        ("0\r\n: a\r\n\r\n", Fault::Chunk),
        ("0\r\n X: a\r\n\r\n", Fault::Chunk),
        ("0\r\nX : a\r\n\r\n", Fault::Chunk),
        ("0\r\nX: a\n\r\n", Fault::Chunk),
        ("0\r\nX: a\0\r\n\r\n", Fault::Chunk),
        ("0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Chunk),
        ("0\n\n", Fault::Chunk),
        ("0\r\n\n", Fault::Chunk),
        ("1001\r\n", Fault::LargeBody),
        ("ffffffffffffffff\r\n", Fault::LargeBody),
        ("10000000000000001\r\n", Fault::Chunk),
        (&long, Fault::Chunk),
        (&many, Fault::Chunk),
        (&trailers, Fault::LargeHead),
    ];
    for (body, fault) in cases {
        assert_eq!(refusal_of(with("Transfer-Encoding: chunked\r\n", body)), Some(*fault), "{body:?}");
    }
}

#[test]
fn the_longest_head_is_taken_and_one_byte_more_is_431() {
    let head = |length: usize| {
        let rest = length - POST.len() - "X: \r\n\r\n".len();
        with(&format!("X: {}\r\n", "x".repeat(rest)), "")
    };
    let mut connection = Connection::new();
    connection.send_whole(head(8192));
    assert_eq!((connection.refusal(), connection.requests().len()), (None, 1));
    assert_eq!(refusal_of(head(8193)), Some(Fault::LargeHead));
    assert_eq!(refusal_of("x".repeat(100_000)), Some(Fault::LargeHead));
    assert_eq!(Fault::LargeHead.status(), 431);
}

#[test]
fn the_64th_header_is_taken_and_one_more_is_431() {
    assert_eq!(refusal_of(with(&"X:\r\n".repeat(63), "")), None);
    assert_eq!(refusal_of(with(&"X:\r\n".repeat(64), "")), Some(Fault::LargeHead));
}

#[test]
fn the_longest_body_is_taken_and_one_byte_more_is_413() {
    let body = "x".repeat(4096);
    for input in [
        with("Content-Length: 4096\r\n", &body),
        with("Content-Length: 00000000000000000000004096\r\n", &body),
        with("Transfer-Encoding: chunked\r\n", &format!("1000\r\n{body}\r\n0\r\n\r\n")),
        with("Transfer-Encoding: Chunked\r\n", &format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(4096))),
    ] {
        let mut connection = Connection::new();
        connection.send_whole(input);
        assert_eq!(connection.refusal(), None);
        assert_eq!(connection.requests()[0].body, body.as_bytes());
    }
    let chunks = format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(4097));
    assert_eq!(refusal_of(with("Transfer-Encoding: chunked\r\n", &chunks)), Some(Fault::LargeBody));
    assert_eq!(refusal_of(with("Content-Length: 4097\r\n", "")), Some(Fault::LargeBody));
}

#[test]
fn chunks_just_within_their_bounds_are_taken() {
    for body in [
        format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(255)),
        format!("{:016}\r\na\r\n0\r\n\r\n", 1),
        format!("1\r\na\r\n0\r\nX: {}\r\n\r\n", "x".repeat(1019)),
        "1;a=\"b c\"\r\na\r\n0;last\r\nX: a\r\nY:b\r\n\r\n".to_owned(),
    ] {
        let mut connection = Connection::new();
        connection.send_whole(with("Transfer-Encoding: chunked\r\n", &body));
        assert_eq!(connection.refusal(), None, "{body:?}");
        assert_eq!(connection.requests()[0].body, b"a");
    }
}

#[test]
fn a_refusal_says_what_to_do_and_echoes_nothing() {
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\nHost: evil\r\nHost: evil\r\n\r\n");
    let text = connection.text();
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
    assert!(text.contains("Content-Type: application/json\r\n"), "{text}");
    assert!(text.contains("Cache-Control: no-store\r\n"), "{text}");
    assert!(text.contains("Connection: close\r\n"), "{text}");
    let body =
        r#"{"error":"Bad Request","message":"Send exactly one Host header with a host and perhaps a port"}"#;
    assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
    assert!(text.ends_with(&format!("\r\n\r\n{body}")) && !text.contains("evil"), "{text}");
}

#[test]
fn a_refused_request_for_a_head_gets_no_body_and_any_other_does() {
    let long = "x".repeat(8192);
    for (rest, fault) in [
        ("/\r\n".to_owned(), Fault::RequestLine),
        (" / HTTP/1.1\r\n\r\n".to_owned(), Fault::RequestLine),
        ("/\n".to_owned(), Fault::Line),
        ("/ HTTP/2.0\r\n".to_owned(), Fault::Version),
        ("/ HTTP/1.1\r\n\r\n".to_owned(), Fault::Host),
        ("/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n".to_owned(), Fault::LargeBody),
        ("/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".to_owned(), Fault::Chunk),
        (format!("/{long}"), Fault::LargeHead),
    ] {
        for (method, is_head) in [("HEAD", true), ("\r\nHEAD", true), ("HEADS", false), ("GET", false)] {
            let mut connection = Connection::new();
            connection.send_whole(format!("{method} {rest}"));
            assert_eq!(connection.refusal(), Some(fault), "{method} {rest:?}");
            let body = fault.reply().body().to_vec();
            let text = connection.text();
            let (head, sent) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
            assert_eq!(sent.as_bytes(), if is_head { &[][..] } else { &body }, "{method} {rest:?}");
        }
    }
}

#[test]
fn a_request_for_a_head_that_comes_too_slowly_gets_no_body_once_that_is_known() {
    for (begun, is_head) in [("HEAD", false), ("HEAD ", true), ("HEAD / HTTP/1.1\r\n", true), ("GET ", false)]
    {
        let mut connection = Connection::new();
        connection.send_whole(begun);
        connection.pass(Limits::default().head_time);
        assert_eq!(connection.refusal(), Some(Fault::SlowHead));
        assert_eq!(connection.text().ends_with("\r\n\r\n"), is_head, "{begun:?}");
    }
}

#[test]
fn nothing_after_a_refused_request_is_answered() {
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.send_whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.events, [Event::Refusal(Fault::Host)]);
}
