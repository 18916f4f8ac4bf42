//! Hashes, log ids, and the head of a log.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;

use base16ct::lower as hex;
use sha2::{Digest as _, Sha256};

use crate::error::ErrorReport;

/// Bytes that are written as lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const N: usize>([u8; N]);

/// A SHA-256 hash.
pub type Hash = Hex<32>;

/// The id of a log, chosen at random when its first entry is written.
pub type LogId = Hex<8>;

impl Hash {
    /// The `prev` hash of a log's first entry.
    pub(super) const GENESIS: Self = Hex([0; 32]);

    /// Hashes `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Hex(Sha256::digest(bytes).into())
    }

    /// Returns the first 16 digits, as a short fingerprint.
    pub(super) fn short(self) -> String {
        hex::encode_string(&self.0[..8])
    }
}

impl LogId {
    /// Returns a random id. The standard library's hash keys are random enough for a name.
    pub(super) fn random() -> Self {
        Hex(RandomState::new().build_hasher().finish().to_be_bytes())
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::encode_str(&self.0, &mut [0; 64]).map_err(|_| fmt::Error)?)
    }
}

impl<const N: usize> Hex<N> {
    /// Parses exactly `2 * N` lowercase hexadecimal digits.
    pub(super) fn parse(digits: &str) -> Option<Self> {
        let mut bytes = [0; N];
        let length = hex::decode(digits, &mut bytes).ok()?.len();
        (length == N).then_some(Self(bytes))
    }
}

/// The last entry of a log, in a form to be kept elsewhere: `LOGID:SEQUENCE:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// The id of the log.
    pub log_id: LogId,
    /// The entry's sequence number.
    pub sequence: u64,
    /// The entry's hash.
    pub hash: Hash,
}

impl Head {
    /// Returns the head that precedes the first entry of a log.
    pub(super) fn before_first(log_id: LogId) -> Self {
        Self { log_id, sequence: 0, hash: Hash::GENESIS }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.log_id, self.sequence, self.hash)
    }
}

impl FromStr for Head {
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        let parse = || {
            let (log_id, rest) = text.split_once(':')?;
            let (sequence, hash) = rest.split_once(':')?;
            let (log_id, sequence, hash) = (Hex::parse(log_id)?, sequence.parse().ok()?, Hex::parse(hash)?);
            Some(Self { log_id, sequence, hash })
        };
        // Other forms of the number, such as one with leading zeros, are refused.
        parse().filter(|head| head.to_string() == text).ok_or_else(|| {
            let form = "16 hexadecimal digits, a number and 64 hexadecimal digits, with colons between";
            let message = format!("not a head of an audit log: that is {form}");
            ErrorReport::usage(message, "give what 'stream-token audit head' printed")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_reads_back_its_text() {
        let head =
            Head { log_id: Hex::parse("00000000000000ab").unwrap(), sequence: 42, hash: Hash::of(b"") };
        let shown = "00000000000000ab:42:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(head.to_string(), shown);
        assert_eq!(shown.parse(), Ok(head));
    }

    #[test]
    fn head_has_only_one_form() {
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
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_logs_have_different_ids() {
        assert_ne!(LogId::random(), LogId::random());
    }
}
