//! The whole path with nothing faked: a session, the mint, the audit log.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::audit::{Actor, AuditLog, Entry, Filter, RefusalRecorder, list};
use crate::issuer::TokenIssuer;
use crate::profile::{Lifetime, Policy};
use crate::server::rate_limit::{Rate, RateLimiters};
use crate::server::request_issuer::RequestIssuer;
use crate::session::{RevocationList, RevocationTarget, SessionKey, SessionVerifier, revoke};
use crate::token::{Validation, Verifier};

/// Returns every entry of the log.
fn entries(state: &TempDir) -> Vec<Entry> {
    list(state.path(), Filter::default()).map(|line| line.unwrap().entry.unwrap()).collect()
}

fn clock() -> Clock {
    Clock::Fixed(Timestamp::from_epoch_seconds(1_893_456_000).unwrap())
}

fn actor() -> Actor {
    Actor { user: "serve".into(), sudo_user: None }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

fn key() -> SessionKey {
    SessionKey::new(&secret("a-session-key-for-tests-0123456789abc"))
}

const API_SECRET: &str = "an-api-secret-for-tests-0123456789abc";

/// Answers a request with a session of customer 123, in a state directory.
fn answer(state: &Path, audit_log: &Arc<AuditLog>, request: &Request) -> LoggedResponse {
    answer_by(&Arc::new(RevocationList::open(state).unwrap()), state, audit_log, request)
}

/// Answers a request by a list of revocations that was opened before.
fn answer_by(
    revocations: &Arc<RevocationList>,
    state: &Path,
    audit_log: &Arc<AuditLog>,
    request: &Request,
) -> LoggedResponse {
    let log_of_refusals = Arc::new(AuditLog::open(state, clock()).unwrap());
    let refusals = Some(RefusalRecorder::start(log_of_refusals, actor(), None, clock()).unwrap());
    let policy = Policy { default_lifetime: Some(Duration::from_hours(1)), ..Policy::default() };
    let issuer = TokenIssuer::new(&secret(API_SECRET), None, policy, Some(Arc::clone(audit_log)));
    let endpoint = TokenEndpoint {
        authenticate: &SessionVerifier::new(key(), Arc::clone(revocations)),
        rate_limiter: &RateLimiters::new(Rate::OFF, Rate::OFF),
        issuer: &RequestIssuer { issuer, actor: actor(), lifetime: Lifetime::PolicyDefault, clock: clock() },
        refusals: &refusals,
        faults: &Faults::default(),
        cors: &Cors::default(),
        clock: clock(),
    };
    endpoint.respond(request)
}

/// Makes a request with a fresh session of a customer.
fn with_session(number: u64) -> Request {
    let (_, token) = key().issue(customer(number), clock().now(), Duration::from_hours(8)).unwrap();
    Request { authorization: once(&format!("Bearer {}", token.expose())), ..good() }
}

#[test]
fn a_session_gets_a_token_that_verifies_and_is_in_the_log() {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let answer = answer(state.path(), &audit_log, &with_session(123));
    assert_eq!(answer.response.status(), 200);
    let body: serde_json::Value = serde_json::from_slice(answer.response.body()).unwrap();
    let token = body["token"].as_str().unwrap();
    let verified = Verifier::new(&secret(API_SECRET)).verify(token, &Validation::new(clock().now()));
    assert_eq!(verified, Ok(customer(123)));
    let facts = &entries(&state)[1].body;
    assert_eq!(
        (facts.action.name(), facts.channel.name(), facts.actor.user.as_str()),
        ("mint", "serve", "serve")
    );
    assert_eq!((facts.peer.as_deref(), facts.request_id.as_deref()), (Some("192.0.2.7"), Some("r-7")));
}

#[test]
fn a_refusal_is_in_the_log_with_the_word_for_it() {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let answer = answer(state.path(), &audit_log, &with_session(124));
    assert_eq!(answer.response.status(), 403);
    let facts = &entries(&state)[1].body;
    assert_eq!((facts.action.name(), facts.reason.as_deref()), ("refusal", Some("wrong_customer")));
    assert!(facts.is_for(124));
}

#[test]
fn where_the_log_cannot_be_written_there_is_no_token_until_it_can() {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let request = with_session(123);
    let segment = state.path().join("audit/audit-00000001.jsonl");
    let revocations = Arc::new(RevocationList::open(state.path()).unwrap());
    fs::create_dir(&segment).unwrap();
    let refused = answer_by(&revocations, state.path(), &audit_log, &request);
    assert_eq!(refused.response.status(), 503);
    assert!(!String::from_utf8_lossy(refused.response.body()).contains("audit"));
    fs::remove_dir(&segment).unwrap();
    assert_eq!(answer(state.path(), &audit_log, &request).response.status(), 200);
}

#[test]
fn a_revoked_session_is_refused_and_a_broken_register_is_later() {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let request = with_session(123);
    revoke(state.path(), &RevocationTarget::Customer(customer(123)), clock().now()).unwrap();
    let revocations = Arc::new(RevocationList::open(state.path()).unwrap());
    let status =
        |request: &Request| answer_by(&revocations, state.path(), &audit_log, request).response.status();
    // The list is looked at now and then.
    let becomes = |expected: u16| while status(&request) != expected {};
    assert_eq!(status(&request), 401);
    let register = state.path().join("sessions/revoked.json");
    let whole = fs::read(&register).unwrap();
    fs::write(&register, "broken").unwrap();
    becomes(503);
    assert_eq!(status(&Request { authorization: HeaderValue::Absent, ..good() }), 401);
    fs::write(&register, whole).unwrap();
    becomes(401);
}

#[test]
fn no_kind_of_token_for_stream_passes_for_a_session() {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let jwt = r#"{"alg":"HS256","typ":"JWT"}"#;
    let granted = answer(state.path(), &audit_log, &with_session(123)).response;
    let body: serde_json::Value = serde_json::from_slice(granted.body()).unwrap();
    let user = body["token"].as_str().unwrap().to_owned();
    let development = format!("{}.devtoken", user.rsplit_once('.').unwrap().0);
    for token in [user, development, signed(jwt, r#"{"server":true}"#), "devtoken".into()] {
        let request = Request { authorization: once(&format!("Bearer {token}")), ..good() };
        let reply = answer(state.path(), &audit_log, &request).response;
        assert_eq!((reply.status(), reply.body()), (401, UNAUTHORIZED.as_bytes()), "{token}");
    }
}
