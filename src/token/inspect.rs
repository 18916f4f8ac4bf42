//! Parses a token strictly (RFC 7515 section 3.1), and still reads what it can of a malformed one. Nothing here needs a
//! secret, and nothing is trusted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::claims::{ClaimsSet, TIME_CLAIMS};
use super::json::{Object, parse_object};
use super::malformed::{EncodingError, MAX_TOKEN_BYTES, MalformedToken, SESSION_TOKEN_TYPE, Segment};
use super::mint::SIGNATURE_LENGTH;

/// The words that logs and people write in place of a signature.
const PLACEHOLDERS: [&str; 6] = ["redacted", "removed", "hidden", "masked", "filtered", "signature"];

/// The header parameters that change what a token means.
const REFUSED_PARAMETERS: [&str; 5] = ["crit", "b64", "zip", "enc", "cty"];

/// The readable parts of a token, well-formed or malformed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection<'a> {
    /// The JOSE header, if it can be read.
    pub header: Option<Object>,
    /// The claims set as written, if it can be read.
    pub payload: Option<Object>,
    /// The claims that Stream reads from the claims set.
    pub claims: Option<ClaimsSet>,
    /// Whether the third segment marks a development token, which is unsigned.
    pub is_development: bool,
    /// The reasons why the text is not a token, in the order of the segments, times last; empty for a well-formed token.
    pub errors: Vec<MalformedToken>,
    /// The signing input and the signature (RFC 7515 section 2) of a text with three segments.
    pub(super) signed: Option<(&'a str, &'a str)>,
}

impl<'a> Inspection<'a> {
    /// Reads as much as possible of a text of at most [`MAX_TOKEN_BYTES`] bytes.
    #[must_use]
    pub fn read(token: &'a str) -> Self {
        if token.len() > MAX_TOKEN_BYTES {
            return Self { errors: vec![MalformedToken::TooLong(token.len())], ..Self::default() };
        }
        let segments: Vec<&str> = token.split('.').collect();
        let mut errors = Vec::new();
        let header = read_object(&segments, Segment::Header, &mut errors);
        errors.extend(header.as_ref().and_then(|header| check_header(header).err()));
        let payload = read_object(&segments, Segment::Claims, &mut errors);
        let claims = payload.as_ref().map(ClaimsSet::of);
        match (segments.as_slice(), &header) {
            ([_, _, signature], _) => errors.extend(check_signature(signature).err()),
            _ if token.is_empty() => errors = vec![MalformedToken::Empty],
            ([_, _, _, _, _], Some(header)) if header.contains_key("enc") => {
                errors = vec![MalformedToken::Encrypted];
            }
            (other, _) => errors = vec![MalformedToken::Segments(other.len())],
        }
        let times = claims.iter().flat_map(|claims| TIME_CLAIMS.into_iter().zip(claims.times()));
        errors.extend(times.filter_map(|(claim, time)| Some(MalformedToken::Time(claim, time.err()?))));
        let signed = token.rsplit_once('.').filter(|_| segments.len() == 3);
        let is_development = signed.is_some_and(|(_, signature)| is_development(signature));
        Self { header, payload, claims, is_development, errors, signed }
    }
}

/// Reads the JSON object of a segment. A refused object is read again leniently, so that it can still be shown.
fn read_object(segments: &[&str], segment: Segment, errors: &mut Vec<MalformedToken>) -> Option<Object> {
    let decoded = decode(segments.get(segment as usize)?, segment);
    let bytes = decoded.map_err(|error| errors.push(error)).ok()?;
    parse_object(&bytes, segment)
        .or_else(|error| {
            errors.push(error);
            serde_json::from_slice(&bytes)
        })
        .ok()
}

/// Decodes a segment: unpadded base64url whose unused bits are zero.
fn decode(text: &str, segment: Segment) -> Result<Vec<u8>, MalformedToken> {
    // The engine refuses these characters too, but does not name the character.
    let is_stray = |character: &char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_');
    let error = text.chars().find(is_stray).map_or(EncodingError::NotCanonical, EncodingError::Alphabet);
    URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedToken::Encoding(segment, error))
}

/// Checks the JOSE header: only a plain HS256 header is accepted.
fn check_header(header: &Object) -> Result<(), MalformedToken> {
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(MalformedToken::AlgorithmMissing)?;
    if algorithm != "HS256" {
        return Err(MalformedToken::AlgorithmMismatch(algorithm.to_owned()));
    }
    if let Some(name) = REFUSED_PARAMETERS.into_iter().find(|name| header.contains_key(*name)) {
        return Err(MalformedToken::HeaderParameter(name));
    }
    match header.get("typ") {
        None => Ok(()),
        Some(Value::String(typ)) if typ.eq_ignore_ascii_case("JWT") => Ok(()),
        Some(Value::String(typ)) if typ == SESSION_TOKEN_TYPE => Err(MalformedToken::SessionToken),
        Some(Value::String(typ)) => Err(MalformedToken::TypeMismatch(typ.clone())),
        Some(other) => Err(MalformedToken::TypeMismatch(other.to_string())),
    }
}

/// Returns `true` if a third segment marks a development token (contract section 2), which is unsigned.
pub(super) fn is_development(signature: &str) -> bool {
    matches!(signature, "devtoken" | "devToken")
}

/// Checks the form of a third segment: the 43 characters of an HS256 signature in canonical base64url, or the mark of
/// a development token.
fn check_signature(signature: &str) -> Result<(), MalformedToken> {
    let word = signature.trim_matches(|character: char| !character.is_alphanumeric());
    if word.is_empty() || PLACEHOLDERS.iter().any(|placeholder| word.eq_ignore_ascii_case(placeholder)) {
        return Err(MalformedToken::SignatureRemoved);
    }
    match decode(signature, Segment::Signature) {
        _ if is_development(signature) => Ok(()),
        Ok(_) | Err(MalformedToken::Encoding(_, EncodingError::NotCanonical))
            if signature.len() != SIGNATURE_LENGTH =>
        {
            Err(MalformedToken::SignatureLength(signature.len()))
        }
        decoded => decoded.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::unsigned;

    fn errors(token: &str) -> Vec<MalformedToken> {
        Inspection::read(token).errors
    }

    #[test]
    fn token_must_have_three_segments() {
        assert_eq!(errors(""), [MalformedToken::Empty]);
        for (token, found) in [("e30", 1), ("e30.e30", 2), ("e30.e30.AA.", 4), ("....", 5)] {
            assert_eq!(errors(token), [MalformedToken::Segments(found)], "{token}");
        }
    }

    #[test]
    fn length_is_checked_before_anything_is_read() {
        let token = |length: usize| format!("{}.e30.AAA", "A".repeat(length - 8));
        assert!(!matches!(errors(&token(MAX_TOKEN_BYTES))[..], [MalformedToken::TooLong(_)]));
        let long = token(MAX_TOKEN_BYTES + 1);
        let refused = Inspection {
            errors: vec![MalformedToken::TooLong(MAX_TOKEN_BYTES + 1)],
            ..Inspection::default()
        };
        assert_eq!(Inspection::read(&long), refused);
    }

    #[test]
    fn refuses_every_other_spelling_of_base64url() {
        for (token, segment, error) in [
            ("e30=.e30.AA", Segment::Header, EncodingError::Alphabet('=')),
            ("eyJhbGciOiJIUzI1NiJ9.e3 0.AA", Segment::Claims, EncodingError::Alphabet(' ')),
            ("eyJhbGciOiJIUzI1NiJ9.e3+.AA", Segment::Claims, EncodingError::Alphabet('+')),
            ("eyJhbGciOiJIUzI1NiJ9.é.AA", Segment::Claims, EncodingError::Alphabet('é')),
            ("eyJhbGciOiJIUzI1NiJ9.e3.AA", Segment::Claims, EncodingError::NotCanonical),
        ] {
            assert_eq!(errors(token)[0], MalformedToken::Encoding(segment, error), "{token}");
        }
    }

    #[test]
    fn signature_has_43_characters_or_marks_a_development_token() {
        let whole = "A".repeat(43);
        for sound in [whole.as_str(), "devtoken", "devToken"] {
            assert_eq!(check_signature(sound), Ok(()), "{sound}");
        }
        let encoding = |error| MalformedToken::Encoding(Segment::Signature, error);
        for (signature, error) in [
            (whole.clone() + "=", encoding(EncodingError::Alphabet('='))),
            ("A+".into(), encoding(EncodingError::Alphabet('+'))),
            ("Aé".into(), encoding(EncodingError::Alphabet('é'))),
            (whole.clone() + "\n", encoding(EncodingError::Alphabet('\n'))),
            ("A".repeat(42) + "B", encoding(EncodingError::NotCanonical)),
            ("A".repeat(40), MalformedToken::SignatureLength(40)),
            ("A".repeat(44), MalformedToken::SignatureLength(44)),
            ("A".into(), MalformedToken::SignatureLength(1)),
            ("DevToken".into(), MalformedToken::SignatureLength(8)),
        ] {
            assert_eq!(check_signature(&signature), Err(error), "{signature}");
        }
        for removed in ["", "REDACTED", "[redacted]", "‹…›", "***", "<signature>"] {
            assert_eq!(check_signature(removed), Err(MalformedToken::SignatureRemoved), "{removed}");
        }
    }

    #[test]
    fn encrypted_token_is_named() {
        assert_eq!(errors("eyJlbmMiOiJBMjU2R0NNIn0..a.b.c"), [MalformedToken::Encrypted]);
        assert_eq!(errors("e30..a.b.c"), [MalformedToken::Segments(5)]);
    }

    #[test]
    fn accepts_a_plain_hs256_header_in_any_order() {
        for header in [
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"typ":"jwt","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
            r#"{"alg":"HS256","kid":"a"}"#,
        ] {
            assert_eq!(errors(&unsigned(header, "{}")), [], "{header}");
        }
    }

    #[test]
    fn refuses_every_other_header() {
        let found = |text: &str| text.to_owned();
        let segment = Segment::Header;
        let session = format!(r#"{{"alg":"HS256","typ":"{SESSION_TOKEN_TYPE}"}}"#);
        for (header, refusal) in [
            ("[]", MalformedToken::NotAnObject(segment)),
            ("{", MalformedToken::NotJson(segment)),
            ("{}", MalformedToken::AlgorithmMissing),
            (r#"{"alg":{"HS256":null}}"#, MalformedToken::AlgorithmMissing),
            (r#"{"alg":["HS256"]}"#, MalformedToken::AlgorithmMissing),
            (r#"{"alg":"none"}"#, MalformedToken::AlgorithmMismatch(found("none"))),
            (r#"{"alg":"hs256"}"#, MalformedToken::AlgorithmMismatch(found("hs256"))),
            (r#"{"alg":"RS256"}"#, MalformedToken::AlgorithmMismatch(found("RS256"))),
            (r#"{"alg":"HS512"}"#, MalformedToken::AlgorithmMismatch(found("HS512"))),
            (r#"{"alg":"HS256","alg":"HS256"}"#, MalformedToken::DuplicateKey(segment, found("alg"))),
            (r#"{"alg":"HS256","crit":[]}"#, MalformedToken::HeaderParameter("crit")),
            (r#"{"alg":"HS256","b64":true}"#, MalformedToken::HeaderParameter("b64")),
            (r#"{"alg":"HS256","zip":"DEF"}"#, MalformedToken::HeaderParameter("zip")),
            (r#"{"alg":"HS256","enc":"A128GCM"}"#, MalformedToken::HeaderParameter("enc")),
            (r#"{"alg":"HS256","cty":"JWT"}"#, MalformedToken::HeaderParameter("cty")),
            (r#"{"alg":"HS256","cty":1}"#, MalformedToken::HeaderParameter("cty")),
            (r#"{"alg":"HS256","typ":"at+jwt"}"#, MalformedToken::TypeMismatch(found("at+jwt"))),
            (r#"{"alg":"HS256","typ":1}"#, MalformedToken::TypeMismatch(found("1"))),
            (&session, MalformedToken::SessionToken),
        ] {
            assert_eq!(errors(&unsigned(header, "{}")), [refusal], "{header}");
        }
    }

    #[test]
    fn reads_the_claims_after_a_broken_header() {
        let token = unsigned("{", r#"{"user_id":"customer-1"}"#);
        let inspection = Inspection::read(&token);
        assert!(inspection.header.is_none() && inspection.payload.is_some());
        assert_eq!(inspection.errors, [MalformedToken::NotJson(Segment::Header)]);
    }

    #[test]
    fn shows_an_object_with_a_duplicate_key() {
        let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"iat":1,"iat":2}"#);
        let inspection = Inspection::read(&token);
        assert_eq!(inspection.payload.unwrap()["iat"], 2);
        assert_eq!(inspection.errors, [MalformedToken::DuplicateKey(Segment::Claims, "iat".into())]);
    }

    #[test]
    fn reads_a_token_that_lost_its_signature() {
        let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"customer-1"}"#);
        let cut = token.rsplit_once('.').unwrap().0;
        let inspection = Inspection::read(cut);
        assert!(inspection.header.is_some() && inspection.claims.is_some());
        assert_eq!(inspection.errors, [MalformedToken::Segments(2)]);
    }

    #[test]
    fn recognises_both_spellings_of_a_development_token() {
        for (signature, is_development) in [("devtoken", true), ("devToken", true), ("DevToken", false)] {
            let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"customer-1"}"#);
            let token = format!("{}.{signature}", token.rsplit_once('.').unwrap().0);
            assert_eq!(Inspection::read(&token).is_development, is_development, "{signature}");
        }
    }
}
