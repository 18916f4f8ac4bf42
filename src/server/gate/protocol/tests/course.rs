//! How a connection goes, from its beginning to its end.

use super::*;
use crate::server::{Field, Reply};

#[test]
fn a_request_comes_out_with_its_listed_headers_and_its_body() {
    let mut connection = Connection::new();
    connection.send_whole(format!(
        "{POST}Authorization: Bearer x\r\nauthorization: Bearer y\r\nCONTENT-TYPE:application/json \r\n\
         Origin: https://a\r\nCookie: c\r\nUpgrade: h2c\r\nX-Forwarded-For: 1.1.1.1\r\n\
         x-forwarded-for: 2.2.2.2\r\nContent-Length: 2\r\n\r\n{{}}"
    ));
    let requests = connection.requests();
    let head = &requests[0].head;
    assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/stream-chat/token"));
    assert_eq!(head.authorization, Field::Unclear);
    assert_eq!(head.content_type.value(), Some("application/json"));
    assert_eq!(head.origin.value(), Some("https://a"));
    assert_eq!(head.requested_method, Field::Absent);
    assert_eq!(head.forwarded_for.as_deref(), Some(&b"1.1.1.1,2.2.2.2"[..]));
    assert_eq!(requests[0].body, b"{}");
}

#[test]
fn targets_of_every_form_give_a_path() {
    for (target, path) in [
        ("/a?b=c", "/a"),
        ("/", "/"),
        ("http://a:80/b?c", "/b"),
        ("HTTPS://a", "/"),
        ("http://a?b", "/"),
        ("http://[::1]:80/b", "/b"),
    ] {
        let mut connection = Connection::new();
        connection.send_whole(format!("GET {target} HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"));
        assert_eq!(connection.requests()[0].head.path, path, "{target}");
    }
    let mut connection = Connection::new();
    connection.send_whole("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.requests()[0].head.path, "*");
}

#[test]
fn a_connection_is_kept_as_version_and_client_ask() {
    for (line, header, is_kept) in [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, Close\r\n", false),
        ("HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", true),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let mut connection = Connection::new();
        connection.send_whole(format!("GET / {line}\r\nHost: a\r\n{header}\r\n"));
        let says = if is_kept { "Connection: keep-alive\r\n" } else { "Connection: close\r\n" };
        assert!(connection.text().contains(says), "{line} {header}");
        assert_eq!(connection.protocol.has_finished(), !is_kept, "{line} {header}");
    }
}

#[test]
fn the_reply_to_head_has_a_length_and_no_body() {
    let mut connection = Connection::new();
    connection.send_whole("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = connection.text();
    assert!(text.contains("Content-Length: 2\r\n") && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn a_waiting_client_is_told_to_go_on_and_one_with_too_much_is_not() {
    let mut connection = Connection::new();
    connection.send_whole(format!("{POST}Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n"));
    assert_eq!(connection.text(), "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send_whole("{}");
    assert_eq!(connection.requests().len(), 1);
    let mut connection = Connection::new();
    connection.send_whole(format!(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n{POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    ));
    assert!(connection.text().ends_with("\r\n\r\n{}HTTP/1.1 100 Continue\r\n\r\n"), "{}", connection.text());
    let mut connection = Connection::new();
    connection.send_whole(format!("{POST}Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n"));
    assert!(connection.text().starts_with("HTTP/1.1 413 "), "{}", connection.text());
    let mut connection = Connection::new();
    connection.send_whole("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
    assert!(connection.text().starts_with("HTTP/1.1 200 "), "{}", connection.text());
}

#[test]
fn one_request_is_out_at_a_time_and_the_next_waits_for_its_reply_to_leave() {
    let mut connection = Connection::new();
    let protocol = &mut connection.protocol;
    protocol.receive(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", connection.now);
    let Some(Event::Request(first)) = protocol.next_event() else { panic!("no request") };
    assert_eq!(first.head.path, "/1");
    assert!(protocol.next_event().is_none() && protocol.room() == 0);
    protocol.reply(&Answer::from(&Reply::new(204)), STAMP, connection.now);
    assert!(protocol.next_event().is_none() && protocol.room() == 0);
    let count = protocol.output().len();
    protocol.wrote(count, connection.now);
    let Some(Event::Request(second)) = protocol.next_event() else { panic!("no request") };
    assert_eq!(second.head.path, "/2");
}

#[test]
fn a_slow_head_and_a_slow_body_are_408_at_their_deadline_and_not_before() {
    for (input, fault) in [
        ("GET /".to_owned(), Fault::SlowHead),
        (format!("{POST}Content-Length: 2\r\n\r\n{{"), Fault::SlowBody),
    ] {
        let mut connection = Connection::new();
        connection.send_whole(input);
        connection.pass(Duration::from_millis(9_999));
        assert_eq!(connection.refusal(), None);
        connection.pass(Duration::from_millis(1));
        assert_eq!(connection.refusal(), Some(fault));
        assert!(connection.text().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    }
}

#[test]
fn bytes_that_trickle_in_do_not_move_a_deadline() {
    let mut connection = Connection::new();
    connection.send_whole("GET /");
    for _ in 0..10 {
        assert_eq!(connection.refusal(), None);
        connection.pass(Duration::from_secs(1));
        connection.send_whole("x");
    }
    assert_eq!(connection.refusal(), Some(Fault::SlowHead));
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let mut connection = Connection::new();
    connection.pass(Duration::from_secs(10));
    assert!(connection.protocol.is_closed() && connection.sent.is_empty());
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let sent = connection.sent.len();
    connection.pass(Duration::from_millis(59_999));
    assert!(!connection.protocol.is_closed());
    connection.pass(Duration::from_millis(1));
    assert!(connection.protocol.is_closed() && connection.sent.len() == sent);
}

#[test]
fn a_reply_that_is_not_read_in_time_is_given_up() {
    let mut connection = Connection::new();
    let now = connection.now;
    connection.protocol.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", now);
    let _ = connection.protocol.next_event();
    connection.protocol.reply(&Answer::from(&Reply::new(200)), STAMP, now);
    connection.protocol.wrote(1, now + Duration::from_secs(9));
    connection.protocol.elapse(now + Duration::from_secs(9));
    assert!(!connection.protocol.is_closed());
    connection.protocol.elapse(now + Duration::from_secs(10));
    assert!(connection.protocol.is_closed());
}

#[test]
fn a_client_that_sends_no_more_still_gets_its_reply() {
    let mut connection = Connection::new();
    let now = connection.now;
    connection.protocol.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", now);
    connection.protocol.end(now);
    assert!(!connection.protocol.is_closed());
    connection.answer();
    assert!(connection.text().starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(connection.protocol.is_closed());
}

#[test]
fn a_client_that_leaves_within_a_request_is_not_answered() {
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\n");
    connection.protocol.end(connection.now);
    assert!(connection.protocol.is_closed() && connection.events.is_empty());
}

#[test]
fn after_the_last_reply_the_client_is_heard_out_but_not_for_ever() {
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\n\r\n");
    assert!(connection.protocol.has_finished());
    connection.send_whole(vec![b'x'; MOST_LINGERING]);
    assert!(!connection.protocol.is_closed() && connection.protocol.held() == 0);
    connection.send_whole("x");
    assert!(connection.protocol.is_closed());
    let mut connection = Connection::new();
    connection.send_whole("GET / HTTP/1.1\r\n\r\n");
    connection.pass(Duration::from_secs(2));
    assert!(connection.protocol.is_closed());
}

#[test]
fn draining_closes_the_idle_and_completes_what_has_begun() {
    let mut idle = Connection::new();
    idle.send_whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.protocol.drain(idle.now);
    assert!(idle.protocol.is_closed());

    let mut begun = Connection::new();
    begun.send_whole("GET / HTTP/1.1\r\n");
    begun.protocol.drain(begun.now + Duration::from_secs(1));
    begun.send_whole("Host: a\r\n\r\n");
    assert!(begun.text().contains("Connection: close\r\n") && begun.protocol.has_finished());

    let mut slow = Connection::new();
    slow.send_whole("GET / HTTP/1.1\r\n");
    slow.protocol.drain(slow.now + Duration::from_secs(1));
    slow.pass(Duration::from_secs(1));
    assert_eq!(slow.refusal(), Some(Fault::SlowHead));

    let mut new = Connection::new();
    new.protocol.drain(new.now + Duration::from_secs(1));
    assert!(!new.protocol.is_closed());
    new.pass(Duration::from_secs(1));
    assert!(new.protocol.is_closed());
}

#[test]
fn once_it_drains_no_byte_moves_the_last_call() {
    let starts = ["", "GET /", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"];
    for (start, more) in starts.into_iter().zip(["G", "x", "\r\n{"]) {
        let mut connection = Connection::new();
        connection.send_whole(start);
        connection.protocol.drain(connection.now + Duration::from_secs(1));
        connection.send_whole(more);
        connection.pass(Duration::from_secs(1));
        assert!(connection.text().starts_with("HTTP/1.1 408 "), "{start} {more}: {}", connection.text());
    }
}

#[test]
fn a_reply_that_is_leaving_when_it_drains_is_the_last_unless_a_request_has_begun() {
    for (next, replies) in [("", 1), ("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 2)] {
        let mut connection = Connection::new();
        connection
            .protocol
            .receive(format!("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n{next}").as_bytes(), connection.now);
        assert!(connection.protocol.next_event().is_some());
        connection.protocol.reply(&Answer::from(&Reply::new(204)), STAMP, connection.now);
        connection.protocol.drain(connection.now + Duration::from_secs(1));
        connection.answer();
        assert_eq!(connection.text().matches("HTTP/1.1 20").count(), replies, "{}", connection.text());
        assert!(connection.protocol.has_finished(), "{next}");
    }
}

#[test]
fn whoever_gives_way_is_told_unless_it_was_idle() {
    let mut receiving = Connection::new();
    receiving.send_whole("GET /");
    receiving.protocol.give_way();
    receiving.answer();
    assert!(receiving.text().starts_with("HTTP/1.1 503 "));
    let mut idle = Connection::new();
    idle.protocol.give_way();
    assert!(idle.protocol.is_closed());
}

#[test]
fn the_reply_is_the_last_where_the_connection_is_to_end_with_it() {
    let mut connection = Connection::new();
    connection.protocol.receive(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n", connection.now);
    assert!(connection.protocol.next_event().is_some());
    connection.protocol.end_with_reply();
    connection.protocol.reply(&Answer::from(&Reply::new(204)), STAMP, connection.now);
    connection.flush();
    assert!(connection.text().contains("Connection: close\r\n") && connection.protocol.has_finished());
    assert_eq!(connection.protocol.held(), 0);
}
