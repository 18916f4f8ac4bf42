//! The contract by tables: every status, body and header, and the order of the checks.

mod cors;
mod order;
mod path;
mod replies;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::audit::AuditError;
use crate::profile::PolicyError;
use crate::secret::Secret;
use crate::server::message::HeaderValue;
use crate::session::{AuthError, AuthFailure, BackendError};
use crate::time::Timestamp;
use crate::token::testing::signed;

/// Finds headers of responses.
trait FindHeader {
    /// Returns the first header of this name, in any case.
    fn find_header(&self, name: &str) -> Option<&str>;
}

impl FindHeader for Response {
    fn find_header(&self, name: &str) -> Option<&str> {
        let found = self.headers().iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the fakes around the contract do, and what they were asked.
#[derive(Debug, Default)]
struct World {
    address_waits: Option<Duration>,
    customer_waits: Option<Duration>,
    session: Option<AuthError>,
    mint: Option<fn() -> IssueError>,
    cors: Cors,
    faults: Faults,
    faulty: Mutex<Vec<Fault>>,
    refused: Mutex<Vec<audit::Refusal>>,
    minted: Mutex<Vec<CustomerId>>,
}

/// The token that every session of customer 123 has here.
const SESSION: &str = "a.session.token";

/// The answer to every bad session.
const UNAUTHORIZED: &str = r#"{"error":"Unauthorized","message":"Invalid or expired session token"}"#;

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn once(value: &str) -> HeaderValue {
    HeaderValue::Single(value.to_owned())
}

fn peer() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

/// A request that gets a token.
fn good() -> Request {
    Request {
        method: "POST".into(),
        path: "/stream-chat/token".into(),
        peer: peer(),
        host: HeaderValue::Absent,
        authorization: once(&format!("Bearer {SESSION}")),
        content_type: once("application/json"),
        origin: HeaderValue::Absent,
        requested_method: HeaderValue::Absent,
        content_encoding: HeaderValue::Absent,
        body: br#"{"customer_id": 123}"#.to_vec(),
        id: "r-7".into(),
    }
}

impl World {
    fn answer(&self, request: &Request) -> LoggedResponse {
        let clock = Clock::Fixed(Timestamp::EPOCH);
        let endpoint = TokenEndpoint {
            authenticate: self,
            rate_limiter: self,
            issuer: self,
            refusals: self,
            faults: &self.faults,
            cors: &self.cors,
            clock,
        };
        endpoint.respond(request)
    }

    /// Returns the status and the body of the answer to a request.
    fn said(&self, request: &Request) -> (u16, String) {
        let reply = self.answer(request).response;
        (reply.status(), String::from_utf8(reply.body().to_vec()).unwrap())
    }

    fn reasons(&self) -> Vec<&'static str> {
        self.refused.lock().unwrap().iter().map(|refusal| refusal.reason).collect()
    }
}

impl Authenticate for World {
    fn authenticate(&self, token: &str, id: &str, _: Timestamp) -> Result<Authenticated, AuthError> {
        assert_eq!(id, "r-7");
        match &self.session {
            Some(denial) => Err(denial.clone()),
            None if token == SESSION => Ok(Authenticated { customer: customer(123), session: "s-7".into() }),
            None => Err(AuthFailure::NotASession.into()),
        }
    }
}

impl IssueToken for World {
    fn record_fault(&self, session: &Authenticated, _: &Request, fault: Fault) -> Result<(), IssueError> {
        assert_eq!(session.customer, customer(123));
        if let Some(error) = self.mint {
            return Err(error());
        }
        self.faulty.lock().unwrap().push(fault);
        Ok(())
    }

    fn issue(
        &self,
        session: &Authenticated,
        _: &Request,
        fault: Option<TokenFault>,
    ) -> Result<Token, IssueError> {
        let customer = session.customer;
        self.faulty.lock().unwrap().extend(fault.map(Fault::Token));
        if let Some(error) = self.mint {
            return Err(error());
        }
        self.minted.lock().unwrap().push(customer);
        Ok(token(customer))
    }
}

impl RateLimiter for World {
    fn count_failure(&self, address: IpAddr) -> Result<(), Duration> {
        assert_eq!(address, peer());
        self.address_waits.map_or(Ok(()), Err)
    }

    fn count_customer(&self, whose: CustomerId) -> Result<(), Duration> {
        assert_eq!(whose, customer(123));
        self.customer_waits.map_or(Ok(()), Err)
    }
}

impl RefusalSink for World {
    fn refuse(&self, refusal: audit::Refusal) {
        self.refused.lock().unwrap().push(refusal);
    }
}

/// Returns the token of a customer, through the one way to a token.
fn token(customer: CustomerId) -> Token {
    use crate::issuer::TokenIssuer;
    use crate::profile::{Expiry, Policy, TokenRequest};
    let secret = Secret::new(crate::token::testing::SECRET.to_vec()).unwrap();
    let actor = audit::Actor { user: "ann".into(), sudo_user: None };
    let client = audit::Event::new(audit::Action::Mint, audit::Channel::Serve, actor, audit::Outcome::Ok);
    let token_request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault: None };
    let issuer = TokenIssuer::new(&secret, None, Policy::default(), None);
    issuer.issue_for_client(customer, &token_request, Timestamp::EPOCH, &client).unwrap().token
}

fn cannot_tell() -> AuthError {
    AuthError::Unavailable(Arc::new(std::io::Error::other("a disk that does not answer")))
}

fn refused_by_policy() -> IssueError {
    IssueError::Policy(PolicyError::NeverInProduction)
}

fn without_a_record() -> IssueError {
    IssueError::Audit(AuditError::Damaged("/state/audit/audit-00000001.jsonl".into()))
}
