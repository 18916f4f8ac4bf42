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
fn faults_occur_as_often_as_requested() {
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
fn drop_sends_no_response_and_delay_a_late_one() {
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
fn faults_need_a_valid_session() {
    let site = TestServerHome::new();
    let server = site.serve(&["--fault", "123=status:500*1"]);
    server.ask(&Ask::of(123)).is(401, "Unauthorized", EXPIRED_SESSION);
    assert_eq!(server.ask(&Ask::of(123).bearer(&site.session("124"))).status, 403);
    assert_eq!(ask(&server, &site, 123).status, 500);
}

#[test]
fn production_allows_no_faults_even_after_a_reload() {
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

/// Starts a server with an admin listener that only this machine reaches.
#[track_caller]
fn controlled(site: &TestServerHome) -> Watched {
    Watched::over(site.serve(&["--admin-listen", "127.0.0.1:0"]))
}

#[test]
fn faults_can_be_changed_at_run_time() {
    let site = TestServerHome::new();
    let server = controlled(&site);
    let request = Ask::of(123).bearer(&site.session("123"));
    let body = |answer: Answer| (answer.status, answer.body);
    assert_eq!(body(server.control("GET", "/faults", "", &[])), (200, r#"{"faults":[]}"#.into()));
    let added = server.control("POST", "/faults", "123=status:503*1\n1-200=status:500\n", &[]);
    assert_eq!(body(added), (200, r#"{"faults":["123=status:503*1","1-200=status:500"]}"#.into()));
    assert_eq!([server.server.ask(&request).status, server.server.ask(&request).status], [503, 500]);
    assert!(server.ready().1.ends_with(r#""faults":["1-200=status:500"]}"#));
    assert_eq!(body(server.control("DELETE", "/faults", "", &[])), (200, r#"{"faults":[]}"#.into()));
    server.server.ask(&request).token();
    for (wrong, status) in
        [("", 422), ("123=revoked", 422), ("123=drop\n124", 422), (&"1=drop\n".repeat(101), 422)]
    {
        assert_eq!(server.control("POST", "/faults", wrong, &[]).status, status, "{wrong}");
    }
    server.server.ask(&request).token();
    assert_eq!(server.control("PUT", "/faults", "", &[]).header("Allow"), Some("GET, HEAD, POST, DELETE"));
    let said = server.server.end().stderr;
    assert!(said.contains("note=\"requests fail on purpose: 123=status:503*1\"\n"), "{said}");
    assert!(said.contains("note=\"no request fails on purpose any more\"\n"), "{said}");
}

#[test]
fn recent_requests_are_listed_without_tokens() {
    let site = TestServerHome::new();
    let server = controlled(&site);
    let session = site.session("123");
    server.control("POST", "/faults", "123=expired*1", &[]);
    let token = server.server.ask(&Ask::of(123).bearer(&session)).token().to_owned();
    server.server.ask(&Ask::of(123).bearer(&session)).token();
    server.server.ask(&Ask::of(123));
    let listed = server.control("GET", "/requests", "", &[]);
    assert!(!listed.body.contains(&token) && !listed.body.contains(&session));
    let listed: Value = serde_json::from_str(&listed.body).unwrap();
    let requests = listed["requests"].as_array().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (&request["customer"], &request["status"], &request["fault"]))
        .collect();
    let (customer, none, expired) = (Value::from(123), Value::Null, Value::from("expired"));
    let [good, refused] = [200, 401].map(Value::from);
    assert_eq!(seen, [(&customer, &good, &expired), (&customer, &good, &none), (&none, &refused, &none)]);
    assert!(requests.iter().all(|request| request["time"].is_string() && request["request_id"].is_string()));
    assert_eq!(server.control("DELETE", "/requests", "", &[]).status, 405);
}

#[test]
fn browser_pages_cannot_control_faults() {
    let site = TestServerHome::new();
    let server = controlled(&site);
    for headers in [
        [("Origin", "http://localhost:3000"), ("Host", "localhost")],
        [("Origin", "null"), ("Host", "127.0.0.1")],
        [("X-Other", "1"), ("Host", "rebound.example")],
        [("X-Other", "1"), ("Host", "127.0.0.1.rebound.example:9464")],
    ] {
        for (method, path) in
            [("POST", "/faults"), ("DELETE", "/faults"), ("GET", "/faults"), ("GET", "/requests")]
        {
            let refused = server.control(method, path, "123=drop", &headers);
            assert_eq!(refused.status, 403, "{method} {path} {headers:?}");
        }
    }
    assert!(!server.ready().1.contains("faults"));
    for host in ["localhost", "127.0.0.1:1", "[::1]:1"] {
        assert_eq!(server.control("POST", "/faults", "123=drop", &[("Host", host)]).status, 200, "{host}");
    }
}

#[test]
fn fault_control_needs_a_local_listener_and_no_production() {
    let open = Watched::over(Server::demo(&["--admin-listen", "0.0.0.0:0"]));
    for path in ["/faults", "/requests"] {
        assert_eq!(open.control("GET", path, "", &[]).status, 404);
    }
    let production = "policy = { production = true, default_lifetime = \"1h\" }\n";
    let server = controlled(&TestServerHome::with(production));
    for (method, path) in [("POST", "/faults"), ("GET", "/requests")] {
        let refused = server.control(method, path, "1=drop", &[]);
        refused.is(403, "Forbidden", "nothing of a production profile is made to fail");
    }
}

#[test]
fn malformed_fault_is_refused_with_the_expected_form() {
    let site = TestServerHome::new();
    let rule = "a fault has the form 123=expired or 1-100=status:503*2, with customers from 1 to 9223372036854775807, up to \
                1000000 times";
    let kinds = "a fault is expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed, \
                 status:503 (from 400 to 599), delay:5s or drop";
    for (fault, what, hint) in
        [("123", "123", rule), ("1=status:200", "status:200", kinds), ("1=drop*0", "1=drop*0", rule)]
    {
        let refused = site.run(&["-q", "serve", "--fault", fault]);
        let error =
            format!("invalid value '{fault}' for '--fault <CUSTOMER=KIND[*N]>': '{what}' is not a fault");
        refused.is_refused(2, &error, hint);
    }
}
