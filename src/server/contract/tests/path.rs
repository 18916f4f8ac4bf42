//! The whole path without fakes: a session, the mint, the audit log.

use super::*;
use crate::session::{RevocationList, RevocationTarget, SessionKey, SessionManager, SessionVerifier};

fn key() -> SessionKey {
    SessionKey::new(&secret("a-session-key-for-tests-0123456789abc"))
}

/// Returns a state directory, and a service with it.
fn opened() -> (TempDir, TokenService) {
    let state = TempDir::new().unwrap();
    let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
    let revocations = Some(Arc::new(RevocationList::open(state.path()).unwrap()));
    let verifier = Box::new(SessionVerifier { key: key(), revocations });
    let service = service(verifier, Policy::default(), &audit_log);
    (state, service)
}

/// Makes a request with a fresh session of a customer.
fn with_session(number: u64) -> Request {
    let (_, token) = key().issue(customer(number), clock().now(), Duration::from_hours(8)).unwrap();
    with(good(), &AUTHORIZATION, &[&format!("Bearer {}", token.expose())])
}

#[test]
fn session_gets_a_recorded_token_that_verifies() {
    let (state, service) = opened();
    assert_token(&service.handle(&with_session(123)));
    let facts = &entries(&state)[0].body;
    assert_eq!(
        (facts.action.name(), facts.channel.name(), facts.actor.user.as_str()),
        ("mint", "serve", "serve")
    );
    assert_eq!((facts.peer.as_deref(), facts.request_id.as_deref()), (Some("192.0.2.7"), Some("r-7")));
}

#[test]
fn refusal_is_logged_with_its_reason() {
    let (state, service) = opened();
    assert_eq!(service.handle(&with_session(124)).status, 403);
    assert!(service.refusals.unwrap().close(Duration::from_mins(1)));
    let facts = &entries(&state)[0].body;
    assert_eq!((facts.action.name(), facts.reason.as_deref()), ("refusal", Some("wrong_customer")));
    assert!(facts.is_for(124));
}

#[test]
fn no_token_is_issued_while_the_log_fails() {
    let (state, service) = opened();
    break_log(&state);
    let refused = service.handle(&with_session(123));
    assert_eq!(refused.status, 503);
    assert!(!String::from_utf8_lossy(&refused.body).contains("audit"));
    fs::remove_dir(state.path().join("audit/audit-00000001.jsonl")).unwrap();
    assert_token(&service.handle(&with_session(123)));
}

#[test]
fn revoked_session_gets_401_and_a_broken_list_503() {
    let (state, service) = opened();
    let request = with_session(123);
    let actor = Actor { user: "ann".into(), sudo_user: None };
    let (directory, now) = (state.path().to_owned(), clock().now());
    let audit_log = AuditLog::open(&directory, clock()).unwrap();
    let manager = SessionManager { state: directory, audit_log, actor, profile: None, now };
    assert!(manager.revoke(&RevocationTarget::Customer(customer(123))).unwrap());
    let status = |request: &Request| service.handle(request).status;
    assert_eq!(status(&request), 401);
    let register = state.path().join("sessions/revoked.json");
    let whole = fs::read(&register).unwrap();
    fs::write(&register, "broken").unwrap();
    assert_eq!(status(&request), 503);
    assert_eq!(status(&with(good(), &AUTHORIZATION, &[])), 401);
    fs::write(&register, whole).unwrap();
    assert_eq!(status(&request), 401);
}

#[test]
fn stream_tokens_are_not_accepted_as_sessions() {
    let (_state, service) = opened();
    let jwt = r#"{"alg":"HS256","typ":"JWT"}"#;
    let granted = service.handle(&with_session(123));
    let body: serde_json::Value = serde_json::from_slice(&granted.body).unwrap();
    let user = body["token"].as_str().unwrap().to_owned();
    let development = format!("{}.devtoken", user.rsplit_once('.').unwrap().0);
    for token in [user, development, signed(jwt, r#"{"server":true}"#), "devtoken".into()] {
        let reply = service.handle(&with(good(), &AUTHORIZATION, &[&format!("Bearer {token}")]));
        assert_eq!((reply.status, reply.body.as_slice()), (401, UNAUTHORIZED.as_bytes()), "{token}");
    }
}
