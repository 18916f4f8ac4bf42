//! The claims of a session token: its customer, when it was issued and when it ends, and its id.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::authenticate::AuthFailure;
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_or_redacted;
use crate::time::Timestamp;
use crate::token::{CustomerId, Segment, parse_object, time_claim};

/// The longest lifetime of a session.
pub const MAX_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The lifetime of a session by default.
pub const DEFAULT_LIFETIME: Duration = Duration::from_hours(8);

/// How far ahead the clock of the machine that issued a session may be.
pub const LEEWAY: Duration = Duration::from_mins(1);

/// The `iss` of every session token of ours.
const ISSUER: &str = "stream-token";

/// The number of claims of a session token.
const CLAIMS: usize = 5;

/// A session as its token claims it. Only [`super::SessionKey`] makes one, from a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its id: `jti`.
    pub(super) id: SessionId,
    /// Its customer: `sub`.
    pub(super) customer: CustomerId,
    /// When it was issued: `iat`.
    pub(super) issued_at: Timestamp,
    /// When it ends: `exp`.
    pub(super) expires_at: Timestamp,
}

impl Session {
    /// Returns its id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Returns its customer.
    #[must_use]
    pub const fn customer(&self) -> CustomerId {
        self.customer
    }

    /// Returns when it was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns when it ends.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Checks that the session is valid at present.
    pub(super) fn validate(&self, now: Timestamp) -> Result<(), AuthFailure> {
        if self.issued_at > now.after(LEEWAY) {
            return Err(AuthFailure::IssuedInFuture(self.customer));
        }
        if now >= self.expires_at {
            return Err(AuthFailure::Expired(Some(self.customer)));
        }
        Ok(())
    }

    /// Returns the claims set as JSON.
    pub(super) fn to_json(self) -> String {
        let Self { id, customer, issued_at, expires_at } = self;
        let (issued_at, expires_at) = (issued_at.epoch_seconds(), expires_at.epoch_seconds());
        format!(
            r#"{{"iss":"{ISSUER}","sub":"{customer}","iat":{issued_at},"exp":{expires_at},"jti":"{id}"}}"#
        )
    }

    /// Reads a claims set strictly: these five claims, of these types, once each and no other.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let set = parse_object(bytes, Segment::Claims).ok()?;
        let text = |claim| set.get(claim)?.as_str();
        if set.len() != CLAIMS || text("iss")? != ISSUER {
            return None;
        }
        let session = Self {
            id: SessionId::from_hex(text("jti")?)?,
            customer: CustomerId::from_digits(text("sub")?)?,
            issued_at: time_claim(&set, "iat").ok()??,
            expires_at: time_claim(&set, "exp").ok()??,
        };
        session.has_valid_lifetime().then_some(session)
    }

    /// Returns `true` if it ends after it was issued, and within [`MAX_LIFETIME`].
    fn has_valid_lifetime(&self) -> bool {
        self.expires_at > self.issued_at && self.expires_at <= self.issued_at.after(MAX_LIFETIME)
    }
}

/// The number of hexadecimal digits of an id.
const DIGITS: usize = 32;

/// The id of a session: its `jti` (RFC 7519 section 4.1.7), 128 random bits. It opens nothing, and may appear in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// Returns a random id.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; size_of::<u128>()];
        getrandom::fill(&mut bytes)?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    /// Reads exactly 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; size_of::<u128>()];
        let read = base16ct::lower::decode(text, &mut bytes).ok()?.len();
        (read == bytes.len()).then(|| Self(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A text that is not a session id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a session id: that is {DIGITS} hexadecimal digits", escaped_or_redacted(.text))]
pub struct SessionIdError {
    /// The text.
    text: String,
}

impl FromStr for SessionId {
    type Err = SessionIdError;

    fn from_str(text: &str) -> Result<Self, SessionIdError> {
        Self::from_hex(text).ok_or_else(|| SessionIdError { text: text.to_owned() })
    }
}

impl Diagnostic for SessionIdError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("give the id that 'stream-token session new' printed".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"iss":"stream-token","sub":"123","iat":1000,"exp":2000,"jti":"00c0ffee00c0ffee00c0ffee00c0ffee"}"#;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    #[test]
    fn a_claims_set_is_read_back() {
        let session = Session::parse(CLAIMS.as_bytes()).unwrap();
        assert_eq!(session.to_json(), CLAIMS);
        assert_eq!(
            (session.customer().get(), session.issued_at(), session.expires_at()),
            (123, at(1000), at(2000))
        );
    }

    #[test]
    fn every_other_claims_set_is_refused() {
        let longest = MAX_LIFETIME.as_secs();
        let exactly = CLAIMS.replace("2000", &(1000 + longest).to_string());
        assert!(Session::parse(exactly.as_bytes()).is_some());
        for (what, instead) in [
            (r#""iss":"stream-token","#, ""),
            ("stream-token", "Stream-Token"),
            (r#""iss":"stream-token""#, r#""iss":["stream-token"]"#),
            (r#""123""#, "123"),
            ("123", "0123"),
            ("123", "customer-123"),
            ("123", "0"),
            ("123", "9223372036854775808"),
            ("1000", "1000.0"),
            ("1000", r#""1000""#),
            ("2000", "2e3"),
            ("2000", "1000"),
            ("2000", "999"),
            ("2000", &(1001 + longest).to_string()),
            (r#","exp":2000"#, ""),
            (r#","exp":2000"#, r#","exp":2000,"exp":2000"#),
            (r#","exp":2000"#, r#","exp":2000,"nbf":1"#),
            (r#","exp":2000"#, r#","exp":2000,"user_id":"customer-123""#),
            ("00c0ffee", "00C0FFEE"),
            ("00c0ffee", ""),
            ("}", "}x"),
            ("{", "[{"),
        ] {
            let claims = CLAIMS.replacen(what, instead, 1);
            assert_ne!(claims, CLAIMS);
            assert_eq!(Session::parse(claims.as_bytes()), None, "{claims}");
        }
        for other in
            ["", "[]", "null", r#"["stream-token","123",1000,2000,"00c0ffee00c0ffee00c0ffee00c0ffee"]"#]
        {
            assert_eq!(Session::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_session_is_valid_from_a_minute_before_it_was_issued_until_just_before_its_end() {
        let session = Session::parse(CLAIMS.as_bytes()).unwrap();
        let customer = session.customer();
        assert_eq!(session.validate(at(939)), Err(AuthFailure::IssuedInFuture(customer)));
        assert_eq!(session.validate(at(940)), Ok(()));
        assert_eq!(session.validate(at(1999)), Ok(()));
        assert_eq!(session.validate(at(2000)), Err(AuthFailure::Expired(Some(customer))));
    }

    #[test]
    fn an_id_is_read_back_and_nothing_else_is() {
        let text = "00c0ffee00c0ffee00c0ffee00c0ffee";
        assert_eq!(text.parse::<SessionId>().unwrap().to_string(), text);
        for other in ["", &text[1..], &format!("0{text}"), &text.to_uppercase(), &text.replace('0', "+")] {
            assert_eq!(SessionId::from_hex(other), None, "{other}");
        }
    }

    #[test]
    fn no_two_random_ids_are_the_same() {
        assert_ne!(SessionId::random().unwrap(), SessionId::random().unwrap());
    }

    #[test]
    fn the_error_of_an_id_never_repeats_a_token() {
        let error = "eyJhbGciOi.x.y".parse::<SessionId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a value of 14 characters is not a session id: that is 32 hexadecimal digits"
        );
    }
}
