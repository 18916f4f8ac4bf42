//! The metrics after known traffic, also as Prometheus reads them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::Watched;
use crate::serve::http::Ask;
use crate::serve::test_server_home::TestServerHome;
use crate::tools::has;

/// The series of a response, by name with labels.
type Series = BTreeMap<String, f64>;

/// Reads the metrics of a server.
#[track_caller]
fn series(watched: &Watched) -> Series {
    let text = watched.tell("GET", "/metrics").body;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no series: {line}"));
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
    };
    let series: Series = lines.clone().map(pair).collect();
    assert_eq!(series.len(), lines.count(), "a duplicate series in\n{text}");
    series
}

/// Returns those series of a metric that are not zero, by their one label's value.
fn counts(series: &Series, metric: &str) -> Vec<(String, u32)> {
    let start = format!("{metric}{{");
    let mut counts = Vec::new();
    for (name, value) in series.iter().filter(|(name, value)| name.starts_with(&start) && **value > 0.0) {
        let label = name.split('"').nth(1).unwrap().to_owned();
        counts.push((label, format!("{value}").parse().unwrap()));
    }
    counts
}

/// Sends known traffic to a server: ten requests that reach the contract, two that do not.
fn traffic(watched: &Watched, session: &str) {
    let own = Ask::of(123).bearer(session);
    let statuses = [
        own.clone(),
        own.clone(),
        own.clone(),
        own.clone().body("{"),
        own.clone().body(r#"{"customer_id": 124}"#),
        own.clone(),
        Ask::of(123),
        Ask::of(123).bearer("x"),
        own.clone().path("/other?customer=1"),
        own.clone().method("MADE-UP"),
    ]
    .map(|ask| watched.server.ask(&ask).status);
    assert_eq!(statuses, [200, 200, 200, 400, 403, 429, 401, 401, 404, 405]);
    assert!(watched.server.exchange(b"GET\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let large = own.body(" ".repeat(5_000));
    assert_eq!(watched.server.ask(&large).status, 413);
}

#[test]
fn counts_match_the_traffic() {
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &["--rate-limit", "5/h"]);
    traffic(&watched, &site.session("123"));
    let series = series(&watched);
    let pairs = |pairs: &[(&str, u32)]| -> Vec<(String, u32)> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    let by_status =
        [("200", 3), ("400", 2), ("401", 2), ("403", 1), ("404", 1), ("405", 1), ("413", 1), ("429", 1)];
    assert_eq!(counts(&series, "stream_token_requests_total"), pairs(&by_status));
    let by_reason = [
        ("customer_too_often", 1),
        ("large_body", 1),
        ("malformed_body", 1),
        ("malformed_request", 1),
        ("no_session", 1),
        ("not_a_session", 1),
        ("wrong_customer", 1),
    ];
    assert_eq!(counts(&series, "stream_token_refusals_total"), pairs(&by_reason));
    let answers = "stream_token_request_duration_seconds";
    for count in [format!("{answers}_count"), format!("{answers}_bucket{{le=\"+Inf\"}}")] {
        assert!((series[&count] - 10.0).abs() < 0.5, "{count}: {}", series[&count]);
    }
    // Three mints; refusals are recorded as well, by and by.
    assert!(series["stream_token_audit_sync_duration_seconds_count"] >= 3.0);
    assert!(series["process_start_time_seconds"] > 1.0e9);
    assert!(series.contains_key("stream_token_connections"));
    let version = env!("CARGO_PKG_VERSION");
    assert!((series[&format!("stream_token_build_info{{version=\"{version}\"}}")] - 1.0).abs() < 0.1);
    assert!(!series.keys().any(|name| name.contains("certificate")), "there is no TLS");
}

#[test]
fn admin_requests_are_not_counted() {
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &[]);
    for path in ["/healthz", "/readyz", "/metrics", "/other"] {
        watched.tell("GET", path);
    }
    let series = series(&watched);
    assert_eq!(counts(&series, "stream_token_requests_total"), []);
    assert!(series["stream_token_connections"].abs() < 0.5);
}

#[test]
fn prometheus_accepts_the_metrics() {
    if !has("promtool", "that Prometheus reads the metrics") {
        return;
    }
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &["--rate-limit", "5/h"]);
    traffic(&watched, &site.session("123"));
    let text = watched.tell("GET", "/metrics").body;
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let found = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(output.status.success() && found.is_empty(), "{found}\n{text}");
}
