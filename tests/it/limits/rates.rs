//! Rate limits over real sockets. Hourly rates refill nothing while a test runs.

use std::time::Instant;

use crate::cli::demo;
use crate::serve::Server;
use crate::serve::http::{Answer, Ask};
use crate::serve::test_server_home::TestServerHome;

/// Checks that an answer is 429, and returns the seconds to wait.
#[track_caller]
fn assert_429(answer: &Answer) -> u64 {
    answer.is(429, "Too Many Requests", "Try again after the number of seconds in Retry-After");
    let wait = answer.header("Retry-After").unwrap();
    assert!(!wait.starts_with('0') && wait.bytes().all(|byte| byte.is_ascii_digit()), "{wait}");
    wait.parse().unwrap()
}

/// Asks without a session, as a proxy does for a client at an address.
#[track_caller]
fn from(server: &Server, address: &str) -> Answer {
    server.ask(&Ask::of(1).with("X-Forwarded-For", address))
}

#[test]
fn customer_over_the_rate_gets_429_and_others_do_not() {
    let site = TestServerHome::new();
    let server = site.serve(&["--rate-limit", "30/h", "--rate-limit-address", "off"]);
    let (one, other) = (site.session("123"), site.session("124"));
    for _ in 0..30 {
        server.ask(&Ask::of(123).bearer(&one)).token();
    }
    let seconds = assert_429(&server.ask(&Ask::of(123).bearer(&one)));
    assert!((1..=120).contains(&seconds), "{seconds}");
    // Another session of the same customer shares the limit.
    assert_429(&server.ask(&Ask::of(124).bearer(&site.session("123"))));
    server.ask(&Ask::of(124).bearer(&other)).token();
    server.end();
    let refused = site.entries("refusal");
    assert_eq!(refused.len(), 2, "{refused:?}");
    for entry in &refused {
        assert_eq!(entry["reason"], "customer_too_often");
        assert_eq!((&entry["outcome"], &entry["peer"]), (&"refused".into(), &"127.0.0.1".into()));
        assert_eq!(entry["customer"], 123, "{entry}");
    }
}

#[test]
fn default_rate_is_30_per_minute_and_customer() {
    let site = TestServerHome::new();
    let server = Server::start(&site.call(&["serve", "--listen", "127.0.0.1:0"]));
    let session = site.session("123");
    let begun = Instant::now();
    let ask = Ask::of(123).bearer(&session);
    let mut granted = 0;
    let refused = loop {
        let answer = server.ask(&ask);
        if answer.status != 200 {
            break answer;
        }
        granted += 1;
    };
    // Every two seconds one request was refilled.
    let most = 30 + begun.elapsed().as_secs() / 2 + 1;
    assert!((30..=most).contains(&granted), "{granted}");
    assert!((1..=2).contains(&assert_429(&refused)));
}

#[test]
fn address_limit_applies_to_failures_and_not_to_valid_sessions() {
    let site = TestServerHome::new();
    let flags = ["--rate-limit-address", "2/h", "--trusted-proxy", "127.0.0.1/32"];
    let server = site.serve(&flags);
    let session = site.session("123");
    assert_eq!([from(&server, "192.0.2.1").status, from(&server, "192.0.2.1").status], [401, 401]);
    let seconds = assert_429(&from(&server, "192.0.2.1"));
    assert!((1..=1800).contains(&seconds), "{seconds}");
    // A good session at the same address gets its tokens, however many others fail there.
    let valid = Ask::of(123).bearer(&session).with("X-Forwarded-For", "192.0.2.1");
    for _ in 0..5 {
        server.ask(&valid).token();
        assert_429(&from(&server, "192.0.2.1"));
    }
    // What fails with it is refused too, and so is the same address in another form.
    assert_429(&server.ask(&valid.clone().body("{")));
    assert_429(&from(&server, "::ffff:192.0.2.1"));
    assert_eq!(from(&server, "192.0.2.2").status, 401);
    server.end();
    let entries = site.entries("refusal");
    let refused = entries.iter().filter(|entry| entry["reason"] == "address_too_often");
    let peers: Vec<_> = refused.map(|entry| entry["peer"].clone()).collect();
    assert_eq!(peers, ["192.0.2.1"; 8]);
}

#[test]
fn ipv6_64_shares_a_limit_and_untrusted_headers_are_ignored() {
    let server = Server::demo(&["--rate-limit-address", "1/h", "--trusted-proxy", "127.0.0.1"]);
    assert_eq!(from(&server, "2001:db8:0:1::1").status, 401);
    assert_429(&from(&server, "2001:db8:0:1:ffff:ffff:ffff:ffff"));
    assert_eq!(from(&server, "2001:db8:0:2::1").status, 401);
    let server = Server::demo(&["--rate-limit-address", "1/h"]);
    assert_eq!(from(&server, "192.0.2.1").status, 401);
    assert_429(&from(&server, "192.0.2.2"));
}

#[test]
fn requests_for_other_paths_do_not_count() {
    let server = Server::demo(&["--rate-limit-address", "1/h"]);
    assert!(server.exchange(b"GET\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert_eq!(server.ask(&Ask::of(1).path("/other")).status, 404);
    assert_eq!(server.ask(&Ask::of(1).method("GET")).status, 405);
    assert_eq!(server.ask(&Ask::of(1)).status, 401);
    assert_429(&server.ask(&Ask::of(1)));
}

#[test]
fn limits_can_be_turned_off() {
    let site = TestServerHome::new();
    let server = site.serve(&["--rate-limit", "off", "--rate-limit-address", "off"]);
    let session = site.session("123");
    for _ in 0..310 {
        server.ask(&Ask::of(123).bearer(&session)).token();
    }
}

#[test]
fn malformed_rate_is_refused_with_the_expected_form() {
    let hint = "expected a rate such as 30/m (N/s, N/m or N/h, with N up to 1000000), or off";
    for (flag, rate) in [
        ("--rate-limit", "30"),
        ("--rate-limit", "0/m"),
        ("--rate-limit-address", "1000001/m"),
        ("--rate-limit-address", "30/d"),
    ] {
        let output = demo(&["serve", "--listen", "127.0.0.1:0", flag, rate]).run();
        output.is_refused(2, &format!("invalid value '{rate}' for '{flag} <RATE>': not a rate"), hint);
    }
}
