//! Sessions end to end: made by one process, checked by another, and revoked by a third.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use stream_token::secret::Secret;
use stream_token::session::SessionKey;
use stream_token::time::{Clock, Timestamp};

use super::Server;
use super::http::{Answer, Ask};
use super::test_server_home::{SESSION_KEY, TestServerHome};
use crate::cli::demo;
use crate::cli::token::{SECRET, ending_in, signed, signed_with};
use crate::cli::watchdog::WAIT_TIMEOUT;

/// The header of session tokens.
const HEADER: &str = r#"{"alg":"HS256","typ":"stream-token-session+jwt"}"#;

const HOUR: Duration = Duration::from_hours(1);

/// Waits until a running server refuses a session.
#[track_caller]
fn wait_until_refused(server: &Server, customer: u64, session: &str) {
    let until = Instant::now() + WAIT_TIMEOUT;
    while server.ask(&Ask::of(customer).bearer(session)).status != 401 {
        assert!(Instant::now() < until, "the session still counts");
        thread::yield_now();
    }
}

/// Makes a session of customer 123 with a key at another time, and returns its token.
pub(super) fn session_of(key: &str, at: Timestamp) -> String {
    let key = SessionKey::new(&Secret::new(key.as_bytes().to_vec()).unwrap());
    key.issue("123".parse().unwrap(), at, HOUR).unwrap().1.expose().to_owned()
}

/// Returns an answer without its date and its request ID.
fn without_volatile_headers(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    answer
}

#[test]
fn running_server_refuses_revoked_sessions_only() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let sessions = [site.session("123"), site.session("123"), site.session("123"), site.session("124")];
    let [first, second, third, others] = &sessions;
    assert_eq!(server.ask(&Ask::of(123).bearer(first)).status, 200);
    site.call(&["-q", "session", "revoke", "--token-stdin"]).with_stdin(first).run().is(0, "", "");
    wait_until_refused(&server, 123, first);
    assert_eq!(server.ask(&Ask::of(123).bearer(second)).status, 200);
    let made = site.entries("session_new");
    let id = made[1]["reason"].as_str().unwrap().strip_prefix("session ").unwrap();
    site.run(&["-q", "session", "revoke", "--id", id]).is(0, "", "");
    wait_until_refused(&server, 123, second);
    assert_eq!(server.ask(&Ask::of(123).bearer(third)).status, 200);
    site.run(&["-q", "session", "revoke", "--customer", "123"]).is(0, "", "");
    wait_until_refused(&server, 123, third);
    assert_eq!(server.ask(&Ask::of(124).bearer(others)).status, 200);
    assert_eq!(site.entries("session_revoke").len(), 3);
}

#[test]
fn revoking_an_unknown_session_id_exits_with_1() {
    let site = TestServerHome::new();
    let session = site.session("123");
    let id = "00c0ffee00c0ffee00c0ffee00c0ffee";
    let error = format!("the audit log knows no session {id}: it is refused from now on, if there is one");
    let hint = "look it up with 'stream-token audit list --action session_new'";
    site.run(&["session", "revoke", "--id", id]).is_refused(1, &error, hint);
    assert_eq!(site.entries("session_revoke").len(), 1);
    let server = site.serve(&[]);
    assert_eq!(server.ask(&Ask::of(123).bearer(&session)).status, 200);
}

#[test]
fn only_a_session_of_this_key_is_revoked_by_its_token() {
    let site = TestServerHome::new();
    let session = site.session("123");
    let other = format!("{}AAAA", &session[..session.len() - 4]);
    let hint = "pipe in what 'stream-token session new' printed, and name the profile that it was made with";
    for (text, why) in [("eyJ", "not a session token"), (&other, "not signed by this session key")] {
        let error = format!("cannot revoke what is piped in: {why}");
        let output = site.call(&["-q", "session", "revoke", "--token-stdin"]).with_stdin(text).run();
        output.is_refused(2, &error, hint);
    }
    assert!(site.entries("session_revoke").is_empty());
}

#[test]
fn unreadable_revocation_list_gives_503() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let (revoked, session) = (site.session("123"), site.session("123"));
    site.call(&["-q", "session", "revoke", "--token-stdin"]).with_stdin(&revoked).run().is(0, "", "");
    wait_until_refused(&server, 123, &revoked);
    let register = site.state().join("sessions/revoked.json");
    let kept = std::fs::read(&register).unwrap();
    std::fs::write(&register, "{}").unwrap();
    let ask = Ask::of(123).bearer(&session);
    wait_until_answered(&server, &ask, 503).is(503, "Service Unavailable", "Try again later");
    assert_eq!(server.ask(&Ask::of(123).bearer("x")).status, 401);
    std::fs::write(&register, kept).unwrap();
    wait_until_answered(&server, &ask, 200);
    assert_eq!(server.ask(&Ask::of(123).bearer(&revoked)).status, 401);
    let error = format!("{} is not as it was written", register.display());
    assert!(server.end().stderr.contains(&error));
}

#[test]
fn damaged_revocation_list_prevents_start_until_revoke_all() {
    let site = TestServerHome::new();
    let session = site.session("123");
    site.run(&["-q", "session", "revoke", "--customer", "124"]).is(0, "", "");
    let register = site.state().join("sessions/revoked.json");
    let whole = std::fs::read_to_string(&register).unwrap();
    let shown = register.display();
    let hint = "bring it back as it was; or end all sessions with 'stream-token session revoke --all', which writes a new one";
    let serve = ["-q", "serve", "--listen", "127.0.0.1:0"];
    std::fs::write(&register, whole.replace("\"124\"", "\"125\"")).unwrap();
    site.run(&serve).is_refused(1, &format!("{shown} is not as it was written"), hint);
    std::fs::remove_dir_all(site.state().join("sessions")).unwrap();
    let error = format!("{shown} is gone, and with it what was revoked");
    site.run(&serve).is_refused(1, &error, hint);
    let revoked = site.entries("session_revoke").len();
    site.run(&["-q", "session", "revoke", "--customer", "125"]).is_refused(1, &error, hint);
    assert_eq!(site.entries("session_revoke").len(), revoked);
    site.run(&["-q", "session", "revoke", "--all"]).is(0, "", "");
    let server = site.serve(&[]);
    assert_eq!(server.ask(&Ask::of(123).bearer(&session)).status, 401);
}

#[test]
fn session_new_is_refused_right_after_a_revocation() {
    let site = TestServerHome::new();
    let said = site.run(&["session", "revoke", "--customer", "123"]).stderr;
    let expected = "stream-token: note: revoked every session of customer 123 so far\nstream-token: note: clocks may differ by 1m: a new session can be made after that time\n";
    assert!(said.ends_with(expected), "{said}");
    let refused = site.run(&["-q", "session", "new", "123"]);
    assert!(
        refused.stderr.starts_with("stream-token: error: the sessions of customer 123 that are made before "),
        "{refused}"
    );
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(1), ""));
    site.session("124");
}

/// Asks until the response has this status, and returns it.
#[track_caller]
fn wait_until_answered(server: &Server, ask: &Ask, status: u16) -> Answer {
    let until = Instant::now() + WAIT_TIMEOUT;
    loop {
        let answer = server.ask(ask);
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < until, "waited in vain for {status}: {answer:?}");
        thread::yield_now();
    }
}

/// Returns tokens that look like a session of customer 123 at this server, but are none.
fn counterfeits(site: &TestServerHome) -> Vec<String> {
    let now = Clock::System.now();
    let own = site.session("123");
    let claims = |token: &str| crate::cli::token::claims_of(token);
    let (head, rest) = own.split_once('.').unwrap();
    let begun = Timestamp::from_epoch_seconds(now.epoch_seconds() - 3600).unwrap();
    let foreign = demo(&["-q", "session", "new", "123"]).run().result().trim_end().to_owned();
    vec![
        site.run(&["-q", "issue", "123"]).result().trim_end().to_owned(),
        site.run(&["-q", "issue", "123", "--expires", "1h"]).result().trim_end().to_owned(),
        signed_with(SESSION_KEY, crate::cli::token::HEADER, r#"{"user_id":"customer-123"}"#),
        signed(r#"{"server":true}"#),
        foreign,
        session_of(SECRET, now),
        session_of(SESSION_KEY, begun),
        session_of(SESSION_KEY, now.after(HOUR)),
        // The signing key is derived from the session key, which itself signs nothing.
        signed_with(SESSION_KEY, HEADER, &claims(&own)),
        signed_with(SESSION_KEY, r#"{"alg":"none"}"#, &claims(&own)),
        ending_in(&signed_with(SESSION_KEY, r#"{"alg":"none","typ":"JWT"}"#, &claims(&own)), ""),
        ending_in(&own, ""),
        ending_in(&own, "devtoken"),
        ending_in(&own, &"A".repeat(43)),
        format!("{own}="),
        format!("{own}."),
        own[..own.len() - 1].to_owned(),
        own.to_ascii_lowercase(),
        rest.to_owned(),
        format!("{head}..{rest}"),
        format!("{own}{}", "A".repeat(4096 - own.len())),
        "A".repeat(4097),
        "A".repeat(7000),
        "x".into(),
        "null".into(),
        "-".into(),
    ]
}

#[test]
fn all_invalid_sessions_get_the_same_401() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let refusal = without_volatile_headers(server.ask(&Ask::of(123)));
    refusal.is(401, "Unauthorized", "Invalid or expired session token");
    assert_eq!(refusal.header("WWW-Authenticate"), Some("Bearer"));
    let own = site.session("123");
    let tokens = counterfeits(&site).into_iter().map(|token| Ask::of(123).bearer(&token));
    let values = [
        "",
        "Bearer",
        "Bearer ",
        "Basic MTIzOng=",
        "Bearer\t",
        "Token x",
        "Bearer \u{e9}",
        &format!("Bearer{own}"),
        &format!("Bearer: {own}"),
        &format!("Token {own}"),
        &own,
        &format!("Bearer {own},"),
        &format!("Bearer {own} x"),
        &format!("Bearer \"{own}\""),
        &format!("Bearer Bearer {own}"),
        &format!("Bearer x, Bearer {own}"),
    ]
    .map(|value| Ask::of(123).with("Authorization", value));
    let twice = Ask::of(123).bearer(&own).bearer(&own);
    let elsewhere = Ask::of(123).with("Cookie", &own).with("X-Authorization", &format!("Bearer {own}"));
    for ask in tokens.chain(values).chain([twice, elsewhere]) {
        let body = ["", "{", r#"{"customer_id":124}"#].map(|body| ask.clone().body(body));
        for ask in body.into_iter().chain([ask]) {
            assert_eq!(without_volatile_headers(server.ask(&ask)), refusal, "{ask:?}");
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER "] {
        let ask = Ask::of(123).with("Authorization", &format!("{scheme} {own}"));
        assert_eq!(server.ask(&ask).status, 200, "{scheme}");
    }
}

#[test]
fn session_token_is_no_user_token_even_with_one_secret() {
    let site = TestServerHome::new();
    let session = site.session("123");
    let call = |call: &[&str]| site.call(call).with_env("STAGING_SESSION_KEY", SECRET);
    let same = call(&["-q", "session", "new", "123"]).run().result().trim_end().to_owned();
    for token in [session, same] {
        let verified = call(&["-q", "verify", "-", "-o", "json"]).with_stdin(&token).run();
        let verdict: Value = serde_json::from_str(&verified.stdout).unwrap();
        assert_eq!(verdict["valid"], false, "{verified}");
        assert_eq!(verdict["signed_by"], Value::Null, "{verified}");
        assert!([Some(4), Some(5)].contains(&verified.status), "{verified}");
    }
}
