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
#[cfg(all(unix, feature = "serve"))]
mod jwt;
mod manage;
mod revocation_list;
mod signed;
mod verifier;

#[cfg(test)]
mod testing;

pub use authenticate::{AuthError, AuthFailure, Authenticate, Authenticated, BackendError};
#[cfg(all(unix, feature = "serve"))]
pub use backend::ask_without_token;
#[cfg(all(unix, feature = "serve"))]
pub use check_url::CheckUrlVerifier;
#[cfg(all(unix, feature = "serve"))]
pub use jwt::JwtVerifier;
pub use manage::{RevocationTarget, SessionManager};
pub use revocation_list::{RevocationList, RevocationListError};
pub use signed::{DEFAULT_LIFETIME, LEEWAY, Session, SessionId, SessionKey, SessionToken};
pub use verifier::SessionVerifier;
