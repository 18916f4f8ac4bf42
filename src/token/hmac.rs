//! HMAC-SHA-256 (RFC 2104) over SHA-256's compression function, resumable after whole blocks.
//!
//! The first 64 bytes of every signing input of ours are the same, so a [`Midstate`] is computed
//! once per secret and a short token costs two compressions instead of five.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The block length of SHA-256 in bytes.
pub(super) const BLOCK: usize = 64;

/// The length of a MAC in bytes.
pub(super) const MAC_LENGTH: usize = 32;

/// The length of a MAC in base64url.
pub(super) const ENCODED_LENGTH: usize = 43;

/// The length of the field at the end of a last block that holds the length of everything hashed.
const LENGTH_FIELD: usize = 8;

/// The initial hash value of SHA-256 (FIPS 180-4 section 5.3.3).
const INITIAL: CompressionState = CompressionState([
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
]);

/// How many whole blocks come before what [`Midstate::finish`] is given: the key and one of text.
const BLOCKS_BEFORE: usize = 2;

/// What follows the first block of a text, padded (FIPS 180-4 section 5.1.1) to one block or two.
///
/// The padding is written first: a processor waits where it reads in one piece what was just written
/// in several, and the padding is written in the most.
#[derive(Clone)]
pub(super) struct MessageTail {
    /// The bytes and their padding.
    blocks: [u8; 2 * BLOCK],
    /// How many bytes there are without the padding, at most [`MessageTail::MAX_LENGTH`].
    length: usize,
}

impl MessageTail {
    /// How many bytes there are at most: two blocks less a padding byte and the length field.
    pub(super) const MAX_LENGTH: usize = 2 * BLOCK - 1 - LENGTH_FIELD;

    /// Takes the `length` bytes that `write` writes, at most [`MessageTail::MAX_LENGTH`].
    ///
    /// More is cut: callers bound the length at compile time.
    #[inline]
    pub(super) fn encoded(length: usize, write: impl FnOnce(&mut [u8])) -> Self {
        debug_assert!(length <= Self::MAX_LENGTH);
        let length = length.min(Self::MAX_LENGTH);
        let mut tail = Self { blocks: [0; 2 * BLOCK], length };
        let field = tail.used() - LENGTH_FIELD;
        let bits = (BLOCKS_BEFORE * BLOCK + length) as u64 * 8;
        tail.blocks[field..field + LENGTH_FIELD].copy_from_slice(&bits.to_be_bytes());
        tail.blocks[length] = 0x80;
        write(&mut tail.blocks[..length]);
        tail
    }

    /// Returns the bytes and their padding.
    #[inline]
    pub(super) fn with_padding(&self) -> &[u8; 2 * BLOCK] {
        &self.blocks
    }

    /// Returns how many bytes the padded blocks have.
    #[inline]
    fn used(&self) -> usize {
        if self.length < BLOCK - LENGTH_FIELD { BLOCK } else { 2 * BLOCK }
    }
}

/// The padding of the outer hash's last block, which holds the inner digest.
const OUTER_PADDING: [u8; BLOCK] = {
    let mut block = [0; BLOCK];
    block[MAC_LENGTH] = 0x80;
    let [.., high, low] = ((BLOCK + MAC_LENGTH) as u64 * 8).to_be_bytes();
    block[BLOCK - 2] = high;
    block[BLOCK - 1] = low;
    block
};

/// A state of SHA-256, aligned so that it is copied as a whole.
#[derive(Clone, Copy, Zeroize)]
#[repr(align(32))]
struct CompressionState([u32; 8]);

/// HMAC after the key and one block of text; as good as the key for every text that starts so.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Midstate {
    /// The inner hash's state.
    inner: CompressionState,
    /// The outer hash's state, after the key alone.
    outer: CompressionState,
}

impl Midstate {
    /// Keys HMAC with `secret` and takes in the first block of the text.
    pub(super) fn new(secret: &[u8], first_block: &[u8; BLOCK]) -> Self {
        let mut key = Zeroizing::new([0_u8; BLOCK]);
        if secret.len() > BLOCK {
            key[..MAC_LENGTH].copy_from_slice(&Sha256::digest(secret));
        } else {
            key[..secret.len()].copy_from_slice(secret);
        }
        let mut inner = INITIAL;
        compress256(&mut inner.0, &[*Zeroizing::new(key.map(|byte| byte ^ 0x36)), *first_block]);
        let mut outer = INITIAL;
        compress256(&mut outer.0, &[*Zeroizing::new(key.map(|byte| byte ^ 0x5c))]);
        Self { inner, outer }
    }

    /// Returns the MAC of the first block followed by `tail`.
    #[inline]
    pub(super) fn finish(&self, tail: &MessageTail) -> [u8; MAC_LENGTH] {
        let mut inner = self.inner;
        let (blocks, _) = tail.blocks[..tail.used()].as_chunks();
        compress256(&mut inner.0, blocks);
        let mut block = OUTER_PADDING;
        block[..MAC_LENGTH].copy_from_slice(&to_bytes(inner));
        let mut outer = self.outer;
        compress256(&mut outer.0, &[block]);
        to_bytes(outer)
    }
}

/// Returns `true` if two encoded MACs are equal, in constant time.
#[inline]
pub(super) fn ct_eq(expected: &[u8; ENCODED_LENGTH], given: &[u8]) -> bool {
    if given.len() != ENCODED_LENGTH {
        return false;
    }
    // Eight bytes at a time, and one comparison at the end: byte by byte costs as much as a compression.
    let (expected, expected_rest) = expected.as_chunks::<8>();
    let (given, given_rest) = given.as_chunks::<8>();
    let words = expected.iter().zip(given).map(|(a, b)| u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b));
    let bytes = expected_rest.iter().zip(given_rest).map(|(a, b)| u64::from(a ^ b));
    let difference = words.chain(bytes).fold(0, |difference, part| difference | part);
    difference.ct_eq(&0).into()
}

/// Returns a hash state's bytes in SHA-256's order.
#[inline]
fn to_bytes(CompressionState(state): CompressionState) -> [u8; MAC_LENGTH] {
    let mut bytes = [0_u8; MAC_LENGTH];
    // Swapping all words first lets the compiler write them in one go.
    let swapped = state.map(u32::to_be);
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(swapped) {
        chunk.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit as _, Mac as _};

    fn reference(secret: &[u8], text: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(text);
        mac.finalize().into_bytes().to_vec()
    }

    #[test]
    fn agrees_with_the_hmac_crate_at_every_length_it_takes() {
        let text: Vec<u8> = (0..=255).collect();
        let first: [u8; BLOCK] = text[..BLOCK].try_into().unwrap();
        for key_length in [1, 31, 32, 63, 64, 65, 200] {
            let secret = vec![0xa5; key_length];
            let midstate = Midstate::new(&secret, &first);
            for length in 0..=MessageTail::MAX_LENGTH {
                let expected = reference(&secret, &text[..BLOCK + length]);
                let tail =
                    MessageTail::encoded(length, |room| room.copy_from_slice(&text[BLOCK..BLOCK + length]));
                assert_eq!(midstate.finish(&tail).to_vec(), expected);
            }
        }
    }

    #[test]
    fn no_two_macs_that_differ_are_the_same() {
        let mac = [b'A'; ENCODED_LENGTH];
        assert!(ct_eq(&mac, &mac));
        for place in 0..ENCODED_LENGTH {
            let mut altered = mac;
            altered[place] = b'B';
            assert!(!ct_eq(&mac, &altered), "{place}");
        }
        assert!(!ct_eq(&mac, &mac[..ENCODED_LENGTH - 1]));
        assert!(!ct_eq(&mac, &[b'A'; ENCODED_LENGTH + 1]));
        assert!(!ct_eq(&mac, b""));
    }
}
