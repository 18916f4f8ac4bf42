//! The audit log of the endpoint: every token has its entry, refusals are bounded, and without the log
//! there is no token.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Server;
use super::http::Ask;
use super::test_server_home::TestServerHome;

/// The number of refusals of one kind per minute with an entry of their own.
const A_MINUTE: usize = 10;

/// Returns a token's fingerprint, computed independently of the program.
pub(super) fn fingerprint(token: &str) -> String {
    let first: [u8; 8] = Sha256::digest(token)[..8].try_into().unwrap();
    format!("{:016x}", u64::from_be_bytes(first))
}

#[test]
fn every_issued_token_has_its_entry() {
    let site = TestServerHome::with("policy = { issued_at = true, default_lifetime = \"1h\" }\n");
    let server = site.serve(&["--lifetime", "5m"]);
    let sessions = [(123, site.session("123")), (124, site.session("124")), (123, site.session("123"))];
    let given = sessions.map(|(customer, session)| {
        let answer = server.ask(&Ask::of(customer).bearer(&session));
        let id = answer.header("X-Request-Id").unwrap().to_owned();
        (customer, fingerprint(answer.token()), id)
    });
    let entries = site.entries("mint");
    let told = entries.iter().map(|entry| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        assert_eq!(
            [text("channel"), text("outcome"), text("peer"), text("profile")],
            ["serve", "ok", "127.0.0.1", "staging"]
        );
        assert!(entry["expires_at"].is_number(), "{entry}");
        (entry["customer"].as_u64().unwrap(), text("fingerprint"), text("request_id"))
    });
    assert_eq!(told.collect::<Vec<_>>(), given);
    // The session's ID identifies the client.
    let made = site.entries("session_new");
    let reasons = entries.iter().map(|entry| format!("session {}", entry["session"].as_str().unwrap()));
    assert!(reasons.eq(made.iter().map(|entry| entry["reason"].as_str().unwrap().to_owned())), "{entries:?}");
    site.run(&["audit", "verify", "-q"]).result();
}

#[test]
fn repeated_refusals_are_summarized() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let session = site.session("123");
    let asked = 3 * A_MINUTE;
    for _ in 0..asked {
        assert_eq!(server.ask(&Ask::of(123)).status, 401);
    }
    let other = server.ask(&Ask::of(124).bearer(&session));
    assert_eq!(other.status, 403);
    assert_eq!(server.end().status, Some(0));
    let entries = site.entries("refusal");
    let of = |reason: &str| entries.iter().filter(|entry| entry["reason"] == reason).collect::<Vec<_>>();
    let told = of("wrong_customer");
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["customer"], &told[0]["profile"]), (&123.into(), &"staging".into()));
    let made = site.entries("session_new").remove(0);
    assert_eq!(made["reason"], format!("session {}", told[0]["session"].as_str().unwrap()));
    assert_eq!(told[0]["request_id"].as_str(), other.header("X-Request-Id"));
    let alone = of("no_session").len();
    // A minute may have ended in between.
    assert!((A_MINUTE..=2 * A_MINUTE).contains(&alone), "{alone}");
    let summed: Vec<Value> = site.entries("refusals");
    let rest: u64 = summed.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
    assert_eq!(alone as u64 + rest, asked as u64, "{summed:?}");
}

#[test]
fn no_token_is_issued_while_the_log_is_unusable() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    assert_eq!(server.ask(&ask).status, 200);
    let (log, away) = (site.state().join("audit"), site.state().join("away"));
    fs::rename(&log, &away).unwrap();
    // A file is in the place of the folder.
    fs::write(&log, "").unwrap();
    let refused = server.ask(&ask);
    refused.is(503, "Service Unavailable", "Try again later");
    let id = refused.header("X-Request-Id").unwrap();
    let line = server
        .said()
        .wait_for("the refusal", |said| said.lines().find(|line| line.contains(id)).map(str::to_owned));
    assert!(
        line.contains(" reason=audit_unavailable error=\"nothing is minted that cannot be recorded: "),
        "{line}"
    );
    fs::remove_file(&log).unwrap();
    fs::rename(&away, &log).unwrap();
    let granted = server.ask(&ask);
    let entries = site.entries("mint");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["fingerprint"], fingerprint(granted.token()));
    site.run(&["audit", "verify", "-q"]).result();
}

#[test]
fn stopped_server_releases_the_log_and_resumes() {
    let site = TestServerHome::new();
    let call = site.serving(&[]);
    // In a process group of its own, as a shell's job: the system does not stop an orphaned group.
    let server = Server::run(call.command().process_group(0));
    let session = site.session("123");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    assert_eq!(server.ask(&Ask::of(123).bearer(&session)).status, 200);
                }
            });
        }
        for _ in 0..10 {
            server.signal(Signal::TSTP);
            waitid(WaitId::Pid(server.pid()), WaitIdOptions::STOPPED).unwrap();
            site.run(&["-q", "issue", "7"]).result();
            server.signal(Signal::CONT);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(server.end().status, Some(0));
    site.run(&["audit", "verify", "-q"]).result();
}
