//! The errors of a malformed token: everything that can be checked without a secret.

use thiserror::Error;

use super::mint::SIGNATURE_LENGTH;
use crate::escape::escaped_short;

/// The most bytes of a token that is read. Tokens minted here have at most 199.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// The JOSE `typ` of the session tokens that `serve` accepts. They are not for Stream.
pub(super) const SESSION_TOKEN_TYPE: &str = "stream-token-session+jwt";

/// A segment of a token, displayed as messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Segment {
    /// The JOSE header.
    #[error("header")]
    Header,
    /// The claims set.
    #[error("claims set")]
    Claims,
    /// The signature.
    #[error("signature")]
    Signature,
}

/// An error in a segment's base64url (RFC 4648 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodingError {
    /// It contains a character outside the base64url alphabet: padding, white space, or the `+` and `/` of standard base64.
    #[error("contains '{}', which is not base64url", escaped_short(&.0.to_string()))]
    Alphabet(char),
    /// It ends in bits that no encoder sets, or has a length that no encoder produces.
    #[error("is not whole base64url")]
    NotCanonical,
}

/// An error in a time claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TimeClaimError {
    /// It has a fraction or an exponent.
    #[error("has a fraction or an exponent")]
    NotAnInteger,
    /// It is below 0 or above 2^53 - 1.
    #[error("is not between 0 and 2^53 - 1")]
    OutOfRange,
    /// It is a string.
    #[error("is a string")]
    Text,
    /// It is neither a number nor a string.
    #[error("is not a number")]
    NotANumber,
}

/// The reason why a text is not a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedToken {
    /// The text is empty.
    #[error("nothing is there")]
    Empty,
    /// It has this many bytes, more than [`MAX_TOKEN_BYTES`].
    #[error("it has {0} bytes, and a token at most {MAX_TOKEN_BYTES}")]
    TooLong(usize),
    /// It has this many segments separated by dots, not three.
    #[error("expected 3 segments, found {0}")]
    Segments(usize),
    /// It has the five segments of an encrypted token (RFC 7516 section 3.1).
    #[error("it is an encrypted token (JWE) of another system")]
    Encrypted,
    /// It is a session token of `serve`.
    #[error("it is a session token of 'stream-token serve', not a token for Stream")]
    SessionToken,
    /// A segment is not canonical base64url.
    #[error("the {0} {1}")]
    Encoding(Segment, EncodingError),
    /// A segment is not JSON (RFC 8259); includes invalid UTF-8, and numbers outside the range of every number type.
    #[error("the {0} is not JSON")]
    NotJson(Segment),
    /// A segment is JSON, but not an object.
    #[error("the {0} is JSON, but not an object")]
    NotAnObject(Segment),
    /// An object contains this key twice.
    #[error("the key '{}' appears twice in the {segment}", escaped_short(.1), segment = .0)]
    DuplicateKey(Segment, String),
    /// Objects and arrays nest deeper than eight levels.
    #[error("the {0} is nested too deep")]
    TooDeep(Segment),
    /// The header has no `alg`, or one that is not a string.
    #[error("the header names no algorithm")]
    AlgorithmMissing,
    /// The header's algorithm is this one, not HS256.
    #[error("the algorithm is '{}', expected 'HS256'", escaped_short(.0))]
    AlgorithmMismatch(String),
    /// The header's `typ` is this one, not `JWT`.
    #[error("typ is '{}', expected 'JWT'", escaped_short(.0))]
    TypeMismatch(String),
    /// The header has a parameter that changes what a token means: `crit`, `b64`, `zip`, `enc`, `cty`.
    #[error("the header has '{0}', which Stream's tokens never have")]
    HeaderParameter(&'static str),
    /// The signature has this many characters, not the 43 of HS256.
    #[error("the signature has {0} of {SIGNATURE_LENGTH} characters")]
    SignatureLength(usize),
    /// The signature is empty, or replaced by a placeholder.
    #[error("the signature was removed")]
    SignatureRemoved,
    /// This claim (`exp`, `iat` or `nbf`) is not an integer of seconds.
    #[error("{0} {1}, expected integer seconds")]
    Time(&'static str, TimeClaimError),
}

impl MalformedToken {
    /// Returns the next step to take.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty
            | Self::Segments(_)
            | Self::SignatureLength(_)
            | Self::Encoding(..)
            | Self::NotJson(_)
            | Self::NotAnObject(_) => {
                "copy the whole token again: header.claims.signature, without line breaks"
            }
            Self::SignatureRemoved => {
                "copy the token from where it was made: logs and tickets often remove it"
            }
            Self::TooLong(_) => "give one token; a Stream user token has some 150 to 200 characters",
            Self::DuplicateKey(..) | Self::TooDeep(_) | Self::HeaderParameter(_) => {
                "mint it with 'stream-token issue' or one of Stream's SDKs; none of them makes such a token"
            }
            Self::AlgorithmMissing | Self::AlgorithmMismatch(_) | Self::TypeMismatch(_) => {
                "this is a token of another system, or its signer is set up wrong: Stream user tokens are HS256"
            }
            Self::Encrypted => {
                "Stream takes no encrypted token: find the one that 'stream-token issue' printed"
            }
            Self::SessionToken => {
                "send it to the endpoint as 'Authorization: Bearer', which answers with a token for Stream"
            }
            Self::Time(..) => "fix the signer: exp, iat and nbf are whole epoch seconds, such as 1893456000",
        }
    }
}
