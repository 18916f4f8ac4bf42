//! Sessions of the app, which the server checks with a backend.

use std::thread;

use serde_json::Value;

use super::Server;
use super::audit::fingerprint;
use super::backend::Backend;
use super::http::Ask;
use super::test_server_home::TestServerHome;
use crate::cli::watchdog::WAIT_TIMEOUT;
use crate::limits::Watched;
use crate::tls::made;

/// Starts a backend, and a server whose profile uses it; `more` are further keys of `sessions`.
fn start(more: &str) -> (Backend, TestServerHome, Server) {
    let backend = Backend::start();
    let site = TestServerHome::with(&backend.sessions(more));
    let server = site.serve(&["--admin-listen", "127.0.0.1:0"]);
    (backend, site, server)
}

/// Returns a session token that the backend attributes to customer 123; `name` makes it unique.
fn good(name: &str) -> String {
    format!(r#"200:{{"data":{{"id":123}},"name":"{name}"}}"#)
}

/// Returns the line of the access log about a session's answer.
#[track_caller]
fn line_of(server: &Server, id: &str) -> String {
    let line = |said: &str| said.lines().find(|line| line.contains(id)).map(str::to_owned);
    server.said().wait_for("the line of the request", line)
}

#[test]
fn backend_answers_map_to_statuses_and_reasons() {
    let (backend, site, server) = start("timeout = \"1s\"\n");
    let (granted, refused) = (good("a"), "session_refused_by_backend");
    let rows = [
        (&*granted, 200, ""),
        (r#"200:{"data":{"id":"123"}}"#, 200, ""),
        (r#"200:{"data":{"id":"customer-123"}}"#, 200, ""),
        (r#"200:{"data":{"id":124}}"#, 403, "wrong_customer"),
        (r#"200:{"data":{}}"#, 503, "backend_response"),
        (r#"200:{"id":123}"#, 503, "backend_response"),
        (r#"200:{"data":{"id":123"#, 503, "backend_response"),
        ("200:", 503, "backend_response"),
        ("200:<html>", 503, "backend_response"),
        (r#"200:{"data":{"id":123.0}}"#, 503, "backend_response"),
        (r#"200:{"data":{"id":1.5}}"#, 503, "backend_response"),
        (r#"200:{"data":{"id":9223372036854775808}}"#, 503, "backend_response"),
        (r#"200:{"data":{"id":99999999999999999999999}}"#, 503, "backend_response"),
        (r#"200:{"data":{"id":null}}"#, 503, "backend_response"),
        ("huge", 503, "backend_response"),
        ("endless", 503, "backend_response"),
        ("302;Location=/login:", 401, refused),
        ("307;Location=http://127.0.0.1:9/:", 401, refused),
        ("401:", 401, refused),
        ("403:", 401, refused),
        ("204:", 503, "backend_status"),
        ("404:", 503, "backend_status"),
        ("418:", 503, "backend_status"),
        ("500:", 503, "backend_status"),
        ("503:", 503, "backend_status"),
        ("429:", 429, "backend_too_often"),
        ("429;Retry-After=7:", 429, "backend_too_often"),
        ("hangup", 503, "backend_unreachable"),
        ("silent", 503, "backend_timeout"),
        ("half", 503, "backend_timeout"),
    ];
    for (token, status, reason) in rows {
        let answer = server.ask(&Ask::of(123).bearer(token));
        let line = line_of(&server, answer.header("X-Request-Id").unwrap());
        assert_eq!(answer.status, status, "{token}: {line}");
        assert_eq!(line.contains(&format!(" reason={reason}")), !reason.is_empty(), "{token}: {line}");
        // The log line tells the operator what to fix.
        assert_eq!(line.contains(" error="), status == 503, "{token}: {line}");
        let wait = if token.contains('=') && status == 429 { "7" } else { "1" };
        assert_eq!(answer.header("Retry-After"), (status == 429).then_some(wait), "{token}");
        match status {
            200 => assert!(!answer.token().is_empty()),
            401 => answer.is(401, "Unauthorized", "Invalid or expired session token"),
            503 => answer.is(503, "Service Unavailable", "Try again later"),
            _ => {}
        }
    }
    // No redirect was followed, and nothing was requested twice.
    assert_eq!(backend.heads().len(), rows.len());
    let watched = Watched::over(server);
    let metrics = watched.tell("GET", "/metrics").body;
    let server = watched.server;
    for line in
        ["backend_status\"} 5", "backend_too_often\"} 2", "backend_timeout\"} 2", "backend_unreachable\"} 1"]
    {
        assert!(
            metrics.contains(&format!("stream_token_refusals_total{{reason=\"{line}\n")),
            "{line}\n{metrics}"
        );
    }
    drop(backend);
    let answer = server.ask(&Ask::of(123).bearer("refused"));
    let line = line_of(&server, answer.header("X-Request-Id").unwrap());
    assert!(answer.status == 503 && line.contains(" reason=backend_unreachable "), "{line}");
    let stderr = server.end().stderr;
    for (token, ..) in rows {
        assert!(token.len() < 12 || !stderr.contains(token), "{token}\n{stderr}");
    }
    assert!(site.entries("refusal").iter().any(|entry| entry["reason"] == "backend_timeout"));
}

#[test]
fn backend_gets_authorization_and_request_id() {
    let (backend, _site, server) = start("");
    let sanctum = "12|AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
    let answer = server.ask(&Ask::of(123).with("Cookie", "a=b").bearer(sanctum));
    let head = backend.heads().remove(0);
    let mut lines: Vec<_> = head.trim_end().lines().map(str::to_ascii_lowercase).collect();
    let request = lines.remove(0);
    assert_eq!(request, "get /v1/me?x=1 http/1.1");
    assert!(head.contains(&format!(": Bearer {sanctum}\r\n")), "{head}");
    let id = answer.header("X-Request-Id").unwrap();
    for line in [
        "accept: application/json",
        &format!("x-request-id: {id}"),
        &format!("host: localhost:{}", backend.address.port()),
    ] {
        assert!(lines.contains(&line.to_owned()), "{line}: {head}");
    }
    assert!(!head.contains("a=b"), "{head}");
    assert!(!server.end().stderr.contains("AbCdEf"));
    let (backend, _site, server) = start("authorization = \"Token {token}\"\n");
    server.ask(&Ask::of(123).bearer("abc"));
    assert!(backend.heads()[0].contains(": Token abc\r\n"), "{:?}", backend.heads());
}

#[test]
fn good_answers_are_cached_and_bad_ones_are_not() {
    let (backend, site, server) = start("cache = \"60s\"\n");
    for _ in 0..3 {
        assert_eq!(server.ask(&Ask::of(123).bearer(&good("a"))).status, 200);
        assert_eq!(server.ask(&Ask::of(124).bearer(&good("a"))).status, 403);
    }
    assert_eq!(backend.heads().len(), 1);
    for _ in 0..3 {
        assert_eq!(server.ask(&Ask::of(123).bearer("401:")).status, 401);
    }
    assert_eq!(backend.heads().len(), 4);
    // The fingerprint of the session token identifies the client, also for a cached answer.
    let session = Value::from(format!("check_url {}", fingerprint(&good("a"))));
    let minted = site.entries("mint");
    assert!(minted.len() == 3 && minted.iter().all(|entry| entry["session"] == session), "{minted:?}");
    let (backend, _site, server) = start("cache = \"0s\"\n");
    for _ in 0..3 {
        assert_eq!(server.ask(&Ask::of(123).bearer(&good("a"))).status, 200);
    }
    assert_eq!(backend.heads().len(), 3);
}

#[test]
fn concurrent_checks_of_a_session_are_merged() {
    let (backend, _site, server) = start("cache = \"0s\"\ntimeout = \"10s\"\n");
    let held = format!("held:{}", good("a"));
    thread::scope(|scope| {
        let first = scope.spawn(|| server.ask(&Ask::of(123).bearer(&held)).status);
        backend.wait_for(1);
        let second = scope.spawn(|| server.ask(&Ask::of(123).bearer(&held)).status);
        // While the second waits, others do not.
        assert_eq!(server.ask(&Ask::of(123).bearer(&good("b"))).status, 200);
        thread::sleep(std::time::Duration::from_millis(300));
        backend.open();
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (200, 200));
    });
    assert_eq!(backend.heads().len(), 2);
}

#[test]
fn slow_checks_do_not_delay_other_clients() {
    let (backend, _site, server) = start("timeout = \"10s\"\ncache = \"60s\"\n");
    thread::scope(|scope| {
        let held: Vec<_> = (0..8)
            .map(|number| {
                // Four share a session, and four have one each.
                let session =
                    format!("held:{}", good(&number.to_string().replace(['0', '1', '2', '3'], "same")));
                let server = &server;
                scope.spawn(move || server.ask(&Ask::of(123).bearer(&session)).status)
            })
            .collect();
        backend.wait_for(5);
        let others: Vec<_> = (0..16)
            .map(|number| {
                let (server, session) = (&server, good(&format!("other {number}").replace(' ', "-")));
                scope.spawn(move || (0..10).all(|_| server.ask(&Ask::of(123).bearer(&session)).status == 200))
            })
            .collect();
        assert!(others.into_iter().all(|other| other.join().unwrap()));
        assert!(held.iter().all(|held| !held.is_finished()), "the eight did not wait");
        backend.open();
        assert!(held.into_iter().all(|held| held.join().unwrap() == 200));
    });
}

#[test]
fn restarted_backend_is_used_again() {
    let (backend, _site, server) = start("");
    let asked = |name: &str| server.ask(&Ask::of(123).bearer(&good(name))).status;
    assert_eq!(asked("a"), 200);
    let address = backend.address;
    drop(backend);
    assert_eq!(asked("b"), 503);
    // The cached answer still counts.
    assert_eq!(asked("a"), 200);
    let backend = Backend::start_at(address, None);
    assert_eq!(asked("b"), 200);
    assert_eq!(backend.heads().len(), 1);
}

#[test]
fn backend_is_verified_with_the_ca_file() {
    let (certificate, other) = (made(), made());
    let backend = Backend::with_tls(&certificate);
    let asked = |file: &str| {
        let site = TestServerHome::new();
        let (ca, config) = (site.home().join("ca.pem"), site.home().join(".config/stream-token/config.toml"));
        std::fs::write(&ca, file).unwrap();
        let sessions = backend.sessions(&format!("ca_file = \"{}\"\n", ca.display()));
        let text = std::fs::read_to_string(&config).unwrap() + &sessions;
        std::fs::write(&config, text).unwrap();
        let server = site.serve(&[]);
        let statuses = ["a", "b"].map(|name| server.ask(&Ask::of(123).bearer(&good(name))).status);
        (statuses, server.end().stderr)
    };
    assert_eq!(asked(&certificate.certificate).0, [200, 200]);
    let (statuses, stderr) = asked(&other.certificate);
    assert_eq!(statuses, [503, 503]);
    assert!(
        stderr.contains("reason=backend_unreachable error=\"the backend cannot be reached: "),
        "{stderr}"
    );
}

#[test]
fn unusable_ca_file_fails_at_start() {
    let backend = Backend::start();
    for (file, error) in [
        ("/nowhere/ca.pem", "error: ca_file: cannot open /nowhere/ca.pem: "),
        ("/dev/null", "error: ca_file: cannot use /dev/null: "),
    ] {
        let site = TestServerHome::with(&backend.sessions(&format!("ca_file = \"{file}\"\n")));
        let refused = site.serving(&[]).run();
        assert!(refused.stderr.contains(error), "{refused}");
        assert!(refused.stderr.contains("hint: ") && !refused.stderr.contains("listening"), "{refused}");
    }
}

#[test]
fn own_sessions_are_refused_with_a_backend() {
    let (_backend, site, server) = start("");
    for call in [&["session", "new", "123"][..], &["session", "revoke", "--customer", "123"]] {
        site.run(call).is_refused(
            2,
            "the server of profile staging takes the sessions of the app's backend, and none made here",
            "log in at the app's backend; or remove 'sessions' from [profiles.staging] in the configuration",
        );
    }
    // No session key is needed, and none is read.
    assert!(!server.end().stderr.contains("session key"));
}

#[test]
fn reload_changes_the_session_check() {
    let (backend, site, server) = start("");
    let config = site.home().join(".config/stream-token/config.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    assert_eq!(server.ask(&Ask::of(123).bearer(&good("a"))).status, 200);
    std::fs::write(&config, before.replace("/data/id", "/data/number")).unwrap();
    server.reload("note=reloaded", 1);
    assert_eq!(server.ask(&Ask::of(123).bearer(&good("a"))).status, 503);
    std::fs::write(&config, before.replace("http://localhost", "http://example.com")).unwrap();
    server.reload(super::KEPT, 1);
    assert_eq!(server.ask(&Ask::of(123).bearer(r#"200:{"data":{"number":123}}"#)).status, 200);
    std::fs::write(&config, before.split("\n[profiles.staging.sessions]").next().unwrap()).unwrap();
    server.reload("note=reloaded", 2);
    assert_eq!(server.ask(&Ask::of(123).bearer(&site.session("123"))).status, 200);
    assert_eq!(backend.heads().len(), 3);
}

#[test]
fn excess_checks_time_out_with_503() {
    let (backend, _site, server) = start("timeout = \"2s\"\n");
    let begun = std::time::Instant::now();
    let statuses: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..40)
            .map(|number| {
                let (server, session) = (&server, format!("held:{}", good(&number.to_string())));
                scope.spawn(move || server.ask(&Ask::of(123).bearer(&session)).status)
            })
            .collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert!(begun.elapsed() < WAIT_TIMEOUT);
    assert_eq!(statuses, [503; 40]);
    let server = server.end().stderr;
    assert!(server.matches("reason=backend_timeout").count() >= 32, "{server}");
    drop(backend);
}

#[test]
fn profile_add_stores_and_validates_backend_settings() {
    let site = TestServerHome::new();
    let add = |name: &str, flags: &[&str]| {
        let call = [&["-q", "profile", "add", name, "--secret", "env:X"], flags].concat();
        site.run(&call)
    };
    let flags = ["--check-url", "https://api.example.com/v1/me", "--customer-from", "/data/id"];
    add("plain", &flags).is(0, "", "");
    let more = [
        "--authorization",
        "Token {token}",
        "--backend-timeout",
        "5s",
        "--check-cache",
        "0s",
        "--backend-ca-file",
        "/etc/ssl/staging.pem",
    ];
    add("full", &[&flags[..], &more].concat()).is(0, "", "");
    let shown = |name: &str| {
        let shown = site.run(&["profile", "show", name, "-o", "json"]);
        serde_json::from_str::<Value>(shown.result()).unwrap()["sessions"].to_string()
    };
    let (plain, backend) =
        (r#""customer_from":"/data/id""#, r#""check_url":"https://api.example.com/v1/me""#);
    assert_eq!(shown("plain"), format!("{{{backend},{plain}}}"));
    let first = r#""authorization":"Token {token}","ca_file":"/etc/ssl/staging.pem","cache":"0s""#;
    assert_eq!(shown("full"), format!("{{{first},{backend},{plain},\"timeout\":\"5s\"}}"));
    assert_eq!(shown("staging"), "null");
    let text = site.run(&["profile", "show", "plain"]);
    assert!(
        text.result().contains("check_url https://api.example.com/v1/me, customer_from /data/id"),
        "{text}"
    );
    for (flags, error) in [
        (
            &["--check-url", "http://api.example.com/me", "--customer-from", "/id"][..],
            "check_url: expected https://",
        ),
        (
            &["--check-url", "https://api.example.com/me", "--customer-from", "id"],
            "customer_from: expected a JSON pointer",
        ),
        (&["--check-url", "https://api.example.com/me"], "needs customer_from"),
        (&["--check-cache", "5s"], "sessions needs a check_url"),
        (&[flags[0], flags[1], flags[2], flags[3], "--check-cache", "2m"], "cache: expected 0s to 1m"),
    ] {
        let refused = add("other", flags);
        assert!(refused.status == Some(2) && refused.stderr.contains(error), "{refused}");
    }
}
