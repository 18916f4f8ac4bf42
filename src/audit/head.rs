//! What an entry is known by: its hash, its log's id, and both with its number as the log's head.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;

use base16ct::lower as hex;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::error::{Diagnostic, Exit};

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands for the entry before the first.
    pub(super) const GENESIS: Self = Self([0; 32]);

    /// Hashes `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads exactly 64 lower-case hexadecimal digits.
    pub(super) fn from_hex(digits: &str) -> Option<Self> {
        from_hex(digits).map(Self)
    }

    /// Returns the first 16 digits, which name what was hashed briefly.
    pub(super) fn short(self) -> String {
        hex::encode_string(&self.0[..8])
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::encode_str(&self.0, &mut [0; 64]).map_err(|_| fmt::Error)?)
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
    pub(super) fn from_hex(digits: &str) -> Option<Self> {
        from_hex(digits).map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Reads exactly as many lower-case hexadecimal digits as make `N` bytes.
fn from_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let read = hex::decode(digits, &mut bytes).ok()?.len();
    (read == N).then_some(bytes)
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

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text is not a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a head of an audit log: that is 16 hexadecimal digits, a number and 64 hexadecimal digits, with colons between"
)]
pub struct HeadError;

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let parts = || {
            let (log_id, rest) = text.split_once(':')?;
            let (sequence, hash) = rest.split_once(':')?;
            let (log_id, hash) = (LogId::from_hex(log_id)?, Hash::from_hex(hash)?);
            Some(Self { log_id, sequence: sequence.parse().ok()?, hash })
        };
        // A number has other forms than the one that is printed.
        parts().filter(|head| head.to_string() == text).ok_or(HeadError)
    }
}

impl Diagnostic for HeadError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
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
    fn two_logs_have_different_ids() {
        assert_ne!(LogId::random(), LogId::random());
    }
}
