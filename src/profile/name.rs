//! Names of profiles.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use thiserror::Error;

use crate::escape::escaped_or_redacted;

/// The name of the built-in profile, which needs no configuration: its secret is published, and no Stream app has it.
pub const DEMO: &str = "demo";

/// The most characters of a name.
const MAX_LENGTH: usize = 32;

/// The name of a profile: 1 to 32 characters of `a-z 0-9 _ -`, the first a letter or a digit.
///
/// A name therefore needs no quotes in a shell, in TOML or in a keyring, and cannot be mistaken for a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ProfileName(String);

impl ProfileName {
    /// Returns the name of the built-in profile.
    #[must_use]
    pub fn demo() -> Self {
        Self(DEMO.into())
    }

    /// Returns `true` if this is the built-in profile's name.
    pub fn is_demo(&self) -> bool {
        self.0 == DEMO
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a valid profile name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} is not a valid profile name: use 1 to {MAX_LENGTH} of a-z 0-9 _ -, beginning with a letter or a digit",
    escaped_or_redacted(.text)
)]
pub struct ProfileNameError {
    /// The text.
    text: String,
}

impl FromStr for ProfileName {
    type Err = ProfileNameError;

    fn from_str(text: &str) -> Result<Self, ProfileNameError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().next().is_some_and(is_plain)
            && text.bytes().all(|byte| is_plain(byte) || byte == b'_' || byte == b'-');
        if is_name { Ok(Self(text.to_owned())) } else { Err(ProfileNameError { text: text.to_owned() }) }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = ProfileNameError;

    fn try_from(text: String) -> Result<Self, ProfileNameError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_short() {
        for name in ["a", "staging", "eu-west_1", "0", &"x".repeat(32)] {
            assert!(name.parse::<ProfileName>().is_ok(), "{name}");
        }
        for name in ["", "-a", "_a", "A", "a b", "a.b", "ü", "a\n", &"x".repeat(33)] {
            assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        }
    }
}
