//! The contract by tables: every status, body and header, and the order of the checks.

mod cors;
mod input;
mod openapi;
mod order;
mod path;
mod replies;

use std::fs;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use tempfile::TempDir;

use super::*;
use crate::audit::{AuditLog, Entry, list};
use crate::issuer::TokenIssuer;
use crate::profile::Policy;
use crate::secret::Secret;
use crate::server::rate_limit::Rate;
use crate::server::telemetry::ServerLog;
use crate::session::{AuthError, AuthFailure, BackendError};
use crate::time::Timestamp;
use crate::token::testing::signed;
use crate::token::{Validation, Verifier};

/// Finds headers of responses.
trait FindHeader {
    /// Returns the first header of this name, in any case.
    fn find_header(&self, name: &str) -> Option<&str>;
}

impl FindHeader for Response {
    fn find_header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The conditions of a request.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one rule that is broken, alone or with others")]
struct World {
    /// Whether the address is over its limit of failures.
    is_address_limited: bool,
    /// Whether the customer is over the rate limit.
    is_customer_limited: bool,
    /// The fault of the session, if any.
    session: Option<AuthError>,
    /// Whether policy refuses every token.
    is_forbidden: bool,
    /// Whether the audit log cannot be written.
    is_log_broken: bool,
    cors: Cors,
    faults: Arc<Faults>,
}

/// The session token of customer 123 in these tests.
const SESSION: &str = "a.session.token";

/// The answer to every bad session.
const UNAUTHORIZED: &str = r#"{"error":"Unauthorized","message":"Invalid or expired session token"}"#;

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn peer() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

/// A request that gets a token.
fn good() -> Request {
    let body = br#"{"customer_id": 123}"#.to_vec();
    let (method, path, id) = ("POST".into(), "/stream-chat/token".into(), "r-7".into());
    let request = Request { method, path, peer: peer(), id, headers: HeaderMap::new(), body };
    let request = with(request, &AUTHORIZATION, &[&format!("Bearer {SESSION}")]);
    with(request, &CONTENT_TYPE, &["application/json"])
}

/// Returns the request with this header in these lines.
fn with(mut request: Request, name: &HeaderName, lines: &[&str]) -> Request {
    request.headers.remove(name);
    for line in lines {
        request.headers.append(name.clone(), line.parse().unwrap());
    }
    request
}

fn clock() -> Clock {
    Clock::Fixed(Timestamp::from_epoch_seconds(1_893_456_000).unwrap())
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

const API_SECRET: &str = "an-api-secret-for-tests-0123456789abc";

/// Returns a service of a profile, with its audit log and without limits.
fn service(authenticate: Box<dyn Authenticate>, policy: Policy, audit_log: &Arc<AuditLog>) -> TokenService {
    let actor = Actor { user: "serve".into(), sudo_user: None };
    let recorder = audit::RefusalRecorder::start(Arc::clone(audit_log), actor.clone(), None, clock());
    let issuer = TokenIssuer::new(&secret(API_SECRET), None, policy, Some(Arc::clone(audit_log)));
    let log = ServerLog::start(false, clock(), |_| ()).unwrap();
    TokenService {
        profile: Reloadable::new(Arc::new(ActiveProfile { authenticate, issuer, lifetime: Expiry::Never })),
        actor,
        customer_limiter: RateLimiter::new(Rate::OFF),
        address_limiter: RateLimiter::new(Rate::OFF),
        refusals: Some(recorder.unwrap()),
        faults: Arc::default(),
        cors: Cors::default(),
        telemetry: Arc::new(Telemetry::new(log, clock(), None, None)),
        clock: clock(),
    }
}

/// Returns every entry of the log after its first.
fn entries(state: &TempDir) -> Vec<Entry> {
    let lines = list(state.path(), |_| true).skip(1);
    lines.map(|line| line.unwrap().entry.unwrap()).collect()
}

/// Makes every append to a log under a state directory fail.
fn break_log(state: &TempDir) {
    fs::create_dir(state.path().join("audit/audit-00000001.jsonl")).unwrap();
}

impl World {
    fn answer(&self, request: &Request) -> LoggedResponse {
        self.answer_and_entries(request).0
    }

    /// Returns the answer, and the action and reason of each audit entry.
    fn answer_and_entries(&self, request: &Request) -> (LoggedResponse, Vec<(&'static str, Option<String>)>) {
        let state = TempDir::new().unwrap();
        let audit_log = Arc::new(AuditLog::open(state.path(), clock()).unwrap());
        if self.is_log_broken {
            break_log(&state);
        }
        let rate = |is_limited| if is_limited { "20/m".parse().unwrap() } else { Rate::OFF };
        let limiter = |is_limited, key| {
            let limiter = RateLimiter::new(rate(is_limited));
            while is_limited && limiter.count(key, Instant::now()).is_ok() {}
            limiter
        };
        // In production, it refuses tokens without an end.
        let policy = Policy { is_production: self.is_forbidden, ..Policy::default() };
        let session = Mutex::new(self.session.clone());
        let service = TokenService {
            faults: Arc::clone(&self.faults),
            cors: self.cors.clone(),
            customer_limiter: limiter(self.is_customer_limited, 123),
            address_limiter: limiter(self.is_address_limited, address_key(peer())),
            ..service(Box::new(Session(session)), policy, &audit_log)
        };
        let answer = service.answer(request);
        assert!(service.refusals.unwrap().close(Duration::from_mins(1)));
        let entries = if self.is_log_broken { Vec::new() } else { entries(&state) };
        let entries = entries.into_iter().map(|entry| (entry.body.action.name(), entry.body.reason));
        (answer, entries.collect())
    }

    /// Returns the status and the body of the answer to a request.
    fn said(&self, request: &Request) -> (u16, String) {
        let reply = self.answer(request).response;
        (reply.status, String::from_utf8(reply.body).unwrap())
    }
}

/// The session of customer 123, and its fault, if any.
#[derive(Debug)]
struct Session(Mutex<Option<AuthError>>);

impl Authenticate for Session {
    fn authenticate(&self, token: &str, id: &str, _: Timestamp) -> Result<Authenticated, AuthError> {
        assert_eq!(id, "r-7");
        match self.0.lock().unwrap().take() {
            Some(denial) => Err(denial),
            None if token == SESSION => Ok(Authenticated { customer: customer(123), session: "s-7".into() }),
            None => Err(AuthFailure::NotASession.into()),
        }
    }
}

/// Asserts that a response has the token of customer 123.
fn assert_token(response: &Response) {
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let rules = Validation::new(clock().now());
    let verified = Verifier::new(&secret(API_SECRET)).verify(body["token"].as_str().unwrap(), &rules);
    assert_eq!((response.status, verified), (200, Ok(customer(123))));
    assert_eq!(body.as_object().unwrap().len(), 1);
}

fn cannot_tell() -> AuthError {
    AuthError::Unavailable(Arc::new(std::io::Error::other("a disk that does not answer")))
}
