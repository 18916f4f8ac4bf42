//! The errors of a token request, each with a status, a message and a reason code for the logs.

use std::time::Duration;

use crate::issuer::IssueError;
use crate::server::message::Response;
use crate::session::AuthError;
use crate::token::CustomerId;

/// The only method that is served.
pub(super) const METHOD: &str = "POST";

/// Why a request gets no token.
#[derive(Debug)]
pub(in crate::server) enum RequestError {
    /// The path is not served.
    NotFound,
    /// The method is not allowed.
    MethodNotAllowed,
    /// Too many requests from the address failed. Holds the time to wait.
    AddressRateLimited(Duration),
    /// The `Authorization` header is missing.
    NoSession,
    /// `Authorization` was sent more than once, uses another scheme than `Bearer`, or holds no token.
    MalformedAuthorization,
    /// The session is refused, or cannot be checked at present.
    Session(AuthError),
    /// The customer sent too many requests. Holds the time to wait.
    CustomerRateLimited(Duration),
    /// The body is not declared as JSON, or has a content coding.
    UnsupportedMediaType,
    /// The body is not JSON.
    Malformed,
    /// The body is JSON, but not an object with exactly one key, a valid `customer_id`.
    Unprocessable,
    /// The session belongs to another customer.
    WrongCustomer,
    /// An injected fault, with this status.
    Fault(u16),
    /// The token could not be issued.
    Issue(IssueError),
}

impl RequestError {
    /// Returns the status (contract section 3), and the reason code for the logs.
    const fn parts(&self) -> (u16, &'static str) {
        match self {
            Self::NotFound => (404, ""),
            Self::MethodNotAllowed => (405, ""),
            Self::AddressRateLimited(_) => (429, "address_too_often"),
            Self::NoSession => (401, "no_session"),
            Self::MalformedAuthorization => (401, "malformed_authorization"),
            Self::Session(error @ AuthError::Refused(_)) => (401, error.reason()),
            Self::Session(error @ AuthError::TooOften(_)) => (429, error.reason()),
            Self::Session(error) => (503, error.reason()),
            Self::CustomerRateLimited(_) => (429, "customer_too_often"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type"),
            Self::Malformed => (400, "malformed_body"),
            Self::Unprocessable => (422, "unprocessable_body"),
            Self::WrongCustomer => (403, "wrong_customer"),
            Self::Fault(status) => (*status, "fault"),
            Self::Issue(IssueError::Policy(_)) => (503, "policy"),
            Self::Issue(IssueError::Claims(_)) => (500, "claims"),
            Self::Issue(IssueError::Audit(_)) => (503, "audit_unavailable"),
            Self::Issue(IssueError::Receipt) => (500, "receipt"),
        }
    }

    /// Returns the status.
    pub(in crate::server) const fn status(&self) -> u16 {
        self.parts().0
    }

    /// Returns the reason code for the logs; `None` if the request was not an attempt to get a token.
    pub(in crate::server) fn reason(&self) -> Option<&'static str> {
        Some(self.parts().1).filter(|reason| !reason.is_empty())
    }

    /// Returns what the client can do. The message holds nothing that the client sent, and nothing internal.
    pub(in crate::server) const fn message(&self) -> &'static str {
        match self.status() {
            400 => "Send a body that is valid JSON",
            401 => "Invalid or expired session token",
            403 => "Customer ID does not match authenticated user",
            404 => "Use POST /stream-chat/token",
            405 => "Use POST",
            415 => "Send the body as application/json, without a Content-Encoding",
            422 => {
                "Send a JSON object with exactly one key, customer_id, an integer from 1 to 9223372036854775807"
            }
            429 => "Try again after the number of seconds in Retry-After",
            503 => "Try again later",
            _ => "Tell the people who run this server",
        }
    }

    /// Returns the server-side error, for the operator; `None` for a client error.
    pub(in crate::server) fn fault(&self) -> Option<String> {
        match self {
            Self::Session(error) if self.status() == 503 => Some(error.to_string()),
            Self::Issue(error) => Some(error.to_string()),
            _ => None,
        }
    }

    /// Returns `true` if the error counts against the client's address: a bad session, or a bad body.
    pub(super) const fn counts_as_failure(&self) -> bool {
        !matches!(self, Self::Fault(_)) && matches!(self.status(), 400 | 401 | 403 | 415 | 422)
    }

    /// Returns the customer whose session was refused, if its signature is valid.
    pub(super) const fn customer(&self) -> Option<CustomerId> {
        if let Self::Session(AuthError::Refused(refused)) = self { refused.customer() } else { None }
    }

    /// Returns the response.
    pub(super) fn to_response(&self) -> Response {
        let response = Response::error(self.status(), self.message());
        match self {
            Self::AddressRateLimited(wait)
            | Self::CustomerRateLimited(wait)
            | Self::Session(AuthError::TooOften(wait)) => {
                response.header("Retry-After", retry_after(*wait).to_string())
            }
            _ if self.status() == 401 => response.header("WWW-Authenticate", "Bearer"),
            Self::MethodNotAllowed => response.header("Allow", METHOD),
            Self::Fault(429) => response.header("Retry-After", "1"),
            _ => response,
        }
    }
}

/// Returns the value of `Retry-After`: the wait in seconds, rounded up and at least one, since an earlier retry fails.
fn retry_after(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_retry_after() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            assert_eq!(retry_after(Duration::from_millis(milliseconds)), seconds);
        }
        assert_eq!(retry_after(Duration::MAX), u64::MAX);
    }
}
