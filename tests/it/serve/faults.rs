//! Requests that fail on purpose: `serve --fault`.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Server;
use super::http::{Answer, Ask};
use super::test_server_home::TestServerHome;
use crate::cli::token::claims_of;
use crate::limits::Watched;

/// A body of the contract.
const EXPIRED_SESSION: &str = "Invalid or expired session token";

/// Asks for a customer's token with a session of theirs.
#[track_caller]
fn ask(server: &Server, site: &TestServerHome, customer: u64) -> Answer {
    server.ask(&Ask::of(customer).bearer(&site.session(&customer.to_string())))
}

/// Returns the claims of a token.
fn claims(answer: &Answer) -> Value {
    serde_json::from_str(&claims_of(answer.token())).unwrap()
}

#[test]
fn each_fault_is_met_as_often_as_it_was_asked_for_and_then_there_is_a_good_token() {
    let site = TestServerHome::new();
    let server = site.serve(&[
        "--fault",
        "123=status:503*2",
        "--fault",
        "100-200=expired*1",
        "--fault",
        "124=status:401",
        "--lifetime",
        "1h",
    ]);
    for _ in 0..2 {
        ask(&server, &site, 123).is(503, "Service Unavailable", "Try again later");
    }
    let (expired, good) = (ask(&server, &site, 123), ask(&server, &site, 123));
    let [expired, good] = [&expired, &good].map(|answer| claims(answer)["exp"].as_u64().unwrap());
    let now = crate::cli::now();
    assert!(expired < now && good > now, "{expired} {good} {now}");
    for _ in 0..2 {
        let refused = ask(&server, &site, 124);
        refused.is(401, "Unauthorized", EXPIRED_SESSION);
        assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer"));
    }
    ask(&server, &site, 5).token();
    let reasons: Vec<_> = site.entries("fault").iter().map(|entry| entry["reason"].clone()).collect();
    assert_eq!(reasons, ["status:503", "status:503", "expired", "status:401", "status:401"]);
    assert_eq!((site.entries("mint").len(), site.entries("refusal").len()), (2, 0));
    site.run(&["-q", "audit", "verify"]).result();
    let said = server.end().stderr;
    for line in [
        "status=503 [..] customer=123 fault=status:503 reason=fault",
        "status=200 [..] customer=123 fault=expired",
    ] {
        let (status, rest) = line.split_once(" [..]").unwrap();
        assert!(said.lines().any(|line| line.contains(status) && line.ends_with(rest)), "{line}: {said}");
    }
    assert_eq!(said.matches("requests fail on purpose: ").count(), 3, "{said}");
}

#[test]
fn a_dropped_request_gets_no_response_and_a_delayed_one_gets_it_later() {
    let site = TestServerHome::new();
    let server = site.serve(&["--fault", "123=drop*1", "--fault", "123=delay:1s*1"]);
    let request = Ask::of(123).bearer(&site.session("123"));
    assert_eq!(server.exchange(&request.bytes()), "");
    let asked = Instant::now();
    let late = server.ask(&request);
    assert!(late.token().len() > 100 && asked.elapsed() >= Duration::from_secs(1));
    assert_eq!(late.header("X-Stream-Token-Delay"), None);
    server.ask(&request).token();
    let reasons: Vec<_> = site.entries("fault").iter().map(|entry| entry["reason"].clone()).collect();
    assert_eq!(reasons, ["drop", "delay:1s"]);
    let said = server.end().stderr;
    assert!(said.contains(" status=444 ") && said.contains(" fault=drop reason=fault\n"), "{said}");
    assert!(said.contains(" fault=delay:1s\n"), "{said}");
}

#[test]
fn a_request_without_a_good_session_meets_no_fault() {
    let site = TestServerHome::new();
    let server = site.serve(&["--fault", "123=status:500*1"]);
    server.ask(&Ask::of(123)).is(401, "Unauthorized", EXPIRED_SESSION);
    assert_eq!(server.ask(&Ask::of(123).bearer(&site.session("124"))).status, 403);
    assert_eq!(ask(&server, &site, 123).status, 500);
}

#[test]
fn nothing_of_a_production_profile_is_made_to_fail_also_after_a_reload() {
    let production = "policy = { production = true, default_lifetime = \"1h\" }\n";
    let refused = TestServerHome::with(production).run(&[
        "-q",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--fault",
        "1=drop",
    ]);
    refused.is_refused(
        2,
        "policy: nothing of a production profile is made to fail",
        "leave --fault out, or use the profile of an app for tests",
    );
    let site = TestServerHome::new();
    let server = Watched::over(site.serve(&["--admin-listen", "127.0.0.1:0", "--fault", "123=drop"]));
    let faulty =
        r#"{"status":"ready","secret":"loaded","audit":"untried","draining":false,"faults":["123=drop"]}"#;
    assert_eq!(server.ready(), (200, faulty.to_owned()));
    let request = Ask::of(123).bearer(&site.session("123"));
    let config = site.home().join(".config/stream-token/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text + production).unwrap();
    server.server.reload("note=reloaded", 1);
    assert!(!server.ready().1.contains("faults"));
    server.server.ask(&request).token();
}

#[test]
fn what_is_no_fault_is_refused_with_what_was_expected() {
    let site = TestServerHome::new();
    for (fault, what, hint) in [
        (
            "123",
            "123",
            "a fault has the form 123=expired or 1-100=status:503*2, with customers from 1 to 9223372036854775807",
        ),
        ("1=status:200", "status:200", "after the colon goes the status of an error, 400 to 599"),
        ("1=drop*0", "1=drop*0", "after the asterisk goes how often, from 1 to 1000000"),
    ] {
        let refused = site.run(&["-q", "serve", "--fault", fault]);
        let error =
            format!("invalid value '{fault}' for '--fault <CUSTOMER=KIND[*N]>': '{what}' is not a fault");
        refused.is_refused(2, &error, hint);
    }
}
