//! Reads what it can of a token without a secret. Nothing here is trusted.

use super::MAX_TOKEN_BYTES;
use super::claims_set::{ClaimsSet, TimeClaim, UserId};
use super::compact::{self, Compact, check_header};
use super::json::Json;
use super::malformed::{Malformed, Segment};
use super::sound;
use crate::time::Timestamp;

/// Times from this second on (the year 5138) are taken for milliseconds.
const LIKELY_MILLISECONDS: u64 = 100_000_000_000;

/// The third segments that mark a development token (contract section 2).
const DEVELOPMENT_SIGNATURES: [&str; 2] = ["devtoken", "devToken"];

/// What can be read of a token, or of a broken one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The JOSE header, where it can be read.
    header: Option<Json>,
    /// The claims set, where it can be read.
    claims: Option<ClaimsSet>,
    /// Whether the third segment marks a development token.
    is_development: bool,
    /// Every fault of form that was found, the first first.
    faults: Vec<Malformed>,
}

/// Something about a token that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// A stable name.
    pub name: &'static str,
    /// What was found, in a sentence without foreign text.
    pub detail: String,
}

impl Inspection {
    /// Reads what can be read of a text.
    #[must_use]
    pub fn read(token: &str) -> Self {
        let mut faults = Vec::new();
        if let Err(fault) = Compact::parse(token) {
            faults.push(fault);
        }
        let readable = if token.len() > MAX_TOKEN_BYTES { 0 } else { 2 };
        let mut segments = token.split('.').take(readable);
        let mut read = |segment| compact::decode(segments.next()?, segment).ok();
        let (header, claims) = (read(Segment::Header), read(Segment::Claims));
        if let Some(Err(fault)) = header.as_deref().map(check_header) {
            faults.push(fault);
        }
        let strict = claims.as_deref().map(ClaimsSet::parse);
        if let Some(Err(fault)) = &strict {
            faults.push(fault.clone());
        }
        let lenient = |bytes: &[u8]| Json::parse(bytes).ok().filter(|json| matches!(json, Json::Object(_)));
        let claims = claims.as_deref().and_then(lenient).map(ClaimsSet::lenient);
        faults.extend(claims.iter().flat_map(time_faults));
        let is_development =
            compact::split(token).is_ok_and(|[_, _, signature]| DEVELOPMENT_SIGNATURES.contains(&signature));
        Self { header: header.as_deref().and_then(lenient), claims, is_development, faults }
    }

    /// Returns the JOSE header, where it can be read.
    #[must_use]
    pub fn header(&self) -> Option<&Json> {
        self.header.as_ref()
    }

    /// Returns the claims set, where it can be read.
    #[must_use]
    pub fn claims(&self) -> Option<&ClaimsSet> {
        self.claims.as_ref()
    }

    /// Returns `true` if this is a development token, which nobody signed.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is_development
    }

    /// Returns what makes this text no token, the first fault first; nothing where its form is sound.
    #[must_use]
    pub fn faults(&self) -> &[Malformed] {
        &self.faults
    }

    /// Returns what the reader of this token should know.
    #[must_use]
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints: Vec<Lint> = self.faults.iter().map(lint_of_fault).collect();
        if self.is_development {
            lints.push(lint("dev_token", "a development token: works only where auth checks are off"));
        }
        if let Some(claims) = &self.claims {
            lints.extend(lint_of_user_id(&claims.user_id()));
            lints.extend(lints_of_times(claims));
        }
        lints
    }
}

/// Makes a lint.
fn lint(name: &'static str, detail: impl Into<String>) -> Lint {
    Lint { name, detail: detail.into() }
}

/// Returns the faults of the time claims' types.
fn time_faults(claims: &ClaimsSet) -> Vec<Malformed> {
    [("exp", claims.expires_at()), ("iat", claims.issued_at()), ("nbf", claims.not_before())]
        .into_iter()
        .filter_map(|(claim, time)| sound(time, claim).err())
        .collect()
}

/// Names a fault of form.
fn lint_of_fault(fault: &Malformed) -> Lint {
    let name = match fault {
        Malformed::AlgorithmMissing | Malformed::AlgorithmMismatch { .. } => "algorithm",
        Malformed::TypeMismatch { .. } => "type",
        Malformed::HeaderParameter { .. } => "header_parameter",
        Malformed::DuplicateKey { .. } => "duplicate_key",
        Malformed::Time { .. } => "time_type",
        _ => "malformed",
    };
    lint(name, fault.to_string())
}

/// Names what is unusual about a user id.
fn lint_of_user_id(user_id: &UserId) -> Option<Lint> {
    match user_id {
        UserId::Customer(_) => None,
        UserId::Absent => Some(lint(
            "no_user_id",
            "no user_id: if it is signed, this is a server token with full admin rights",
        )),
        UserId::NotAString(Json::Number(_)) => {
            Some(lint("numeric_user_id", "user_id is a number: Stream wants a string"))
        }
        UserId::NotAString(_) => Some(lint("user_id_type", "user_id is no string")),
        UserId::Other(_) => Some(lint("not_a_customer", "user_id is not customer- and a number from 1 up")),
    }
}

/// Names what is unusual about the times.
fn lints_of_times(claims: &ClaimsSet) -> Vec<Lint> {
    let mut lints = Vec::new();
    for (claim, time) in
        [("exp", claims.expires_at()), ("iat", claims.issued_at()), ("nbf", claims.not_before())]
    {
        if time.at().is_some_and(is_likely_milliseconds) {
            lints.push(lint(
                "milliseconds",
                format!("{claim} is in milliseconds, it seems: it should be in seconds"),
            ));
        }
    }
    if claims.issued_at() == TimeClaim::Absent {
        lints
            .push(lint("no_iat", "no iat: any revocation of this user's tokens at Stream ends this one too"));
    }
    if let (Some(issued), Some(expires)) = (claims.issued_at().at(), claims.expires_at().at())
        && expires <= issued
    {
        lints.push(lint("never_valid", "exp is not after iat: this token was never valid"));
    }
    lints
}

/// Returns `true` if a time is so far ahead that it was meant in milliseconds.
fn is_likely_milliseconds(at: Timestamp) -> bool {
    at.epoch_seconds() >= LIKELY_MILLISECONDS
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
    fn says_nothing_of_a_sound_token() {
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
            (r#"{"user_id":"customer-1","iat":1893456000,"exp":3600}"#, vec!["never_valid"]),
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
        assert_eq!(inspection.faults(), [Malformed::NotJson { segment: Segment::Header }]);
    }

    #[test]
    fn reads_a_token_that_lost_its_signature() {
        let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"customer-1"}"#);
        let cut = token.rsplit_once('.').unwrap().0;
        let inspection = Inspection::read(cut);
        assert!(inspection.header().is_some() && inspection.claims().is_some());
        assert_eq!(inspection.faults(), [Malformed::Segments { found: 2 }]);
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
        assert_eq!(inspection.faults(), [Malformed::TooLong { bytes: 8000 }]);
    }
}
