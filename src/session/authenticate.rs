//! The question that the endpoint asks of every kind of session, and its answers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::time::Timestamp;
use crate::token::CustomerId;

/// Returns whose session a token is.
pub trait Authenticate: fmt::Debug + Send + Sync {
    /// Judges the text that stood behind `Bearer`, whatever it is.
    ///
    /// # Errors
    /// [`Denial`]: a refusal, or that it cannot be told now.
    fn authenticate(&self, token: &str, now: Timestamp) -> Result<CustomerId, Denial>;
}

/// Why no customer is named.
#[derive(Debug, Clone)]
pub enum Denial {
    /// The session is refused.
    Refused(Refused),
    /// It cannot be told now: what is needed to judge it is out of reach.
    CannotTell(Arc<dyn Error + Send + Sync>),
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::CannotTell(error) => write!(f, "sessions cannot be judged: {error}"),
        }
    }
}

impl Error for Denial {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::CannotTell(error) => Some(error.as_ref()),
        }
    }
}

impl From<Refused> for Denial {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Why a session is refused. It is for the audit log alone: every client gets the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// It is longer than any session token.
    TooLong,
    /// It has not the form of a session token: another kind of token, or none.
    NotASession,
    /// This key did not sign it.
    BadSignature,
    /// It is signed, and its claims are not a session's.
    WrongClaims,
    /// It says that it was issued in the future.
    IssuedInFuture(CustomerId),
    /// Its end is reached.
    Expired(CustomerId),
    /// It was revoked, alone or with all of its customer's.
    Revoked(CustomerId),
}

impl Refused {
    /// Returns the reason in one word, as the audit log has it.
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

    /// Returns whose session it is, where its signature says so.
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

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than any session token",
            Self::NotASession => "not a session token",
            Self::BadSignature => "not signed by this session key",
            Self::WrongClaims => "signed by this session key, but not with a session's claims",
            Self::IssuedInFuture(_) => "a session issued in the future",
            Self::Expired(_) => "an expired session",
            Self::Revoked(_) => "a revoked session",
        })
    }
}

impl Error for Refused {}
