//! The compact serialization (RFC 7515 section 3.1), taken apart strictly, and its JOSE header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims_set::parse_object;
use super::json::Json;
use super::malformed::{
    EncodingError, MAX_TOKEN_BYTES, MalformedToken, SESSION_TOKEN_TYPE, SIGNATURE_LENGTH, Segment,
};

/// The third segments that mark a development token (contract section 2).
const DEVELOPMENT_SIGNATURES: [&str; 2] = ["devtoken", "devToken"];

/// The words that logs and people put in the place of a signature.
const PLACEHOLDERS: [&str; 6] = ["redacted", "removed", "hidden", "masked", "filtered", "signature"];

/// A token's three segments; the first two are decoded, but not yet read.
#[derive(Debug)]
pub(super) struct Compact<'a> {
    /// The header's JSON text.
    pub(super) header: Vec<u8>,
    /// The claims' JSON text.
    pub(super) claims: Vec<u8>,
    /// The first two segments as they stand (RFC 7515 section 2).
    pub(super) signing_input: &'a [u8],
    /// The third segment as it stands.
    pub(super) signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart: at most [`MAX_TOKEN_BYTES`] bytes, three segments, the first two in canonical base64url.
    ///
    /// The signature is still to be checked, by [`check_signature`].
    pub(super) fn parse(token: &'a str) -> Result<Self, MalformedToken> {
        let [header, claims, signature] = split(token)?;
        let signed = header.len() + 1 + claims.len();
        Ok(Self {
            signing_input: &token.as_bytes()[..signed],
            header: decode(header, Segment::Header)?,
            claims: decode(claims, Segment::Claims)?,
            signature,
        })
    }
}

/// Splits a token at its dots.
pub(super) fn split(token: &str) -> Result<[&str; 3], MalformedToken> {
    if token.is_empty() {
        return Err(MalformedToken::Empty);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(MalformedToken::TooLong { bytes: token.len() });
    }
    let mut segments = token.split('.');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(header), Some(claims), Some(signature), None) => Ok([header, claims, signature]),
        _ if is_encrypted(token) => Err(MalformedToken::Encrypted),
        _ => Err(MalformedToken::Segments { found: token.split('.').count() }),
    }
}

/// Returns `true` if a text has five segments and a header that says that it is encrypted (RFC 7516).
fn is_encrypted(token: &str) -> bool {
    let header = token.split('.').next().and_then(|header| decode(header, Segment::Header).ok());
    token.split('.').count() == 5
        && header
            .and_then(|header| Json::parse(&header).ok())
            .is_some_and(|header| header.get("enc").is_some())
}

/// Returns `true` if a third segment marks a development token, which nobody signed.
pub(super) fn is_development(signature: &str) -> bool {
    DEVELOPMENT_SIGNATURES.contains(&signature)
}

/// Checks the form of a third segment: the 43 characters of an HS256 signature in canonical base64url, or the mark of
/// a development token.
pub(super) fn check_signature(signature: &str) -> Result<(), MalformedToken> {
    if is_development(signature) {
        return Ok(());
    }
    let word = signature.trim_matches(|character: char| !character.is_alphanumeric());
    if word.is_empty() || PLACEHOLDERS.iter().any(|placeholder| word.eq_ignore_ascii_case(placeholder)) {
        return Err(MalformedToken::SignatureRemoved);
    }
    check_alphabet(signature, Segment::Signature)?;
    if signature.len() != SIGNATURE_LENGTH {
        return Err(MalformedToken::SignatureLength { found: signature.len() });
    }
    decode(signature, Segment::Signature).map(drop)
}

/// Decodes a segment: unpadded base64url whose unused bits are zero.
pub(super) fn decode(text: &str, segment: Segment) -> Result<Vec<u8>, MalformedToken> {
    check_alphabet(text, segment)?;
    let error = EncodingError::NotCanonical;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedToken::Encoding { segment, error })
}

/// Refuses every character that is not in base64url's alphabet (RFC 4648 section 5).
fn check_alphabet(text: &str, segment: Segment) -> Result<(), MalformedToken> {
    let is_stray = |character: &char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_');
    let error = match text.chars().find(is_stray) {
        None => return Ok(()),
        Some('=') => EncodingError::Padding,
        Some(character) if character.is_whitespace() => EncodingError::WhiteSpace,
        Some(character) => EncodingError::Alphabet(character),
    };
    Err(MalformedToken::Encoding { segment, error })
}

/// Reads a JOSE header, and refuses every one but a plain HS256 header.
pub(super) fn check_header(bytes: &[u8]) -> Result<Json, MalformedToken> {
    let header = parse_object(bytes, Segment::Header)?;
    let algorithm = header.get("alg").and_then(Json::as_str).ok_or(MalformedToken::AlgorithmMissing)?;
    if algorithm != "HS256" {
        return Err(MalformedToken::AlgorithmMismatch { found: algorithm.to_owned() });
    }
    for name in ["crit", "b64", "zip", "enc"] {
        if header.get(name).is_some() {
            return Err(MalformedToken::HeaderParameter { name });
        }
    }
    if header.get("cty").is_some_and(is_nested_jwt) {
        return Err(MalformedToken::HeaderParameter { name: "cty" });
    }
    match header.get("typ") {
        None => Ok(header),
        Some(Json::String(typ)) if typ.eq_ignore_ascii_case("JWT") => Ok(header),
        Some(Json::String(typ)) if typ == SESSION_TOKEN_TYPE => Err(MalformedToken::SessionToken),
        Some(other) => {
            let found = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            Err(MalformedToken::TypeMismatch { found })
        }
    }
}

/// Returns `true` if a `cty` says that the claims are a token themselves (RFC 7519 section 5.2).
fn is_nested_jwt(content_type: &Json) -> bool {
    content_type.as_str().is_none_or(|text| {
        let text = text.to_ascii_lowercase();
        text.strip_prefix("application/").unwrap_or(&text) == "jwt"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(token: &str) -> MalformedToken {
        Compact::parse(token).unwrap_err()
    }

    fn encoding(segment: Segment, error: EncodingError) -> MalformedToken {
        MalformedToken::Encoding { segment, error }
    }

    #[test]
    fn takes_three_canonical_segments() {
        let compact = Compact::parse("e30.e30.AA").unwrap();
        assert_eq!((compact.header, compact.claims, compact.signature), (b"{}".into(), b"{}".into(), "AA"));
    }

    #[test]
    fn a_token_of_other_than_three_segments_is_refused() {
        assert_eq!(refused(""), MalformedToken::Empty);
        for (token, found) in [("e30", 1), ("e30.e30", 2), ("e30.e30.AA.", 4), ("....", 5)] {
            assert_eq!(refused(token), MalformedToken::Segments { found }, "{token}");
        }
    }

    #[test]
    fn is_bounded_before_anything_is_read() {
        let token = |length: usize| format!("{}.e30.AAA", "A".repeat(length - 8));
        assert!(Compact::parse(&token(MAX_TOKEN_BYTES)).is_ok());
        assert_eq!(
            refused(&token(MAX_TOKEN_BYTES + 1)),
            MalformedToken::TooLong { bytes: MAX_TOKEN_BYTES + 1 }
        );
    }

    #[test]
    fn refuses_every_other_spelling_of_base64url() {
        assert_eq!(refused("e30=.e30.AA"), encoding(Segment::Header, EncodingError::Padding));
        assert_eq!(refused("e30.e3 0.AA"), encoding(Segment::Claims, EncodingError::WhiteSpace));
        assert_eq!(refused("e30.e3+.AA"), encoding(Segment::Claims, EncodingError::Alphabet('+')));
        assert_eq!(refused("e30.é.AA"), encoding(Segment::Claims, EncodingError::Alphabet('é')));
        assert_eq!(refused("e30.e3.AA"), encoding(Segment::Claims, EncodingError::NotCanonical));
    }

    #[test]
    fn a_signature_has_43_characters_of_base64url_or_marks_a_development_token() {
        let whole = "A".repeat(43);
        for sound in [whole.as_str(), "devtoken", "devToken"] {
            assert_eq!(check_signature(sound), Ok(()), "{sound}");
        }
        let segment = Segment::Signature;
        for (signature, error) in [
            (whole.clone() + "=", encoding(segment, EncodingError::Padding)),
            ("A+".into(), encoding(segment, EncodingError::Alphabet('+'))),
            ("Aé".into(), encoding(segment, EncodingError::Alphabet('é'))),
            (whole.clone() + "\n", encoding(segment, EncodingError::WhiteSpace)),
            ("A".repeat(42) + "B", encoding(segment, EncodingError::NotCanonical)),
            ("A".repeat(40), MalformedToken::SignatureLength { found: 40 }),
            ("A".repeat(44), MalformedToken::SignatureLength { found: 44 }),
            ("A".into(), MalformedToken::SignatureLength { found: 1 }),
        ] {
            assert_eq!(check_signature(&signature), Err(error), "{signature}");
        }
        for removed in ["", "REDACTED", "[redacted]", "‹…›", "***", "<signature>"] {
            assert_eq!(check_signature(removed), Err(MalformedToken::SignatureRemoved), "{removed}");
        }
    }

    #[test]
    fn an_encrypted_token_and_a_session_token_are_named() {
        assert_eq!(refused("eyJlbmMiOiJBMjU2R0NNIn0..a.b.c"), MalformedToken::Encrypted);
        assert_eq!(refused("e30..a.b.c"), MalformedToken::Segments { found: 5 });
        let header = format!(r#"{{"alg":"HS256","typ":"{SESSION_TOKEN_TYPE}"}}"#);
        assert_eq!(check_header(header.as_bytes()), Err(MalformedToken::SessionToken));
    }

    #[test]
    fn takes_a_plain_hs256_header_in_any_order() {
        for header in [
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"typ":"jwt","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
            r#"{"alg":"HS256","kid":"a"}"#,
            r#"{"alg":"HS256","cty":"json"}"#,
        ] {
            assert!(check_header(header.as_bytes()).is_ok(), "{header}");
        }
    }

    #[test]
    fn refuses_every_other_header() {
        let found = |text: &str| text.to_owned();
        let segment = Segment::Header;
        for (header, refusal) in [
            ("[]", MalformedToken::NotAnObject { segment }),
            ("{", MalformedToken::NotJson { segment }),
            ("{}", MalformedToken::AlgorithmMissing),
            (r#"{"alg":{"HS256":null}}"#, MalformedToken::AlgorithmMissing),
            (r#"{"alg":["HS256"]}"#, MalformedToken::AlgorithmMissing),
            (r#"{"alg":"none"}"#, MalformedToken::AlgorithmMismatch { found: found("none") }),
            (r#"{"alg":"hs256"}"#, MalformedToken::AlgorithmMismatch { found: found("hs256") }),
            (r#"{"alg":"RS256"}"#, MalformedToken::AlgorithmMismatch { found: found("RS256") }),
            (r#"{"alg":"HS512"}"#, MalformedToken::AlgorithmMismatch { found: found("HS512") }),
            (r#"{"alg":"HS256","alg":"HS256"}"#, MalformedToken::DuplicateKey { segment, key: found("alg") }),
            (r#"{"alg":"HS256","crit":[]}"#, MalformedToken::HeaderParameter { name: "crit" }),
            (r#"{"alg":"HS256","b64":true}"#, MalformedToken::HeaderParameter { name: "b64" }),
            (r#"{"alg":"HS256","zip":"DEF"}"#, MalformedToken::HeaderParameter { name: "zip" }),
            (r#"{"alg":"HS256","enc":"A128GCM"}"#, MalformedToken::HeaderParameter { name: "enc" }),
            (r#"{"alg":"HS256","cty":"JWT"}"#, MalformedToken::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","cty":"application/jwt"}"#, MalformedToken::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","cty":1}"#, MalformedToken::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","typ":"at+jwt"}"#, MalformedToken::TypeMismatch { found: found("at+jwt") }),
            (r#"{"alg":"HS256","typ":1}"#, MalformedToken::TypeMismatch { found: found("1") }),
        ] {
            assert_eq!(check_header(header.as_bytes()), Err(refusal), "{header}");
        }
    }
}
