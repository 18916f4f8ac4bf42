//! What ties entries together: hashes, log ids, heads, and the frame of a line that carries them.
//!
//! A frame is read without a JSON parser, at fixed places from both ends of the line, so that a log
//! is verified about as fast as it can be hashed.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::entry::{Channel, Deed, Outcome};

/// What a line starts with; the log id follows.
pub(super) const START: &[u8] = br#"{"version":1,"log_id":""#;
/// What stands between the log id and the sequence.
pub(super) const SEQUENCE: &[u8] = br#"","sequence":"#;
/// What stands before the hash of the entry before.
pub(super) const PREV: &[u8] = br#","prev":""#;
/// What stands between the hash of the entry before and the entry's own.
pub(super) const HASH: &[u8] = br#"","hash":""#;
/// What a line ends with.
pub(super) const END: &[u8] = br#""}"#;
/// How many hexadecimal digits a hash has.
const DIGITS: usize = 64;

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

    /// Gives the hash in lower-case hexadecimal digits.
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

    /// Gives the first 16 digits, which name what was hashed briefly.
    pub(super) fn fingerprint(self) -> String {
        self.to_hex()[..16].iter().copied().map(char::from).collect()
    }
}

/// Gives the lower-case hexadecimal digit of a value below 16.
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

/// What a line claims about its place in the chain, and the hash that its bytes really have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The log, the number and the hash that the line claims.
    pub(super) head: Head,
    /// The hash of the entry before, as the line claims.
    pub(super) prev: Hash,
    /// The hash of the line's bytes.
    pub(super) computed: Hash,
    /// What the entry is about.
    pub(super) deed: Deed,
}

impl Frame {
    /// Reads the frame of a line (without its newline); `None` for what is no entry.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(START)?;
        let (log, rest) = rest.split_at_checked(16)?;
        let (sequence, rest) = number(rest.strip_prefix(SEQUENCE)?)?;
        let (rest, hash) = from_end(rest.strip_suffix(END)?)?;
        let (rest, prev) = from_end(rest.strip_suffix(HASH)?)?;
        let middle = rest.strip_suffix(PREV)?;
        let hashed = &line[..line.len() - END.len() - DIGITS - (HASH.len() - 1)];
        Some(Self {
            head: Head { log_id: LogId::from_hex(log)?, sequence, hash: Hash::from_hex(hash)? },
            prev: Hash::from_hex(prev)?,
            deed: deed(middle)?,
            computed: Hash::of(hashed),
        })
    }

    /// Tells whether the line is as it was written.
    pub(super) fn is_whole(&self) -> bool {
        self.head.hash == self.computed
    }

    /// Reads the frame of a line that is as it was written.
    pub(super) fn whole(line: &[u8]) -> Option<Self> {
        Self::read(line).filter(Self::is_whole)
    }
}

/// Splits a hash's digits off the end.
fn from_end(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(bytes.len().checked_sub(DIGITS)?)
}

/// Reads a decimal number without leading zeros.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = bytes.split_at(digits);
    let value = number
        .iter()
        .try_fold(0_u64, |value, byte| value.checked_mul(10)?.checked_add(u64::from(byte - b'0')))?;
    let plain = digits == 1 || (digits > 1 && number[0] != b'0');
    plain.then_some((value, rest))
}

/// Finds what an entry is about in what stands between its sequence and its `prev`; `None` where that
/// is not exactly what an entry has there, key by key.
fn deed(middle: &[u8]) -> Option<Deed> {
    std::str::from_utf8(middle).ok()?;
    let rest = string(middle.strip_prefix(br#","time":""#)?)?.1;
    let rest = string(rest.strip_prefix(br#","actor":{"user":""#)?)?.1;
    let rest = optional(rest, br#","sudo_user":""#, |rest| Some(string(rest)?.1))?;
    let (channel, rest) = string(rest.strip_prefix(br#"},"channel":""#)?)?;
    let (deed, rest) = string(rest.strip_prefix(br#","action":""#)?)?;
    let rest = optional(rest, br#","profile":""#, |rest| Some(string(rest)?.1))?;
    let rest = optional(rest, br#","customer":"#, |rest| Some(number(rest)?.1))?;
    let rest = optional(rest, br#","customers":["#, ranges)?;
    let rest = optional(rest, br#","expires_at":"#, |rest| Some(number(rest)?.1))?;
    let rest = optional(rest, br#","fingerprint":""#, |rest| Some(string(rest)?.1))?;
    let rest = optional(rest, br#","peer":""#, |rest| Some(string(rest)?.1))?;
    let rest = optional(rest, br#","request_id":""#, |rest| Some(string(rest)?.1))?;
    let (outcome, rest) = string(rest.strip_prefix(br#","outcome":""#)?)?;
    let rest = optional(rest, br#","reason":""#, |rest| Some(string(rest)?.1))?;
    let rest = optional(rest, br#","count":"#, |rest| Some(number(rest)?.1))?;
    let rest = optional(rest, br#","previous_bytes":"#, |rest| Some(number(rest)?.1))?;
    let word = |bytes| std::str::from_utf8(bytes).ok();
    Channel::named(word(channel)?)?;
    Outcome::named(word(outcome)?)?;
    if rest.is_empty() { Deed::named(word(deed)?) } else { None }
}

/// Passes over a key and its value, if the key is there.
fn optional<'a>(
    bytes: &'a [u8],
    key: &[u8],
    value: impl FnOnce(&'a [u8]) -> Option<&'a [u8]>,
) -> Option<&'a [u8]> {
    match bytes.strip_prefix(key) {
        Some(rest) => value(rest),
        None => Some(bytes),
    }
}

/// Passes over ranges; the opening bracket is already gone.
fn ranges(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (_, rest) = number(bytes.strip_prefix(b"[")?)?;
        let (_, rest) = number(rest.strip_prefix(b",")?)?;
        let rest = rest.strip_prefix(b"]")?;
        match rest.strip_prefix(b",") {
            Some(more) => bytes = more,
            None => return rest.strip_prefix(b"]"),
        }
    }
}

/// Splits a JSON string from what follows; the opening quote is already gone.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((&bytes[..at], &bytes[at + 1..])),
            b'\\' if matches!(bytes.get(at + 1)?, b'"' | b'\\' | b'u') => at += 2,
            b'\\' | ..b' ' => return None,
            _ => at += 1,
        }
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
    fn log_ids_are_chosen_apart() {
        assert_ne!(LogId::random(), LogId::random());
    }

    #[test]
    fn numbers_have_one_form_and_fit() {
        assert_eq!(number(b"0,"), Some((0, &b","[..])));
        assert_eq!(number(b"18446744073709551615"), Some((u64::MAX, &b""[..])));
        for wrong in [&b""[..], b",", b"01", b"18446744073709551616", b"-1"] {
            assert_eq!(number(wrong), None);
        }
    }

    #[test]
    fn a_string_ends_at_its_own_quote() {
        assert_eq!(string(br#"a\"b\\",x"#), Some((&br#"a\"b\\"#[..], &b",x"[..])));
        assert_eq!(string(br"a\"), None);
        assert_eq!(string(b"a"), None);
    }
}
