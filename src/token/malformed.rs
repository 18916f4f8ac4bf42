//! What makes a text not a token: everything that is decided before a secret is needed.

use std::fmt;

use thiserror::Error;

use crate::escape::escaped_short;

/// The most bytes that are read as a token. Ours have at most 199.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// The length of an HS256 signature in base64url: 32 bytes.
pub(super) const SIGNATURE_LENGTH: usize = 43;

/// The JOSE `typ` of the session tokens that `serve` accepts. They are not for Stream.
pub(super) const SESSION_TOKEN_TYPE: &str = "stream-token-session+jwt";

/// A segment of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims set.
    Claims,
    /// The signature.
    Signature,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims set",
            Self::Signature => "signature",
        })
    }
}

/// What is wrong with a segment's base64url (RFC 4648 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodingError {
    /// It is padded.
    #[error("is padded with '='")]
    Padding,
    /// It contains white space.
    #[error("contains white space")]
    WhiteSpace,
    /// It contains a character outside the base64url alphabet: `+` and `/` are of another one.
    #[error("contains '{}', which is not base64url", escaped_short(&.0.to_string()))]
    Alphabet(char),
    /// It ends in bits that no encoder sets, or has a length that no encoder produces.
    #[error("is not whole base64url")]
    NotCanonical,
}

/// What is wrong with a time claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TimeClaimError {
    /// A number with a fraction or an exponent.
    #[error("has a fraction or an exponent")]
    NotAnInteger,
    /// Below 0.
    #[error("is negative")]
    Negative,
    /// Above 2^53 - 1.
    #[error("is above 2^53 - 1")]
    TooLarge,
    /// A string.
    #[error("is a string")]
    Text,
    /// Neither a number nor a string.
    #[error("is not a number")]
    NotANumber,
}

/// What makes a text not a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedToken {
    /// The text is empty.
    #[error("nothing is there")]
    Empty,
    /// It has more than [`MAX_TOKEN_BYTES`] bytes.
    #[error("it has {bytes} bytes, and a token at most {MAX_TOKEN_BYTES}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It does not have three segments between dots.
    #[error("it has {found} segment{}, and a token has 3", if *found == 1 { "" } else { "s" })]
    Segments {
        /// How many it has.
        found: usize,
    },
    /// It has the five segments of an encrypted token (RFC 7516 section 3.1).
    #[error("it is an encrypted token (JWE) of another system")]
    Encrypted,
    /// It is a session token of `serve`.
    #[error("it is a session token of 'stream-token serve', not a token for Stream")]
    SessionToken,
    /// A segment is not canonical base64url.
    #[error("the {segment} {error}")]
    Encoding {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: EncodingError,
    },
    /// A segment is not JSON (RFC 8259), invalid UTF-8 included.
    #[error("the {segment} is not JSON")]
    NotJson {
        /// The segment.
        segment: Segment,
    },
    /// A segment is JSON, but not an object.
    #[error("the {segment} is JSON, but not an object")]
    NotAnObject {
        /// The segment.
        segment: Segment,
    },
    /// A key appears twice in one object.
    #[error("the key '{}' appears twice in the {segment}", escaped_short(key))]
    DuplicateKey {
        /// The segment.
        segment: Segment,
        /// The key.
        key: String,
    },
    /// JSON nested deeper than [`super::MAX_DEPTH`].
    #[error("the {segment} is nested too deep")]
    TooDeep {
        /// The segment.
        segment: Segment,
    },
    /// The header has no `alg`, or one that is not a string.
    #[error("the header names no algorithm")]
    AlgorithmMissing,
    /// The header's algorithm is not HS256.
    #[error("the algorithm is '{}', expected 'HS256'", escaped_short(found))]
    AlgorithmMismatch {
        /// The algorithm.
        found: String,
    },
    /// The header's `typ` is not `JWT`.
    #[error("typ is '{}', expected 'JWT'", escaped_short(found))]
    TypeMismatch {
        /// The type.
        found: String,
    },
    /// A header parameter that changes what a token means: `crit`, `b64`, `zip`, `enc`, a nested `cty`.
    #[error("the header has '{name}', which Stream's tokens never have")]
    HeaderParameter {
        /// Its name.
        name: &'static str,
    },
    /// The signature does not have the 43 characters of HS256.
    #[error("the signature has {found} of {SIGNATURE_LENGTH} characters")]
    SignatureLength {
        /// How many it has.
        found: usize,
    },
    /// The signature is empty, or something else was written in its place.
    #[error("the signature was removed")]
    SignatureRemoved,
    /// `exp`, `iat` or `nbf` is not an integer of seconds.
    #[error("{claim} {error}, expected integer seconds")]
    Time {
        /// The claim.
        claim: &'static str,
        /// What is wrong with it.
        error: TimeClaimError,
    },
}

impl MalformedToken {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty
            | Self::Segments { .. }
            | Self::SignatureLength { .. }
            | Self::Encoding { error: EncodingError::NotCanonical, .. } => {
                "copy the whole token again: header.claims.signature, without line breaks"
            }
            Self::SignatureRemoved => {
                "copy the token from where it was made: logs and tickets often remove it"
            }
            Self::TooLong { .. } => "give one token; a Stream user token has some 150 to 200 characters",
            Self::Encoding { .. } | Self::NotJson { .. } | Self::NotAnObject { .. } => {
                "copy the token again as the signer gave it; it may be cut, wrapped or encoded twice"
            }
            Self::DuplicateKey { .. } | Self::TooDeep { .. } | Self::HeaderParameter { .. } => {
                "mint it with 'stream-token issue' or one of Stream's SDKs; none of them makes such a token"
            }
            Self::AlgorithmMissing | Self::AlgorithmMismatch { .. } | Self::TypeMismatch { .. } => {
                "this is a token of another system, or its signer is set up wrong: Stream user tokens are HS256"
            }
            Self::Encrypted => {
                "Stream takes no encrypted token: find the one that 'stream-token issue' printed"
            }
            Self::SessionToken => {
                "send it to the endpoint as 'Authorization: Bearer', which answers with a token for Stream"
            }
            Self::Time { .. } => {
                "fix the signer: exp, iat and nbf are whole epoch seconds, such as 1893456000"
            }
        }
    }
}
