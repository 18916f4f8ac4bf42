//! The contract: a request and its dependencies in, a response out (contract section 3). It does no I/O itself.
//!
//! The order of the checks is the contract's, and [`TokenEndpoint::check`] reads as that order.

mod bearer;
mod body;
mod content_type;
mod cors;
mod error;

use std::net::IpAddr;
use std::time::Duration;

use self::error::METHOD;
use super::handoff::DELAY;
use super::message::{HeaderValue, Request, Response};
use crate::audit;
use crate::fault::{Fault, Faults, TokenFault};
use crate::issuer::IssueError;
use crate::session::{Authenticate, Authenticated};
use crate::time::Clock;
use crate::token::{CustomerId, Token};

pub use self::bearer::BearerError;
pub use self::cors::{Cors, Origin};
pub use self::error::RequestError;

/// The one path that is served.
pub const PATH: &str = "/stream-chat/token";

/// Limits how often a customer, and how often an address, may ask.
pub trait RateLimiter: Send + Sync {
    /// Counts a request that failed against its address.
    ///
    /// # Errors
    /// The time to wait if too many requests of this address failed.
    fn count_failure(&self, peer: IpAddr) -> Result<(), Duration>;

    /// Counts a request of a customer whose session is valid.
    ///
    /// # Errors
    /// The time to wait if the customer asked too often.
    fn count_customer(&self, customer: CustomerId) -> Result<(), Duration>;
}

/// Issues tokens to clients that have a valid session.
pub trait IssueToken: Send + Sync {
    /// Issues the token of a session's customer for the request, which may be one that fails. Blocks until that is recorded.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token.
    fn issue(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Option<TokenFault>,
    ) -> Result<Token, IssueError>;

    /// Records that the response to the request fails on purpose. Blocks until that is on disk.
    ///
    /// # Errors
    /// [`IssueError`], and it must not fail so.
    fn record_fault(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Fault,
    ) -> Result<(), IssueError>;
}

/// Takes refusals for the audit log, and never waits.
pub trait RefusalSink: Send + Sync {
    /// Takes a refusal.
    fn refuse(&self, refusal: audit::Refusal);
}

impl RefusalSink for Option<audit::RefusalRecorder> {
    fn refuse(&self, refusal: audit::Refusal) {
        if let Some(refusals) = self {
            refusals.refuse(refusal);
        }
    }
}

/// The token endpoint: everything that a response depends on beside the request.
pub struct TokenEndpoint<'a> {
    /// Says whose session a token is.
    pub authenticate: &'a dyn Authenticate,
    /// Limits how often clients may ask.
    pub rate_limiter: &'a dyn RateLimiter,
    /// Issues tokens.
    pub issuer: &'a dyn IssueToken,
    /// Takes refusals for the audit log.
    pub refusals: &'a dyn RefusalSink,
    /// Which requests fail on purpose.
    pub faults: &'a Faults,
    /// Which pages may read responses.
    pub cors: &'a Cors,
    /// The clock.
    pub clock: Clock,
}

/// The response to a request, with what only the server's own log says about it.
#[derive(Debug)]
pub struct LoggedResponse {
    /// The response.
    pub response: Response,
    /// Whose session it was, if there was a valid one.
    pub customer: Option<CustomerId>,
    /// How it failed on purpose.
    pub fault: Option<Fault>,
    /// Why there is no token.
    pub error: Option<RequestError>,
}

impl TokenEndpoint<'_> {
    /// Returns the response to a request. Blocks while the session is checked and the token is recorded.
    #[must_use]
    pub fn respond(&self, request: &Request) -> LoggedResponse {
        if request.path == PATH
            && let Some(response) = self.cors.preflight(request)
        {
            return LoggedResponse { response, customer: None, fault: None, error: None };
        }
        let (mut session, mut fault) = (None, None);
        let (response, error) = match self.check(request, &mut session, &mut fault) {
            // A token has no character that JSON would escape.
            Ok(token) => (Response::json(200, format!(r#"{{"token":"{}"}}"#, token.as_str())), None),
            Err(error) => {
                let error = self.limit_failures(request, error);
                self.report_refusal(request, session.as_ref(), &error);
                (error.to_response(), Some(error))
            }
        };
        let customer = session.map(|session| session.customer);
        let response = match fault {
            Some(Fault::Delay(delay)) => response.header(DELAY, delay.as_secs().to_string()),
            _ => response,
        };
        LoggedResponse { response: self.cors.apply(request, response), customer, fault, error }
    }

    /// Makes every check in the contract's order, then issues the token, unless the request fails on purpose. Sets `valid` and
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
        let token = bearer::parse(&request.authorization).map_err(RequestError::NoSession)?;
        let session = self.authenticate.authenticate(token, &request.id, self.clock.now());
        let session = valid.insert(session.map_err(RequestError::Session)?);
        self.rate_limiter.count_customer(session.customer).map_err(RequestError::CustomerRateLimited)?;
        if request.content_encoding != HeaderValue::Absent || !content_type::is_json(&request.content_type) {
            return Err(RequestError::UnsupportedMediaType);
        }
        if body::parse(&request.body)? != session.customer {
            return Err(RequestError::WrongCustomer);
        }
        *fault = self.faults.next(session.customer);
        if let Some(fault) = fault.filter(|fault| fault.token().is_none()) {
            self.issuer.record_fault(session, request, fault).map_err(RequestError::Issue)?;
        }
        if let Some(status) = fault.and_then(Fault::status) {
            return Err(RequestError::Fault(status));
        }
        self.issuer.issue(session, request, fault.and_then(Fault::token)).map_err(RequestError::Issue)
    }

    /// Counts an error that is the client's fault against its address. Returns the error, or that the address has
    /// failed too often: then guessing sessions gets no more answers, and good sessions still do.
    fn limit_failures(&self, request: &Request, error: RequestError) -> RequestError {
        if !error.counts_as_failure() {
            return error;
        }
        self.rate_limiter
            .count_failure(request.peer)
            .map_or_else(RequestError::AddressRateLimited, |()| error)
    }

    /// Reports an error for the audit log, unless the request was no attempt to get a token, or its
    /// fault is recorded.
    fn report_refusal(&self, request: &Request, session: Option<&Authenticated>, error: &RequestError) {
        if matches!(error, RequestError::Fault(_)) {
            return;
        }
        let Some(reason) = error.reason() else { return };
        let (peer, request_id) = (request.peer, Some(request.id.clone()));
        let customer = session.map(|valid| valid.customer).or_else(|| error.customer()).map(CustomerId::get);
        let session = session.map(|valid| valid.session.clone());
        self.refusals.refuse(audit::Refusal { reason, peer, request_id, session, customer });
    }
}

#[cfg(test)]
mod tests;
