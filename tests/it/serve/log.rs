//! The access log: one line per request, as text or JSON, without client input or secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use super::http::{Ask, PATH};
use super::test_server_home::{SESSION_KEY, TestServerHome};
use crate::cli::Output;
use crate::cli::token::SECRET;
use crate::readme::documented_fields;

/// The output of a whole run of a server, and the texts that must not be in it.
struct Run {
    /// The output.
    output: Output,
    /// The IDs of all requests, in order.
    ids: Vec<String>,
    /// The texts that must not be in the output.
    withheld: Vec<String>,
}

/// Sends requests of every kind to a server and stops it.
fn run(flags: &[&str]) -> Run {
    let site = TestServerHome::new();
    let server = site.serve(flags);
    let session = site.session("123");
    let forged = format!("{}x", site.session("124"));
    let own = Ask::of(123).bearer(&session);
    let asks = [
        own.clone(),
        own.clone().body(r#"{"customer_id":"a-body-of-a-client"}"#),
        own.clone().body("{a-body-of-a-client"),
        own.clone().body(r#"{"customer_id":124}"#),
        own.clone().path("/a-path-of-a-client?a-query-of-a-client"),
        own.clone().path(&format!("{PATH}?{session}")).method("AMETHODOFACLIENT"),
        own.clone().with("User-Agent", "an-agent-of-a-client").without("Content-Type"),
        Ask::of(123).bearer(&forged),
        Ask::of(123),
        own.clone().body("x".repeat(5000)),
        own.without("Host"),
    ];
    let answers = asks.map(|ask| server.ask(&ask));
    let ids = answers.iter().map(|answer| answer.header("X-Request-Id").unwrap().to_owned()).collect();
    let token = answers[0].token().to_owned();
    let of_clients = ["of-a-client", "AMETHODOFACLIENT", SECRET, SESSION_KEY].map(str::to_owned);
    // Claims and signatures apart, so that no part of a token gets through.
    let tokens = [token, session, forged];
    let parts = tokens.iter().flat_map(|token| token.split('.').skip(1)).map(str::to_owned);
    Run { output: server.end(), ids, withheld: of_clients.into_iter().chain(parts).collect() }
}

/// Checks the rules for every run.
#[track_caller]
fn assert_sound(run: &Run) {
    let Output { status, stdout, stderr } = &run.output;
    assert_eq!((*status, stdout.as_str()), (Some(0), ""), "{}", run.output);
    for text in &run.withheld {
        assert!(!stderr.contains(text), "gives {text} away: {}", run.output);
    }
    let told: Vec<_> = run.ids.iter().map(|id| stderr.matches(id.as_str()).count()).collect();
    assert!(told.iter().all(|count| *count >= 1), "{}", run.output);
}

#[test]
fn every_request_has_a_line_without_client_input() {
    let run = run(&[]);
    assert_sound(&run);
    let lines = run.output.stderr.lines().filter(|line| line.contains(" request_id="));
    let lines: Vec<_> = lines.map(|line| line.split_once(" peer=").unwrap().1).collect();
    assert_eq!(lines.len(), run.ids.len(), "{}", run.output);
    let course = |line: &str| {
        let words = line.split(' ').filter(|word| !word.starts_with("ms="));
        words.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<_> = lines.into_iter().map(course).collect();
    let at = format!("127.0.0.1 method=POST path={PATH} status=");
    assert_eq!(
        lines[..4],
        [
            format!("{at}200 customer=123"),
            format!("{at}422 customer=123 reason=unprocessable_body"),
            format!("{at}400 customer=123 reason=malformed_body"),
            format!("{at}403 customer=123 reason=wrong_customer"),
        ]
    );
    assert_eq!(
        lines[4..6],
        [
            "127.0.0.1 method=POST path=other status=404".to_owned(),
            format!("127.0.0.1 method=other path={PATH} status=405"),
        ]
    );
    assert_eq!(
        lines[9..],
        ["127.0.0.1 status=413 reason=large_body", "127.0.0.1 status=400 reason=malformed_host"]
    );
}

#[test]
fn quiet_leaves_the_log_only() {
    let run = run(&["--quiet"]);
    assert_sound(&run);
    let is_logged = |line: &str| line.split_once("Z ").is_some_and(|(time, _)| time.starts_with("20"));
    assert!(run.output.stderr.lines().all(is_logged), "{}", run.output);
    assert_eq!(run.output.stderr.lines().count(), run.ids.len() + 2, "{}", run.output);
}

#[test]
fn every_json_line_is_an_object() {
    let run = run(&["-o", "json"]);
    assert_sound(&run);
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}"));
    let lines: Vec<_> = run.output.stderr.lines().map(parse).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["request_id"].is_string()).collect();
    assert_eq!(requests.len(), run.ids.len());
    let fields = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let common = ["time", "request_id", "peer", "method", "path", "status", "ms", "customer"];
    assert_eq!(fields(requests[0]), common.map(str::to_owned).into());
    assert_eq!((&requests[0]["status"], &requests[0]["customer"]), (&200.into(), &123.into()));
    let told = documented_fields("stream-token-serve.1.md", "## Lines of serve");
    let found: BTreeSet<_> = lines.iter().flat_map(fields).collect();
    let rare = ["count", "error", "fault", "hint", "profile", "tls"].map(str::to_owned);
    assert_eq!(told, found.into_iter().chain(rare).collect());
    assert!(lines.iter().all(|line| line["note"].is_string() || line["status"].is_number()), "{lines:?}");
}

#[test]
fn unreadable_forwarded_header_is_noted_once_a_minute() {
    let site = TestServerHome::new();
    let server = site.serve(&["--trusted-proxy", "127.0.0.1"]);
    for _ in 0..5 {
        server.ask(&Ask::of(123).with("X-Forwarded-For", "unknown"));
    }
    let stderr = server.end().stderr;
    let note = "note=\"X-Forwarded-For of a trusted proxy cannot be read: the proxy's own address counts\"";
    // A minute may have ended in between.
    assert!((1..=2).contains(&stderr.matches(note).count()), "{stderr}");
}

#[test]
fn client_is_the_peer_or_named_by_a_trusted_proxy() {
    let site = TestServerHome::new();
    let peer = |flags: &[&str], forwarded: &[&str]| {
        let server = site.serve(&[&["-q", "-o", "json"], flags].concat());
        let ask = forwarded.iter().fold(Ask::of(123), |ask, value| ask.with("X-Forwarded-For", value));
        let id = server.ask(&ask).header("X-Request-Id").unwrap().to_owned();
        let output = server.end();
        let line = output.stderr.lines().find(|line| line.contains(&id)).unwrap();
        serde_json::from_str::<Value>(line).unwrap()["peer"].as_str().unwrap().to_owned()
    };
    let trusted = ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"];
    assert_eq!(peer(&[], &["9.9.9.9"]), "127.0.0.1");
    assert_eq!(peer(&["--trusted-proxy", "10.0.0.0/8"], &["9.9.9.9"]), "127.0.0.1");
    assert_eq!(peer(&trusted, &[]), "127.0.0.1");
    assert_eq!(peer(&trusted, &["6.6.6.6, 9.9.9.9"]), "9.9.9.9");
    assert_eq!(peer(&trusted, &["6.6.6.6", "2001:db8::1, 10.1.2.3"]), "2001:db8::1");
    assert_eq!(peer(&trusted, &["9.9.9.9, unknown"]), "127.0.0.1");
}
