//! A token's claims set, parsed but not trusted.

use serde_json::Value;

use super::CustomerId;
use super::claims::CLAIMS_START;
use super::json::Object;
use super::malformed::TimeClaimError;
use crate::time::Timestamp;

/// The names of the time claims.
pub const TIME_CLAIMS: [&str; 3] = ["exp", "iat", "nbf"];

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
    NotAString(Value),
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
            Some(other) => UserId::NotAString(other.clone()),
        };
        let [expires_at, issued_at, not_before] = TIME_CLAIMS.map(|claim| time_claim(object, claim));
        Self { user_id, expires_at, issued_at, not_before }
    }

    /// Parses the canonical form, which [`super::Claims`] and the official SDKs write for a customer, and no other form.
    pub(super) fn from_canonical(json: &str) -> Option<Self> {
        let (customer, times) = json.strip_prefix(CLAIMS_START)?.split_once('"')?;
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

    fn set(text: &str) -> ClaimsSet {
        ClaimsSet::of(&serde_json::from_str(text).unwrap())
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
            let json = format!(r#"{{"user_id":"customer-{rest}"#);
            assert_eq!(ClaimsSet::from_canonical(&json), Some(set(&json)));
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
            let json = format!(r#"{{"user_id":"customer-{rest}"#);
            assert_eq!(ClaimsSet::from_canonical(&json), None, "{json}");
        }
    }
}
