//! The frame of a line that ties it to the entry before.
//!
//! A frame is read without a JSON parser, at fixed places from both ends of the line, so that a log
//! is verified about as fast as it can be hashed.

use super::entry::{Channel, Deed, Outcome};
use super::head::{DIGITS, Hash, Head, LogId, number};

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

    /// Returns `true` if the line is as it was written.
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
