//! The claims of a customer's token, and their canonical JSON (contract section 1).

use thiserror::Error;

use super::CustomerId;
use crate::error::{Diagnostic, Exit};
use crate::time::Timestamp;

/// What every canonical claims set starts with. With the header before it, it is 65 bytes of
/// base64url, one block of SHA-256 and one byte more.
pub(super) const CANONICAL_HEAD: &[u8; 21] = br#"{"user_id":"customer-"#;

/// The most bytes that can follow [`CANONICAL_HEAD`]: 19 digits, `"`, two claims of 7 + 16, `}`.
pub(super) const MAX_TAIL: usize = 19 + 1 + 2 * (7 + 16) + 1;

/// The claims of a customer's token.
///
/// `exp` and `iat` are never 0: the official SDKs leave out a 0 silently, and a token that should expire never
/// would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is: `user_id`.
    customer: CustomerId,
    /// When it ends: `exp`.
    expires_at: Option<Timestamp>,
    /// When it was made: `iat`.
    issued_at: Option<Timestamp>,
    /// From when it is valid, in `iat`'s place: `nbf`.
    not_before: Option<Timestamp>,
}

/// Why claims cannot be minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{claim} is 0, which Stream's SDKs leave out of a token")]
pub struct ClaimsError {
    /// The claim: `exp` or `iat`.
    claim: &'static str,
}

impl Claims {
    /// Makes claims that are valid until they are revoked.
    #[must_use]
    pub const fn new(customer: CustomerId) -> Self {
        Self { customer, expires_at: None, issued_at: None, not_before: None }
    }

    /// Adds `exp`.
    ///
    /// # Errors
    /// [`ClaimsError`] for 0.
    pub fn with_exp(self, at: Timestamp) -> Result<Self, ClaimsError> {
        if at == Timestamp::EPOCH {
            return Err(ClaimsError { claim: "exp" });
        }
        Ok(Self { expires_at: Some(at), ..self })
    }

    /// Adds `iat`.
    ///
    /// # Errors
    /// [`ClaimsError`] for 0.
    pub fn with_iat(self, at: Timestamp) -> Result<Self, ClaimsError> {
        if at == Timestamp::EPOCH {
            return Err(ClaimsError { claim: "iat" });
        }
        Ok(Self { issued_at: Some(at), not_before: None, ..self })
    }

    /// Replaces `iat` with `nbf`, which only a token that is to fail has.
    #[must_use]
    pub fn with_nbf(self, at: Timestamp) -> Self {
        Self { issued_at: None, not_before: Some(at), ..self }
    }

    /// Replaces the customer.
    #[must_use]
    pub const fn with_customer(self, customer: CustomerId) -> Self {
        Self { customer, ..self }
    }

    /// Returns whose token it is.
    #[must_use]
    pub const fn customer(&self) -> CustomerId {
        self.customer
    }

    /// Returns when the token ends; `None` is until it is revoked.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns when the token was made, where it says so.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Writes what follows [`CANONICAL_HEAD`] and returns its length.
    #[inline]
    pub(super) fn encode_after_user_id(&self, tail: &mut [u8; MAX_TAIL]) -> usize {
        let mut length = write_number(tail, 0, self.customer.get());
        if self.expires_at.is_none() && self.issued_at.is_none() && self.not_before.is_none() {
            return write_bytes(tail, length, b"\"}");
        }
        length = write_bytes(tail, length, b"\"");
        let (iat, nbf) = (br#","iat":"#, br#","nbf":"#);
        for (name, at) in [(br#","exp":"#, self.expires_at), (iat, self.issued_at), (nbf, self.not_before)] {
            if let Some(at) = at {
                length = write_bytes(tail, length, name);
                length = write_number(tail, length, at.epoch_seconds());
            }
        }
        write_bytes(tail, length, b"}")
    }

    /// Reads what follows [`CANONICAL_HEAD`], and only what [`Claims::encode_after_user_id`] writes.
    pub(super) fn decode_after_user_id(tail: &[u8]) -> Option<Self> {
        let (digits, mut rest) = split_digits(tail);
        let mut claims = Self::new(CustomerId::from_digits(digits).ok()?);
        rest = rest.strip_prefix(b"\"")?;
        if let Some(after) = rest.strip_prefix(br#","exp":"#) {
            let (digits, after) = split_digits(after);
            claims = claims.with_exp(read_time(digits)?).ok()?;
            rest = after;
        }
        if let Some(after) = rest.strip_prefix(br#","iat":"#) {
            let (digits, after) = split_digits(after);
            claims = claims.with_iat(read_time(digits)?).ok()?;
            rest = after;
        }
        (rest == b"}").then_some(claims)
    }
}

/// Splits the leading decimal digits off.
fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Reads the digits of a time, without a leading zero.
fn read_time(digits: &[u8]) -> Option<Timestamp> {
    if digits.is_empty() || digits[0] == b'0' || digits.len() > 16 {
        return None;
    }
    let seconds = digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Timestamp::from_epoch_seconds(seconds)
}

/// Writes bytes at `start` and returns where they end.
#[inline]
fn write_bytes(buffer: &mut [u8], start: usize, bytes: &[u8]) -> usize {
    let end = start + bytes.len();
    buffer[start..end].copy_from_slice(bytes);
    end
}

/// Writes a number in decimal at `start` and returns where it ends.
#[inline]
fn write_number(buffer: &mut [u8], start: usize, number: u64) -> usize {
    let end = start + number.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut rest = number;
    for digit in buffer[start..end].iter_mut().rev() {
        *digit = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
    }
    end
}

impl Diagnostic for ClaimsError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("give a time after the epoch".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn encoded(claims: Claims) -> String {
        let mut tail = [0; MAX_TAIL];
        let length = claims.encode_after_user_id(&mut tail);
        String::from_utf8([CANONICAL_HEAD, &tail[..length]].concat()).unwrap()
    }

    fn customer(number: u64) -> Claims {
        Claims::new(CustomerId::new(number).unwrap())
    }

    #[test]
    fn writes_keys_in_the_contracts_order() {
        let claims = customer(123).with_iat(at(2)).unwrap().with_exp(at(1)).unwrap();
        assert_eq!(encoded(claims), r#"{"user_id":"customer-123","exp":1,"iat":2}"#);
        assert_eq!(encoded(customer(1)), r#"{"user_id":"customer-1"}"#);
        let claims = claims.with_nbf(at(3));
        assert_eq!(encoded(claims), r#"{"user_id":"customer-123","exp":1,"nbf":3}"#);
        assert_eq!(encoded(customer(1).with_nbf(at(3))), r#"{"user_id":"customer-1","nbf":3}"#);
    }

    #[test]
    fn the_longest_claims_fill_their_buffer() {
        let claims =
            customer(CustomerId::MAX).with_exp(Timestamp::MAX).unwrap().with_iat(Timestamp::MAX).unwrap();
        assert_eq!(encoded(claims).len(), CANONICAL_HEAD.len() + MAX_TAIL);
    }

    #[test]
    fn refuses_the_times_that_the_sdks_drop() {
        assert_eq!(customer(1).with_exp(Timestamp::EPOCH), Err(ClaimsError { claim: "exp" }));
        assert_eq!(customer(1).with_iat(Timestamp::EPOCH), Err(ClaimsError { claim: "iat" }));
    }

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
        let claims = customer(123).with_exp(at(10)).unwrap().with_iat(at(9)).unwrap();
        assert_eq!(Claims::decode_after_user_id(br#"123","exp":10,"iat":9}"#), Some(claims));
        let others: [&[u8]; 12] = [
            br#"0"}"#,
            br#"01"}"#,
            b"123",
            br#"123"} "#,
            br#"123" }"#,
            br#"123","exp":0}"#,
            br#"123","exp":01}"#,
            br#"123","exp":}"#,
            br#"123","iat":9,"exp":10}"#,
            br#"123","exp":10,"exp":10}"#,
            br#"123","exp":9007199254740992}"#,
            br#"9223372036854775808"}"#,
        ];
        for tail in others {
            assert_eq!(Claims::decode_after_user_id(tail), None, "{}", String::from_utf8_lossy(tail));
        }
    }
}
