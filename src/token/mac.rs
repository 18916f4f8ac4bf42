//! HMAC-SHA-256 (RFC 2104) over SHA-256's compression function, resumable after whole blocks.
//!
//! The first 64 bytes of every signing input of ours are the same, so a [`Midstate`] is computed
//! once per secret and a short token costs two compressions instead of five.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The block length of SHA-256 in bytes.
pub(super) const BLOCK: usize = 64;

/// The length of a MAC in bytes.
pub(super) const MAC_LENGTH: usize = 32;

/// The initial hash value of SHA-256 (FIPS 180-4 section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// How many whole blocks stand before what [`Midstate::finish`] is given: the key and one of text.
const BLOCKS_BEFORE: usize = 2;

/// HMAC after the key and one block of text; as good as the key for every text that starts so.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Midstate {
    /// The inner hash's state.
    inner: [u32; 8],
    /// The outer hash's state, after the key alone.
    outer: [u32; 8],
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
        compress256(&mut inner, &[*Zeroizing::new(key.map(|byte| byte ^ 0x36)), *first_block]);
        let mut outer = INITIAL;
        compress256(&mut outer, &[*Zeroizing::new(key.map(|byte| byte ^ 0x5c))]);
        Self { inner, outer }
    }

    /// Gives the MAC of the first block followed by `rest`.
    #[inline]
    pub(super) fn finish(&self, rest: &[u8]) -> [u8; MAC_LENGTH] {
        let (whole, last) = rest.as_chunks::<BLOCK>();
        let mut inner = self.inner;
        compress256(&mut inner, whole);
        let mut padded = [[0_u8; BLOCK]; 2];
        let flat = padded.as_flattened_mut();
        flat[..last.len()].copy_from_slice(last);
        flat[last.len()] = 0x80;
        let used = if last.len() < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
        let bits = ((BLOCKS_BEFORE * BLOCK + rest.len()) as u64) * 8;
        flat[used - 8..used].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut inner, &padded[..used / BLOCK]);
        self.finish_outer(inner)
    }

    /// Hashes the inner digest under the outer key.
    #[inline]
    fn finish_outer(&self, inner: [u32; 8]) -> [u8; MAC_LENGTH] {
        let mut block = [0_u8; BLOCK];
        block[..MAC_LENGTH].copy_from_slice(&to_bytes(inner));
        block[MAC_LENGTH] = 0x80;
        block[BLOCK - 8..].copy_from_slice(&(((BLOCK + MAC_LENGTH) as u64) * 8).to_be_bytes());
        let mut outer = self.outer;
        compress256(&mut outer, &[block]);
        to_bytes(outer)
    }
}

/// Gives a hash state's bytes in SHA-256's order.
#[inline]
fn to_bytes(state: [u32; 8]) -> [u8; MAC_LENGTH] {
    let mut bytes = [0_u8; MAC_LENGTH];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(state) {
        chunk.copy_from_slice(&word.to_be_bytes());
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
    fn agrees_with_the_hmac_crate_at_every_length() {
        let text: Vec<u8> = (0..=255).collect();
        let first: [u8; BLOCK] = text[..BLOCK].try_into().unwrap();
        for key_length in [1, 31, 32, 63, 64, 65, 200] {
            let secret = vec![0xa5; key_length];
            let midstate = Midstate::new(&secret, &first);
            for length in 0..=text.len() - BLOCK {
                let expected = reference(&secret, &text[..BLOCK + length]);
                assert_eq!(midstate.finish(&text[BLOCK..BLOCK + length]).to_vec(), expected);
            }
        }
    }
}
