//! Sessions: how a client of the endpoint proves who it is.
//!
//! [`Authenticate`] is all that the endpoint knows of them. There are three kinds:
//!
//! - [`SessionVerifier`] checks tokens of ours, signed with a key of their own, that a [`RevocationList`] can end early. A
//!   session token is never a user token, nor the other way round, even under the same secret.
//! - `CheckUrlVerifier` asks the app's own backend (on Unix, with the feature `serve`).
//! - `JwtVerifier` verifies the JWTs of the app's own backend (as well).

mod authenticate;
#[cfg(all(unix, feature = "serve"))]
mod backend;
#[cfg(all(unix, feature = "serve"))]
mod check_url;
mod claims;
#[cfg(all(unix, feature = "serve"))]
mod jwt;
mod key;
#[cfg(all(unix, feature = "serve"))]
mod key_set;
mod manage;
#[cfg(all(unix, feature = "serve"))]
mod questions;
mod revocation_list;
mod revocations;
mod revoke;
mod verifier;

#[cfg(test)]
mod testing;

pub use authenticate::{AuthError, AuthFailure, Authenticate, Authenticated, BackendError};
#[cfg(all(unix, feature = "serve"))]
pub use backend::{BackendSetupError, ask_without_token};
#[cfg(all(unix, feature = "serve"))]
pub use check_url::CheckUrlVerifier;
pub use claims::{DEFAULT_LIFETIME, LEEWAY, MAX_LIFETIME, Session, SessionId, SessionIdError};
#[cfg(all(unix, feature = "serve"))]
pub use jwt::JwtVerifier;
pub use key::{HEADER, SessionKey, SessionToken, SessionTokenError};
pub use manage::{SessionChangeError, SessionManager};
pub use revocation_list::{MAX_STALENESS, POLL_INTERVAL, RevocationList, RevocationListError};
pub use revocations::{FormatError, MAX_REVOCATIONS};
#[cfg(test)]
pub(crate) use revoke::revoke;
pub use revoke::{PendingRevocation, RevocationTarget, RevokeOutcome, begin_revocation};
pub use verifier::SessionVerifier;
