//! Verifies tokens: the signature by one secret, then the claims.
//!
//! A token in our own canonical form takes a path of two SHA-256 compressions. Every other token is taken apart
//! strictly, then `jsonwebtoken` verifies its signature, then its claims are read.
//!
//! `jsonwebtoken::decode` would do all three, and is too lenient for a verdict: it accepts duplicate keys, `crit`, `b64`
//! and `zip`, times with a fraction and an `exp` that is now, reads an unbounded header before it checks the signature,
//! and answers a claim of another type and a text that is not JSON with the same error. So our own code bounds the
//! token, reads header and claims strictly, and compares the times; the cryptography is the crate's.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};
use thiserror::Error;

use super::canonical::{self, CanonicalToken, encode};
use super::claims::Claims;
use super::claims_set::{ClaimsSet, TimeClaim, UserId};
use super::compact::{Compact, check_header, check_signature};
use super::hmac::{ENCODED_LENGTH, Midstate, ct_eq};
use super::malformed::MalformedToken;
use super::{CustomerId, Validation, provider};
use crate::escape::escaped_short;
use crate::secret::Secret;
use crate::time::{Timestamp, utc};

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// It is not a token.
    #[error("not a token: {0}")]
    Malformed(#[from] MalformedToken),
    /// This secret did not sign it.
    #[error("not signed by this secret")]
    BadSignature,
    /// It is signed and has no `user_id`: a server token, full admin over the app.
    #[error("a server token: signed, and without a user_id")]
    ServerToken,
    /// Its `user_id` is not exactly `customer-N`.
    #[error("the user id '{}' is not a customer's", escaped_short(user_id))]
    NotACustomer {
        /// The text of a string, or the JSON of another value.
        user_id: String,
    },
    /// It is another customer's.
    #[error("the token of customer {found}, expected {expected}")]
    WrongCustomer {
        /// The customer that was expected.
        expected: CustomerId,
        /// The token's customer.
        found: CustomerId,
    },
    /// Its `iat` is in the future.
    #[error("issued in the future, at {}", utc(*at))]
    IssuedInFuture {
        /// `iat`
        at: Timestamp,
    },
    /// Its `nbf` is in the future.
    #[error("not valid before {}", utc(*at))]
    NotYetValid {
        /// `nbf`
        at: Timestamp,
    },
    /// Its `exp` has passed.
    #[error("expired at {}", utc(*at))]
    Expired {
        /// `exp`
        at: Timestamp,
    },
    /// It was issued before a revocation, or does not say when.
    #[error("revoked with all issued before {}", utc(*before))]
    Revoked {
        /// The time of the revocation.
        before: Timestamp,
    },
}

/// Claims whose signature was verified, and nothing more: [`VerifiedToken::validate`] is still to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken(Repr);

/// The form of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Repr {
    /// Our canonical form.
    Canonical(Claims),
    /// Any other form.
    General(ClaimsSet),
}

impl VerifiedToken {
    /// Returns what `user_id` is.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        match &self.0 {
            Repr::Canonical(claims) => UserId::Customer(claims.customer()),
            Repr::General(set) => set.user_id(),
        }
    }

    /// Returns what `exp` is.
    #[must_use]
    pub fn expires_at(&self) -> TimeClaim {
        match &self.0 {
            Repr::Canonical(claims) => claims.expires_at().into(),
            Repr::General(set) => set.expires_at(),
        }
    }

    /// Returns what `iat` is.
    #[must_use]
    pub fn issued_at(&self) -> TimeClaim {
        match &self.0 {
            Repr::Canonical(claims) => claims.issued_at().into(),
            Repr::General(set) => set.issued_at(),
        }
    }

    /// Returns what `nbf` is.
    #[must_use]
    pub fn not_before(&self) -> TimeClaim {
        match &self.0 {
            Repr::Canonical(_) => TimeClaim::Absent,
            Repr::General(set) => set.not_before(),
        }
    }

    /// Validates the claims and returns the customer whose token it is.
    ///
    /// # Errors
    /// The first [`VerifyError`] in this order: a server token, times that are not integer seconds, not a
    /// customer, another customer, `iat`, `nbf`, `exp`, revocation. A server token comes first because it is an
    /// incident whatever else is wrong with it.
    pub fn validate(&self, validation: &Validation) -> Result<CustomerId, VerifyError> {
        let customer = match self.user_id() {
            UserId::Absent => return Err(VerifyError::ServerToken),
            other => other,
        };
        let issued_at = validate_time(self.issued_at(), "iat")?;
        let not_before = validate_time(self.not_before(), "nbf")?;
        let expires_at = validate_time(self.expires_at(), "exp")?;
        let customer = match customer {
            UserId::Customer(customer) => customer,
            UserId::Other(user_id) => return Err(VerifyError::NotACustomer { user_id }),
            UserId::NotAString(value) => {
                return Err(VerifyError::NotACustomer { user_id: value.to_string() });
            }
            UserId::Absent => return Err(VerifyError::ServerToken),
        };
        if let Some(expected) = validation.customer.filter(|expected| *expected != customer) {
            return Err(VerifyError::WrongCustomer { expected, found: customer });
        }
        if let Some(at) = issued_at.filter(|at| validation.is_issued_in_future(*at)) {
            return Err(VerifyError::IssuedInFuture { at });
        }
        if let Some(at) = not_before.filter(|at| validation.is_not_yet_valid(*at)) {
            return Err(VerifyError::NotYetValid { at });
        }
        if let Some(at) = expires_at.filter(|at| validation.is_expired(*at)) {
            return Err(VerifyError::Expired { at });
        }
        match validation.revoked_before {
            Some(before) if validation.is_revoked(issued_at) => Err(VerifyError::Revoked { before }),
            _ => Ok(customer),
        }
    }
}

/// Returns the time of a time claim, and refuses a claim of another type.
pub(super) fn validate_time(
    time: TimeClaim,
    claim: &'static str,
) -> Result<Option<Timestamp>, MalformedToken> {
    match time {
        TimeClaim::Absent => Ok(None),
        TimeClaim::At(at) => Ok(Some(at)),
        TimeClaim::Wrong(error) => Err(MalformedToken::Time { claim, error }),
    }
}

/// Verifies tokens with one secret.
#[derive(Clone)]
pub struct Verifier {
    /// HMAC after the block that canonical tokens share.
    midstate: Midstate,
    /// The secret, for every other token.
    key: DecodingKey,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier([redacted])")
    }
}

impl Verifier {
    /// Prepares a secret for verifying.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self::from_bytes(secret.expose())
    }

    /// Prepares any bytes for verifying.
    #[must_use]
    pub fn from_bytes(secret: &[u8]) -> Self {
        provider::install();
        Self { midstate: canonical::midstate(secret), key: DecodingKey::from_secret(secret) }
    }

    /// Verifies a token, signature and claims. It takes the exact token and nothing around it.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify(&self, token: &str, validation: &Validation) -> Result<CustomerId, VerifyError> {
        self.verify_signature(token)?.validate(validation)
    }

    /// Verifies the signature alone.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] or [`VerifyError::BadSignature`].
    pub fn verify_signature(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        if let Some(canonical) = CanonicalToken::parse(token.as_bytes()) {
            return self.verify_canonical(&canonical);
        }
        let compact = Compact::parse(token)?;
        check_header(&compact.header)?;
        check_signature(compact.signature)?;
        // Nothing of the claims is read before the signature holds.
        if !self.verify_signing_input(&compact) {
            return Err(VerifyError::BadSignature);
        }
        Ok(VerifiedToken(Repr::General(ClaimsSet::parse(&compact.claims)?)))
    }

    /// Returns `true` if this secret signed a text of three segments, whatever they contain.
    ///
    /// It distinguishes a forgery from a broken token, and does not mean that the token is valid.
    #[must_use]
    pub fn has_signed(&self, token: &str) -> bool {
        Compact::parse(token).is_ok_and(|compact| self.verify_signing_input(&compact))
    }

    /// Returns `true` if the signature is this secret's.
    fn verify_signing_input(&self, compact: &Compact<'_>) -> bool {
        let Compact { signing_input, signature, .. } = compact;
        jsonwebtoken::crypto::verify(signature, signing_input, &self.key, Algorithm::HS256).unwrap_or(false)
    }

    /// Verifies the signature of a canonical token in constant time.
    fn verify_canonical(&self, token: &CanonicalToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let mut expected = [0; ENCODED_LENGTH];
        encode(&self.midstate.finish(&token.message_tail), &mut expected);
        if ct_eq(&expected, token.signature) {
            Ok(VerifiedToken(Repr::Canonical(token.claims)))
        } else {
            Err(VerifyError::BadSignature)
        }
    }
}

#[cfg(test)]
mod tests;
