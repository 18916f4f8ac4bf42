//! What an entry is known by: its hash, its log's id, and both with its number as the log's head.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// How many hexadecimal digits a hash has.
pub(super) const DIGITS: usize = 64;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands for the entry before the first.
    pub(super) const NONE: Self = Self([0; 32]);

    /// Hashes `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes the hash that was computed in parts.
    pub(super) fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// Returns the hash in lower-case hexadecimal digits.
    pub(super) fn to_hex(self) -> [u8; DIGITS] {
        let mut hex = [0; DIGITS];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 15);
        }
        hex
    }

    /// Reads exactly 64 lower-case hexadecimal digits.
    pub(super) fn from_hex(hex: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != DIGITS {
            return None;
        }
        let mut wrong = 0;
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
            wrong |= high | low;
            *byte = (high << 4) | (low & 15);
        }
        (wrong < 16).then_some(Self(bytes))
    }

    /// Returns the first 16 digits, which name what was hashed briefly.
    pub(super) fn fingerprint(self) -> String {
        self.to_hex()[..16].iter().copied().map(char::from).collect()
    }
}

/// Returns the lower-case hexadecimal digit of a value below 16.
const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// What each byte is worth as a lower-case hexadecimal digit; 255 for any other.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[digit(value) as usize] = value;
        value += 1;
    }
    values
};

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_hex().iter().try_for_each(|&digit| fmt::Write::write_char(f, char::from(digit)))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a log, chosen at random when its first entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogId(u64);

impl LogId {
    /// Chooses an id. The standard library's hash keys are random, and enough for a name.
    pub(super) fn random() -> Self {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        Self(hasher.finish())
    }

    /// Reads exactly 16 lower-case hexadecimal digits.
    pub(super) fn from_hex(hex: &[u8]) -> Option<Self> {
        if hex.len() != 16 {
            return None;
        }
        let id = hex.iter().try_fold(0, |id, &byte| {
            let value = VALUES[usize::from(byte)];
            (value < 16).then_some((id << 4) | u64::from(value))
        });
        id.map(Self)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The last entry of a log, to be kept elsewhere: `LOGID:SEQUENCE:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// The log.
    pub log_id: LogId,
    /// The entry's number.
    pub sequence: u64,
    /// The entry's hash.
    pub hash: Hash,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.log_id, self.sequence, self.hash)
    }
}

/// Why a text is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadError;

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a head of an audit log: that is 16 hexadecimal digits, a number and 64 hexadecimal digits, with colons between")
    }
}

impl Error for HeadError {}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let mut parts = text.split(':');
        let (Some(log), Some(sequence), Some(hash), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(HeadError);
        };
        let (sequence, rest) = number(sequence.as_bytes()).ok_or(HeadError)?;
        if !rest.is_empty() {
            return Err(HeadError);
        }
        Ok(Self {
            log_id: LogId::from_hex(log.as_bytes()).ok_or(HeadError)?,
            sequence,
            hash: Hash::from_hex(hash.as_bytes()).ok_or(HeadError)?,
        })
    }
}

/// Reads a decimal number without leading zeros.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = bytes.split_at(digits);
    let value = number
        .iter()
        .try_fold(0_u64, |value, byte| value.checked_mul(10)?.checked_add(u64::from(byte - b'0')))?;
    let plain = digits == 1 || (digits > 1 && number[0] != b'0');
    plain.then_some((value, rest))
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_back_what_it_shows() {
        let head = Head { log_id: LogId(0xab), sequence: 42, hash: Hash::of(b"") };
        let shown = "00000000000000ab:42:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(head.to_string(), shown);
        assert_eq!(shown.parse(), Ok(head));
    }

    #[test]
    fn a_head_has_no_second_form() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let wrong = [
            String::new(),
            format!("00000000000000ab:42:{hash}:"),
            format!("00000000000000ab:042:{hash}"),
            format!("00000000000000ab:+42:{hash}"),
            format!("00000000000000ab:42:{}", hash.to_uppercase()),
            format!("00000000000000AB:42:{hash}"),
            format!("0000000000000ab:42:{hash}"),
            format!("00000000000000ab:42:{}", &hash[1..]),
            format!("00000000000000ab:18446744073709551616:{hash}"),
            format!("00000000000000ab:42 :{hash}"),
        ];
        for text in wrong {
            assert_eq!(text.parse::<Head>(), Err(HeadError), "{text}");
        }
    }

    #[test]
    fn log_ids_are_chosen_apart() {
        assert_ne!(LogId::random(), LogId::random());
    }
}
