//! The authentication of the endpoint's clients, whatever kind of session they have.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::time::{Timestamp, humanize};
use crate::token::CustomerId;

/// Finds the customer whose session a token is.
pub trait Authenticate: Send + Sync {
    /// Returns the session whose token followed `Bearer`, whatever text that is. `request_id` names the request that
    /// brought it.
    ///
    /// # Errors
    /// [`AuthError`]
    fn authenticate(&self, token: &str, request_id: &str, now: Timestamp)
    -> Result<Authenticated, AuthError>;
}

/// A session that was found valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Its customer.
    pub customer: CustomerId,
    /// Which session it is, for the audit log: its id, or how it was checked and its token's fingerprint.
    pub session: String,
}

/// Why a session was not authenticated.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The session is refused.
    #[error("{0}")]
    Refused(#[from] AuthFailure),
    /// It cannot be checked now.
    #[error("sessions cannot be checked: {0}")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The app's backend does not say now whose it is.
    #[error("{0}")]
    Backend(#[from] BackendError),
    /// The app's backend wants to be asked again after this time.
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

/// Why a session is refused. It is for the audit log alone: every client gets the same response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthFailure {
    /// It is longer than any session token.
    #[error("longer than any session token")]
    TooLong,
    /// It is another kind of token, or none.
    #[error("not a session token")]
    NotASession,
    /// This key did not sign it.
    #[error("not signed by this session key")]
    BadSignature,
    /// It is signed, but its claims are not a session's.
    #[error("signed by this session key, but not with a session's claims")]
    WrongClaims,
    /// It was issued in the future.
    #[error("a session issued in the future")]
    IssuedInFuture(CustomerId),
    /// It has expired; whose it was is not read from a JWT.
    #[error("an expired session")]
    Expired(Option<CustomerId>),
    /// Its `nbf` is in the future.
    #[error("a session that is not valid yet")]
    NotYetValid,
    /// No public key of the backend has its `kid`.
    #[error("signed with a key that the backend does not publish")]
    UnknownKey,
    /// It was revoked, alone or with all others of its customer.
    #[error("a revoked session")]
    Revoked(CustomerId),
    /// The app's backend does not know it.
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

/// Why the app's backend does not say whose session a token is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// It cannot be reached, or the connection ended early.
    #[error("the backend cannot be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("the backend did not answer within {}", humanize(*.0))]
    TimedOut(Duration),
    /// It answered with a status that says nothing about the session.
    #[error("the backend answered with status {0}")]
    Status(u16),
    /// Its answer does not name a customer.
    #[error("the backend's answer {0}")]
    Malformed(String),
    /// It is asked about too many other sessions.
    #[error("too many sessions are being checked by the backend")]
    Busy,
}
