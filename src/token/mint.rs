//! Signs tokens: byte for byte what Stream's JavaScript and Python SDKs give (contract section 1).

use std::fmt;

use super::canonical::{self, MAX_LENGTH, PREFIX, encode, encoded_length};
use super::claims::{Claims, MAX_TAIL};
use super::hmac::{BLOCK, ENCODED_LENGTH, MessageTail, Midstate};
use crate::secret::Secret;

/// A signed token of ours in compact serialization (RFC 7515 section 3.1).
#[derive(Clone, Copy)]
pub struct Token {
    /// Its bytes, and after them whatever was left there.
    bytes: [u8; MAX_LENGTH],
    /// How many bytes it has.
    length: usize,
}

impl Token {
    /// Returns the token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is ASCII by construction.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the token's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Returns its header and claims alone, which are no token.
    #[must_use]
    pub fn without_signature(self) -> Self {
        Self { length: self.length - ENCODED_LENGTH - 1, ..self }
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Signs claims with one secret. Making one costs three compressions of SHA-256, a token two.
#[derive(Clone)]
pub struct Minter(Midstate);

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minter([redacted])")
    }
}

impl Minter {
    /// Prepares a secret for signing.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(canonical::midstate(secret.expose()))
    }

    /// Returns a signer whose key is published here and belongs to no app, for tokens that are to be refused.
    #[must_use]
    pub fn with_wrong_key() -> Self {
        Self(canonical::midstate(b"a published key that belongs to no app"))
    }

    /// Signs claims, without allocating.
    #[must_use]
    pub fn mint(&self, claims: &Claims) -> Token {
        let mut decoded = [0; MAX_TAIL];
        let length = claims.encode_after_user_id(&mut decoded);
        let signed = PREFIX.len() + encoded_length(length);
        let tail = MessageTail::encoded(signed - BLOCK, |room| {
            room[0] = PREFIX[BLOCK];
            encode(&decoded[..length], &mut room[1..]);
        });
        let mac = self.0.finish(&tail);
        // Written where it is returned: moving it would cost as much as encoding it.
        let mut token = Token { bytes: [0; MAX_LENGTH], length: signed + 1 + ENCODED_LENGTH };
        token.bytes[..BLOCK].copy_from_slice(&PREFIX[..BLOCK]);
        token.bytes[BLOCK..3 * BLOCK].copy_from_slice(tail.with_padding());
        token.bytes[signed] = b'.';
        encode(&mac, &mut token.bytes[signed + 1..]);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::token::CustomerId;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into()).unwrap()
    }

    #[test]
    fn gives_the_contracts_known_answer() {
        let claims = Claims::new(CustomerId::new(123).unwrap());
        assert_eq!(
            Minter::new(&secret("secret")).mint(&claims).as_str(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXItMTIzIn0.KCW74eUh2MysePBfC5PS7mEBUef2VaFmvHkGHtUAsmM"
        );
    }

    #[test]
    fn the_longest_token_fits_its_buffer_exactly() {
        let claims = Claims::new(CustomerId::new(CustomerId::MAX).unwrap());
        let claims = claims.with_exp(Timestamp::MAX).unwrap().with_iat(Timestamp::MAX).unwrap();
        assert_eq!(Minter::new(&secret("k")).mint(&claims).as_bytes().len(), MAX_LENGTH);
    }

    #[test]
    fn never_shows_itself() {
        let minter = Minter::new(&secret("secret"));
        let token = minter.mint(&Claims::new(CustomerId::new(1).unwrap()));
        assert_eq!(format!("{minter:?} {token:?}"), "Minter([redacted]) Token([redacted])");
    }
}
