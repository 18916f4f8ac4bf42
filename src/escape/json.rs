//! JSON without characters that a terminal would interpret or hide.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::is_unprintable;

/// Returns a value as one line of compact JSON, with unprintable characters as `\u` escapes.
///
/// The line is never truncated and does not end with a line break. A value that JSON cannot represent, such as a map
/// whose keys are not strings, becomes `null`.
pub fn json_line(value: &impl Serialize) -> String {
    let mut line = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut line, EscapingFormatter(is_unprintable));
    if value.serialize(&mut serializer).is_err() {
        return "null".into();
    }
    String::from_utf8(line).unwrap_or_default()
}

/// Writes a value as compact JSON in ASCII, with all other characters as `\u` escapes.
///
/// # Errors
/// If the value cannot be represented, or `writer` fails.
pub fn write_ascii_json(writer: impl Write, value: &impl Serialize) -> serde_json::Result<()> {
    let formatter = EscapingFormatter(|character| !character.is_ascii());
    value.serialize(&mut Serializer::with_formatter(writer, formatter))
}

/// A formatter of compact JSON that escapes the characters for which the function returns `true`.
pub struct EscapingFormatter(pub fn(char) -> bool);

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (start, character) in fragment.char_indices().filter(|(_, character)| self.0(*character)) {
            writer.write_all(&fragment.as_bytes()[written..start])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = start + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_unprintable_characters_and_reads_back_the_same_text() {
        let hostile = "a\u{1b}\u{7f}\u{9b}\u{202e}\u{200b}\u{e0041}\"é✓";
        let line = json_line(&hostile);
        assert_eq!(line, r#""a\u001b\u007f\u009b\u202e\u200b\udb40\udc41\"é✓""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), hostile);
    }

    #[test]
    fn escapes_keys_as_well_as_values() {
        let line = json_line(&std::collections::BTreeMap::from([("k\u{202e}", 1)]));
        assert_eq!(line, r#"{"k\u202e":1}"#);
    }
}
