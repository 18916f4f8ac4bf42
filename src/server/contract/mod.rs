//! The HTTP contract (contract section 3): the response to a request, and everything that the response depends on.
//!
//! [`TokenService::check`] makes the checks in the contract's order.

mod error;

use std::sync::Arc;
use std::time::Instant;

use hyper::Uri;
use hyper::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, ORIGIN,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::error::METHOD;
use super::Reloadable;
use super::endpoint::DELAY;
use super::message::{PATH, Request, Response};
use super::rate_limit::{RateLimiter, address_key};
use super::telemetry::{Answered, Telemetry};
use crate::audit::{self, Action, Actor, Channel, Event, Outcome};
use crate::error::ErrorReport;
use crate::fault::{Fault, Faults};
use crate::issuer::TokenIssuer;
use crate::profile::{Expiry, TokenRequest};
use crate::session::{Authenticate, Authenticated};
use crate::time::Clock;
use crate::token::{CustomerId, Token};

pub(super) use self::error::RequestError;

/// The most bytes of a session token (contract section 3).
const MAX_TOKEN_BYTES: usize = 4096;

/// How long a browser may cache a preflight, in seconds.
const MAX_AGE: &str = "600";
/// The request headers that every allowed page may set.
const ALLOWED_HEADERS: [&str; 2] = ["Authorization", "Content-Type"];
/// The response headers that a page may read, in addition to those that every page may read.
const EXPOSED_HEADERS: &str = "Retry-After, X-Request-Id";

/// The endpoint's machine-readable description: `OpenAPI` 3.1, in JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// The state that depends on the profile and its secrets. A reload replaces it as a whole.
pub struct ActiveProfile {
    /// The authentication of clients.
    pub authenticate: Box<dyn Authenticate>,
    /// The issuer, which signs and records tokens.
    pub issuer: TokenIssuer,
    /// The lifetime of tokens.
    pub lifetime: Expiry,
}

/// The service that answers requests, for as long as the server runs.
pub struct TokenService {
    /// The active profile. A request keeps the profile that it began with.
    pub profile: Reloadable<ActiveProfile>,
    /// The user that runs the endpoint.
    pub actor: Actor,
    /// The limiter of each customer's requests.
    pub customer_limiter: RateLimiter,
    /// The limiter of each address's failed requests.
    pub address_limiter: RateLimiter,
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
        let error = logged.error.as_ref();
        let answered = Answered {
            status: logged.response.status,
            customer: logged.customer().map(CustomerId::get),
            fault: logged.fault.map(|fault| fault.to_string()),
            reason: error.and_then(RequestError::reason),
            error: error.and_then(RequestError::fault),
        };
        self.telemetry.responded(request, &answered, started.elapsed());
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
        let token = session_token(request)?;
        let session = profile.authenticate.authenticate(token, &request.id, now);
        let session = valid.insert(session.map_err(RequestError::Session)?);
        let customer = session.customer;
        let counted = self.customer_limiter.count(customer.get(), Instant::now());
        counted.map_err(RequestError::CustomerRateLimited)?;
        if request.headers.contains_key(CONTENT_ENCODING) || !is_json(request) {
            return Err(RequestError::UnsupportedMediaType);
        }
        if body_customer(&request.body)? != customer {
            return Err(RequestError::WrongCustomer);
        }
        let client = Event {
            peer: Some(request.peer.to_string()),
            request_id: Some(request.id.clone()),
            session: Some(session.session.clone()),
            ..Event::new(Action::Mint, Channel::Serve, self.actor.clone(), Outcome::Ok)
        };
        *fault = self.faults.next(customer);
        if let Some(fault) = fault.filter(|fault| !fault.is_of_token()) {
            profile.issuer.record_fault(customer, fault, &client).map_err(RequestError::Issue)?;
        }
        if let Some(status) = fault.and_then(Fault::status) {
            return Err(RequestError::Fault(status));
        }
        let (expiry, fault) = (profile.lifetime, fault.filter(Fault::is_of_token));
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
        let counted = self.address_limiter.count(address_key(request.peer), Instant::now());
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

    /// Returns the customer of the session, if it was valid.
    fn customer(&self) -> Option<CustomerId> {
        self.session.as_ref().map(|valid| valid.customer)
    }
}

/// The body of a request, with its value not parsed yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    /// The customer.
    #[serde(borrow)]
    customer_id: &'a RawValue,
}

/// Returns the session token in `Authorization` (RFC 6750 section 2.1): the text after `Bearer`, which may be in any case
/// and followed by several spaces.
///
/// The app chooses the token's format: all visible ASCII without spaces is accepted, which is more than RFC 6750 allows.
fn session_token(request: &Request) -> Result<&str, RequestError> {
    if !request.headers.contains_key(AUTHORIZATION) {
        return Err(RequestError::NoSession);
    }
    let value = request.header(&AUTHORIZATION).unwrap_or_default();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let token = rest.trim_start_matches(' ');
    let is_token = scheme.eq_ignore_ascii_case("Bearer")
        && (1..=MAX_TOKEN_BYTES).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token { Ok(token) } else { Err(RequestError::MalformedAuthorization) }
}

/// Returns `true` if the body is declared as JSON, in any case and with any parameters (RFC 9110 section 8.3.1).
fn is_json(request: &Request) -> bool {
    let value = request.header(&CONTENT_TYPE).unwrap_or_default();
    let media_type = value.split_once(';').map_or(value, |(media_type, _)| media_type);
    media_type.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("application/json")
}

/// Returns the customer in a body: a JSON object with exactly one key, `customer_id`. The frontend limits the body's size.
///
/// The number is parsed from its literal, never as a float: `9007199254740993` keeps its value, and neither `123.0` nor
/// `1e2` is an id.
fn body_customer(body: &[u8]) -> Result<CustomerId, RequestError> {
    let json: &RawValue = serde_json::from_slice(body).map_err(|_| RequestError::Malformed)?;
    // The derived implementation also accepts an array.
    let object = Some(json.get()).filter(|json| json.starts_with('{'));
    let body = object.and_then(|object| serde_json::from_str::<Body<'_>>(object).ok());
    body.and_then(|body| CustomerId::from_digits(body.customer_id.get())).ok_or(RequestError::Unprocessable)
}

/// Parses an origin in the form that browsers send (RFC 6454 section 6.2): scheme and host in lower case, no path, no
/// default port.
///
/// # Errors
/// The text is no such origin.
pub fn parse_origin(text: &str) -> Result<String, ErrorReport> {
    let expected =
        "expected an origin as browsers send it, such as https://app.example.com or http://localhost:3000";
    let origin = canonical_origin(text).filter(|origin| origin == text);
    origin.ok_or_else(|| ErrorReport::usage("not an origin", expected))
}

/// Returns the origin of a URI as browsers send it; `None` if none of its kind is ever sent.
fn canonical_origin(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => 0,
    };
    let port = authority.port_u16().filter(|port| ![0, default_port].contains(port));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let is_sent = !scheme.is_empty() && !authority.host().contains('*');
    is_sent.then(|| format!("{scheme}://{}{port}", authority.host()).to_lowercase())
}

/// The origins whose pages may read responses, and the request headers that they may set. By default there are no origins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors {
    /// The allowed origins; empty if no page may read responses.
    origins: Vec<String>,
    /// The request headers that a page may set, as the value of `Access-Control-Allow-Headers`.
    allowed_headers: String,
}

impl Cors {
    /// Returns a policy that allows these origins, and these request headers in addition to `Authorization` and
    /// `Content-Type`.
    #[must_use]
    pub fn new(origins: Vec<String>, more_headers: &[HeaderName]) -> Self {
        let names = ALLOWED_HEADERS.into_iter().chain(more_headers.iter().map(HeaderName::as_str));
        Self { origins, allowed_headers: names.collect::<Vec<_>>().join(", ") }
    }

    /// Returns the response to a preflight request from an allowed origin; `None` for every other request.
    fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method != "OPTIONS" || request.header(&ACCESS_CONTROL_REQUEST_METHOD).is_none() {
            return None;
        }
        let origin = self.allowed_origin(request)?;
        Some(
            Response::new(204)
                .header("Access-Control-Allow-Origin", origin)
                .header("Access-Control-Allow-Methods", METHOD)
                .header("Access-Control-Allow-Headers", self.allowed_headers.as_str())
                .header("Access-Control-Max-Age", MAX_AGE)
                .header("Vary", "Origin"),
        )
    }

    /// Adds the headers that let a page of an allowed origin read the response.
    fn apply(&self, request: &Request, response: Response) -> Response {
        if self.origins.is_empty() {
            return response;
        }
        let response = match self.allowed_origin(request) {
            Some(origin) => response
                .header("Access-Control-Allow-Origin", origin)
                .header("Access-Control-Expose-Headers", EXPOSED_HEADERS),
            None => response,
        };
        response.header("Vary", "Origin")
    }

    /// Returns the origin of a request if it is allowed.
    fn allowed_origin(&self, request: &Request) -> Option<&str> {
        let sent = request.header(&ORIGIN)?;
        self.origins.iter().map(String::as_str).find(|origin| *origin == sent)
    }
}

#[cfg(test)]
mod tests;
