//! Signs tokens: byte for byte what Stream's JavaScript and Python SDKs give (contract section 1).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::{CANONICAL_HEAD, Claims, LONGEST_TAIL};
use super::mac::{BLOCK, Midstate};
use crate::secret::Secret;

/// The first 65 bytes of every canonical token: the header, and the claims up to the customer's
/// number. The number starts a fresh group of base64url, so nothing before it depends on it.
pub(super) const PREFIX: &[u8; 65] = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXIt";

/// The length of an encoded HS256 signature.
pub(super) const SIGNATURE_LENGTH: usize = 43;

/// The most bytes that a canonical token has.
pub(super) const LONGEST: usize = PREFIX.len() + (LONGEST_TAIL * 4).div_ceil(3) + 1 + SIGNATURE_LENGTH;

/// A signed token of ours in compact serialization (RFC 7515 section 3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Its bytes, then zeros.
    bytes: [u8; LONGEST],
    /// How many bytes it has.
    length: usize,
}

impl Token {
    /// Gives the token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is ASCII by construction.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Gives the token's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

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
        Self(canonical_midstate(secret))
    }

    /// Signs claims, without allocating.
    #[must_use]
    pub fn mint(&self, claims: &Claims) -> Token {
        let mut bytes = [0; LONGEST];
        bytes[..PREFIX.len()].copy_from_slice(PREFIX);
        let mut tail = [0; LONGEST_TAIL];
        let tail_length = claims.write_tail(&mut tail);
        let signed = PREFIX.len() + encode(&tail[..tail_length], &mut bytes[PREFIX.len()..]);
        let mac = self.0.finish(&bytes[BLOCK..signed]);
        bytes[signed] = b'.';
        let length = signed + 1 + encode(&mac, &mut bytes[signed + 1..]);
        Token { bytes, length }
    }
}

/// Keys HMAC with a secret and takes in the first block of [`PREFIX`].
pub(super) fn canonical_midstate(secret: &Secret) -> Midstate {
    let mut first = [0; BLOCK];
    first.copy_from_slice(&PREFIX[..BLOCK]);
    Midstate::new(secret.expose(), &first)
}

/// Encodes in base64url without padding and tells the length; the buffers here always suffice.
#[inline]
pub(super) fn encode(bytes: &[u8], buffer: &mut [u8]) -> usize {
    URL_SAFE_NO_PAD.encode_slice(bytes, buffer).unwrap_or_default()
}

const _: () = assert!(CANONICAL_HEAD.len().is_multiple_of(3));

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
    fn the_prefix_is_the_header_and_the_start_of_the_claims() {
        let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let head = URL_SAFE_NO_PAD.encode(CANONICAL_HEAD);
        assert_eq!(format!("{header}.{head}").as_bytes(), PREFIX);
    }

    #[test]
    fn the_longest_token_fits_its_buffer_exactly() {
        let claims = Claims::new(CustomerId::new(CustomerId::MAX).unwrap());
        let claims = claims.expiring(Timestamp::MAX).unwrap().issued(Timestamp::MAX).unwrap();
        assert_eq!(Minter::new(&secret("k")).mint(&claims).as_bytes().len(), LONGEST);
    }

    #[test]
    fn never_shows_itself() {
        let minter = Minter::new(&secret("secret"));
        let token = minter.mint(&Claims::new(CustomerId::new(1).unwrap()));
        assert_eq!(format!("{minter:?} {token:?}"), "Minter([redacted]) Token([redacted])");
    }
}
