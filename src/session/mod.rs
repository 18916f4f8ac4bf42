//! Sessions: who a client of the endpoint is.
//!
//! [`Authenticate`] is all that the endpoint knows of them. The one kind so far is [`Signed`]:
//! tokens of ours, signed with a key of their own, that a [`Register`] of revocations can end early.
//! A session token is neither a user token nor the other way round, even under the same secret.

mod authenticate;
mod claims;
mod error;
mod id;
mod key;
mod manage;
mod register;
mod revocations;
mod revoke;
mod signed;

#[cfg(test)]
mod testing;

pub use authenticate::{Authenticate, Denial, Refused};
pub use claims::{DEFAULT_LIFETIME, LEEWAY, LONGEST_LIFETIME, Session};
pub use error::{Flaw, MAX_REVOCATIONS, RegisterError};
pub use id::{SessionId, SessionIdError};
pub use key::{HEADER, SessionError, SessionKey, SessionToken};
pub use manage::{Sessions, SessionsError};
pub use register::{FRESH, OLDEST, Register};
pub use revoke::{Revocation, Revoked, revoke};
pub use signed::Signed;
