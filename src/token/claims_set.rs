//! A claims set as a token carries it, read but not trusted.

use serde_json::Value;

use super::json::{Object, parse_object};
use super::malformed::{MalformedToken, Segment, TimeClaimError};
use super::{Claims, CustomerId};
use crate::time::Timestamp;

/// The claims that are times.
pub const TIME_CLAIMS: [&str; 3] = ["exp", "iat", "nbf"];

/// What Stream reads of a token's claims set (RFC 7519 section 4), which anyone may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsSet {
    /// `user_id`
    pub user_id: UserId,
    /// `exp`
    pub expires_at: TimeClaim,
    /// `iat`
    pub issued_at: TimeClaim,
    /// `nbf`
    pub not_before: TimeClaim,
}

/// What a token's `user_id` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserId {
    /// Absent: if the token is signed, it is a server token, with full admin rights (contract section 2).
    Absent,
    /// `customer-N`, exactly.
    Customer(CustomerId),
    /// Another string.
    Other(String),
    /// Not a string.
    NotAString(Value),
}

impl UserId {
    /// Returns the customer whose user id it is.
    #[must_use]
    pub const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(customer) => Some(*customer),
            _ => None,
        }
    }
}

/// A time claim in integer seconds, where the token has it.
pub type TimeClaim = Result<Option<Timestamp>, TimeClaimError>;

impl ClaimsSet {
    /// Reads the claims of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let user_id = match object.get("user_id") {
            None => UserId::Absent,
            Some(Value::String(text)) => {
                CustomerId::from_user_id(text).map_or_else(|| UserId::Other(text.clone()), UserId::Customer)
            }
            Some(other) => UserId::NotAString(other.clone()),
        };
        let [expires_at, issued_at, not_before] = TIME_CLAIMS.map(|claim| time_claim(object, claim));
        Self { user_id, expires_at, issued_at, not_before }
    }

    /// Returns the times in the order of [`TIME_CLAIMS`].
    pub fn times(&self) -> [TimeClaim; 3] {
        [self.expires_at, self.issued_at, self.not_before]
    }
}

impl From<Claims> for ClaimsSet {
    fn from(claims: Claims) -> Self {
        Self {
            user_id: UserId::Customer(claims.customer()),
            expires_at: Ok(claims.expires_at()),
            issued_at: Ok(claims.issued_at()),
            not_before: Ok(None),
        }
    }
}

/// Reads a claims set's JSON strictly: an object, no key twice, nested at most eight levels.
///
/// # Errors
/// [`MalformedToken`], of the claims' segment.
pub fn parse_claims(bytes: &[u8]) -> Result<Object, MalformedToken> {
    parse_object(bytes, Segment::Claims)
}

/// Reads a time claim, and never through a float.
///
/// # Errors
/// The claim is not an integer of seconds.
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
    let seconds = number.as_u64().ok_or(TimeClaimError::Negative)?;
    Timestamp::from_epoch_seconds(seconds).map(Some).ok_or(TimeClaimError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ClaimsSet {
        ClaimsSet::of(&parse_claims(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_user_id_is_absent_a_customers_another_text_or_not_a_string() {
        assert_eq!(set("{}").user_id, UserId::Absent);
        assert_eq!(set(r#"{"user_id":"customer-7"}"#).user_id, UserId::Customer(CustomerId::new(7).unwrap()));
        assert_eq!(set(r#"{"user_id":"admin"}"#).user_id, UserId::Other("admin".into()));
        assert_eq!(set(r#"{"user_id":7}"#).user_id, UserId::NotAString(7.into()));
        assert_eq!(set(r#"{"user_id":null}"#).user_id, UserId::NotAString(Value::Null));
    }

    #[test]
    fn reads_integer_seconds_and_names_every_other_shape_of_a_time() {
        let exp = |literal: &str| set(&format!(r#"{{"exp":{literal}}}"#)).expires_at;
        assert_eq!(set("{}").expires_at, Ok(None));
        assert_eq!(exp("0"), Ok(Some(Timestamp::EPOCH)));
        assert_eq!(exp("9007199254740991"), Ok(Some(Timestamp::MAX)));
        for (literal, fault) in [
            ("9007199254740992", TimeClaimError::TooLarge),
            ("18446744073709551615", TimeClaimError::TooLarge),
            ("99999999999999999999999", TimeClaimError::NotAnInteger),
            ("1.0", TimeClaimError::NotAnInteger),
            ("1e9", TimeClaimError::NotAnInteger),
            ("1E9", TimeClaimError::NotAnInteger),
            ("-1", TimeClaimError::Negative),
            ("-0", TimeClaimError::NotAnInteger),
            (r#""1893456000""#, TimeClaimError::Text),
            ("null", TimeClaimError::NotANumber),
            ("[1]", TimeClaimError::NotANumber),
        ] {
            assert_eq!(exp(literal), Err(fault), "{literal}");
        }
    }
}
