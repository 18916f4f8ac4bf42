//! The claims of a token: those that are signed, with their canonical form as JSON (contract section 1), and those that
//! were parsed, which are not trusted.

use std::io::{self, Write};

use serde_json::Value;
use thiserror::Error;

use super::CustomerId;
use super::json::Object;
use super::malformed::TimeClaimError;
use crate::time::Timestamp;

/// The names of the time claims.
pub const TIME_CLAIMS: [&str; 3] = ["exp", "iat", "nbf"];

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

    /// Writes the claims set after `{"user_id":"customer-` as compact JSON, in the contract's order. Without `nbf` it is
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

/// The claims that Stream reads from a token's claims set (RFC 7519 section 4). Anyone may have written them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsSet {
    /// The `user_id` claim.
    pub user_id: UserId,
    /// The `exp` claim.
    pub expires_at: TimeClaim,
    /// The `iat` claim.
    pub issued_at: TimeClaim,
    /// The `nbf` claim.
    pub not_before: TimeClaim,
}

/// The value of a token's `user_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserId {
    /// Absent: if the token is signed, it is a server token, with full admin rights (contract section 2).
    Absent,
    /// Exactly `customer-N`.
    Customer(CustomerId),
    /// Another string.
    Other(String),
    /// Not a string.
    NotAString,
}

impl UserId {
    /// Returns the customer, if this is a customer's user id.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(customer) => Some(*customer),
            _ => None,
        }
    }
}

/// A time claim in integer seconds, if the token has it.
pub type TimeClaim = Result<Option<Timestamp>, TimeClaimError>;

impl ClaimsSet {
    /// Reads the claims from a JSON object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let user_id = match object.get("user_id") {
            None => UserId::Absent,
            Some(Value::String(text)) => {
                CustomerId::from_user_id(text).map_or_else(|| UserId::Other(text.clone()), UserId::Customer)
            }
            Some(_) => UserId::NotAString,
        };
        let [expires_at, issued_at, not_before] = TIME_CLAIMS.map(|claim| time_claim(object, claim));
        Self { user_id, expires_at, issued_at, not_before }
    }

    /// Parses what follows `{"user_id":"customer-` in the canonical form, which [`Claims`] and the official SDKs write
    /// for a customer, and no other form.
    pub(super) fn from_canonical(rest: &str) -> Option<Self> {
        let (customer, times) = rest.split_once('"')?;
        let user_id = UserId::Customer(CustomerId::from_digits(customer)?);
        let (exp, times) = leading_time(times, r#","exp":"#)?;
        let (iat, rest) = leading_time(times, r#","iat":"#)?;
        let claims = Self { user_id, expires_at: Ok(exp), issued_at: Ok(iat), not_before: Ok(None) };
        (rest == "}").then_some(claims)
    }

    /// Returns the time claims in the order of [`TIME_CLAIMS`].
    pub fn times(&self) -> [TimeClaim; 3] {
        [self.expires_at, self.issued_at, self.not_before]
    }
}

/// Parses `name` and a time at the start of `text`, if `name` is there, and returns the time and the rest of `text`.
/// Returns `None` if the time is not written as decimal digits without a leading zero.
fn leading_time<'a>(text: &'a str, name: &str) -> Option<(Option<Timestamp>, &'a str)> {
    let Some(value) = text.strip_prefix(name) else { return Some((None, text)) };
    let rest = value.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = &value[..value.len() - rest.len()];
    let seconds = digits.parse().ok().filter(|_| !digits.starts_with('0'))?;
    Some((Some(Timestamp::from_epoch_seconds(seconds)?), rest))
}

/// Reads a time claim, never through a float.
///
/// # Errors
/// [`TimeClaimError`] if the claim is not an integer of seconds.
pub fn time_claim(object: &Object, claim: &str) -> TimeClaim {
    let number = match object.get(claim) {
        None => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(Value::String(_)) => return Err(TimeClaimError::Text),
        Some(_) => return Err(TimeClaimError::NotANumber),
    };
    if number.is_f64() {
        return Err(TimeClaimError::NotAnInteger);
    }
    let at = number.as_u64().and_then(Timestamp::from_epoch_seconds);
    at.map(Some).ok_or(TimeClaimError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::CLAIMS_START;

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

    fn set(text: &str) -> ClaimsSet {
        ClaimsSet::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn user_id_is_classified() {
        assert_eq!(set("{}").user_id, UserId::Absent);
        assert_eq!(set(r#"{"user_id":"customer-7"}"#).user_id, UserId::Customer(CustomerId::new(7).unwrap()));
        assert_eq!(set(r#"{"user_id":"admin"}"#).user_id, UserId::Other("admin".into()));
        assert_eq!(set(r#"{"user_id":7}"#).user_id, UserId::NotAString);
        assert_eq!(set(r#"{"user_id":null}"#).user_id, UserId::NotAString);
    }

    #[test]
    fn reads_integer_seconds_and_names_every_other_shape_of_a_time() {
        let exp = |literal: &str| set(&format!(r#"{{"exp":{literal}}}"#)).expires_at;
        assert_eq!(set("{}").expires_at, Ok(None));
        assert_eq!(exp("0"), Ok(Some(Timestamp::EPOCH)));
        assert_eq!(exp("9007199254740991"), Ok(Some(Timestamp::MAX)));
        for (literal, fault) in [
            ("9007199254740992", TimeClaimError::OutOfRange),
            ("18446744073709551615", TimeClaimError::OutOfRange),
            ("99999999999999999999999", TimeClaimError::NotAnInteger),
            ("1.0", TimeClaimError::NotAnInteger),
            ("1e9", TimeClaimError::NotAnInteger),
            ("1E9", TimeClaimError::NotAnInteger),
            ("-1", TimeClaimError::OutOfRange),
            ("-0", TimeClaimError::NotAnInteger),
            (r#""1893456000""#, TimeClaimError::Text),
            ("null", TimeClaimError::NotANumber),
            ("[1]", TimeClaimError::NotANumber),
        ] {
            assert_eq!(exp(literal), Err(fault), "{literal}");
        }
    }

    #[test]
    fn reads_the_canonical_form_and_no_other() {
        for rest in [r#"123"}"#, r#"123","exp":10}"#, r#"123","iat":9}"#, r#"123","exp":10,"iat":9}"#] {
            let json = format!("{CLAIMS_START}{rest}");
            assert_eq!(ClaimsSet::from_canonical(rest), Some(set(&json)));
        }
        for rest in [
            r#"0"}"#,
            r#"01"}"#,
            r#"+1"}"#,
            "123",
            r#"123"} "#,
            r#"123" }"#,
            r#"123",}"#,
            r#"123"x}"#,
            r#"123","exp":0}"#,
            r#"123","exp":01}"#,
            r#"123","exp":+1}"#,
            r#"123","exp":-1}"#,
            r#"123","exp": 1}"#,
            r#"123","exp":1 }"#,
            r#"123","exp":}"#,
            r#"123","exp":1}}"#,
            r#"123","nbf":1}"#,
            r#"123","iat":9,"exp":10}"#,
            r#"123","exp":10,"exp":10}"#,
            r#"123","iat":9,"iat":9}"#,
            r#"123","exp":9007199254740992}"#,
            r#"9223372036854775808"}"#,
        ] {
            assert_eq!(ClaimsSet::from_canonical(rest), None, "{rest}");
        }
    }
}
