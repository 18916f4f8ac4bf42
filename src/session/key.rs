//! The key that signs and verifies session tokens: compact JWS (RFC 7515), HS256, one exact header.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use super::authenticate::AuthFailure;
use super::claims::{MAX_LIFETIME, Session, SessionId};
use crate::error::{Diagnostic, Exit};
use crate::secret::Secret;
use crate::time::{Timestamp, humanize};
use crate::token::{CustomerId, MAX_TOKEN_BYTES};

/// The JOSE header of every session token, typed explicitly (RFC 8725 section 3.11).
pub const HEADER: &str = r#"{"alg":"HS256","typ":"stream-token-session+jwt"}"#;

/// [`HEADER`] in base64url, and the dot after it.
const HEAD: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6InN0cmVhbS10b2tlbi1zZXNzaW9uK2p3dCJ9.";

/// The salt with which the key is extracted from its secret (RFC 5869 section 2.2).
///
/// Stream accepts everything that an app's secret signed, without looking at `typ`, and without a `user_id` as an
/// admin's. So a session token must not be signed with those bytes, even if an API secret is configured as the session
/// key.
const SALT: &[u8; 35] = b"stream-token session key, version 1";

/// The bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// More bytes than a session token of ours has, so that its buffer never moves and leaves a copy behind.
const MAX_OWN_TOKEN_BYTES: usize = 512;

/// HMAC-SHA-256, keyed.
type Hs256 = Hmac<Sha256>;

/// Signs and verifies session tokens.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; BLOCK]>);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([redacted])")
    }
}

/// A session token in compact serialization: whoever has it has the session.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Returns the token's text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([redacted])")
    }
}

/// Why no session was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SessionTokenError {
    /// It would live longer than [`MAX_LIFETIME`].
    #[error("a session lives {} at most, not {}", humanize(MAX_LIFETIME), humanize(*asked))]
    TooLong {
        /// How long it would live.
        asked: Duration,
    },
    /// It would end as soon as it begins.
    #[error("a session lives for a second or more")]
    NoLifetime,
    /// The operating system has no random numbers for its id.
    #[error("no random numbers for a session's id: {0}")]
    Random(#[source] getrandom::Error),
}

impl Diagnostic for SessionTokenError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::Random(_)) { Exit::Failed } else { Exit::Usage }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Random(_) => "see that the system has random numbers".into(),
            _ => format!("give a lifetime from 1s to {}", humanize(MAX_LIFETIME)),
        })
    }
}

impl SessionKey {
    /// Derives the key from a secret that is for sessions.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = Zeroizing::new(mac(&padded(SALT), secret.expose()).finalize().into_bytes().into());
        Self(Zeroizing::new(padded::<32>(&key)))
    }

    /// Creates a session of a customer, and its token.
    ///
    /// # Errors
    /// [`SessionTokenError`]
    pub fn issue(
        &self,
        customer: CustomerId,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(Session, SessionToken), SessionTokenError> {
        if lifetime > MAX_LIFETIME {
            return Err(SessionTokenError::TooLong { asked: lifetime });
        }
        if lifetime.as_secs() == 0 {
            return Err(SessionTokenError::NoLifetime);
        }
        let id = SessionId::random().map_err(SessionTokenError::Random)?;
        let session = Session { id, customer, issued_at: now, expires_at: now.after(lifetime) };
        Ok((session, self.sign_claims(&session)))
    }

    /// Verifies the form, signature and claims of a session token. Times and revocations are not checked.
    ///
    /// # Errors
    /// [`AuthFailure`]
    pub fn verify(&self, token: &str) -> Result<Session, AuthFailure> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthFailure::TooLong);
        }
        // The header is compared, not read: nothing but its one form ever counts.
        let rest = token.strip_prefix(HEAD).ok_or(AuthFailure::NotASession)?;
        let (claims, signature) = rest.split_once('.').ok_or(AuthFailure::NotASession)?;
        let signed = &token[..HEAD.len() + claims.len()];
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AuthFailure::NotASession)?;
        // Compared in constant time, and the whole length.
        mac(&self.0, signed.as_bytes()).verify_slice(&signature).map_err(|_| AuthFailure::BadSignature)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| AuthFailure::WrongClaims)?;
        Session::parse(&claims).ok_or(AuthFailure::WrongClaims)
    }

    /// Signs a session.
    fn sign_claims(&self, session: &Session) -> SessionToken {
        let mut token = Zeroizing::new(String::with_capacity(MAX_OWN_TOKEN_BYTES));
        token.push_str(HEAD);
        URL_SAFE_NO_PAD.encode_string(session.to_json(), &mut token);
        let signature = mac(&self.0, token.as_bytes()).finalize().into_bytes();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        SessionToken(token)
    }
}

/// Returns the HMAC of a text, not finished yet.
fn mac(key: &[u8; BLOCK], text: &[u8]) -> Hs256 {
    Hs256::new(key.into()).chain_update(text)
}

/// Fills a block of HMAC's with a shorter key, as RFC 2104 section 2 does.
const fn padded<const LENGTH: usize>(key: &[u8; LENGTH]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let (start, _) = block.split_at_mut(LENGTH);
    start.copy_from_slice(key);
    block
}

#[cfg(test)]
mod tests;
