//! The admin listener: its answers, its strictness and its end.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use super::Watched;
use crate::cli::demo;
use crate::serve::Server;
use crate::serve::http::{Answer, Ask};
use crate::serve::test_server_home::TestServerHome;

/// The message for unknown paths.
const NOTHING_THERE: &str = "Use GET /healthz, /readyz or /metrics";

#[test]
fn admin_listener_answers_probes_only() {
    let watched = Watched::over(Server::demo(&["--admin-listen", "127.0.0.1:0"]));
    let healthy = watched.tell("GET", "/healthz");
    assert_eq!((healthy.status, healthy.body.as_str()), (200, r#"{"status":"ok"}"#));
    let ready = r#"{"status":"ready","secret":"loaded","audit":"off","draining":false}"#;
    assert_eq!(watched.ready(), (200, ready.to_owned()));
    let metrics = watched.tell("GET", "/metrics?all");
    assert_eq!(metrics.header("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let head = watched.tell("HEAD", "/healthz");
    assert_eq!((head.status, head.header("Content-Length"), head.body.as_str()), (200, Some("15"), ""));
    let refused = watched.tell("POST", "/metrics");
    refused.is(405, "Method Not Allowed", "Use GET");
    assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    watched.tell("GET", "/").is(404, "Not Found", NOTHING_THERE);
    watched.tell("POST", "/stream-chat/token").is(404, "Not Found", NOTHING_THERE);
    let ask = Ask::of(1).method("GET").path("/metrics");
    watched.server.ask(&ask).is(404, "Not Found", "Use POST /stream-chat/token");
}

#[test]
fn admin_listener_is_as_strict_as_the_endpoint() {
    let watched = Watched::over(Server::demo(&["--admin-listen", "[::1]:0"]));
    for (bytes, status) in [
        (&b"GET /healthz HTTP/1.1\r\n\r\n"[..], 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1099511627776\r\n\r\n", 413),
        (b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 400),
    ] {
        let mut stream = watched.connect();
        stream.write_all(bytes).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(Answer::parse(&text).status, status, "{text}");
    }
    assert_eq!(watched.ready().0, 200);
}

#[test]
fn address_reachable_by_others_is_noted_once() {
    let server = Server::demo(&["--admin-listen", "0.0.0.0:0"]);
    let port = server.admin().port();
    let watched = Watched { server, admin: ([127, 0, 0, 1], port).into() };
    assert_eq!(watched.tell("GET", "/healthz").status, 200);
    let said = watched.server.end().stderr;
    let note =
        "other machines can reach the admin listener on 0.0.0.0:0; it answers everyone, and has no secrets";
    assert_eq!(said.matches(note).count(), 1, "{said}");
}

#[test]
fn address_in_use_is_an_error_at_start() {
    let watched = Watched::over(Server::demo(&["--admin-listen", "127.0.0.1:0"]));
    let taken = watched.admin.to_string();
    let output = demo(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", &taken]).run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""), "{output}");
    let error = format!("stream-token: error: cannot listen on {taken}, the admin listener's address");
    assert!(output.stderr.contains(&error) && !output.stderr.contains("listening on"), "{output}");
}

#[test]
fn admin_requests_are_not_logged() {
    let watched = Watched::over(Server::demo(&["--admin-listen", "127.0.0.1:0", "--quiet"]));
    for path in ["/healthz", "/readyz", "/metrics", "/other"] {
        watched.tell("GET", path);
    }
    watched.connect().write_all(b"GET\r\n\r\n").unwrap();
    let output = watched.server.end();
    assert_eq!(output.status, Some(0), "{output}");
    let lines: Vec<_> = output.stderr.lines().collect();
    let notes = ["admin on http://", "listening on http://", "draining"];
    assert_eq!(lines.len(), notes.len(), "{output}");
    assert!(lines.iter().zip(notes).all(|(line, note)| line.contains(note)), "{output}");
}

#[test]
fn admin_listener_reports_draining_until_the_server_ends() {
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &[]);
    let session = site.session("123");
    let lock = File::open(site.state().join("audit/lock")).unwrap();
    lock.lock().unwrap();
    let mut client = watched.server.connect();
    client.write_all(&Ask::of(123).bearer(&session).bytes()).unwrap();
    watched.server.signal(Signal::TERM);
    watched.server.said().wait_until("draining");
    let draining = r#"{"status":"not_ready","secret":"loaded","audit":"untried","draining":true}"#;
    assert_eq!(watched.ready(), (503, draining.to_owned()));
    assert_eq!(watched.tell("GET", "/healthz").status, 200);
    lock.unlock().unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    Answer::parse(&text).token();
    let admin = watched.admin;
    assert_eq!(watched.server.wait().status, Some(0));
    assert!(TcpStream::connect(admin).is_err());
}

#[test]
fn connected_probe_does_not_delay_shutdown() {
    let watched = Watched::over(Server::demo(&["--admin-listen", "127.0.0.1:0"]));
    let mut idle = watched.connect();
    let mut half = watched.connect();
    half.write_all(b"GET /metrics HT").unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(idle.read(&mut [0; 8]).unwrap(), 8);
    assert_eq!(watched.server.end().status, Some(0));
}
