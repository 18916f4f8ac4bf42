//! The contract over a real socket: every status with its body and headers, in the order of the checks.

use std::collections::BTreeSet;

use super::Server;
use super::http::{Answer, Ask, PATH};
use super::test_server_home::TestServerHome;
use crate::cli::token::claims_of;

/// The message for a body that is not plain JSON by its headers.
const UNSUPPORTED: &str = "Send the body as application/json, without a Content-Encoding";

/// The message for a body without a valid customer.
const UNPROCESSABLE: &str =
    "Send a JSON object with exactly one key, customer_id, an integer from 1 to 9223372036854775807";

/// Checks the headers of every answer with a body.
#[track_caller]
fn assert_common(answer: &Answer) {
    assert_eq!(answer.header("Content-Type"), Some("application/json"), "{answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("Content-Length"), Some(answer.body.len().to_string().as_str()), "{answer:?}");
    let id = answer.header("X-Request-Id").unwrap();
    assert!(id.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-'), "{id}");
    let is_ours = ["server", "set-cookie", "transfer-encoding"].map(|name| answer.header(name).is_none());
    assert_eq!(is_ours, [true; 3], "{answer:?}");
}

/// Sends a request that must be refused with this status and message.
#[track_caller]
fn refused(server: &Server, ask: &Ask, status: u16, error: &str, message: &str) -> Answer {
    let answer = server.ask(ask);
    assert_common(&answer);
    answer.is(status, error, message);
    answer
}

#[test]
fn session_gets_a_token_for_its_own_customer_only() {
    let site = TestServerHome::with("policy = { default_lifetime = \"1h\" }\n");
    let server = site.serve(&[]);
    let session = site.session("123");
    let granted = server.ask(&Ask::of(123).bearer(&session));
    assert_common(&granted);
    let claims = claims_of(granted.token());
    assert!(claims.starts_with(r#"{"user_id":"customer-123","exp":"#), "{claims}");
    let others = Ask::of(124).bearer(&session);
    refused(&server, &others, 403, "Forbidden", "Customer ID does not match authenticated user");
}

#[test]
fn checks_are_made_in_their_order() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    // Everything is wrong with this request; each step fixes one fault.
    let ask = Ask::of(123).without("Content-Type").body("{").method("PUT").path("/");
    refused(&server, &ask, 404, "Not Found", "Use POST /stream-chat/token");
    let ask = ask.path(PATH);
    let answer = refused(&server, &ask, 405, "Method Not Allowed", "Use POST");
    assert_eq!(answer.header("Allow"), Some("POST"));
    let ask = ask.method("POST");
    let answer = refused(&server, &ask, 401, "Unauthorized", "Invalid or expired session token");
    assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    let ask = ask.bearer(&site.session("123"));
    refused(&server, &ask, 415, "Unsupported Media Type", UNSUPPORTED);
    let ask = ask.with("Content-Type", "application/json");
    refused(&server, &ask, 400, "Bad Request", "Send a body that is valid JSON");
    let ask = ask.body("{}");
    refused(&server, &ask, 422, "Unprocessable Content", UNPROCESSABLE);
    let ask = ask.body(r#"{"customer_id":124}"#);
    refused(&server, &ask, 403, "Forbidden", "Customer ID does not match authenticated user");
    assert_eq!(server.ask(&ask.body(r#"{"customer_id":123}"#)).status, 200);
}

#[test]
fn only_one_path_and_method_are_served() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    for path in
        ["/", "/stream-chat/token/", "//stream-chat/token", "/Stream-Chat/token", "/stream-chat/%74oken"]
    {
        refused(&server, &ask.clone().path(path), 404, "Not Found", "Use POST /stream-chat/token");
    }
    assert_eq!(server.ask(&ask.clone().path("/stream-chat/token?customer_id=124")).status, 200);
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "BREW"] {
        let ask = ask.clone().method(method);
        let answer = refused(&server, &ask, 405, "Method Not Allowed", "Use POST");
        assert_eq!(answer.header("Allow"), Some("POST"), "{method}");
    }
    let head = server.ask(&ask.method("HEAD"));
    assert_eq!((head.status, head.body.as_str()), (405, ""));
}

#[test]
fn customer_id_must_be_a_plain_integer_literal() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let session = site.session("123");
    for literal in [
        "123.0",
        "1.23e2",
        "123e0",
        "-123",
        "-0",
        "0",
        "9223372036854775808",
        "18446744073709551739",
        "\"123\"",
        "null",
        "true",
        "[123]",
        r#"123,"customer_id":123"#,
        r#"123,"more":1"#,
    ] {
        let ask = Ask::of(123).bearer(&session).body(format!(r#"{{"customer_id":{literal}}}"#));
        refused(&server, &ask, 422, "Unprocessable Content", UNPROCESSABLE);
    }
    for body in ["", "0123", r#"{"customer_id":0123}"#, r#"{"customer_id":123} {}"#, "customer_id=123"] {
        let ask = Ask::of(123).bearer(&session).body(body);
        refused(&server, &ask, 400, "Bad Request", "Send a body that is valid JSON");
    }
    for id in [9_007_199_254_740_993, 9_223_372_036_854_775_807] {
        let ask = Ask::of(id).bearer(&site.session(&id.to_string()));
        assert_eq!(claims_of(server.ask(&ask).token()), format!(r#"{{"user_id":"customer-{id}"}}"#));
        let next = ask.body(format!(r#"{{"customer_id":{}}}"#, id - 1));
        assert_eq!(server.ask(&next).status, 403);
    }
}

#[test]
fn content_type_is_json_once_in_any_case() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123")).without("Content-Type");
    for media in ["application/json; charset=utf-8", "APPLICATION/JSON", "Application/Json ;q=1"] {
        assert_eq!(server.ask(&ask.clone().with("content-type", media)).status, 200, "{media}");
    }
    let twice = ask.clone().with("Content-Type", "application/json").with("Content-Type", "application/json");
    for ask in [ask.clone(), twice, ask.with("Content-Type", "text/json")] {
        refused(&server, &ask, 415, "Unsupported Media Type", UNSUPPORTED);
    }
}

#[test]
fn size_limits_are_inclusive() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    let body = |length| format!("{:<length$}", r#"{"customer_id":123}"#);
    assert_eq!(server.ask(&ask.clone().body(body(4096))).status, 200);
    refused(&server, &ask.clone().body(body(4097)), 413, "Content Too Large", "Send a smaller body");
    let room = 8192 - ask.clone().with("X-Long", "").bytes().len() + r#"{"customer_id": 123}"#.len();
    assert_eq!(server.ask(&ask.clone().with("X-Long", &"x".repeat(room))).status, 200);
    let long = server.ask(&ask.clone().with("X-Long", &"x".repeat(room + 1)));
    assert_eq!((long.status, long.body.as_str()), (431, ""));
    // Of these 64 headers, five are the request's own.
    let with = |count| (0..count).fold(ask.clone(), |ask, _| ask.with("X-Other", "x"));
    assert_eq!((server.ask(&with(64 - 5)).status, server.ask(&with(64 - 4)).status), (200, 431));
}

#[test]
fn ambiguous_host_or_length_is_refused_first() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    let hosts = "Send exactly one Host header with a host and perhaps a port";
    refused(&server, &ask.clone().without("Host"), 400, "Bad Request", hosts);
    refused(&server, &ask.clone().with("Host", "localhost"), 400, "Bad Request", hosts);
    refused(
        &server,
        &ask.clone().method("CONNECT").path("a:1"),
        400,
        "Bad Request",
        "Request a path that starts with /",
    );
    // hyper's own refusals have no body.
    assert_eq!(server.ask(&ask.clone().with("Content-Length", "21")).status, 400);
    let text = String::from_utf8(ask.bytes()).unwrap().replacen("HTTP/1.1", "HTTP/3.0", 1);
    assert_eq!(Answer::parse(&server.exchange(text.as_bytes())).status, 400);
}

#[test]
fn encoded_body_is_refused() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123")).with("Content-Encoding", "gzip");
    refused(&server, &ask, 415, "Unsupported Media Type", UNSUPPORTED);
}

#[test]
fn session_token_of_another_system_is_not_a_session() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    for token in ["12|AbCdEf", "a,b;c=\"d\"", &"x".repeat(4096)] {
        assert_eq!(server.ask(&Ask::of(123).bearer(token)).status, 401, "{token}");
    }
    server.end();
    let reasons: Vec<_> = site.entries("refusal").iter().map(|entry| entry["reason"].clone()).collect();
    assert_eq!(reasons, ["not_a_session", "not_a_session", "not_a_session"]);
}

#[test]
fn request_id_is_never_the_clients() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).with("X-Request-Id", "c0ffee-1");
    let ids: BTreeSet<_> =
        (0..5).map(|_| server.ask(&ask).header("X-Request-Id").unwrap().to_owned()).collect();
    assert!(ids.len() == 5 && !ids.contains("c0ffee-1"), "{ids:?}");
}

#[test]
fn kept_connection_answers_requests_in_turn() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    let mut both = ask.clone().kept_alive().bytes();
    both.extend(ask.bytes());
    let text = server.exchange(&both);
    let (first, second) = text.split_at(text.rfind("HTTP/1.1").unwrap());
    let (first, second) = (Answer::parse(first), Answer::parse(second));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!([&first, &second].map(|each| each.header("Connection")), [None, Some("close")]);
    assert_ne!(first.header("X-Request-Id"), second.header("X-Request-Id"));
}
