//! The HTTP contract (contract section 3): the response to a request, and everything that the response depends on.
//!
//! [`TokenService::check`] makes the checks in the contract's order.

mod cors;
mod error;
mod input;

use std::sync::Arc;
use std::time::Instant;

use hyper::header::CONTENT_ENCODING;

use self::error::METHOD;
use super::Reloadable;
use super::endpoint::DELAY;
use super::message::{Header, PATH, Request, Response};
use super::rate_limit::RateLimiters;
use super::telemetry::{Answered, Telemetry};
use crate::audit::{self, Action, Actor, Channel, Event, Outcome};
use crate::fault::{Fault, Faults};
use crate::issuer::TokenIssuer;
use crate::profile::{Lifetime, TokenRequest};
use crate::session::{Authenticate, Authenticated};
use crate::time::Clock;
use crate::token::{CustomerId, Token};

pub use self::cors::{Cors, parse_origin};
pub(super) use self::error::RequestError;

/// The endpoint's machine-readable description: `OpenAPI` 3.1, in JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// The state that depends on the profile and its secrets. A reload replaces it as a whole.
pub struct ActiveProfile {
    /// The authentication of clients.
    pub authenticate: Box<dyn Authenticate>,
    /// The issuer, which signs and records tokens.
    pub issuer: TokenIssuer,
    /// The lifetime of tokens.
    pub lifetime: Lifetime,
}

/// The service that answers requests, for as long as the server runs.
pub struct TokenService {
    /// The active profile. A request keeps the profile that it began with.
    pub profile: Reloadable<ActiveProfile>,
    /// The user that runs the endpoint.
    pub actor: Actor,
    /// The rate limiters.
    pub rate_limiters: RateLimiters,
    /// The recorder of refusals in the audit log; `None` for the demo.
    pub refusals: Option<audit::RefusalRecorder>,
    /// The injected faults.
    pub faults: Arc<Faults>,
    /// The CORS policy.
    pub cors: Cors,
    /// The telemetry, to which every response is reported.
    pub telemetry: Arc<Telemetry>,
    /// The clock.
    pub clock: Clock,
}

/// The response to a request, with the details that only the server's own logs contain.
#[derive(Debug)]
struct LoggedResponse {
    /// The response.
    response: Response,
    /// The session, if it was valid.
    session: Option<Authenticated>,
    /// The injected fault, if any.
    fault: Option<Fault>,
    /// The error, if no token was issued.
    error: Option<RequestError>,
}

impl TokenService {
    /// Returns the response to a request, once it is logged. Blocks while the session is checked and the token is
    /// recorded.
    pub fn handle(&self, request: &Request) -> Response {
        let started = Instant::now();
        let logged = self.answer(request);
        if let (Some(refusals), Some(refusal)) = (&self.refusals, logged.refusal(request)) {
            refusals.refuse(refusal);
        }
        self.telemetry.responded(request, &logged.answered(), started.elapsed());
        logged.response
    }

    /// Returns the response to a request.
    fn answer(&self, request: &Request) -> LoggedResponse {
        let (mut session, mut fault) = (None, None);
        if request.path == PATH
            && let Some(response) = self.cors.preflight(request)
        {
            return LoggedResponse { response, session, fault, error: None };
        }
        let (mut response, error) = match self.check(request, &mut session, &mut fault) {
            // A token has no character that JSON would escape.
            Ok(token) => (Response::json(200, format!(r#"{{"token":"{}"}}"#, token.as_str())), None),
            Err(error) => {
                let error = self.limit_failures(request, error);
                (error.to_response(), Some(error))
            }
        };
        if let Some(Fault::Delay(delay)) = fault {
            response = response.header(DELAY, delay.as_secs().to_string());
        }
        LoggedResponse { response: self.cors.apply(request, response), session, fault, error }
    }

    /// Makes every check in the contract's order, then issues the token, unless a fault replaces it. Sets `valid` and
    /// `fault` as soon as they are known.
    fn check(
        &self,
        request: &Request,
        valid: &mut Option<Authenticated>,
        fault: &mut Option<Fault>,
    ) -> Result<Token, RequestError> {
        if request.path != PATH {
            return Err(RequestError::NotFound);
        }
        if request.method != METHOD {
            return Err(RequestError::MethodNotAllowed);
        }
        let (profile, now) = (Arc::clone(&self.profile.borrow()), self.clock.now());
        let token = input::session_token(request)?;
        let session = profile.authenticate.authenticate(token, &request.id, now);
        let session = valid.insert(session.map_err(RequestError::Session)?);
        let customer = session.customer;
        self.rate_limiters
            .count_customer(customer, Instant::now())
            .map_err(RequestError::CustomerRateLimited)?;
        if request.header(&CONTENT_ENCODING) != Header::Absent || !input::is_json(request) {
            return Err(RequestError::UnsupportedMediaType);
        }
        if input::customer(&request.body)? != customer {
            return Err(RequestError::WrongCustomer);
        }
        let client = Event {
            peer: Some(request.peer.to_string()),
            request_id: Some(request.id.clone()),
            session: Some(session.session.clone()),
            ..Event::new(Action::Mint, Channel::Serve, self.actor.clone(), Outcome::Ok)
        };
        *fault = self.faults.next(customer);
        if let Some(fault) = fault.filter(|fault| fault.token().is_none()) {
            profile.issuer.record_fault(customer, fault, &client).map_err(RequestError::Issue)?;
        }
        if let Some(status) = fault.and_then(Fault::status) {
            return Err(RequestError::Fault(status));
        }
        let (expiry, fault) = (profile.lifetime.expiry(now), fault.and_then(Fault::token));
        let token_request = TokenRequest { expiry, issued_at: None, fault };
        let issued = profile.issuer.issue_for_client(customer, &token_request, now, &client);
        Ok(issued.map_err(RequestError::Issue)?.token)
    }

    /// Counts a client error against the client's address. Returns the error, or [`RequestError::AddressRateLimited`] if
    /// the address has failed too often: guesses of sessions are then no longer answered, while valid sessions still are.
    fn limit_failures(&self, request: &Request, error: RequestError) -> RequestError {
        if !error.counts_as_failure() {
            return error;
        }
        let counted = self.rate_limiters.count_failure(request.peer, Instant::now());
        counted.map_or_else(RequestError::AddressRateLimited, |()| error)
    }
}

impl LoggedResponse {
    /// Returns the refusal for the audit log; `None` if a token was issued, if the request was not an attempt to get one,
    /// or if its fault is recorded.
    fn refusal(&self, request: &Request) -> Option<audit::Refusal> {
        let error = self.error.as_ref().filter(|error| !matches!(error, RequestError::Fault(_)))?;
        let valid = self.session.as_ref();
        Some(audit::Refusal {
            reason: error.reason()?,
            peer: request.peer,
            request_id: Some(request.id.clone()),
            session: valid.map(|valid| valid.session.clone()),
            customer: self.customer().or_else(|| error.customer()).map(CustomerId::get),
        })
    }

    /// Returns the outcome for the log and the metrics.
    fn answered(&self) -> Answered {
        let error = self.error.as_ref();
        Answered {
            status: self.response.status,
            customer: self.customer().map(CustomerId::get),
            fault: self.fault.map(|fault| fault.to_string()),
            reason: error.and_then(RequestError::reason),
            error: error.and_then(RequestError::fault),
        }
    }

    /// Returns the customer of the session, if it was valid.
    fn customer(&self) -> Option<CustomerId> {
        self.session.as_ref().map(|valid| valid.customer)
    }
}

#[cfg(test)]
mod tests;
