//! A claims set as a token carries it, read but not trusted.

use super::json::{Json, JsonError};
use super::malformed::{MalformedToken, Segment, TimeClaimError};
use super::{Claims, CustomerId};
use crate::time::Timestamp;

/// The claims set of a token (RFC 7519 section 4), which anyone may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsSet(Json);

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
    NotAString(Json),
}

/// What a time claim (`exp`, `iat`, `nbf`) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeClaim {
    /// Absent.
    Absent,
    /// Integer seconds.
    At(Timestamp),
    /// Anything else.
    Wrong(TimeClaimError),
}

impl TimeClaim {
    /// Returns the time, if the claim is one.
    #[must_use]
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Absent | Self::Wrong(_) => None,
        }
    }
}

impl From<Option<Timestamp>> for TimeClaim {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Absent, Self::At)
    }
}

impl ClaimsSet {
    /// Reads a claims set strictly: an object, no key twice, nested at most eight levels.
    ///
    /// # Errors
    /// [`MalformedToken`], of the claims' segment.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedToken> {
        parse_object(bytes, Segment::Claims).map(Self)
    }

    /// Takes an object that was read without refusing anything.
    pub(super) fn from_json(object: Json) -> Self {
        Self(object)
    }

    /// Returns the claims set as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Json {
        &self.0
    }

    /// Returns what `user_id` is.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        match self.0.get("user_id") {
            None => UserId::Absent,
            Some(Json::String(text)) => {
                CustomerId::from_user_id(text).map_or_else(|| UserId::Other(text.clone()), UserId::Customer)
            }
            Some(other) => UserId::NotAString(other.clone()),
        }
    }

    /// Returns the claim with the name `claim` (`exp`, `iat` or `nbf`), read by its literal and never through a float.
    #[must_use]
    pub fn time(&self, claim: &str) -> TimeClaim {
        match self.0.get(claim) {
            None => TimeClaim::Absent,
            Some(Json::Number(literal)) => time_of(literal),
            Some(Json::String(_)) => TimeClaim::Wrong(TimeClaimError::Text),
            Some(_) => TimeClaim::Wrong(TimeClaimError::NotANumber),
        }
    }

    /// Returns what `exp` is.
    #[must_use]
    pub fn expires_at(&self) -> TimeClaim {
        self.time("exp")
    }

    /// Returns what `iat` is.
    #[must_use]
    pub fn issued_at(&self) -> TimeClaim {
        self.time("iat")
    }

    /// Returns what `nbf` is.
    #[must_use]
    pub fn not_before(&self) -> TimeClaim {
        self.time("nbf")
    }
}

impl From<&Claims> for ClaimsSet {
    fn from(claims: &Claims) -> Self {
        let number = |at: Timestamp| Json::Number(at.epoch_seconds().to_string());
        let mut members = vec![("user_id".to_owned(), Json::String(claims.customer().user_id()))];
        members.extend(claims.expires_at().map(|at| ("exp".to_owned(), number(at))));
        members.extend(claims.issued_at().map(|at| ("iat".to_owned(), number(at))));
        Self(Json::Object(members))
    }
}

/// Reads a number's literal as integer seconds.
fn time_of(literal: &str) -> TimeClaim {
    if literal.contains(['.', 'e', 'E']) {
        return TimeClaim::Wrong(TimeClaimError::NotAnInteger);
    }
    if literal.starts_with('-') {
        return TimeClaim::Wrong(TimeClaimError::Negative);
    }
    let seconds = literal.parse().ok().and_then(Timestamp::from_epoch_seconds);
    seconds.map_or(TimeClaim::Wrong(TimeClaimError::TooLarge), TimeClaim::At)
}

/// Reads a segment's JSON object strictly.
pub(super) fn parse_object(bytes: &[u8], segment: Segment) -> Result<Json, MalformedToken> {
    let json = match Json::parse(bytes) {
        Ok(json @ Json::Object(_)) => json,
        Ok(_) => return Err(MalformedToken::NotAnObject { segment }),
        Err(JsonError::Syntax) => return Err(MalformedToken::NotJson { segment }),
        Err(JsonError::TooDeep) => return Err(MalformedToken::TooDeep { segment }),
    };
    match json.duplicate_key() {
        Some(key) => Err(MalformedToken::DuplicateKey { segment, key: key.to_owned() }),
        None => Ok(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ClaimsSet {
        ClaimsSet::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_user_id_is_absent_a_customers_another_text_or_not_a_string() {
        assert_eq!(set("{}").user_id(), UserId::Absent);
        assert_eq!(
            set(r#"{"user_id":"customer-7"}"#).user_id(),
            UserId::Customer(CustomerId::new(7).unwrap())
        );
        assert_eq!(set(r#"{"user_id":"admin"}"#).user_id(), UserId::Other("admin".into()));
        assert_eq!(set(r#"{"user_id":7}"#).user_id(), UserId::NotAString(Json::Number("7".into())));
        assert_eq!(set(r#"{"user_id":null}"#).user_id(), UserId::NotAString(Json::Null));
    }

    #[test]
    fn reads_integer_seconds_and_names_every_other_shape_of_a_time() {
        let exp = |literal: &str| set(&format!(r#"{{"exp":{literal}}}"#)).expires_at();
        assert_eq!(exp("0"), TimeClaim::At(Timestamp::EPOCH));
        assert_eq!(exp("9007199254740991"), TimeClaim::At(Timestamp::MAX));
        for (literal, fault) in [
            ("9007199254740992", TimeClaimError::TooLarge),
            ("99999999999999999999999", TimeClaimError::TooLarge),
            ("1.0", TimeClaimError::NotAnInteger),
            ("1e9", TimeClaimError::NotAnInteger),
            ("1E9", TimeClaimError::NotAnInteger),
            ("-1", TimeClaimError::Negative),
            ("-0", TimeClaimError::Negative),
            (r#""1893456000""#, TimeClaimError::Text),
            ("null", TimeClaimError::NotANumber),
            ("[1]", TimeClaimError::NotANumber),
        ] {
            assert_eq!(exp(literal), TimeClaim::Wrong(fault), "{literal}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_plain_object() {
        let refused = |text: &[u8]| ClaimsSet::parse(text).unwrap_err();
        let segment = Segment::Claims;
        assert_eq!(refused(b"[1]"), MalformedToken::NotAnObject { segment });
        assert_eq!(refused(b"null"), MalformedToken::NotAnObject { segment });
        assert_eq!(refused(b"{"), MalformedToken::NotJson { segment });
        assert_eq!(refused(b"{\"a\":\"\xff\"}"), MalformedToken::NotJson { segment });
        let key = "user_id".to_owned();
        assert_eq!(
            refused(br#"{"user_id":"a","user_id":"b"}"#),
            MalformedToken::DuplicateKey { segment, key }
        );
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(refused(deep.as_bytes()), MalformedToken::TooDeep { segment });
    }
}
