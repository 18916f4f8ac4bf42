//! A claims set as a token carries it, read but not trusted.

use super::json::{Json, JsonError};
use super::malformed::{Malformed, Segment, TimeFault};
use super::{Claims, CustomerId};
use crate::time::Timestamp;

/// The claims set of a token (RFC 7519 section 4), whoever may have written it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsSet(Json);

/// What a token's `user_id` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserId {
    /// There is none: signed, it is a server token, with full admin rights (contract section 2).
    Absent,
    /// `customer-N`, exactly.
    Customer(CustomerId),
    /// Another string.
    Other(String),
    /// No string.
    NotAString(Json),
}

/// What a time claim (`exp`, `iat`, `nbf`) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeClaim {
    /// There is none.
    Absent,
    /// Integer seconds.
    At(Timestamp),
    /// Anything else.
    Wrong(TimeFault),
}

impl TimeClaim {
    /// Returns the time, where there is a sound one.
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
    /// [`Malformed`], of the claims' segment.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        parse_object(bytes, Segment::Claims).map(Self)
    }

    /// Takes an object that was read leniently.
    pub(super) fn lenient(object: Json) -> Self {
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

    /// Reads a time claim by its literal, never through a float.
    fn time(&self, claim: &str) -> TimeClaim {
        match self.0.get(claim) {
            None => TimeClaim::Absent,
            Some(Json::Number(literal)) => time_of(literal),
            Some(Json::String(_)) => TimeClaim::Wrong(TimeFault::Text),
            Some(_) => TimeClaim::Wrong(TimeFault::NotANumber),
        }
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
        return TimeClaim::Wrong(TimeFault::NotAnInteger);
    }
    if literal.starts_with('-') {
        return TimeClaim::Wrong(TimeFault::Negative);
    }
    let seconds = literal.parse().ok().and_then(Timestamp::from_epoch_seconds);
    seconds.map_or(TimeClaim::Wrong(TimeFault::TooLarge), TimeClaim::At)
}

/// Reads a segment's JSON object strictly.
pub(super) fn parse_object(bytes: &[u8], segment: Segment) -> Result<Json, Malformed> {
    let json = match Json::parse(bytes) {
        Ok(json @ Json::Object(_)) => json,
        Ok(_) => return Err(Malformed::NotAnObject { segment }),
        Err(JsonError::Syntax) => return Err(Malformed::NotJson { segment }),
        Err(JsonError::TooDeep) => return Err(Malformed::TooDeep { segment }),
    };
    match json.duplicate_key() {
        Some(key) => Err(Malformed::DuplicateKey { segment, key: key.to_owned() }),
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
    fn tells_what_a_user_id_is() {
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
            ("9007199254740992", TimeFault::TooLarge),
            ("99999999999999999999999", TimeFault::TooLarge),
            ("1.0", TimeFault::NotAnInteger),
            ("1e9", TimeFault::NotAnInteger),
            ("1E9", TimeFault::NotAnInteger),
            ("-1", TimeFault::Negative),
            ("-0", TimeFault::Negative),
            (r#""1893456000""#, TimeFault::Text),
            ("null", TimeFault::NotANumber),
            ("[1]", TimeFault::NotANumber),
        ] {
            assert_eq!(exp(literal), TimeClaim::Wrong(fault), "{literal}");
        }
    }

    #[test]
    fn refuses_what_is_no_plain_object() {
        let refused = |text: &[u8]| ClaimsSet::parse(text).unwrap_err();
        let segment = Segment::Claims;
        assert_eq!(refused(b"[1]"), Malformed::NotAnObject { segment });
        assert_eq!(refused(b"null"), Malformed::NotAnObject { segment });
        assert_eq!(refused(b"{"), Malformed::NotJson { segment });
        assert_eq!(refused(b"{\"a\":\"\xff\"}"), Malformed::NotJson { segment });
        let key = "user_id".to_owned();
        assert_eq!(refused(br#"{"user_id":"a","user_id":"b"}"#), Malformed::DuplicateKey { segment, key });
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(refused(deep.as_bytes()), Malformed::TooDeep { segment });
    }
}
