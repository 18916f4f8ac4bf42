//! Removes invisible characters from a paste, and normalizes its line breaks.

use std::borrow::Cow;

use crate::escape::is_unprintable;

/// The number of bytes examined to detect UTF-16 without a byte order mark.
const SAMPLE: usize = 64;

/// Returns a paste without invisible characters, and the names of what was removed. The result has no unprintable
/// characters except white space, and every line break is a line feed.
pub(super) fn sanitized(pasted: &str) -> (String, Vec<String>) {
    let plain = without_terminal_codes(pasted);
    let lines = plain.replace("\r\r\n", "\n").replace("\r\n", "\n");
    let lines = lines.replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let text: String = lines.chars().filter(|c| c.is_whitespace() || !is_unprintable(*c)).collect();
    let removed = [
        (text != lines).then_some("invisible characters"),
        (plain != pasted).then_some("terminal codes"),
        (text.trim() != text).then_some("white space"),
    ];
    (text, removed.into_iter().flatten().map(str::to_owned).collect())
}

/// Removes the control sequences of terminals (ECMA-48 section 5.4), such as those for colours.
fn without_terminal_codes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|parameter| matches!(parameter, ' '..='?'));
        let rest = rest.strip_prefix(|last| matches!(last, '@'..='~'));
        plain.push_str(rest.unwrap_or(part));
    }
    plain
}

/// Decodes text, and returns whether it was UTF-16, which may have either byte order, with or without a byte order
/// mark. All other text is read as UTF-8, with invalid bytes replaced.
pub fn decode_text(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let is_ascii_in_utf16 = |zero: usize| {
        sample.len() >= 8 && sample.chunks_exact(2).all(|pair| pair[zero] == 0 && pair[1 - zero] != 0)
    };
    let little_endian = bytes.starts_with(&[0xff, 0xfe]) || is_ascii_in_utf16(1);
    if !little_endian && !bytes.starts_with(&[0xfe, 0xff]) && !is_ascii_in_utf16(0) {
        return (String::from_utf8_lossy(bytes), false);
    }
    let (pairs, _) = bytes.as_chunks();
    let read = if little_endian { u16::from_le_bytes } else { u16::from_be_bytes };
    let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
    (Cow::Owned(String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').to_owned()), true)
}
