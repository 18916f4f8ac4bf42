//! Secrets, and where they come from.
//!
//! A secret is held in memory that is wiped when dropped, has no `Display`, and its `Debug` is
//! redacted. Where it comes from is a [`Source`], one closed set.

mod command;
mod file;
pub mod keyring;
mod read_context;
mod source;

use std::error::Error;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub use command::CommandError;
pub use file::{Content, FileError, FileFault, Trust, read as read_file};
pub use read_context::ReadContext;
pub use source::{Read, Source, SourceError};

/// How many bytes a secret has at most; more than any API secret, and little to hold.
pub const LONGEST_SECRET: usize = 4096;

/// How many bytes a secret has at least before it is warned about: the length of HS256's hash,
/// the least that RFC 7518 section 3.2 allows.
pub const SHORTEST_SOUND_SECRET: usize = 32;

/// A Stream API secret: its raw UTF-8 bytes, never base64-decoded (contract section 1).
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why bytes are no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretError {
    /// Nothing is left of it, or nothing was there.
    Empty,
    /// It has more than [`LONGEST_SECRET`] bytes.
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the secret is empty"),
            Self::TooLong => write!(f, "the secret has more than {LONGEST_SECRET} bytes"),
            Self::NotUtf8 => f.write_str("the secret is not UTF-8 text"),
        }
    }
}

impl Error for SecretError {}

/// What makes a secret doubtful, though it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Shorter than [`SHORTEST_SOUND_SECRET`].
    Short {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It looks like a token.
    TokenLike,
    /// It begins or ends with white space, or has a line break inside.
    WhiteSpace,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { bytes } => write!(
                f,
                "the secret has only {bytes} bytes: HS256 wants {SHORTEST_SOUND_SECRET} or more (RFC 7518 section 3.2)"
            ),
            Self::TokenLike => f.write_str("the secret looks like a token"),
            Self::WhiteSpace => f.write_str("the secret begins or ends with white space or spans lines"),
        }
    }
}

impl Secret {
    /// Takes bytes as a secret, without one trailing line break.
    ///
    /// # Errors
    /// [`SecretError`] where they are empty, too long or not UTF-8.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new(bytes);
        if bytes.ends_with(b"\n") {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        if bytes.len() > LONGEST_SECRET {
            return Err(SecretError::TooLong);
        }
        if std::str::from_utf8(&bytes).is_err() {
            return Err(SecretError::NotUtf8);
        }
        Ok(Self(bytes))
    }

    /// Takes any bytes as a key, as published vectors have them.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Returns the bytes that sign. The caller keeps no copy of them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns a name by which people tell secrets apart: 16 hex digits of a MAC, under this secret, over a text
    /// that no token has. Like any token that the secret signed, it tells who has the secret, and nothing else.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        /// What is authenticated.
        const TEXT: &[u8] = b"stream-token: fingerprint of a secret";
        // HMAC takes keys of every length (RFC 2104 section 3).
        let mac = Hmac::<Sha256>::new_from_slice(self.expose()).map(|mac| mac.chain_update(TEXT).finalize());
        let mac = mac.map(|mac| mac.into_bytes()).unwrap_or_default();
        base16ct::lower::encode_string(&mac[..8])
    }

    /// Returns what makes this secret doubtful.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let bytes = self.expose();
        let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        let mut found = Vec::new();
        if bytes.starts_with(b"eyJ") && bytes.contains(&b'.') {
            found.push(Weakness::TokenLike);
        }
        if bytes.len() < SHORTEST_SOUND_SECRET {
            found.push(Weakness::Short { bytes: bytes.len() });
        }
        if blank(bytes.first()) || blank(bytes.last()) || bytes.contains(&b'\n') {
            found.push(Weakness::WhiteSpace);
        }
        found
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
    fn refuses_what_cannot_be_a_secret() {
        assert_eq!(Secret::new(vec![]).unwrap_err(), SecretError::Empty);
        assert_eq!(Secret::new(b"\n".to_vec()).unwrap_err(), SecretError::Empty);
        assert_eq!(Secret::new(vec![0xff, 0xfe]).unwrap_err(), SecretError::NotUtf8);
        assert!(Secret::new(vec![b'a'; LONGEST_SECRET]).is_ok());
        assert_eq!(Secret::new(vec![b'a'; LONGEST_SECRET + 1]).unwrap_err(), SecretError::TooLong);
    }

    #[test]
    fn never_shows_itself() {
        assert_eq!(format!("{:?}", secret("hunter2hunter2")), "Secret([redacted])");
    }

    #[test]
    fn its_fingerprint_is_its_own_and_no_token_has_it() {
        assert_eq!(secret("secret").fingerprint().len(), 16);
        assert_eq!(secret("secret").fingerprint(), secret("secret\n").fingerprint());
        assert_ne!(secret("secret").fingerprint(), secret("secreT").fingerprint());
    }

    #[test]
    fn names_its_weaknesses() {
        assert_eq!(secret(&"s".repeat(32)).weaknesses(), []);
        assert_eq!(secret(&"s".repeat(31)).weaknesses(), [Weakness::Short { bytes: 31 }]);
        assert_eq!(secret("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl").weaknesses(), [Weakness::TokenLike]);
        assert_eq!(secret(&format!(" {}", "s".repeat(40))).weaknesses(), [Weakness::WhiteSpace]);
    }
}
