//! The name of one session: its `jti` (RFC 7519 section 4.1.7), 128 random bits.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_or_redacted;

/// How many hexadecimal digits an id has.
const DIGITS: usize = 32;

/// The id of a session. It opens nothing, and may stand in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// Chooses an id.
    ///
    /// # Errors
    /// Where the operating system has no random numbers.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; size_of::<u128>()];
        getrandom::fill(&mut bytes)?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    /// Reads exactly 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; size_of::<u128>()];
        let read = base16ct::lower::decode(text, &mut bytes).ok()?.len();
        (read == bytes.len()).then(|| Self(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A session id that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionIdError {
    /// What was given.
    text: String,
}

impl fmt::Display for SessionIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a session id: that is {DIGITS} hexadecimal digits",
            escaped_or_redacted(&self.text)
        )
    }
}

impl Error for SessionIdError {}

impl FromStr for SessionId {
    type Err = SessionIdError;

    fn from_str(text: &str) -> Result<Self, SessionIdError> {
        Self::from_hex(text).ok_or_else(|| SessionIdError { text: text.to_owned() })
    }
}

impl Diagnostic for SessionIdError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("give the id that 'stream-token session new' printed".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
        let text = "00c0ffee00c0ffee00c0ffee00c0ffee";
        assert_eq!(text.parse::<SessionId>().unwrap().to_string(), text);
        for other in ["", &text[1..], &format!("0{text}"), &text.to_uppercase(), &text.replace('0', "+")] {
            assert_eq!(SessionId::from_hex(other), None, "{other}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(SessionId::random().unwrap(), SessionId::random().unwrap());
    }

    #[test]
    fn an_error_never_echoes_a_token() {
        let error = "eyJhbGciOi.x.y".parse::<SessionId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a value of 14 characters is not a session id: that is 32 hexadecimal digits"
        );
    }
}
