//! The authentication of the endpoint's clients, whatever kind of session they have.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::time::Timestamp;
use crate::token::CustomerId;

/// Finds the customer whose session a token is.
pub trait Authenticate: fmt::Debug + Send + Sync {
    /// Returns the customer of the session whose token followed `Bearer`, whatever text that is.
    ///
    /// # Errors
    /// [`AuthError`]
    fn authenticate(&self, token: &str, now: Timestamp) -> Result<CustomerId, AuthError>;
}

/// Why a session was not authenticated.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The session is refused.
    #[error("{0}")]
    Refused(#[from] AuthFailure),
    /// It cannot be checked now.
    #[error("sessions cannot be judged: {0}")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
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
    /// It has expired.
    #[error("an expired session")]
    Expired(CustomerId),
    /// It was revoked, alone or with all others of its customer.
    #[error("a revoked session")]
    Revoked(CustomerId),
}

impl AuthFailure {
    /// Returns the reason in the audit log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "session_too_long",
            Self::NotASession => "not_a_session",
            Self::BadSignature => "session_bad_signature",
            Self::WrongClaims => "session_wrong_claims",
            Self::IssuedInFuture(_) => "session_issued_in_future",
            Self::Expired(_) => "session_expired",
            Self::Revoked(_) => "session_revoked",
        }
    }

    /// Returns the customer, if the signature is valid.
    #[must_use]
    pub const fn customer(self) -> Option<CustomerId> {
        match self {
            Self::IssuedInFuture(customer) | Self::Expired(customer) | Self::Revoked(customer) => {
                Some(customer)
            }
            Self::TooLong | Self::NotASession | Self::BadSignature | Self::WrongClaims => None,
        }
    }
}
