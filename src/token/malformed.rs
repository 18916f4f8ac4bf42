//! What makes a text no token: everything that is judged before a secret is asked for.

use std::error::Error;
use std::fmt;

use crate::escape::escaped_short;

/// The most bytes that are read as a token. Ours have at most 199.
pub const MAX_TOKEN_BYTES: usize = 4096;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// It is padded with `=`.
    Padding,
    /// White space stands in it.
    WhiteSpace,
    /// A character of no base64url alphabet stands in it: `+` and `/` are of another one.
    Alphabet(char),
    /// It ends in bits that no encoder sets, or has a length that no encoder gives.
    NotCanonical,
}

/// What is wrong with a time claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// A number with a fraction or an exponent.
    NotAnInteger,
    /// Below 0.
    Negative,
    /// Above 2^53 - 1.
    TooLarge,
    /// A string.
    Text,
    /// Neither a number nor a string.
    NotANumber,
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnInteger => "has a fraction or an exponent",
            Self::Negative => "is negative",
            Self::TooLarge => "is above 2^53 - 1",
            Self::Text => "is a string",
            Self::NotANumber => "is no number",
        })
    }
}

/// What makes a text no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Nothing is there.
    Empty,
    /// It has more than [`MAX_TOKEN_BYTES`] bytes.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It has not three segments between dots.
    Segments {
        /// How many it has.
        found: usize,
    },
    /// A segment is no canonical base64url.
    Encoding {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        fault: Encoding,
    },
    /// A segment is no JSON (RFC 8259), invalid UTF-8 included.
    NotJson {
        /// The segment.
        segment: Segment,
    },
    /// A segment is JSON, but not an object.
    NotAnObject {
        /// The segment.
        segment: Segment,
    },
    /// A key stands twice in one object.
    DuplicateKey {
        /// The segment.
        segment: Segment,
        /// The key.
        key: String,
    },
    /// JSON nested deeper than any claim of ours.
    TooDeep {
        /// The segment.
        segment: Segment,
    },
    /// The header names no algorithm, or names it in something else than a string.
    AlgorithmMissing,
    /// The header's algorithm is not HS256.
    AlgorithmMismatch {
        /// What it is.
        found: String,
    },
    /// The header's `typ` is not `JWT`.
    TypeMismatch {
        /// What it is.
        found: String,
    },
    /// A header parameter that changes what a token means: `crit`, `b64`, `zip`, `enc`, a nested `cty`.
    HeaderParameter {
        /// Its name.
        name: &'static str,
    },
    /// `exp`, `iat` or `nbf` is not an integer of seconds.
    Time {
        /// The claim.
        claim: &'static str,
        /// What is wrong with it.
        fault: TimeFault,
    },
}

impl Malformed {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::Segments { .. } | Self::Encoding { fault: Encoding::NotCanonical, .. } => {
                "copy the whole token again: header.claims.signature, without line breaks"
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
            Self::Time { .. } => "mint it with times in whole epoch seconds",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing is there"),
            Self::TooLong { bytes } => {
                write!(f, "it has {bytes} bytes, and a token at most {MAX_TOKEN_BYTES}")
            }
            Self::Segments { found: 1 } => f.write_str("it has 1 segment, and a token has 3"),
            Self::Segments { found } => write!(f, "it has {found} segments, and a token has 3"),
            Self::Encoding { segment, fault } => match fault {
                Encoding::Padding => write!(f, "the {segment} is padded with '='"),
                Encoding::WhiteSpace => write!(f, "the {segment} contains white space"),
                Encoding::Alphabet(character) => {
                    let mut buffer = [0; 4];
                    let character = escaped_short(character.encode_utf8(&mut buffer)).to_string();
                    write!(f, "the {segment} contains '{character}', which is not base64url")
                }
                Encoding::NotCanonical => write!(f, "the {segment} is not whole base64url"),
            },
            Self::NotJson { segment } => write!(f, "the {segment} is not JSON"),
            Self::NotAnObject { segment } => write!(f, "the {segment} is JSON, but not an object"),
            Self::DuplicateKey { segment, key } => {
                write!(f, "the key '{}' appears twice in the {segment}", escaped_short(key))
            }
            Self::TooDeep { segment } => write!(f, "the {segment} is nested too deep"),
            Self::AlgorithmMissing => f.write_str("the header names no algorithm"),
            Self::AlgorithmMismatch { found } => {
                write!(f, "the algorithm is '{}', expected 'HS256'", escaped_short(found))
            }
            Self::TypeMismatch { found } => write!(f, "typ is '{}', expected 'JWT'", escaped_short(found)),
            Self::HeaderParameter { name } => {
                write!(f, "the header has '{name}', which Stream's tokens never have")
            }
            Self::Time { claim, fault } => write!(f, "{claim} {fault}, expected integer seconds"),
        }
    }
}

impl Error for Malformed {}
