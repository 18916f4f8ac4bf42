//! Lints: what a reader should know about a token besides its validity.

use serde::Serialize;
use serde_json::Value;

use super::claims::{ClaimsSet, TIME_CLAIMS, UserId};
use super::inspect::Inspection;
use super::json::Object;
use super::malformed::MalformedToken;
use crate::time::Timestamp;

/// The earliest time that is taken for milliseconds, in epoch seconds (the year 5138).
const MIN_MILLISECONDS: u64 = 100_000_000_000;

/// The latest `exp` that is taken for a lifetime, in epoch seconds (the year 1980).
const MAX_LIFETIME: u64 = 315_532_800;

/// The claims that signers write by mistake in place of `user_id`.
const MISSPELLED_USER_IDS: [&str; 6] = ["userId", "userID", "userid", "user", "id", "sub"];

/// The claims that change what a token may do at Stream (contract section 2).
const POWERS: [&str; 3] = ["role", "call_cids", "channel_cids"];

/// Stream's anonymous user (contract section 2).
pub const ANONYMOUS_USER: &str = "!anon";

/// Something unusual about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// The stable name.
    pub name: &'static str,
    /// The finding. It may quote short parts of the token, escaped.
    pub detail: String,
}

impl Inspection<'_> {
    /// Returns `true` if this is a session token of `serve`.
    pub fn is_session(&self) -> bool {
        self.errors.contains(&MalformedToken::SessionToken)
    }

    /// Returns the claim that the signer seems to have written in place of `user_id`.
    pub fn misspelled_user_id(&self) -> Option<&'static str> {
        let payload = self.payload.as_ref().filter(|payload| !payload.contains_key("user_id"))?;
        MISSPELLED_USER_IDS.into_iter().find(|claim| payload.contains_key(*claim))
    }

    /// Returns the lints of the token, errors of form first.
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints: Vec<Lint> = self.errors.iter().map(lint_of_error).collect();
        if self.is_development {
            lints.push(lint("dev_token", "a development token: works only where auth checks are off"));
        }
        // The claims of a session token are not for Stream.
        if let (Some(payload), Some(claims)) = (&self.payload, &self.claims)
            && !self.is_session()
        {
            lints.extend(self.lint_of_user_id(&claims.user_id, payload));
            lints.extend(lints_of_powers(payload, claims));
            lints.extend(lints_of_times(claims));
        }
        lints
    }

    /// Returns the lint for a user id, if it is not a customer's.
    fn lint_of_user_id(&self, user_id: &UserId, payload: &Object) -> Option<Lint> {
        Some(match (user_id, self.misspelled_user_id()) {
            (UserId::Customer(_), _) => return None,
            (UserId::Absent, Some(found)) => {
                let detail = format!("{found} in place of user_id, which is the only name that Stream reads");
                lint("misspelled_user_id", detail)
            }
            (UserId::Absent, None) => lint(
                "no_user_id",
                "no user_id: if it is signed, this is a server token with full admin rights",
            ),
            (UserId::NotAString, _) if payload["user_id"].is_number() => {
                lint("numeric_user_id", "user_id is a number: Stream wants a string")
            }
            (UserId::NotAString, _) => lint("user_id_type", "user_id is not a string"),
            (UserId::Other(text), _) if text == ANONYMOUS_USER => {
                lint("anonymous", "!anon is Stream's anonymous user, not a customer")
            }
            (UserId::Other(_), _) => {
                lint("not_a_customer", "user_id is not customer- and a number from 1 up")
            }
        })
    }
}

/// Creates a lint.
fn lint(name: &'static str, detail: impl Into<String>) -> Lint {
    Lint { name, detail: detail.into() }
}

/// Returns the lint for an error of form.
fn lint_of_error(error: &MalformedToken) -> Lint {
    let name = match error {
        MalformedToken::AlgorithmMissing | MalformedToken::AlgorithmMismatch(_) => "algorithm",
        MalformedToken::TypeMismatch(_) => "type",
        MalformedToken::SessionToken => "session_token",
        MalformedToken::Encrypted => "encrypted",
        MalformedToken::HeaderParameter(_) => "header_parameter",
        MalformedToken::DuplicateKey(..) => "duplicate_key",
        MalformedToken::Time(..) => "time_type",
        _ => "malformed",
    };
    lint(name, error.to_string())
}

/// Returns the lints for permissions beyond those of a customer's token.
fn lints_of_powers(payload: &Object, claims: &ClaimsSet) -> Vec<Lint> {
    let mut lints = Vec::new();
    if payload.get("server") == Some(&Value::Bool(true)) && claims.user_id != UserId::Absent {
        lints.push(lint("server", "server is true: a server token that also names a user"));
    }
    for claim in POWERS.into_iter().filter(|claim| payload.contains_key(*claim)) {
        lints.push(lint("power", format!("{claim} changes what this token may do at Stream")));
    }
    lints
}

/// Returns the lints for the time claims.
fn lints_of_times(claims: &ClaimsSet) -> Vec<Lint> {
    let mut lints = Vec::new();
    for (claim, time) in TIME_CLAIMS.into_iter().zip(claims.times()) {
        if looks_like_millis(time.unwrap_or_default()) {
            let detail = format!("{claim} seems to be in milliseconds, expected seconds");
            lints.push(lint("milliseconds", detail));
        }
    }
    let (issued_at, expires_at) =
        (claims.issued_at.unwrap_or_default(), claims.expires_at.unwrap_or_default());
    if looks_like_a_lifetime(expires_at) {
        lints.push(lint("lifetime", "exp seems to be a lifetime, expected the moment in epoch seconds"));
    }
    if claims.issued_at == Ok(None) {
        let detail = "no iat: any revocation of this user's tokens at Stream ends this one too";
        lints.push(lint("no_iat", detail));
    }
    if issued_at.zip(expires_at).is_some_and(|(issued_at, expires_at)| expires_at <= issued_at) {
        lints.push(lint("never_valid", "exp is not after iat: this token was never valid"));
    }
    lints
}

/// Returns `true` if a time is so late that it was probably meant in milliseconds.
pub fn looks_like_millis(at: Option<Timestamp>) -> bool {
    at.is_some_and(|at| at.epoch_seconds() >= MIN_MILLISECONDS)
}

/// Returns `true` if an `exp` is so early that it was probably meant as a lifetime.
pub fn looks_like_a_lifetime(at: Option<Timestamp>) -> bool {
    at.is_some_and(|at| at.epoch_seconds() <= MAX_LIFETIME)
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
}
