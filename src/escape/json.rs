//! JSON whose strings hold nothing that a terminal would obey or hide.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::is_unprintable;

/// Writes a value as one line of compact JSON, unprintable characters as `\u` escapes.
///
/// Nothing is cut. The line has no line break at its end. What cannot be written as JSON, a map
/// with keys that are no strings for one, gives `null`.
#[must_use]
pub fn json_line(value: &impl Serialize) -> String {
    let mut line = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut line, Printable);
    if value.serialize(&mut serializer).is_err() {
        return "null".into();
    }
    String::from_utf8(line).unwrap_or_default()
}

/// Escapes what is unprintable and leaves the rest to the compact form.
pub struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (start, character) in fragment.char_indices().filter(|(_, character)| is_unprintable(*character))
        {
            writer.write_all(&fragment.as_bytes()[written..start])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = start + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }

    fn write_raw_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        CompactFormatter.write_raw_fragment(writer, fragment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_serde_json_leaves_and_reads_back_the_same() {
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
