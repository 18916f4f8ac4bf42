//! Secrets and their sources.
//!
//! A secret is held in memory that is wiped when dropped, has no `Display`, and its `Debug` is redacted. It comes from
//! a [`Source`], one of a closed set.

mod command;
pub mod keyring;
mod source;

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

pub use command::CommandError;
pub use source::{Read, Source, SourceError};

use crate::escape::is_unprintable;
use crate::process::environment::Environment;
use crate::time::Timestamp;

/// The most bytes of a secret: more than any API secret has.
pub const MAX_SECRET_BYTES: usize = 4096;

/// The recommended minimum length of a secret in bytes: the length of HS256's hash (RFC 7518 section 3.2).
pub const MIN_RECOMMENDED_BYTES: usize = 32;

/// What is wanted of the length of a secret.
const WANTED_LENGTH: &str = "HS256 wants 32 or more (RFC 7518 section 3.2)";

/// The quotation marks that users and programs put around a value.
const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

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
    /// The secret contains a NUL byte, as UTF-16 text does.
    #[error("the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8")]
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

    /// Returns a sign that this is not the intended secret of an app with this API key, or `None` if there is none.
    ///
    /// A secret that was copied with extra characters still signs tokens, and Stream rejects all of them. A finding is
    /// therefore a note when a secret is read, and an error when a secret is to be stored.
    pub fn finding(&self, api_key: Option<&str>) -> Option<String> {
        // `Secret::new` rejects all bytes that are not UTF-8.
        let text = str::from_utf8(self.expose()).unwrap_or_default();
        let value = text.trim();
        let is_api_key = api_key.is_some_and(|key| text.as_bytes().ct_eq(key.as_bytes()).into());
        let is_json = value.starts_with(['{', '[']) && value.ends_with(['}', ']']);
        let is_invisible =
            |c: &char| !c.is_ascii_whitespace() && (is_unprintable(*c) || !c.is_ascii() && c.is_whitespace());
        let invisible = text.chars().find(is_invisible);
        let (code_point, length) = (u32::from(invisible.unwrap_or_default()), text.len());
        let all: [(bool, &str); 12] = [
            (is_api_key, "is the API key, which Stream's dashboard shows beside the secret"),
            (text.starts_with("eyJ") && text.contains('.'), "looks like a token"),
            (text.starts_with('\u{feff}'), "begins with a byte order mark, as some editors write it"),
            (is_json, "is JSON, not the value alone"),
            (value.contains(['\n', '\r']), "has several lines"),
            (is_assignment(value), "is a line such as NAME=value, not the value alone"),
            (value.starts_with(QUOTES) || value.ends_with(QUOTES), "begins or ends with a quotation mark"),
            (invisible.is_some(), &format!("has an invisible character, U+{code_point:04X}")),
            (value.len() < length, "begins or ends with a blank or a line break"),
            (text.contains(char::is_whitespace), "has a blank inside"),
            (!text.is_ascii(), "has a character outside ASCII, and API secrets have none"),
            (length < MIN_RECOMMENDED_BYTES, &format!("has only {length} bytes: {WANTED_LENGTH}")),
        ];
        all.into_iter().find_map(|(is_found, finding)| is_found.then(|| format!("the secret {finding}")))
    }
}

/// Returns `true` for `NAME=value`, with or without `export`, and for `name: value`. The padding of base64 does not
/// count: its `=` is followed by nothing or by another `=`.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    let split = text.split_once('=').or_else(|| text.split_once(": "));
    split.is_some_and(|(name, value)| {
        let name = name.trim_end();
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
            && !value.is_empty()
            && !value.starts_with('=')
    })
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
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", secret("hunter2hunter2")), "Secret([redacted])");
    }

    #[test]
    fn each_secret_has_its_own_fingerprint() {
        assert_eq!(secret("secret").fingerprint().len(), 16);
        assert_eq!(secret("secret").fingerprint(), secret("secret\n").fingerprint());
        assert_ne!(secret("secret").fingerprint(), secret("secreT").fingerprint());
    }

    /// What an API secret looks like.
    const GOOD: &str = "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t";

    fn finding(text: &str) -> Option<String> {
        secret(text).finding(Some("hx7key3abcde"))
    }

    #[test]
    fn generated_keys_have_no_findings() {
        for text in [
            GOOD.to_owned(),
            format!("{GOOD}\n"),
            format!("{GOOD}\r\n"),
            format!("{GOOD}="),
            format!("{GOOD}=="),
            format!("+/{GOOD}+/"),
            "s".repeat(32),
        ] {
            assert_eq!(finding(&text), None, "{text:?}");
        }
    }

    #[test]
    fn text_copied_along_with_the_secret_is_found() {
        let finds = |found: &str, texts: &[String]| {
            for text in texts {
                let finding = finding(text).unwrap();
                assert!(finding.starts_with(&format!("the secret {found}")), "{text:?}: {finding}");
            }
        };
        finds("is the API key", &["hx7key3abcde".into(), "hx7key3abcde\n".into()]);
        finds("looks like a token", &["eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl".into()]);
        finds("begins with a byte order mark", &[format!("\u{feff}{GOOD}")]);
        let json = [
            format!("{{\"secret\":\"{GOOD}\"}}"),
            format!("{{\n\"a\":\"{GOOD}\"\n}}\n"),
            format!("[\"{GOOD}\"]"),
        ];
        finds("is JSON", &json);
        finds(
            "has several lines",
            &[format!("{GOOD}\n{GOOD}"), format!("A=b\n{GOOD}\n"), format!("{GOOD}\r{GOOD}")],
        );
        finds(
            "is a line such as NAME=value",
            &[
                format!("STREAM_API_SECRET={GOOD}"),
                format!("export STREAM_API_SECRET='{GOOD}'"),
                format!(" secret = \"{GOOD}\""),
                format!("stream.api-secret={GOOD}=="),
                format!("api_secret: {GOOD}"),
            ],
        );
        finds(
            "begins or ends with a quotation mark",
            &[
                format!("\"{GOOD}\""),
                format!("'{GOOD}'"),
                format!("“{GOOD}”"),
                format!("b'{GOOD}'"),
                format!("{GOOD}\""),
            ],
        );
        for (text, found) in [
            (format!("{GOOD}\u{a0}"), '\u{a0}'),
            (format!("\u{200b}{GOOD}"), '\u{200b}'),
            (format!("s3cr3t\u{2060}{GOOD}"), '\u{2060}'),
            (format!("s3cr3t\u{feff}{GOOD}"), '\u{feff}'),
            (format!("{GOOD}\u{1b}"), '\u{1b}'),
            (format!("{GOOD}\u{3000}"), '\u{3000}'),
        ] {
            finds(&format!("has an invisible character, U+{:04X}", u32::from(found)), &[text]);
        }
        finds(
            "begins or ends with a blank",
            &[format!(" {GOOD}"), format!("{GOOD}\t"), format!("{GOOD}\r"), format!("{GOOD}\n\n")],
        );
        finds("has a blank inside", &[format!("Bearer {GOOD}"), format!("{GOOD}\t{GOOD}")]);
        finds("has a character outside ASCII", &[format!("\u{43e}{GOOD}")]);
        finds("has only 31 bytes", &["s".repeat(31)]);
    }

    #[test]
    fn finding_shows_nothing_of_the_secret() {
        let found = finding(&format!("hunter2 \u{a0}{GOOD}")).unwrap();
        assert_eq!(found, "the secret has an invisible character, U+00A0");
    }
}
