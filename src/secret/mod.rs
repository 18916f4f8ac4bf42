//! Secrets and their sources.
//!
//! A secret is held in memory that is wiped when dropped, has no `Display`, and its `Debug` is redacted. It comes from
//! a [`Source`], one of a closed set.

mod command;
mod error;
mod finding;
pub mod keyring;
mod read;
mod source;

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

pub use error::SourceError;
pub use finding::SecretFinding;
pub use read::Read;
pub use source::Source;

use crate::process::environment::Environment;
use crate::time::Timestamp;

/// The most bytes of a secret: more than any API secret has.
pub const MAX_SECRET_BYTES: usize = 4096;

/// The recommended minimum length of a secret in bytes: the length of HS256's hash (RFC 7518 section 3.2).
pub const MIN_RECOMMENDED_BYTES: usize = 32;

/// The variable in which systemd names the directory of a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// A Stream API secret: its raw UTF-8 bytes, never base64-decoded (contract section 1).
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// The settings for reading a source.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    /// The environment variables.
    pub environment: &'a Environment<'a>,
    /// The current time, which decides which previous secrets are still kept.
    pub now: Timestamp,
    /// The timeout of a keyring or a command.
    pub limit: Duration,
    /// The side effects that reading may have.
    pub access: Access,
    /// A callback that tells the user that a keyring is slow; called at most once per operation.
    pub on_slow: &'a dyn Fn(),
}

/// The side effects that reading a source may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The keyring may ask the user to unlock it, and commands are run.
    Interactive,
    /// A locked keyring stays locked, and commands are run: for a running server.
    Unattended,
    /// A locked keyring stays locked, and no command is run.
    Quiet,
}

/// The reason why bytes are not a valid secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// The secret is empty, except perhaps for a line break.
    #[error("the secret is empty")]
    Empty,
    /// The secret has more than [`MAX_SECRET_BYTES`] bytes.
    #[error("the secret has more than {MAX_SECRET_BYTES} bytes")]
    TooLong,
    /// The secret is UTF-16 text.
    #[error("the secret is UTF-16 text, not UTF-8")]
    Utf16,
    /// The secret contains a NUL byte.
    #[error("the secret has a NUL byte")]
    Nul,
    /// The secret is not UTF-8 text.
    #[error("the secret is not UTF-8 text")]
    NotUtf8,
}

impl Secret {
    /// Creates a secret from bytes, without one trailing line break.
    ///
    /// # Errors
    /// [`SecretError`] if the bytes are empty, too long, not UTF-8, or contain a NUL.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new(bytes);
        if bytes.ends_with(b"\n") {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        match &bytes[..] {
            [] => Err(SecretError::Empty),
            bytes if bytes.len() > MAX_SECRET_BYTES => Err(SecretError::TooLong),
            bytes if is_utf16(bytes) => Err(SecretError::Utf16),
            bytes if bytes.contains(&0) => Err(SecretError::Nul),
            bytes if str::from_utf8(bytes).is_err() => Err(SecretError::NotUtf8),
            _ => Ok(Self(bytes)),
        }
    }

    /// Creates a secret from arbitrary bytes, such as those of published test vectors.
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Returns the bytes of the key. The caller must not keep a copy of them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns a fingerprint by which users can compare secrets: 16 hex digits of a MAC with this secret over a text that no
    /// token contains. Like a token signed with the secret, it shows only that its creator has the secret.
    pub fn fingerprint(&self) -> String {
        /// The text that is authenticated.
        const TEXT: &[u8] = b"stream-token: fingerprint of a secret";
        // HMAC accepts keys of every length (RFC 2104 section 3).
        let mac = Hmac::<Sha256>::new_from_slice(self.expose()).map(|mac| mac.chain_update(TEXT).finalize());
        mac.map(|mac| base16ct::lower::encode_string(&mac.into_bytes()[..8])).unwrap_or_default()
    }

    /// Returns `true` if a word of `text`, or all of it, is this secret. Comparisons take constant time.
    pub fn appears_in(&self, text: &str) -> bool {
        let words = text.split(|character: char| character.is_whitespace() || "\"'`=:,;".contains(character));
        words.chain([text.trim()]).any(|word| word.as_bytes().ct_eq(self.expose()).into())
    }
}

/// Returns `true` if the bytes begin with a byte order mark of UTF-16, or every second byte is zero, as in ASCII text
/// encoded as UTF-16.
fn is_utf16(bytes: &[u8]) -> bool {
    let is_zero = |byte: &u8| *byte == 0;
    let has_mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let is_ascii = |first: usize| bytes.len() > 1 && bytes.iter().skip(first).step_by(2).all(is_zero);
    has_mark || is_ascii(0) || is_ascii(1)
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
        assert_eq!(Secret::new(vec![b's', 0xff]).unwrap_err(), SecretError::NotUtf8);
        assert_eq!(Secret::new(b"se\0cret".to_vec()).unwrap_err(), SecretError::Nul);
        assert!(Secret::new(vec![b'a'; MAX_SECRET_BYTES]).is_ok());
        assert_eq!(Secret::new(vec![b'a'; MAX_SECRET_BYTES + 1]).unwrap_err(), SecretError::TooLong);
    }

    #[test]
    fn utf_16_is_recognised_in_either_order_with_and_without_its_mark() {
        for text in ["secret", "secret\n", "secret\r\n", "\u{feff}secret", "\u{feff}secret\r\n"] {
            for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
                assert_eq!(Secret::new(bytes).unwrap_err(), SecretError::Utf16, "{text:?}");
            }
        }
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
}
