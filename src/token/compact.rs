//! The compact serialization (RFC 7515 section 3.1), taken apart strictly, and its JOSE header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims_set::parse_object;
use super::json::Json;
use super::malformed::{Encoding, MAX_TOKEN_BYTES, Malformed, Segment};

/// A token's three segments, decoded but not yet read.
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
    /// Takes a token apart: at most [`MAX_TOKEN_BYTES`] bytes, three segments, canonical base64url.
    pub(super) fn parse(token: &'a str) -> Result<Self, Malformed> {
        let [header, claims, signature] = split(token)?;
        decode(signature, Segment::Signature)?;
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
pub(super) fn split(token: &str) -> Result<[&str; 3], Malformed> {
    if token.is_empty() {
        return Err(Malformed::Empty);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Malformed::TooLong { bytes: token.len() });
    }
    let mut segments = token.split('.');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(header), Some(claims), Some(signature), None) => Ok([header, claims, signature]),
        _ => Err(Malformed::Segments { found: token.split('.').count() }),
    }
}

/// Decodes a segment: unpadded base64url whose unused bits are zero.
pub(super) fn decode(text: &str, segment: Segment) -> Result<Vec<u8>, Malformed> {
    let refused = |fault| Malformed::Encoding { segment, fault };
    let stray = |character: &char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_');
    if let Some(character) = text.chars().find(stray) {
        return Err(refused(match character {
            '=' => Encoding::Padding,
            character if character.is_whitespace() => Encoding::WhiteSpace,
            character => Encoding::Alphabet(character),
        }));
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| refused(Encoding::NotCanonical))
}

/// Reads a JOSE header and refuses all but a plain HS256 one.
pub(super) fn check_header(bytes: &[u8]) -> Result<Json, Malformed> {
    let header = parse_object(bytes, Segment::Header)?;
    let algorithm = header.get("alg").and_then(Json::as_str).ok_or(Malformed::AlgorithmMissing)?;
    if algorithm != "HS256" {
        return Err(Malformed::AlgorithmMismatch { found: algorithm.to_owned() });
    }
    for name in ["crit", "b64", "zip", "enc"] {
        if header.get(name).is_some() {
            return Err(Malformed::HeaderParameter { name });
        }
    }
    if header.get("cty").is_some_and(is_nested_jwt) {
        return Err(Malformed::HeaderParameter { name: "cty" });
    }
    match header.get("typ") {
        None => Ok(header),
        Some(Json::String(typ)) if typ.eq_ignore_ascii_case("JWT") => Ok(header),
        Some(other) => {
            let found = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            Err(Malformed::TypeMismatch { found })
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

    fn refused(token: &str) -> Malformed {
        Compact::parse(token).unwrap_err()
    }

    fn encoding(segment: Segment, fault: Encoding) -> Malformed {
        Malformed::Encoding { segment, fault }
    }

    #[test]
    fn takes_three_canonical_segments() {
        let compact = Compact::parse("e30.e30.AA").unwrap();
        assert_eq!((compact.header, compact.claims, compact.signature), (b"{}".into(), b"{}".into(), "AA"));
    }

    #[test]
    fn counts_segments() {
        assert_eq!(refused(""), Malformed::Empty);
        for (token, found) in [("e30", 1), ("e30.e30", 2), ("e30.e30.AA.", 4), ("....", 5)] {
            assert_eq!(refused(token), Malformed::Segments { found }, "{token}");
        }
    }

    #[test]
    fn is_bounded_before_anything_is_read() {
        let token = |length: usize| format!("{}.e30.AAA", "A".repeat(length - 8));
        assert!(Compact::parse(&token(MAX_TOKEN_BYTES)).is_ok());
        assert_eq!(refused(&token(MAX_TOKEN_BYTES + 1)), Malformed::TooLong { bytes: MAX_TOKEN_BYTES + 1 });
    }

    #[test]
    fn refuses_every_other_spelling_of_base64url() {
        assert_eq!(refused("e30=.e30.AA"), encoding(Segment::Header, Encoding::Padding));
        assert_eq!(refused("e30.e3 0.AA"), encoding(Segment::Claims, Encoding::WhiteSpace));
        assert_eq!(refused("e30.e30.A+"), encoding(Segment::Signature, Encoding::Alphabet('+')));
        assert_eq!(refused("e30.e30.A/"), encoding(Segment::Signature, Encoding::Alphabet('/')));
        assert_eq!(refused("e30.e30.é"), encoding(Segment::Signature, Encoding::Alphabet('é')));
        assert_eq!(refused("e30.e30.AB"), encoding(Segment::Signature, Encoding::NotCanonical));
        assert_eq!(refused("e30.e3.AA"), encoding(Segment::Claims, Encoding::NotCanonical));
        assert_eq!(refused("e30.e30.A"), encoding(Segment::Signature, Encoding::NotCanonical));
        assert_eq!(refused("e30.e30.AA\n"), encoding(Segment::Signature, Encoding::WhiteSpace));
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
            ("[]", Malformed::NotAnObject { segment }),
            ("{", Malformed::NotJson { segment }),
            ("{}", Malformed::AlgorithmMissing),
            (r#"{"alg":{"HS256":null}}"#, Malformed::AlgorithmMissing),
            (r#"{"alg":["HS256"]}"#, Malformed::AlgorithmMissing),
            (r#"{"alg":"none"}"#, Malformed::AlgorithmMismatch { found: found("none") }),
            (r#"{"alg":"hs256"}"#, Malformed::AlgorithmMismatch { found: found("hs256") }),
            (r#"{"alg":"RS256"}"#, Malformed::AlgorithmMismatch { found: found("RS256") }),
            (r#"{"alg":"HS512"}"#, Malformed::AlgorithmMismatch { found: found("HS512") }),
            (r#"{"alg":"HS256","alg":"HS256"}"#, Malformed::DuplicateKey { segment, key: found("alg") }),
            (r#"{"alg":"HS256","crit":[]}"#, Malformed::HeaderParameter { name: "crit" }),
            (r#"{"alg":"HS256","b64":true}"#, Malformed::HeaderParameter { name: "b64" }),
            (r#"{"alg":"HS256","zip":"DEF"}"#, Malformed::HeaderParameter { name: "zip" }),
            (r#"{"alg":"HS256","enc":"A128GCM"}"#, Malformed::HeaderParameter { name: "enc" }),
            (r#"{"alg":"HS256","cty":"JWT"}"#, Malformed::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","cty":"application/jwt"}"#, Malformed::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","cty":1}"#, Malformed::HeaderParameter { name: "cty" }),
            (r#"{"alg":"HS256","typ":"at+jwt"}"#, Malformed::TypeMismatch { found: found("at+jwt") }),
            (r#"{"alg":"HS256","typ":1}"#, Malformed::TypeMismatch { found: found("1") }),
        ] {
            assert_eq!(check_header(header.as_bytes()), Err(refusal), "{header}");
        }
    }
}
