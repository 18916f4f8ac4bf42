//! The one form that our tokens have, to the byte (contract section 1).
//!
//! What is constant in it fills the first block of SHA-256, so its part of the MAC is computed once
//! per secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::{CANONICAL_HEAD, Claims, MAX_TAIL};
use super::hmac::{BLOCK, ENCODED_LENGTH, MessageTail, Midstate};

/// The first 65 bytes of every canonical token: the header, and the claims up to the customer's
/// number. The number starts a fresh group of base64url, so nothing before it depends on it.
pub(super) const PREFIX: &[u8; 65] = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXIt";

/// The most bytes that a canonical token has.
pub(super) const MAX_LENGTH: usize = PREFIX.len() + encoded_length(MAX_TAIL) + 1 + ENCODED_LENGTH;

const _: () = assert!(MAX_LENGTH - ENCODED_LENGTH - 1 - BLOCK <= MessageTail::MAX_LENGTH);
const _: () = assert!(CANONICAL_HEAD.len().is_multiple_of(3));

/// A text in the canonical form, taken apart; nobody may have signed it.
pub(super) struct CanonicalToken<'a> {
    /// What it claims.
    pub(super) claims: Claims,
    /// The signing input after its first block.
    pub(super) message_tail: MessageTail,
    /// The encoded signature.
    pub(super) signature: &'a [u8],
}

impl<'a> CanonicalToken<'a> {
    /// Takes a canonical token apart; `None` for every other text.
    #[inline]
    pub(super) fn parse(token: &'a [u8]) -> Option<Self> {
        if token.len() > MAX_LENGTH || !token.starts_with(PREFIX) {
            return None;
        }
        let (signed, signature) = token.split_at_checked(token.len().checked_sub(ENCODED_LENGTH)?)?;
        let input = signed.strip_suffix(b".")?;
        let number_and_times = input.get(PREFIX.len()..)?;
        let message_tail =
            MessageTail::encoded(input.len() - BLOCK, |room| room.copy_from_slice(&input[BLOCK..]));
        let mut decoded = [0; MAX_TAIL + 2];
        let length = URL_SAFE_NO_PAD.decode_slice(number_and_times, &mut decoded).ok()?;
        Some(Self { claims: Claims::decode_after_user_id(&decoded[..length])?, message_tail, signature })
    }
}

/// Keys HMAC with a secret and takes in the first block of [`PREFIX`].
pub(super) fn midstate(secret: &[u8]) -> Midstate {
    let mut first = [0; BLOCK];
    first.copy_from_slice(&PREFIX[..BLOCK]);
    Midstate::new(secret, &first)
}

/// Encodes in base64url without padding; `buffer` is at least [`encoded_length`] long.
#[inline]
pub(super) fn encode(bytes: &[u8], buffer: &mut [u8]) {
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, buffer);
    debug_assert!(written.is_ok());
}

/// Returns how long bytes are in base64url without padding.
pub(super) const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_the_header_and_the_start_of_the_claims() {
        let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let head = URL_SAFE_NO_PAD.encode(CANONICAL_HEAD);
        assert_eq!(format!("{header}.{head}").as_bytes(), PREFIX);
    }

    #[test]
    fn no_short_text_is_canonical() {
        let text = [PREFIX.as_slice(), b"MTIzIn0.", &[b'A'; ENCODED_LENGTH]].concat();
        assert!(CanonicalToken::parse(&text).is_some());
        for length in 0..text.len() {
            assert!(CanonicalToken::parse(&text[..length]).is_none(), "{length}");
        }
    }
}
