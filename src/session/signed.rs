//! Sessions that this program issues: their claims, and the key that signs and verifies their tokens.
//!
//! A token is a compact JWS (RFC 7515) with HS256 and one exact header. Its claims are the issuer, the customer, when it
//! was issued, when it expires, and its id.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::authenticate::AuthFailure;
use crate::error::ErrorReport;
use crate::escape::escaped_or_redacted;
use crate::secret::Secret;
use crate::time::{Timestamp, humanize};
use crate::token::{CustomerId, MAX_TOKEN_BYTES, Segment, parse_object, time_claim};

/// The longest lifetime of a session.
pub(super) const MAX_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The default lifetime of a session.
pub const DEFAULT_LIFETIME: Duration = Duration::from_hours(8);

/// How far ahead the clock of the machine that issued a session may be.
pub const LEEWAY: Duration = Duration::from_mins(1);

/// The `iss` of every session token that this program issues.
const ISSUER: &str = "stream-token";

/// The number of claims of a session token.
const CLAIMS: usize = 5;

/// A session as its token claims it. Only a [`SessionKey`] creates one, when it issues or verifies a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The id: `jti`.
    pub id: SessionId,
    /// The customer: `sub`.
    pub customer: CustomerId,
    /// When the session was issued: `iat`.
    pub issued_at: Timestamp,
    /// When the session expires: `exp`.
    pub expires_at: Timestamp,
}

impl Session {
    /// Checks that the session is valid at `now`.
    pub(super) fn validate(&self, now: Timestamp) -> Result<(), AuthFailure> {
        if self.issued_at > now.after(LEEWAY) {
            return Err(AuthFailure::IssuedInFuture(self.customer));
        }
        if now >= self.expires_at {
            return Err(AuthFailure::Expired(Some(self.customer)));
        }
        Ok(())
    }

    /// Returns the claims set as JSON.
    pub(super) fn to_json(self) -> String {
        let Self { id, customer, issued_at, expires_at } = self;
        let (issued_at, expires_at) = (issued_at.epoch_seconds(), expires_at.epoch_seconds());
        format!(
            r#"{{"iss":"{ISSUER}","sub":"{customer}","iat":{issued_at},"exp":{expires_at},"jti":"{id}"}}"#
        )
    }

    /// Parses a claims set strictly: exactly these five claims, once each and of the right types.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let set = parse_object(bytes, Segment::Claims).ok()?;
        let text = |claim| set.get(claim)?.as_str();
        if set.len() != CLAIMS || text("iss")? != ISSUER {
            return None;
        }
        let session = Self {
            id: SessionId::from_hex(text("jti")?)?,
            customer: CustomerId::from_digits(text("sub")?)?,
            issued_at: time_claim(&set, "iat").ok()??,
            expires_at: time_claim(&set, "exp").ok()??,
        };
        // The session ends after it was issued, and within the longest lifetime.
        let (start, end) = (session.issued_at, session.expires_at);
        (start < end && end <= start.after(MAX_LIFETIME)).then_some(session)
    }
}

/// The id of a session: its `jti` (RFC 7519 section 4.1.7), 128 random bits. It grants no access, and may appear in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// Returns a random id.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub(super) fn random() -> io::Result<Self> {
        Ok(Self(u128::from(getrandom::u64()?) << 64 | u128::from(getrandom::u64()?)))
    }

    /// Parses exactly 32 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let id = u128::from_str_radix(text, 16).ok().map(Self);
        id.filter(|id| id.to_string() == text)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for SessionId {
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        Self::from_hex(text).ok_or_else(|| {
            let text = escaped_or_redacted(text);
            let message = format!("{text} is not a session id: that is 32 hexadecimal digits");
            ErrorReport::usage(message, "give the id that 'stream-token session new' printed")
        })
    }
}

/// The JOSE header of every session token in base64url, with the dot after it: HS256 and a `typ` of its own (RFC 8725
/// section 3.11).
const HEAD: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6InN0cmVhbS10b2tlbi1zZXNzaW9uK2p3dCJ9.";

/// The salt with which the key is extracted from its secret (RFC 5869 section 2.2).
///
/// Stream accepts every token that an app's secret signed: it ignores `typ`, and treats a token without `user_id` as an
/// admin's. So a session token must not be signed with the bytes of the secret, even if an API secret is configured as the
/// session key.
const SALT: &[u8] = b"stream-token session key, version 1";

/// The block size of SHA-256, in bytes. A shorter key of HMAC is padded with zeros (RFC 2104 section 2).
const BLOCK: usize = 64;

/// More bytes than a session token has, so that its buffer is never reallocated, which would leave a copy behind.
const MAX_OWN_TOKEN_BYTES: usize = 512;

/// HMAC-SHA-256, keyed.
type Hs256 = Hmac<Sha256>;

/// The key that signs and verifies session tokens.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; BLOCK]>);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([redacted])")
    }
}

/// A session token in compact serialization. It is a bearer token: its holder has the session.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Returns the token's text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([redacted])")
    }
}

impl SessionKey {
    /// Derives the key from a secret for sessions.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let (mut salt, mut key) = ([0; BLOCK], Zeroizing::new([0; BLOCK]));
        salt[..SALT.len()].copy_from_slice(SALT);
        key[..32].copy_from_slice(&mac(&salt, secret.expose()).finalize().into_bytes());
        Self(key)
    }

    /// Creates a session for a customer, and its token.
    ///
    /// # Errors
    /// The lifetime is shorter than a second or longer than 30 days, or the operating system has no random numbers.
    pub fn issue(
        &self,
        customer: CustomerId,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(Session, SessionToken), ErrorReport> {
        if lifetime > MAX_LIFETIME || lifetime.as_secs() == 0 {
            let (longest, asked) = (humanize(MAX_LIFETIME), humanize(lifetime));
            return Err(ErrorReport::usage(
                format!("a session lives from 1s to {longest}, not {asked}"),
                format!("give a lifetime from 1s to {longest}"),
            ));
        }
        let (id, expires_at) = (SessionId::random()?, now.after(lifetime));
        let session = Session { id, customer, issued_at: now, expires_at };
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
        // The header is compared, not parsed: only its one exact form is accepted.
        let rest = token.strip_prefix(HEAD).ok_or(AuthFailure::NotASession)?;
        let (claims, signature) = rest.split_once('.').ok_or(AuthFailure::NotASession)?;
        let signed = &token[..HEAD.len() + claims.len()];
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AuthFailure::NotASession)?;
        // Compared in constant time, over the whole length.
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

/// Returns the HMAC of a text, not finalized yet.
fn mac(key: &[u8; BLOCK], text: &[u8]) -> Hs256 {
    Hs256::new(key.into()).chain_update(text)
}

#[cfg(test)]
mod tests;
