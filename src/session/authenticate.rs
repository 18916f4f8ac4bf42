//! The authentication of the endpoint's clients, for all kinds of sessions.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::time::{Timestamp, humanize};
use crate::token::CustomerId;

/// The authentication of a client by its session token.
pub trait Authenticate: Send + Sync {
    /// Returns the session of a bearer token, which may be any text. `request_id` is the id of the request that carried it.
    ///
    /// # Errors
    /// [`AuthError`]
    fn authenticate(&self, token: &str, request_id: &str, now: Timestamp)
    -> Result<Authenticated, AuthError>;
}

/// A valid session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The customer of the session.
    pub customer: CustomerId,
    /// The name of the session in the audit log: its id, or how it was checked and the fingerprint of its token.
    pub session: String,
}

/// Why a session was not authenticated.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The session is refused.
    #[error("{0}")]
    Refused(#[from] AuthFailure),
    /// The session cannot be checked at present.
    #[error("sessions cannot be checked: {0}")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The app's backend gave no usable answer.
    #[error("{0}")]
    Backend(#[from] BackendError),
    /// The app's backend answered with 429. Holds the time to wait before the next request.
    #[error("the backend answered with status 429")]
    TooOften(Duration),
}

impl AuthError {
    /// Returns the reason in logs and metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Refused(failure) => failure.reason(),
            Self::Unavailable(_) => "sessions_unavailable",
            Self::Backend(BackendError::Unreachable(_)) => "backend_unreachable",
            Self::Backend(BackendError::TimedOut(_)) => "backend_timeout",
            Self::Backend(BackendError::Status(_)) => "backend_status",
            Self::Backend(BackendError::Malformed(_)) => "backend_response",
            Self::TooOften(_) => "backend_too_often",
            Self::Backend(BackendError::Busy) => "backend_busy",
        }
    }
}

/// Why a session is refused. The reason is only for the audit log: every client gets the same response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthFailure {
    /// The token is longer than any session token.
    #[error("longer than any session token")]
    TooLong,
    /// The text is another kind of token, or no token.
    #[error("not a session token")]
    NotASession,
    /// The token was not signed with this key.
    #[error("not signed by this session key")]
    BadSignature,
    /// The token is signed with this key, but its claims are not a session's.
    #[error("signed by this session key, but not with a session's claims")]
    WrongClaims,
    /// The session was issued in the future.
    #[error("a session issued in the future")]
    IssuedInFuture(CustomerId),
    /// The session has expired. The customer is not read from a JWT.
    #[error("an expired session")]
    Expired(Option<CustomerId>),
    /// The `nbf` of the token is in the future.
    #[error("a session that is not valid yet")]
    NotYetValid,
    /// No public key of the backend has the token's `kid`.
    #[error("signed with a key that the backend does not publish")]
    UnknownKey,
    /// The session was revoked, alone or with all others of its customer.
    #[error("a revoked session")]
    Revoked(CustomerId),
    /// The app's backend refuses the session.
    #[error("a session that the backend refuses")]
    RefusedByBackend,
}

impl AuthFailure {
    /// Returns the reason in the audit log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "session_too_long",
            Self::NotASession => "not_a_session",
            Self::BadSignature => "session_bad_signature",
            Self::WrongClaims => "session_wrong_claims",
            Self::IssuedInFuture(_) => "session_issued_in_future",
            Self::Expired(_) => "session_expired",
            Self::NotYetValid => "session_not_yet_valid",
            Self::UnknownKey => "session_unknown_key",
            Self::Revoked(_) => "session_revoked",
            Self::RefusedByBackend => "session_refused_by_backend",
        }
    }

    /// Returns the customer, if the signature is valid.
    pub const fn customer(self) -> Option<CustomerId> {
        match self {
            Self::IssuedInFuture(customer) | Self::Revoked(customer) => Some(customer),
            Self::Expired(customer) => customer,
            _ => None,
        }
    }
}

/// Why the app's backend gave no usable answer about a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The backend cannot be reached, or the connection ended early.
    #[error("the backend cannot be reached: {0}")]
    Unreachable(String),
    /// The backend did not answer in time.
    #[error("the backend did not answer within {}", humanize(*.0))]
    TimedOut(Duration),
    /// The backend answered with a status that says nothing about the session.
    #[error("the backend answered with status {0}")]
    Status(u16),
    /// The answer is malformed, or does not name a customer.
    #[error("the backend's answer {0}")]
    Malformed(String),
    /// Too many other requests to the backend are in progress.
    #[error("too many sessions are being checked by the backend")]
    Busy,
}
