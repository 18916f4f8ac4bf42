//! Secrets and their sources.
//!
//! A secret is held in memory that is wiped when dropped, has no `Display`, and its `Debug` is redacted. It comes from
//! a [`Source`], one of a closed set.

mod command;
pub mod keyring;
mod read_context;
mod source;
mod timeout;

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

pub use command::CommandError;
pub use read_context::ReadContext;
pub use source::{Read, Source, SourceError};

/// The most bytes of a secret; more than any API secret has.
pub const MAX_SECRET_BYTES: usize = 4096;

/// The fewest bytes of a secret that causes no warning: the length of HS256's hash, the minimum of RFC 7518 section
/// 3.2.
pub const MIN_RECOMMENDED_BYTES: usize = 32;

/// A Stream API secret: its raw UTF-8 bytes, never base64-decoded (contract section 1).
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why bytes are not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// There are no bytes, except perhaps a line break.
    #[error("the secret is empty")]
    Empty,
    /// There are more than [`MAX_SECRET_BYTES`] bytes.
    #[error("the secret has more than {MAX_SECRET_BYTES} bytes")]
    TooLong,
    /// They are not UTF-8.
    #[error("the secret is not UTF-8 text")]
    NotUtf8,
}

/// Why a secret is suspect, though it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Weakness {
    /// It is shorter than [`MIN_RECOMMENDED_BYTES`].
    #[error(
        "the secret has only {bytes} bytes: HS256 wants {MIN_RECOMMENDED_BYTES} or more (RFC 7518 section 3.2)"
    )]
    Short {
        /// The number of its bytes.
        bytes: usize,
    },
    /// It looks like a token.
    #[error("the secret looks like a token")]
    TokenLike,
    /// It begins or ends with white space, or has a line break inside.
    #[error("the secret begins or ends with white space or spans lines")]
    WhiteSpace,
}

impl Secret {
    /// Creates a secret from bytes, without one trailing line break.
    ///
    /// # Errors
    /// [`SecretError`] if they are empty, too long or not UTF-8.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        let secret = Self::unchecked(bytes);
        secret.check().map(|()| secret)
    }

    /// Creates a secret that is not checked yet from bytes, without one trailing line break.
    fn unchecked(bytes: Vec<u8>) -> Self {
        let mut bytes = Zeroizing::new(bytes);
        if bytes.ends_with(b"\n") {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        Self(bytes)
    }

    /// Checks the length and the encoding.
    fn check(&self) -> Result<(), SecretError> {
        match self.expose() {
            [] => Err(SecretError::Empty),
            bytes if bytes.len() > MAX_SECRET_BYTES => Err(SecretError::TooLong),
            bytes => std::str::from_utf8(bytes).map(drop).map_err(|_| SecretError::NotUtf8),
        }
    }

    /// Creates a secret from any bytes, as published test vectors have them.
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Returns the bytes that sign. The caller keeps no copy of them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns a fingerprint by which people can compare secrets: 16 hex digits of a MAC, under this secret, over a
    /// text that no token has. Like any token that the secret signed, it reveals who has the secret and nothing else.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        /// The text that is authenticated.
        const TEXT: &[u8] = b"stream-token: fingerprint of a secret";
        // HMAC accepts keys of every length (RFC 2104 section 3).
        let mac = Hmac::<Sha256>::new_from_slice(self.expose()).map(|mac| mac.chain_update(TEXT).finalize());
        mac.map(|mac| base16ct::lower::encode_string(&mac.into_bytes()[..8])).unwrap_or_default()
    }

    /// Returns the reasons why this secret is suspect.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let bytes = self.expose();
        let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        let mut found = Vec::new();
        if bytes.starts_with(b"eyJ") && bytes.contains(&b'.') {
            found.push(Weakness::TokenLike);
        }
        if bytes.len() < MIN_RECOMMENDED_BYTES {
            found.push(Weakness::Short { bytes: bytes.len() });
        }
        if blank(bytes.first()) || blank(bytes.last()) || bytes.contains(&b'\n') {
            found.push(Weakness::WhiteSpace);
        }
        found
    }
}

impl Secret {
    /// Returns `true` if this secret is one of the words of `text`, each compared in constant time.
    #[must_use]
    pub fn appears_in(&self, text: &str) -> bool {
        let words = text.split(|character: char| character.is_whitespace() || "\"'`=:,;".contains(character));
        words.chain([text.trim()]).any(|word| word.as_bytes().ct_eq(self.expose()).into())
    }
}

/// Compares in constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn trims_one_line_break_and_no_more() {
        assert_eq!(secret("abc\n").expose(), b"abc");
        assert_eq!(secret("abc\r\n").expose(), b"abc");
        assert_eq!(secret("abc\n\n").expose(), b"abc\n");
        assert_eq!(secret(" abc ").expose(), b" abc ");
        assert_eq!(secret("abc\r").expose(), b"abc\r");
    }

    #[test]
    fn refuses_bytes_that_are_not_a_secret() {
        assert_eq!(Secret::new(vec![]).unwrap_err(), SecretError::Empty);
        assert_eq!(Secret::new(b"\n".to_vec()).unwrap_err(), SecretError::Empty);
        assert_eq!(Secret::new(vec![0xff, 0xfe]).unwrap_err(), SecretError::NotUtf8);
        assert!(Secret::new(vec![b'a'; MAX_SECRET_BYTES]).is_ok());
        assert_eq!(Secret::new(vec![b'a'; MAX_SECRET_BYTES + 1]).unwrap_err(), SecretError::TooLong);
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", secret("hunter2hunter2")), "Secret([redacted])");
    }

    #[test]
    fn each_secret_has_its_own_fingerprint() {
        assert_eq!(secret("secret").fingerprint().len(), 16);
        assert_eq!(secret("secret").fingerprint(), secret("secret\n").fingerprint());
        assert_ne!(secret("secret").fingerprint(), secret("secreT").fingerprint());
    }

    #[test]
    fn reports_weaknesses() {
        assert_eq!(secret(&"s".repeat(32)).weaknesses(), []);
        assert_eq!(secret(&"s".repeat(31)).weaknesses(), [Weakness::Short { bytes: 31 }]);
        assert_eq!(secret("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl").weaknesses(), [Weakness::TokenLike]);
        assert_eq!(secret(&format!(" {}", "s".repeat(40))).weaknesses(), [Weakness::WhiteSpace]);
    }
}
