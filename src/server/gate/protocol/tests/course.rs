//! How a connection goes, from its beginning to its end.

use super::*;
use crate::server::Field;

#[test]
fn a_request_comes_out_with_its_listed_headers_and_its_body() {
    let mut talk = Talk::new();
    talk.send(format!(
        "{POST}Authorization: Bearer x\r\nauthorization: Bearer y\r\nCONTENT-TYPE:application/json \r\n\
         Origin: https://a\r\nCookie: c\r\nUpgrade: h2c\r\nX-Forwarded-For: 1.1.1.1\r\n\
         x-forwarded-for: 2.2.2.2\r\nContent-Length: 2\r\n\r\n{{}}"
    ));
    let requests = talk.requests();
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
        let mut talk = Talk::new();
        talk.send(format!("GET {target} HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"));
        assert_eq!(talk.requests()[0].head.path, path, "{target}");
    }
    let mut talk = Talk::new();
    talk.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(talk.requests()[0].head.path, "*");
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
        let mut talk = Talk::new();
        talk.send(format!("GET / {line}\r\nHost: a\r\n{header}\r\n"));
        let says = if is_kept { "Connection: keep-alive\r\n" } else { "Connection: close\r\n" };
        assert!(talk.text().contains(says), "{line} {header}");
        assert_eq!(talk.protocol.has_finished(), !is_kept, "{line} {header}");
    }
}

#[test]
fn the_reply_to_head_has_a_length_and_no_body() {
    let mut talk = Talk::new();
    talk.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = talk.text();
    assert!(text.contains("Content-Length: 2\r\n") && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn a_waiting_client_is_told_to_go_on_and_one_with_too_much_is_not() {
    let mut talk = Talk::new();
    talk.send(format!("{POST}Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n"));
    assert_eq!(talk.text(), "HTTP/1.1 100 Continue\r\n\r\n");
    talk.send("{}");
    assert_eq!(talk.requests().len(), 1);
    let mut talk = Talk::new();
    talk.send(format!(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n{POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    ));
    assert!(talk.text().ends_with("\r\n\r\n{}HTTP/1.1 100 Continue\r\n\r\n"), "{}", talk.text());
    let mut talk = Talk::new();
    talk.send(format!("{POST}Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n"));
    assert!(talk.text().starts_with("HTTP/1.1 413 "), "{}", talk.text());
    let mut talk = Talk::new();
    talk.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
    assert!(talk.text().starts_with("HTTP/1.1 200 "), "{}", talk.text());
}

#[test]
fn one_request_is_out_at_a_time_and_the_next_waits_for_its_reply_to_leave() {
    let mut talk = Talk::new();
    let protocol = &mut talk.protocol;
    protocol.receive(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", talk.now);
    let Some(Event::Request(first)) = protocol.next_event() else { panic!("no request") };
    assert_eq!(first.head.path, "/1");
    assert!(protocol.next_event().is_none() && protocol.room() == 0);
    protocol.reply(&Answer::from(&Reply::new(204)), STAMP, talk.now);
    assert!(protocol.next_event().is_none() && protocol.room() == 0);
    let count = protocol.output().len();
    protocol.wrote(count, talk.now);
    let Some(Event::Request(second)) = protocol.next_event() else { panic!("no request") };
    assert_eq!(second.head.path, "/2");
}

#[test]
fn a_slow_head_and_a_slow_body_are_408_at_their_deadline_and_not_before() {
    for (input, fault) in [
        ("GET /".to_owned(), Fault::SlowHead),
        (format!("{POST}Content-Length: 2\r\n\r\n{{"), Fault::SlowBody),
    ] {
        let mut talk = Talk::new();
        talk.send(input);
        talk.pass(Duration::from_millis(9_999));
        assert_eq!(talk.refusal(), None);
        talk.pass(Duration::from_millis(1));
        assert_eq!(talk.refusal(), Some(fault));
        assert!(talk.text().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    }
}

#[test]
fn bytes_that_trickle_in_do_not_move_a_deadline() {
    let mut talk = Talk::new();
    talk.send("GET /");
    for _ in 0..10 {
        assert_eq!(talk.refusal(), None);
        talk.pass(Duration::from_secs(1));
        talk.send("x");
    }
    assert_eq!(talk.refusal(), Some(Fault::SlowHead));
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let mut talk = Talk::new();
    talk.pass(Duration::from_secs(10));
    assert!(talk.protocol.is_closed() && talk.sent.is_empty());
    let mut talk = Talk::new();
    talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let sent = talk.sent.len();
    talk.pass(Duration::from_millis(59_999));
    assert!(!talk.protocol.is_closed());
    talk.pass(Duration::from_millis(1));
    assert!(talk.protocol.is_closed() && talk.sent.len() == sent);
}

#[test]
fn a_reply_that_is_not_read_in_time_is_given_up() {
    let mut talk = Talk::new();
    let now = talk.now;
    talk.protocol.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", now);
    let _ = talk.protocol.next_event();
    talk.protocol.reply(&Answer::from(&Reply::new(200)), STAMP, now);
    talk.protocol.wrote(1, now + Duration::from_secs(9));
    talk.protocol.elapse(now + Duration::from_secs(9));
    assert!(!talk.protocol.is_closed());
    talk.protocol.elapse(now + Duration::from_secs(10));
    assert!(talk.protocol.is_closed());
}

#[test]
fn a_client_that_sends_no_more_still_gets_its_reply() {
    let mut talk = Talk::new();
    let now = talk.now;
    talk.protocol.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", now);
    talk.protocol.end(now);
    assert!(!talk.protocol.is_closed());
    talk.answer();
    assert!(talk.text().starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(talk.protocol.is_closed());
}

#[test]
fn a_client_that_leaves_within_a_request_is_not_answered() {
    let mut talk = Talk::new();
    talk.send("GET / HTTP/1.1\r\n");
    talk.protocol.end(talk.now);
    assert!(talk.protocol.is_closed() && talk.events.is_empty());
}

#[test]
fn after_the_last_reply_the_client_is_heard_out_but_not_for_ever() {
    let mut talk = Talk::new();
    talk.send("GET / HTTP/1.1\r\n\r\n");
    assert!(talk.protocol.has_finished());
    talk.send(vec![b'x'; MOST_LINGERING]);
    assert!(!talk.protocol.is_closed() && talk.protocol.held() == 0);
    talk.send("x");
    assert!(talk.protocol.is_closed());
    let mut talk = Talk::new();
    talk.send("GET / HTTP/1.1\r\n\r\n");
    talk.pass(Duration::from_secs(2));
    assert!(talk.protocol.is_closed());
}

#[test]
fn draining_closes_the_idle_and_completes_what_has_begun() {
    let mut idle = Talk::new();
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.protocol.drain(idle.now);
    assert!(idle.protocol.is_closed());

    let mut begun = Talk::new();
    begun.send("GET / HTTP/1.1\r\n");
    begun.protocol.drain(begun.now + Duration::from_secs(1));
    begun.send("Host: a\r\n\r\n");
    assert!(begun.text().contains("Connection: close\r\n") && begun.protocol.has_finished());

    let mut slow = Talk::new();
    slow.send("GET / HTTP/1.1\r\n");
    slow.protocol.drain(slow.now + Duration::from_secs(1));
    slow.pass(Duration::from_secs(1));
    assert_eq!(slow.refusal(), Some(Fault::SlowHead));

    let mut new = Talk::new();
    new.protocol.drain(new.now + Duration::from_secs(1));
    assert!(!new.protocol.is_closed());
    new.pass(Duration::from_secs(1));
    assert!(new.protocol.is_closed());
}

#[test]
fn once_it_drains_no_byte_moves_the_last_call() {
    let starts = ["", "GET /", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"];
    for (start, more) in starts.into_iter().zip(["G", "x", "\r\n{"]) {
        let mut talk = Talk::new();
        talk.send(start);
        talk.protocol.drain(talk.now + Duration::from_secs(1));
        talk.send(more);
        talk.pass(Duration::from_secs(1));
        assert!(talk.text().starts_with("HTTP/1.1 408 "), "{start} {more}: {}", talk.text());
    }
}

#[test]
fn a_reply_that_is_leaving_when_it_drains_is_the_last_unless_a_request_has_begun() {
    for (next, replies) in [("", 1), ("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 2)] {
        let mut talk = Talk::new();
        talk.protocol.receive(format!("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n{next}").as_bytes(), talk.now);
        assert!(talk.protocol.next_event().is_some());
        talk.protocol.reply(&Answer::from(&Reply::new(204)), STAMP, talk.now);
        talk.protocol.drain(talk.now + Duration::from_secs(1));
        talk.answer();
        assert_eq!(talk.text().matches("HTTP/1.1 20").count(), replies, "{}", talk.text());
        assert!(talk.protocol.has_finished(), "{next}");
    }
}

#[test]
fn whoever_gives_way_is_told_unless_it_was_idle() {
    let mut receiving = Talk::new();
    receiving.send("GET /");
    receiving.protocol.give_way();
    receiving.answer();
    assert!(receiving.text().starts_with("HTTP/1.1 503 "));
    let mut idle = Talk::new();
    idle.protocol.give_way();
    assert!(idle.protocol.is_closed());
}

#[test]
fn the_reply_is_the_last_where_the_connection_is_to_end_with_it() {
    let mut talk = Talk::new();
    talk.protocol.receive(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n", talk.now);
    assert!(talk.protocol.next_event().is_some());
    talk.protocol.end_with_reply();
    talk.protocol.reply(&Answer::from(&Reply::new(204)), STAMP, talk.now);
    talk.flush();
    assert!(talk.text().contains("Connection: close\r\n") && talk.protocol.has_finished());
    assert_eq!(talk.protocol.held(), 0);
}
