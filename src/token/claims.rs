//! The claims of a customer's token, and their canonical form as JSON (contract section 1).

use std::io::{self, Write};

use thiserror::Error;

use super::CustomerId;
use crate::time::Timestamp;

/// The start of every canonical claims set.
pub(super) const CLAIMS_START: &str = r#"{"user_id":"customer-"#;

/// The claims of a customer's token.
///
/// `exp` and `iat` are never 0: the official SDKs silently leave out a 0, and a token that should expire never would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The customer of the token: `user_id`.
    customer: CustomerId,
    /// The expiry: `exp`.
    expires_at: Option<Timestamp>,
    /// The time of issue: `iat`.
    issued_at: Option<Timestamp>,
    /// The start of validity, instead of `iat`: `nbf`.
    not_before: Option<Timestamp>,
}

/// A time claim is 0, and cannot be minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{claim} is 0, which Stream's SDKs leave out of a token")]
pub struct ClaimsError {
    /// The name of the claim: `exp` or `iat`.
    claim: &'static str,
}

impl Claims {
    /// Creates claims that are valid until they are revoked.
    #[must_use]
    pub const fn new(customer: CustomerId) -> Self {
        Self { customer, expires_at: None, issued_at: None, not_before: None }
    }

    /// Sets `exp`.
    ///
    /// # Errors
    /// [`ClaimsError`] if the time is 0.
    pub fn with_exp(self, at: Timestamp) -> Result<Self, ClaimsError> {
        Ok(Self { expires_at: Some(not_zero(at, "exp")?), ..self })
    }

    /// Sets `iat`, and removes `nbf`.
    ///
    /// # Errors
    /// [`ClaimsError`] if the time is 0.
    pub fn with_iat(self, at: Timestamp) -> Result<Self, ClaimsError> {
        Ok(Self { issued_at: Some(not_zero(at, "iat")?), not_before: None, ..self })
    }

    /// Replaces `iat` with `nbf`, for a token that should be refused.
    #[must_use]
    pub fn with_nbf(self, at: Timestamp) -> Self {
        Self { issued_at: None, not_before: Some(at), ..self }
    }

    /// Replaces the customer.
    #[must_use]
    pub const fn with_customer(self, customer: CustomerId) -> Self {
        Self { customer, ..self }
    }

    /// Returns the customer of the token.
    pub const fn customer(&self) -> CustomerId {
        self.customer
    }

    /// Returns the expiry; `None` if the token is valid until it is revoked.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the time of issue, if the token has one.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Writes the claims set after [`CLAIMS_START`] as compact JSON, in the contract's order. Without `nbf` it is
    /// canonical.
    #[inline]
    pub(super) fn write_rest(&self, out: &mut impl Write) -> io::Result<()> {
        write_number(out, self.customer.get())?;
        out.write_all(b"\"")?;
        let (exp, iat, nbf) = (br#","exp":"#, br#","iat":"#, br#","nbf":"#);
        for (name, at) in [(exp, self.expires_at), (iat, self.issued_at), (nbf, self.not_before)] {
            if let Some(at) = at {
                out.write_all(name)?;
                write_number(out, at.epoch_seconds())?;
            }
        }
        out.write_all(b"}")
    }
}

/// Returns the time, or an error if it is 0.
fn not_zero(at: Timestamp, claim: &'static str) -> Result<Timestamp, ClaimsError> {
    if at == Timestamp::EPOCH { Err(ClaimsError { claim }) } else { Ok(at) }
}

/// Writes a number in decimal, in a third of the time that `fmt` takes.
#[inline]
fn write_number(out: &mut impl Write, mut number: u64) -> io::Result<()> {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    while number > 0 {
        start -= 1;
        digits[start] += (number % 10).to_le_bytes()[0];
        number /= 10;
    }
    out.write_all(&digits[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn customer(number: u64) -> Claims {
        Claims::new(CustomerId::new(number).unwrap())
    }

    fn json(claims: Claims) -> String {
        let mut json = CLAIMS_START.as_bytes().to_vec();
        claims.write_rest(&mut json).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn writes_keys_in_the_contracts_order() {
        let claims = customer(123).with_iat(at(2)).unwrap().with_exp(at(1)).unwrap();
        assert_eq!(json(claims), r#"{"user_id":"customer-123","exp":1,"iat":2}"#);
        assert_eq!(json(customer(1)), r#"{"user_id":"customer-1"}"#);
        let claims = claims.with_nbf(at(3));
        assert_eq!(json(claims), r#"{"user_id":"customer-123","exp":1,"nbf":3}"#);
        assert_eq!(json(customer(1).with_nbf(at(3))), r#"{"user_id":"customer-1","nbf":3}"#);
    }

    #[test]
    fn refuses_the_times_that_the_sdks_drop() {
        assert_eq!(customer(1).with_exp(Timestamp::EPOCH), Err(ClaimsError { claim: "exp" }));
        assert_eq!(customer(1).with_iat(Timestamp::EPOCH), Err(ClaimsError { claim: "iat" }));
    }
}
