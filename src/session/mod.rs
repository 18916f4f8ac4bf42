//! Sessions: the authentication of the endpoint's clients.
//!
//! The endpoint knows sessions only through [`Authenticate`]. There are three kinds:
//!
//! - [`SessionVerifier`] verifies the session tokens that this program issues. They are signed with a key of their own,
//!   and a [`RevocationList`] can end them early. A session token is never valid as a user token, nor a user token as a
//!   session token, even under the same secret.
//! - `CheckUrlVerifier` asks the app's backend (on Unix, with the feature `serve`).
//! - `JwtVerifier` verifies the JWTs of the app's backend (likewise).

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
pub use revocation_list::{RevocationList, RevocationListError, SessionVerifier};
pub use signed::{DEFAULT_LIFETIME, LEEWAY, Session, SessionId, SessionKey, SessionToken};
