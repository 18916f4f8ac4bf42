//! Verifies tokens: the signature by one secret, then the claims.
//!
//! A token in canonical form takes a fast path of two SHA-256 compressions. Every other token is parsed strictly
//! ([`Inspection`]), then `jsonwebtoken` verifies its signature, then its claims are validated.
//!
//! `jsonwebtoken::decode` would do all three, but is too lenient for a verdict: it accepts duplicate keys, `crit`,
//! `b64` and `zip`, times with a fraction and an `exp` equal to now; it reads an unbounded header before it checks the
//! signature; and it returns the same error for a claim of the wrong type and for a text that is not JSON. So this
//! module limits the length, parses header and claims strictly, and compares the times; only the signature is left to
//! the crate.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::claims::{ClaimsSet, TIME_CLAIMS, TimeClaim, UserId};
use super::inspect::Inspection;
use super::malformed::MalformedToken;
use super::mint::{BLOCK, CanonicalMac, MAX_CLAIMS, PREFIX, SIGNATURE_LENGTH};
use super::{CustomerId, provider};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The reason why a token is refused: the first that applies.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// It is not a token.
    #[error("this is not a token")]
    Malformed(#[from] MalformedToken),
    /// Its third segment marks a development token.
    #[error("a development token, which is not signed")]
    DevToken,
    /// The secret did not sign it.
    #[error("this profile's secret did not sign it")]
    BadSignature,
    /// It is signed and has no `user_id`: a leaked admin credential.
    #[error("an admin credential for the whole app, not a user's token")]
    ServerToken,
    /// Its `user_id` is not exactly `customer-N`.
    #[error("signed, but for a user who is not a customer")]
    NotACustomer,
    /// It is for a customer other than the expected one.
    #[error("signed, but for another customer")]
    WrongCustomer,
    /// Its `iat` is in the future.
    #[error("it says that it was issued in the future")]
    IssuedInFuture,
    /// Its `nbf` is in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Its `exp` has passed.
    #[error("exp has passed")]
    Expired,
    /// It was issued before a revocation, or has no `iat`.
    #[error("it was issued before the revocation, or does not say when")]
    Revoked,
}

/// The accepted difference between clocks: none by default, and at most five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Leeway(Duration);

impl Leeway {
    /// Creates a leeway; `None` above five minutes.
    pub fn new(duration: Duration) -> Option<Self> {
        (duration <= Duration::from_mins(5)).then_some(Self(duration))
    }
}

/// The requirements for a token's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// The time at which the token must be valid.
    pub at: Timestamp,
    /// The leeway for the token's times.
    pub leeway: Leeway,
    /// The customer that the token must belong to, if any.
    pub customer: Option<CustomerId>,
    /// The time of a revocation: tokens issued earlier, or without an `iat`, are revoked (contract section 2).
    pub revoked_before: Option<Timestamp>,
}

impl Validation {
    /// Creates a validation at a point in time: without leeway, for any customer, nothing revoked.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { at, leeway: Leeway(Duration::ZERO), customer: None, revoked_before: None }
    }

    /// Returns `true` if an `iat` or `nbf` is in the future.
    pub fn is_in_future(&self, time: Timestamp) -> bool {
        time > self.at.after(self.leeway.0)
    }

    /// Returns `true` if `exp` has passed: a token is expired from that second on.
    pub fn is_expired(&self, expires_at: Timestamp) -> bool {
        self.at >= expires_at.after(self.leeway.0)
    }

    /// Returns `true` if a token with this `iat`, or without one, is revoked.
    pub fn is_revoked(&self, issued_at: Option<Timestamp>) -> bool {
        self.revoked_before.is_some_and(|before| issued_at.is_none_or(|issued_at| issued_at < before))
    }
}

/// Claims with a verified signature, which are not validated until [`VerifiedToken::validate`] is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken(ClaimsSet);

impl VerifiedToken {
    /// Returns the claims.
    pub fn claims(&self) -> &ClaimsSet {
        &self.0
    }

    /// Validates the claims and returns the customer of the token.
    ///
    /// # Errors
    /// The first [`VerifyError`] in this order: a server token, times that are not integer seconds, not a customer,
    /// another customer, `iat`, `nbf`, `exp`, revocation. A server token comes first because it is an incident
    /// regardless of its other claims.
    pub fn validate(&self, validation: &Validation) -> Result<CustomerId, VerifyError> {
        if self.0.user_id == UserId::Absent {
            return Err(VerifyError::ServerToken);
        }
        let checked = |claim, time: TimeClaim| time.map_err(|error| MalformedToken::Time(claim, error));
        let [exp, iat, nbf] = TIME_CLAIMS;
        let expires_at = checked(exp, self.0.expires_at)?;
        let issued_at = checked(iat, self.0.issued_at)?;
        let not_before = checked(nbf, self.0.not_before)?;
        let UserId::Customer(customer) = self.0.user_id else {
            return Err(VerifyError::NotACustomer);
        };
        if validation.customer.is_some_and(|expected| expected != customer) {
            Err(VerifyError::WrongCustomer)
        } else if issued_at.is_some_and(|at| validation.is_in_future(at)) {
            Err(VerifyError::IssuedInFuture)
        } else if not_before.is_some_and(|at| validation.is_in_future(at)) {
            Err(VerifyError::NotYetValid)
        } else if expires_at.is_some_and(|at| validation.is_expired(at)) {
            Err(VerifyError::Expired)
        } else if validation.is_revoked(issued_at) {
            Err(VerifyError::Revoked)
        } else {
            Ok(customer)
        }
    }
}

/// A verifier of tokens with one secret.
#[derive(Clone)]
pub struct Verifier {
    /// The MAC for canonical tokens.
    canonical: CanonicalMac,
    /// The key for all other tokens.
    key: DecodingKey,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier([redacted])")
    }
}

impl Verifier {
    /// Creates a verifier from a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self::from_bytes(secret.expose())
    }

    /// Creates a verifier from arbitrary key bytes.
    #[must_use]
    pub fn from_bytes(secret: &[u8]) -> Self {
        provider::install();
        Self { canonical: CanonicalMac::new(secret), key: DecodingKey::from_secret(secret) }
    }

    /// Verifies the signature and the claims of a token. `token` must be the exact token, with nothing around it.
    ///
    /// # Errors
    /// [`VerifyError`]: the first reason to refuse the token.
    pub fn verify(&self, token: &str, validation: &Validation) -> Result<CustomerId, VerifyError> {
        self.verify_signature(token)?.validate(validation)
    }

    /// Verifies the form and the signature of a token.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`], [`VerifyError::DevToken`] or [`VerifyError::BadSignature`].
    pub fn verify_signature(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        match self.verify_canonical(token) {
            Some(verified) => Ok(verified),
            None => self.verify_inspected(&Inspection::read(token)),
        }
    }

    /// Verifies the form and the signature of an inspected token.
    ///
    /// # Errors
    /// As [`Self::verify_signature`].
    pub fn verify_inspected(&self, token: &Inspection<'_>) -> Result<VerifiedToken, VerifyError> {
        match (token.errors.first(), &token.claims) {
            // `validate` reports the invalid times of a signed token, after its user id.
            (None | Some(MalformedToken::Time(..)), Some(claims)) if self.has_signed(token) => {
                Ok(VerifiedToken(claims.clone()))
            }
            (Some(error), _) => Err(error.clone().into()),
            (None, _) if token.is_development => Err(VerifyError::DevToken),
            (None, _) => Err(VerifyError::BadSignature),
        }
    }

    /// Returns `true` if this secret signed a text with three segments, regardless of their content.
    ///
    /// This distinguishes a forgery from a malformed token; it does not mean that the token is valid.
    pub fn has_signed(&self, token: &Inspection<'_>) -> bool {
        token.signed.is_some_and(|(input, signature)| {
            jsonwebtoken::crypto::verify(signature, input.as_bytes(), &self.key, Algorithm::HS256)
                .unwrap_or(false)
        })
    }

    /// Verifies a token in canonical form; `None` for every other text, and for a token that this secret did not sign.
    fn verify_canonical(&self, token: &str) -> Option<VerifiedToken> {
        let (input, signature) = token.split_at_checked(token.len().checked_sub(SIGNATURE_LENGTH)?)?;
        let input = input.strip_suffix('.')?;
        // The engine writes whole groups of three bytes, which the buffer has room for.
        let mut claims = [0; MAX_CLAIMS + 2];
        let length = URL_SAFE_NO_PAD.decode_slice(input.strip_prefix(PREFIX)?, &mut claims).ok()?;
        let claims = ClaimsSet::from_canonical(str::from_utf8(&claims[..length]).ok()?)?;
        let mut expected = [0; SIGNATURE_LENGTH];
        self.canonical.sign(&input.as_bytes()[BLOCK..], &mut expected);
        is_equal(&expected, signature.as_bytes()).then_some(VerifiedToken(claims))
    }
}

/// Compares two texts of one length in constant time, eight bytes at a time: byte by byte costs as much as a compression.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = words_a.iter().zip(words_b).map(|(a, b)| u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b));
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| u64::from(a ^ b));
    let difference = words.chain(rest).fold(0, |all, difference| all | difference);
    a.len() == b.len() && difference.ct_eq(&0).into()
}

#[cfg(test)]
mod tests;
