//! What a client can be refused for: one status, one message and one word for the log each.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::METHOD;
use super::bearer::BearerFault;
use crate::mint::MintError;
use crate::server::exchange::Reply;
use crate::session::Refused;
use crate::token::CustomerId;

/// Why there is no token.
#[derive(Debug)]
pub enum Refusal {
    /// Nothing is at this path.
    NotFound,
    /// The method is not the one that is served.
    MethodNotAllowed,
    /// The address asks too often; after how long it may again.
    AddressTooOften(Duration),
    /// There is no session token.
    NoSession(BearerFault),
    /// The session is refused.
    BadSession(Refused),
    /// It cannot be told whose session it is.
    CannotTell(Arc<dyn Error + Send + Sync>),
    /// The customer asks too often; after how long they may again.
    CustomerTooOften(Duration),
    /// The body is not said to be JSON.
    UnsupportedMediaType,
    /// The body is no JSON.
    Malformed,
    /// The body is JSON, but does not name a customer as it should.
    Unprocessable,
    /// The session is another customer's.
    WrongCustomer,
    /// Nothing was minted.
    Mint(MintError),
}

impl Refusal {
    /// Gives the status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AddressTooOften(_) | Self::CustomerTooOften(_) => 429,
            Self::NoSession(_) | Self::BadSession(_) => 401,
            Self::UnsupportedMediaType => 415,
            Self::Malformed => 400,
            Self::Unprocessable => 422,
            Self::WrongCustomer => 403,
            Self::CannotTell(_) | Self::Mint(MintError::Policy(_) | MintError::Audit(_)) => 503,
            Self::Mint(MintError::Claims(_) | MintError::Receipt) => 500,
        }
    }

    /// Tells the client what to do. Nothing of what they sent is in it, and nothing of our innards.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self.status() {
            400 => "Send a body that is valid JSON",
            401 => "Invalid or expired session token",
            403 => "Customer ID does not match authenticated user",
            404 => "Use POST /stream-chat/token",
            405 => "Use POST",
            415 => "Send the body as application/json",
            422 => {
                "Send a JSON object with exactly one key, customer_id, an integer from 1 to 9223372036854775807"
            }
            429 => "Ask again after the number of seconds in Retry-After",
            503 => "Ask again later",
            _ => "Tell whoever runs this server",
        }
    }

    /// Gives the reason in one word, as the audit log has it; nothing for what was no attempt at a token.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotFound | Self::MethodNotAllowed => return None,
            Self::AddressTooOften(_) => "address_too_often",
            Self::NoSession(BearerFault::Absent) => "no_session",
            Self::NoSession(_) => "malformed_authorization",
            Self::BadSession(refused) => refused.reason(),
            Self::CannotTell(_) => "sessions_unavailable",
            Self::CustomerTooOften(_) => "customer_too_often",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Malformed => "malformed_body",
            Self::Unprocessable => "unprocessable_body",
            Self::WrongCustomer => "wrong_customer",
            Self::Mint(MintError::Policy(_)) => "policy",
            Self::Mint(MintError::Claims(_)) => "claims",
            Self::Mint(MintError::Audit(_)) => "audit_unavailable",
            Self::Mint(MintError::Receipt) => "receipt",
        })
    }

    /// Tells whose session was refused, where its signature says so.
    pub(super) const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::BadSession(refused) => refused.customer(),
            _ => None,
        }
    }

    /// Makes the reply.
    pub(super) fn reply(&self) -> Reply {
        let reply = Reply::refusal(self.status(), self.message());
        match self {
            Self::MethodNotAllowed => reply.with("Allow", METHOD),
            Self::NoSession(_) | Self::BadSession(_) => reply.with("WWW-Authenticate", "Bearer"),
            Self::AddressTooOften(wait) | Self::CustomerTooOften(wait) => {
                reply.with("Retry-After", whole_seconds(*wait).to_string())
            }
            _ => reply,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nothing is at this path"),
            Self::MethodNotAllowed => f.write_str("the method is not POST"),
            Self::AddressTooOften(_) => f.write_str("the address asks too often"),
            Self::NoSession(fault) => fault.fmt(f),
            Self::BadSession(refused) => refused.fmt(f),
            Self::CannotTell(error) => write!(f, "sessions cannot be judged: {error}"),
            Self::CustomerTooOften(_) => f.write_str("the customer asks too often"),
            Self::UnsupportedMediaType => f.write_str("the body is not said to be JSON"),
            Self::Malformed => f.write_str("the body is no JSON"),
            Self::Unprocessable => f.write_str("the body does not name a customer as it should"),
            Self::WrongCustomer => f.write_str("the session is another customer's"),
            Self::Mint(error) => error.fmt(f),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoSession(fault) => Some(fault),
            Self::BadSession(refused) => Some(refused),
            Self::CannotTell(error) => Some(error.as_ref()),
            Self::Mint(error) => Some(error),
            _ => None,
        }
    }
}

/// Rounds a wait up to whole seconds, at least one: who comes any earlier is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
