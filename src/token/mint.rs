//! Signs tokens, byte for byte as Stream's JavaScript and Python SDKs do (contract section 1).
//!
//! The first block of every canonical token is the same, so its part of the MAC is computed once per secret, and a short
//! token costs two compressions of SHA-256 instead of five.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::claims::Claims;
use crate::secret::Secret;

/// The start of every canonical token: the header `{"alg":"HS256","typ":"JWT"}`, a dot, and
/// `{"user_id":"customer-`, whose 21 bytes are 28 characters of base64url.
pub(super) const PREFIX: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXIt";

/// The block length of SHA-256 in bytes.
pub(super) const BLOCK: usize = 64;

/// The length of a MAC in bytes.
const MAC_LENGTH: usize = 32;

/// The length of the field that ends a message's last block and holds the message length.
const LENGTH_FIELD: usize = 8;

/// The most bytes that fit into two blocks beside the padding (FIPS 180-4 section 5.1.1).
const MAX_REST: usize = 2 * BLOCK - 1 - LENGTH_FIELD;

const _: () = assert!(MAX_LENGTH - SIGNATURE_LENGTH - 1 - BLOCK <= MAX_REST);

/// The length of an HS256 signature in base64url.
pub(super) const SIGNATURE_LENGTH: usize = 43;

/// The most bytes of canonical claims after [`PREFIX`]: a customer's number of 19 digits, two times of 16.
pub(super) const MAX_CLAIMS: usize = 19 + r#""}"#.len() + 2 * (r#","exp":"#.len() + 16);

/// The most bytes of a canonical token; base64url writes three bytes as four characters.
pub(super) const MAX_LENGTH: usize = PREFIX.len() + (MAX_CLAIMS * 4).div_ceil(3) + 1 + SIGNATURE_LENGTH;

/// The initial hash value of SHA-256 (FIPS 180-4 section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// HMAC-SHA-256 (RFC 2104) of a canonical token's signing input, up to the end of its first block.
///
/// It is as sensitive as the secret: it can sign every text that starts with this block.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct CanonicalMac {
    /// The state of the inner hash after the key and the first block.
    inner: [u32; 8],
    /// The state of the outer hash after the key.
    outer: [u32; 8],
}

impl CanonicalMac {
    /// Keys HMAC with a secret.
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut key = Zeroizing::new([0_u8; BLOCK]);
        if secret.len() > BLOCK {
            key[..MAC_LENGTH].copy_from_slice(&Sha256::digest(secret));
        } else {
            key[..secret.len()].copy_from_slice(secret);
        }
        let (mut inner, mut outer) = (INITIAL, INITIAL);
        let (first_block, _) = PREFIX.as_bytes().as_chunks::<BLOCK>();
        compress256(&mut inner, &[*Zeroizing::new(key.map(|byte| byte ^ 0x36))]);
        compress256(&mut inner, first_block);
        compress256(&mut outer, &[*Zeroizing::new(key.map(|byte| byte ^ 0x5c))]);
        Self { inner, outer }
    }

    /// Writes the signature of the first block followed by `rest`, in base64url, to the start of `out`.
    #[inline]
    pub(super) fn sign(&self, rest: &[u8], out: &mut [u8]) {
        let inner = hash_rest(self.inner, 2, rest);
        // The buffer has room: every caller's has `SIGNATURE_LENGTH` bytes or more.
        let _ = URL_SAFE_NO_PAD.encode_slice(hash_rest(self.outer, 1, &inner), out);
    }
}

/// Finishes a hash: `state` covers the first `blocks` blocks, and `rest` has at most [`MAX_REST`] bytes.
#[inline]
fn hash_rest(mut state: [u32; 8], blocks: usize, rest: &[u8]) -> [u8; MAC_LENGTH] {
    let mut padded = [0; 2 * BLOCK];
    let used = if rest.len() < BLOCK - LENGTH_FIELD { BLOCK } else { 2 * BLOCK };
    let bits = (blocks * BLOCK + rest.len()) as u64 * 8;
    padded[..rest.len()].copy_from_slice(rest);
    padded[rest.len()] = 0x80;
    padded[used - LENGTH_FIELD..used].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, padded[..used].as_chunks().0);
    let mut hash = [0; MAC_LENGTH];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

/// A token signed by a [`Minter`], in compact serialization (RFC 7515 section 3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The bytes of the token, followed by zeros or the removed signature.
    bytes: [u8; MAX_LENGTH],
    /// The length in bytes.
    length: usize,
}

impl Token {
    /// Returns the token's text.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII by construction.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the token's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Returns the header and claims without the signature, which are not a token.
    #[must_use]
    pub fn without_signature(self) -> Self {
        Self { length: self.length - SIGNATURE_LENGTH - 1, ..self }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// A signer of claims with one secret.
#[derive(Clone)]
pub struct Minter(CanonicalMac);

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minter([redacted])")
    }
}

impl Minter {
    /// Prepares a secret for signing.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(CanonicalMac::new(secret.expose()))
    }

    /// Returns a signer with a published key that belongs to no app, for tokens that should be refused.
    #[must_use]
    pub fn with_wrong_key() -> Self {
        Self(CanonicalMac::new(b"a published key that belongs to no app"))
    }

    /// Signs claims, without allocating.
    pub fn mint(&self, claims: &Claims) -> Token {
        let mut json = [0; MAX_CLAIMS];
        let mut rest = json.as_mut_slice();
        // Every claims set fits.
        let _ = claims.write_rest(&mut rest);
        let length = MAX_CLAIMS - rest.len();
        let mut bytes = [0; MAX_LENGTH];
        bytes[..PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
        let encoded = URL_SAFE_NO_PAD.encode_slice(&json[..length], &mut bytes[PREFIX.len()..]);
        let dot = PREFIX.len() + encoded.unwrap_or_default();
        let (input, signature) = bytes.split_at_mut(dot);
        signature[0] = b'.';
        self.0.sign(&input[BLOCK..], &mut signature[1..]);
        Token { bytes, length: dot + 1 + SIGNATURE_LENGTH }
    }
}

/// The first 8 bytes of a token's SHA-256, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Computes the fingerprint of a token's text, from which the token cannot be recovered.
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
    use hmac::{Hmac, KeyInit as _, Mac as _};

    use super::*;
    use crate::time::Timestamp;
    use crate::token::CustomerId;
    use crate::token::testing::CLAIMS_START;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into()).unwrap()
    }

    #[test]
    fn agrees_with_the_hmac_crate_at_every_length_it_takes() {
        let rest: Vec<u8> = (0..=255).collect();
        for key_length in [1, 31, 32, 63, 64, 65, 200] {
            let secret = vec![0xa5; key_length];
            let mac = CanonicalMac::new(&secret);
            for length in 0..=MAX_REST {
                let reference =
                    Hmac::<Sha256>::new_from_slice(&secret).unwrap().chain_update(&PREFIX[..BLOCK]);
                let expected = reference.chain_update(&rest[..length]).finalize().into_bytes();
                let expected = URL_SAFE_NO_PAD.encode(expected);
                let mut signature = [0; SIGNATURE_LENGTH];
                mac.sign(&rest[..length], &mut signature);
                assert_eq!(signature, expected.as_bytes(), "{key_length} {length}");
            }
        }
    }

    #[test]
    fn the_prefix_is_the_header_and_the_start_of_the_claims() {
        let [header, claims] =
            [r#"{"alg":"HS256","typ":"JWT"}"#, CLAIMS_START].map(|json| URL_SAFE_NO_PAD.encode(json));
        assert_eq!(PREFIX, format!("{header}.{claims}"));
    }

    #[test]
    fn issue_prints_the_known_answer_of_the_contract() {
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

    #[test]
    fn a_fingerprint_is_the_first_16_digits_of_sha_256() {
        // printf abc | sha256sum
        assert_eq!(Fingerprint::of(b"abc").to_string(), "ba7816bf8f01cfea");
    }
}
