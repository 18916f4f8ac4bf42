//! Removes from a paste what is not seen, and writes every line break in one way.

use std::borrow::Cow;

use super::Stripped;
use crate::escape::is_unprintable;

/// How many bytes show whether a text without a byte order mark is UTF-16.
const SAMPLE: usize = 64;

/// A paste as it is seen.
pub(super) struct Sanitized {
    /// The text: no unprintable character but white space, every line break a line feed.
    pub(super) text: String,
    /// How many invisible characters were removed.
    invisible: usize,
    /// How many terminal codes were removed.
    codes: usize,
}

impl Sanitized {
    /// Sanitizes `pasted`.
    pub(super) fn new(pasted: &str) -> Self {
        let mut sanitized = Self { text: String::with_capacity(pasted.len()), invisible: 0, codes: 0 };
        let mut rest = pasted;
        while let Some(character) = rest.chars().next() {
            let length = terminal_code_length(rest);
            if length > 0 {
                sanitized.codes += 1;
                rest = &rest[length..];
                continue;
            }
            rest = &rest[character.len_utf8()..];
            match character {
                '\r' if rest.starts_with(['\r', '\n']) => {}
                '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => sanitized.text.push('\n'),
                _ if is_unprintable(character) && !character.is_whitespace() => sanitized.invisible += 1,
                _ => sanitized.text.push(character),
            }
        }
        sanitized
    }

    /// Returns what was removed, and whether white space surrounds the text.
    pub(super) fn stripped(&self) -> impl Iterator<Item = Stripped> {
        [
            (self.invisible > 0).then_some(Stripped::Invisible(self.invisible)),
            (self.codes > 0).then_some(Stripped::TerminalCodes(self.codes)),
            (self.text.trim() != self.text).then_some(Stripped::Whitespace),
        ]
        .into_iter()
        .flatten()
    }
}

/// Returns the length of the control sequence (ECMA-48 section 5.4) at the start of `text`; 0 if there is none.
fn terminal_code_length(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\u{1b}[") else { return 0 };
    let parameters = body.bytes().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    match body.as_bytes().get(parameters) {
        Some(0x40..=0x7e) => text.len() - body.len() + parameters + 1,
        _ => 0,
    }
}

/// Decodes text that may be UTF-16 of either byte order, with or without a byte order mark; everything else is read as
/// UTF-8, its invalid bytes replaced.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> (Cow<'_, str>, Option<Stripped>) {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let is_ascii_in_utf16 = |zero: usize| {
        sample.len() >= 8 && sample.chunks_exact(2).all(|pair| pair[zero] == 0 && pair[1 - zero] != 0)
    };
    let little_endian = bytes.starts_with(&[0xff, 0xfe]) || is_ascii_in_utf16(1);
    if !little_endian && !bytes.starts_with(&[0xfe, 0xff]) && !is_ascii_in_utf16(0) {
        return (String::from_utf8_lossy(bytes), None);
    }
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()), Some(Stripped::Utf16))
}
