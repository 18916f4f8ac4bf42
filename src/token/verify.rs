//! Verifies tokens: the signature by one secret, then the rules.
//!
//! Tokens in our own canonical form take a path of two compressions. Every other is taken apart
//! strictly first, then `jsonwebtoken` verifies its signature, then its claims are read. Its
//! `decode` is not asked: it takes duplicate keys, `crit` and float times, reads an unbounded header
//! before the signature, and refuses unknown claims (`iss`, `sub`, `aud`) of a type it does not expect.

use std::error::Error;
use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};

use super::canonical::{self, Canonical, encode};
use super::claims::Claims;
use super::claims_set::{ClaimsSet, TimeClaim, UserId};
use super::compact::{Compact, check_header};
use super::mac::{ENCODED_LENGTH, Midstate, is_same};
use super::malformed::Malformed;
use super::{CustomerId, Rules, provider};
use crate::escape::escaped_short;
use crate::secret::Secret;
use crate::time::{Timestamp, utc};

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is no token.
    Malformed(Malformed),
    /// This secret did not sign it.
    BadSignature,
    /// It is signed and has no `user_id`: a server token, full admin over the app.
    ServerToken,
    /// Its `user_id` is not exactly `customer-N`.
    NotACustomer {
        /// What it is: a string's text, or another value's JSON.
        user_id: String,
    },
    /// It is another customer's.
    WrongCustomer {
        /// Whose it should be.
        expected: CustomerId,
        /// Whose it is.
        found: CustomerId,
    },
    /// Its `iat` is in the future.
    IssuedInFuture {
        /// `iat`
        at: Timestamp,
    },
    /// Its `nbf` is in the future.
    NotYetValid {
        /// `nbf`
        at: Timestamp,
    },
    /// Its `exp` is reached.
    Expired {
        /// `exp`
        at: Timestamp,
    },
    /// It was issued before a revocation, or does not say when.
    Revoked {
        /// The time of the revocation.
        before: Timestamp,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => write!(f, "not a token: {malformed}"),
            Self::BadSignature => f.write_str("not signed by this secret"),
            Self::ServerToken => f.write_str("a server token: signed, and without a user_id"),
            Self::NotACustomer { user_id } => {
                write!(f, "the user id '{}' is no customer's", escaped_short(user_id))
            }
            Self::WrongCustomer { expected, found } => {
                write!(f, "the token of customer {found}, expected {expected}")
            }
            Self::IssuedInFuture { at } => write!(f, "issued in the future, at {}", utc(*at)),
            Self::NotYetValid { at } => write!(f, "not valid before {}", utc(*at)),
            Self::Expired { at } => write!(f, "expired at {}", utc(*at)),
            Self::Revoked { before } => write!(f, "revoked with all issued before {}", utc(*before)),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(malformed) => Some(malformed),
            _ => None,
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Claims whose signature was verified, and nothing more: the rules are still to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed(Form);

/// In which form a signed token came.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// Ours.
    Canonical(Claims),
    /// Another.
    General(ClaimsSet),
}

impl Signed {
    /// Returns what `user_id` is.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        match &self.0 {
            Form::Canonical(claims) => UserId::Customer(claims.customer()),
            Form::General(set) => set.user_id(),
        }
    }

    /// Returns what `exp` is.
    #[must_use]
    pub fn expires_at(&self) -> TimeClaim {
        match &self.0 {
            Form::Canonical(claims) => claims.expires_at().into(),
            Form::General(set) => set.expires_at(),
        }
    }

    /// Returns what `iat` is.
    #[must_use]
    pub fn issued_at(&self) -> TimeClaim {
        match &self.0 {
            Form::Canonical(claims) => claims.issued_at().into(),
            Form::General(set) => set.issued_at(),
        }
    }

    /// Returns what `nbf` is.
    #[must_use]
    pub fn not_before(&self) -> TimeClaim {
        match &self.0 {
            Form::Canonical(_) => TimeClaim::Absent,
            Form::General(set) => set.not_before(),
        }
    }

    /// Holds the claims against the rules and gives the customer whose token it is.
    ///
    /// # Errors
    /// The first [`Refusal`] in this order: a server token, times of another type than integer
    /// seconds, no customer, another customer, `iat`, `nbf`, `exp`, revocation. A server token comes
    /// first because it is an incident whatever else is wrong with it.
    pub fn judge(&self, rules: &Rules) -> Result<CustomerId, Refusal> {
        let customer = match self.user_id() {
            UserId::Absent => return Err(Refusal::ServerToken),
            other => other,
        };
        let issued_at = sound(self.issued_at(), "iat")?;
        let not_before = sound(self.not_before(), "nbf")?;
        let expires_at = sound(self.expires_at(), "exp")?;
        let customer = match customer {
            UserId::Customer(customer) => customer,
            UserId::Other(user_id) => return Err(Refusal::NotACustomer { user_id }),
            UserId::NotAString(value) => return Err(Refusal::NotACustomer { user_id: value.to_string() }),
            UserId::Absent => return Err(Refusal::ServerToken),
        };
        if let Some(expected) = rules.customer.filter(|expected| *expected != customer) {
            return Err(Refusal::WrongCustomer { expected, found: customer });
        }
        if let Some(at) = issued_at.filter(|at| rules.is_issued_in_future(*at)) {
            return Err(Refusal::IssuedInFuture { at });
        }
        if let Some(at) = not_before.filter(|at| rules.is_not_yet_valid(*at)) {
            return Err(Refusal::NotYetValid { at });
        }
        if let Some(at) = expires_at.filter(|at| rules.is_expired(*at)) {
            return Err(Refusal::Expired { at });
        }
        match rules.revoked_before {
            Some(before) if rules.is_revoked(issued_at) => Err(Refusal::Revoked { before }),
            _ => Ok(customer),
        }
    }
}

/// Returns a time claim's time, and refuses one of another type.
pub(super) fn sound(time: TimeClaim, claim: &'static str) -> Result<Option<Timestamp>, Malformed> {
    match time {
        TimeClaim::Absent => Ok(None),
        TimeClaim::At(at) => Ok(Some(at)),
        TimeClaim::Wrong(fault) => Err(Malformed::Time { claim, fault }),
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
        provider::install();
        Self { midstate: canonical::midstate(secret), key: DecodingKey::from_secret(secret.expose()) }
    }

    /// Verifies a token: signature and rules. It takes the exact token and nothing around it.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify(&self, token: &str, rules: &Rules) -> Result<CustomerId, Refusal> {
        self.authenticate(token)?.judge(rules)
    }

    /// Verifies the signature alone.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] or [`Refusal::BadSignature`].
    pub fn authenticate(&self, token: &str) -> Result<Signed, Refusal> {
        if let Some(canonical) = Canonical::parse(token.as_bytes()) {
            return self.authenticate_canonical(&canonical);
        }
        let compact = Compact::parse(token)?;
        check_header(&compact.header)?;
        // Nothing of the claims is read before the signature holds.
        if !self.has_signed_input(&compact) {
            return Err(Refusal::BadSignature);
        }
        Ok(Signed(Form::General(ClaimsSet::parse(&compact.claims)?)))
    }

    /// Returns `true` if this secret signed a text of three segments, whatever stands in them.
    ///
    /// It is for telling a forgery from a broken token, and says nothing of what a token is good for.
    #[must_use]
    pub fn has_signed(&self, token: &str) -> bool {
        Compact::parse(token).is_ok_and(|compact| self.has_signed_input(&compact))
    }

    /// Returns `true` if the signature is this secret's.
    fn has_signed_input(&self, compact: &Compact<'_>) -> bool {
        let Compact { signing_input, signature, .. } = compact;
        jsonwebtoken::crypto::verify(signature, signing_input, &self.key, Algorithm::HS256).unwrap_or(false)
    }

    /// Verifies the signature of a canonical token in constant time.
    fn authenticate_canonical(&self, token: &Canonical<'_>) -> Result<Signed, Refusal> {
        let mut expected = [0; ENCODED_LENGTH];
        encode(&self.midstate.finish(&token.rest), &mut expected);
        if is_same(&expected, token.signature) {
            Ok(Signed(Form::Canonical(token.claims)))
        } else {
            Err(Refusal::BadSignature)
        }
    }
}

#[cfg(test)]
mod tests;
