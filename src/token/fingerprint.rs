//! A short identifier of a token, from which the token cannot be recovered.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The first 8 bytes of a token's SHA-256, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Computes the fingerprint of a token's text.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        let mut first = [0; 8];
        first.copy_from_slice(&Sha256::digest(token)[..8]);
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(base16ct::lower::encode_str(&self.0, &mut [0; 16]).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_first_16_digits_of_sha_256() {
        // printf abc | sha256sum
        assert_eq!(Fingerprint::of(b"abc").to_string(), "ba7816bf8f01cfea");
    }
}
