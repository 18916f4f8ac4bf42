//! Reads what it can of a token without a secret. Nothing here is trusted.

use serde::Serialize;

use super::claims_set::{ClaimsSet, TimeClaim, UserId};
use super::compact::{self, check_header, check_signature};
use super::json::Json;
use super::malformed::{MAX_TOKEN_BYTES, MalformedToken, Segment};
use super::verify::validate_time;
use crate::time::Timestamp;

/// Times from this second on (the year 5138) are taken for milliseconds.
const MIN_MILLISECONDS: u64 = 100_000_000_000;

/// An `exp` up to this second (the year 1980) is taken for a lifetime.
const MAX_LIFETIME: u64 = 315_532_800;

/// The claims that are times.
pub const TIME_CLAIMS: [&str; 3] = ["exp", "iat", "nbf"];

/// The claims that a signer writes in the place of `user_id`.
const MISSPELLED_USER_IDS: [&str; 6] = ["userId", "userID", "userid", "user", "id", "sub"];

/// The claims that change what a token may do at Stream (contract section 2).
const POWERS: [&str; 3] = ["role", "call_cids", "channel_cids"];

/// Stream's anonymous user (contract section 2).
const ANONYMOUS_USER: &str = "!anon";

/// What can be read of a token, or of a broken one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The JOSE header, if it can be read.
    header: Option<Json>,
    /// The claims set, if it can be read.
    claims: Option<ClaimsSet>,
    /// Whether the third segment marks a development token.
    is_development: bool,
    /// Every error of form that was found, in the order of the segments.
    errors: Vec<MalformedToken>,
}

/// Something about a token that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// A stable name.
    pub name: &'static str,
    /// What was found. It quotes nothing of the token.
    pub detail: String,
}

impl Inspection {
    /// Reads what can be read of a text.
    #[must_use]
    pub fn read(token: &str) -> Self {
        let split = compact::split(token);
        let mut errors: Vec<_> = split.as_ref().err().cloned().into_iter().collect();
        let readable = if token.len() > MAX_TOKEN_BYTES { 0 } else { 2 };
        let mut segments = token.split('.').take(readable);
        let mut read = |segment, check: fn(&[u8]) -> Result<(), MalformedToken>| {
            let bytes = match compact::decode(segments.next()?, segment) {
                Ok(bytes) => bytes,
                Err(error) => {
                    errors.extend(split.is_ok().then_some(error));
                    return None;
                }
            };
            errors.extend(check(&bytes).err());
            Json::parse(&bytes).ok().filter(|json| matches!(json, Json::Object(_)))
        };
        let header = read(Segment::Header, |bytes| check_header(bytes).map(drop));
        let claims =
            read(Segment::Claims, |bytes| ClaimsSet::parse(bytes).map(drop)).map(ClaimsSet::from_json);
        let mut is_development = false;
        if let Ok([.., signature]) = split {
            errors.extend(check_signature(signature).err());
            is_development = compact::is_development(signature);
        }
        if let Some(claims) = &claims {
            errors.extend(
                TIME_CLAIMS.iter().filter_map(|claim| validate_time(claims.time(claim), claim).err()),
            );
        }
        Self { header, claims, is_development, errors }
    }

    /// Returns the JOSE header, if it can be read.
    #[must_use]
    pub fn header(&self) -> Option<&Json> {
        self.header.as_ref()
    }

    /// Returns the claims set, if it can be read.
    #[must_use]
    pub fn claims(&self) -> Option<&ClaimsSet> {
        self.claims.as_ref()
    }

    /// Returns `true` if this is a development token, which nobody signed.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is_development
    }

    /// Returns what makes this text not a token; nothing for a well-formed token.
    #[must_use]
    pub fn errors(&self) -> &[MalformedToken] {
        &self.errors
    }

    /// Returns the claim that the signer seems to have written in the place of `user_id`.
    #[must_use]
    pub fn misspelled_user_id(&self) -> Option<&'static str> {
        let claims = self.claims.as_ref().filter(|claims| claims.user_id() == UserId::Absent)?;
        MISSPELLED_USER_IDS.into_iter().find(|claim| claims.as_json().get(claim).is_some())
    }

    /// Returns what the reader of this token should know.
    #[must_use]
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints: Vec<Lint> = self.errors.iter().map(lint_for).collect();
        if self.is_development {
            lints.push(lint("dev_token", "a development token: works only where auth checks are off"));
        }
        // The claims of a session token are not for Stream.
        if let Some(claims) = &self.claims
            && !self.errors.contains(&MalformedToken::SessionToken)
        {
            lints.extend(self.lint_of_user_id(&claims.user_id()));
            lints.extend(lints_of_powers(claims));
            lints.extend(lints_of_times(claims));
        }
        lints
    }

    /// Returns what is unusual about a user id.
    fn lint_of_user_id(&self, user_id: &UserId) -> Option<Lint> {
        match (user_id, self.misspelled_user_id()) {
            (UserId::Customer(_), _) => None,
            (UserId::Absent, Some(found)) => Some(lint(
                "misspelled_user_id",
                format!("{found} in place of user_id, which is the only name that Stream reads"),
            )),
            (UserId::Absent, None) => Some(lint(
                "no_user_id",
                "no user_id: if it is signed, this is a server token with full admin rights",
            )),
            (UserId::NotAString(Json::Number(_)), _) => {
                Some(lint("numeric_user_id", "user_id is a number: Stream wants a string"))
            }
            (UserId::NotAString(_), _) => Some(lint("user_id_type", "user_id is not a string")),
            (UserId::Other(text), _) if text == ANONYMOUS_USER => {
                Some(lint("anonymous", "!anon is Stream's anonymous user, not a customer"))
            }
            (UserId::Other(_), _) => {
                Some(lint("not_a_customer", "user_id is not customer- and a number from 1 up"))
            }
        }
    }
}

/// Makes a lint.
fn lint(name: &'static str, detail: impl Into<String>) -> Lint {
    Lint { name, detail: detail.into() }
}

/// Returns the lint for an error of form.
fn lint_for(error: &MalformedToken) -> Lint {
    let name = match error {
        MalformedToken::AlgorithmMissing | MalformedToken::AlgorithmMismatch { .. } => "algorithm",
        MalformedToken::TypeMismatch { .. } => "type",
        MalformedToken::SessionToken => "session_token",
        MalformedToken::Encrypted => "encrypted",
        MalformedToken::HeaderParameter { .. } => "header_parameter",
        MalformedToken::DuplicateKey { .. } => "duplicate_key",
        MalformedToken::Time { .. } => "time_type",
        _ => "malformed",
    };
    lint(name, error.to_string())
}

/// Returns what a token may do beyond a customer's token.
fn lints_of_powers(claims: &ClaimsSet) -> Vec<Lint> {
    let mut lints = Vec::new();
    let is_server = claims.as_json().get("server") == Some(&Json::Bool(true));
    if is_server && claims.user_id() != UserId::Absent {
        lints.push(lint("server", "server is true: a server token that also names a user"));
    }
    for claim in POWERS.into_iter().filter(|claim| claims.as_json().get(claim).is_some()) {
        lints.push(lint("power", format!("{claim} changes what this token may do at Stream")));
    }
    lints
}

/// Returns what is unusual about the times.
fn lints_of_times(claims: &ClaimsSet) -> Vec<Lint> {
    let mut lints = Vec::new();
    for claim in TIME_CLAIMS {
        if claims.time(claim).at().is_some_and(looks_like_millis) {
            lints
                .push(lint("milliseconds", format!("{claim} seems to be in milliseconds, expected seconds")));
        }
    }
    let expires_at = claims.expires_at().at();
    if expires_at.is_some_and(looks_like_a_lifetime) {
        lints.push(lint("lifetime", "exp seems to be a lifetime, expected the moment in epoch seconds"));
    }
    if claims.issued_at() == TimeClaim::Absent {
        lints
            .push(lint("no_iat", "no iat: any revocation of this user's tokens at Stream ends this one too"));
    }
    if let (Some(issued), Some(expires)) = (claims.issued_at().at(), expires_at)
        && expires <= issued
    {
        lints.push(lint("never_valid", "exp is not after iat: this token was never valid"));
    }
    lints
}

/// Returns `true` if a time is so late that it was probably meant in milliseconds.
#[must_use]
pub fn looks_like_millis(at: Timestamp) -> bool {
    at.epoch_seconds() >= MIN_MILLISECONDS
}

/// Returns `true` if an `exp` is so early that it was probably meant as a lifetime.
#[must_use]
pub fn looks_like_a_lifetime(at: Timestamp) -> bool {
    at.epoch_seconds() <= MAX_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::unsigned;

    fn names(claims: &str) -> Vec<&'static str> {
        let token = unsigned(r#"{"alg":"HS256","typ":"JWT"}"#, claims);
        Inspection::read(&token).lints().iter().map(|lint| lint.name).collect()
    }

    #[test]
    fn a_sound_token_has_no_lints() {
        assert_eq!(names(r#"{"user_id":"customer-1","iat":1700000000}"#), [""; 0]);
    }

    #[test]
    fn names_each_wrong_shape_seen_in_the_field() {
        for (claims, expected) in [
            (r#"{"user_id":"customer-1"}"#, vec!["no_iat"]),
            (r#"{"user_id":123,"iat":1}"#, vec!["numeric_user_id"]),
            (r#"{"user_id":"admin","iat":1}"#, vec!["not_a_customer"]),
            (r#"{"user_id":null,"iat":1}"#, vec!["user_id_type"]),
            (r#"{"server":true,"iat":1}"#, vec!["no_user_id"]),
            (r#"{"user_id":"customer-1","iat":1,"exp":1893456000.5}"#, vec!["time_type"]),
            (r#"{"user_id":"customer-1","iat":1,"exp":"1893456000"}"#, vec!["time_type"]),
            (r#"{"user_id":"customer-1","iat":1,"exp":1893456000000}"#, vec!["milliseconds"]),
            (r#"{"user_id":"customer-1","iat":1893456000,"exp":1893455999}"#, vec!["never_valid"]),
            (r#"{"user_id":"customer-1","iat":1893456000,"exp":3600}"#, vec!["lifetime", "never_valid"]),
            (r#"{"userId":"customer-1","iat":1}"#, vec!["misspelled_user_id"]),
            (r#"{"sub":"customer-1","iat":1}"#, vec!["misspelled_user_id"]),
            (
                r#"{"user_id":"!anon","role":"viewer","call_cids":[],"iat":1}"#,
                vec!["anonymous", "power", "power"],
            ),
            (r#"{"user_id":"customer-1","server":true,"iat":1}"#, vec!["server"]),
            (r#"{"user_id":"customer-1","server":false,"channel_cids":[],"iat":1}"#, vec!["power"]),
            (r#"{"user_id":"customer-1","iat":1,"iat":2}"#, vec!["duplicate_key"]),
        ] {
            assert_eq!(names(claims), expected, "{claims}");
        }
    }

    #[test]
    fn reads_the_claims_behind_a_broken_header() {
        let token = unsigned("{", r#"{"user_id":"customer-1"}"#);
        let inspection = Inspection::read(&token);
        assert_eq!(inspection.header(), None);
        assert_eq!(
            inspection.claims().unwrap().user_id(),
            UserId::Customer(crate::token::CustomerId::new(1).unwrap())
        );
        assert_eq!(inspection.errors(), [MalformedToken::NotJson { segment: Segment::Header }]);
    }

    #[test]
    fn reads_a_token_that_lost_its_signature() {
        let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"customer-1"}"#);
        let cut = token.rsplit_once('.').unwrap().0;
        let inspection = Inspection::read(cut);
        assert!(inspection.header().is_some() && inspection.claims().is_some());
        assert_eq!(inspection.errors(), [MalformedToken::Segments { found: 2 }]);
    }

    #[test]
    fn knows_both_spellings_of_a_development_token() {
        for (signature, is_development) in [("devtoken", true), ("devToken", true), ("DevToken", false)] {
            let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"customer-1"}"#);
            let token = format!("{}.{signature}", token.rsplit_once('.').unwrap().0);
            assert_eq!(Inspection::read(&token).is_development(), is_development, "{signature}");
        }
    }

    #[test]
    fn reads_nothing_of_a_text_that_is_too_long() {
        let inspection = Inspection::read(&"e30.".repeat(2000));
        assert_eq!((inspection.header(), inspection.claims()), (None, None));
        assert_eq!(inspection.errors(), [MalformedToken::TooLong { bytes: 8000 }]);
    }
}
