//! Escapes untrusted text before it is shown.
//!
//! A token's claims, a file's name or a line of a batch can contain escape sequences, direction overrides and
//! invisible characters. All such text is shown through this module.

mod json;

use std::fmt::{self, Write as _};
use std::path::Path;

pub use json::{EscapingFormatter, json_line, write_ascii_json};

/// The most characters of a string that a message shows.
pub const MAX_SHOWN: usize = 64;

/// The most characters of a value shown where an identifier is expected.
///
/// A longer value may be a misplaced secret or token, so only its length is shown.
pub const MAX_IDENTIFIER_SHOWN: usize = 30;

/// Returns all of `text`, with unprintable characters escaped.
pub fn escaped(text: &str) -> Escaped<'_> {
    escaped_truncated(text, usize::MAX)
}

/// Returns the first `max` characters of `text`, escaped.
pub fn escaped_truncated(text: &str, max: usize) -> Escaped<'_> {
    Escaped { text, max }
}

/// Returns `text` for a message: escaped, and truncated to [`MAX_SHOWN`] characters.
pub fn escaped_short(text: &str) -> Escaped<'_> {
    escaped_truncated(text, MAX_SHOWN)
}

/// Returns `text` for a message about a short identifier: escaped and quoted.
///
/// Text that is longer than [`MAX_IDENTIFIER_SHOWN`] characters or that looks like a token is replaced by its
/// length.
pub fn escaped_or_redacted(text: &str) -> String {
    if text.chars().count() > MAX_IDENTIFIER_SHOWN || looks_like_a_token(text) {
        return redacted(text);
    }
    format!("'{}'", escaped_short(text))
}

/// Returns the placeholder for a text that may be a secret or a token: only its length.
pub fn redacted(text: &str) -> String {
    format!("a value of {} characters", text.chars().count())
}

/// Returns a path for a message: escaped, without quotes, and never truncated, since the reader must find or type it.
///
/// A misplaced secret or token is replaced by its length: a path that looks like a token, and a relative path
/// with a component longer than [`MAX_IDENTIFIER_SHOWN`] characters.
pub fn path_in_full(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_long = |part: &str| part.chars().count() > MAX_IDENTIFIER_SHOWN;
    let is_suspect = path.is_relative() && text.split(['/', '\\']).any(is_long);
    if is_suspect || looks_like_a_token(&text) { redacted(&text) } else { escaped(&text).to_string() }
}

/// Returns `true` if `text` may contain a token: if it contains `eyJ`, the start of every base64url JSON object.
pub fn looks_like_a_token(text: &str) -> bool {
    text.contains("eyJ")
}

/// Returns `true` if a character is escaped before it is shown.
///
/// These are the control characters (C0, DEL, C1) and Unicode's invisible characters: bidirectional controls,
/// zero-width characters, line separators, tags.
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Untrusted text, escaped when it is displayed.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a> {
    /// The original text.
    text: &'a str,
    /// The most characters to show.
    max: usize,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.len() <= self.max && self.text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return f.write_str(self.text);
        }
        let mut characters = self.text.chars();
        for character in characters.by_ref().take(self.max) {
            if is_unprintable(character) {
                write!(f, "\\u{{{:x}}}", u32::from(character))?;
            } else {
                f.write_char(character)?;
            }
        }
        if characters.next().is_some() {
            f.write_char('…')?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_characters_that_a_terminal_would_obey_or_hide() {
        let hostile = "a\u{1b}]52;c;x\u{7}\u{7f}\u{9b}\u{202e}\u{200b}\u{feff}\u{2066}\nb";
        assert_eq!(
            escaped(hostile).to_string(),
            "a\\u{1b}]52;c;x\\u{7}\\u{7f}\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{2066}\\u{a}b"
        );
    }

    #[test]
    fn keeps_printable_text_of_any_script() {
        assert_eq!(escaped("s3crét ✓ 日本").to_string(), "s3crét ✓ 日本");
    }

    #[test]
    fn cuts_a_message_after_64_characters_and_says_so() {
        assert_eq!(escaped_short(&"x".repeat(64)).to_string(), "x".repeat(64));
        assert_eq!(escaped_short(&"x".repeat(65)).to_string(), format!("{}…", "x".repeat(64)));
    }

    #[test]
    fn shows_only_the_length_of_a_possible_secret_or_token() {
        assert_eq!(escaped_or_redacted(&"s".repeat(30)), format!("'{}'", "s".repeat(30)));
        assert_eq!(escaped_or_redacted(&"s".repeat(31)), "a value of 31 characters");
        assert_eq!(escaped_or_redacted("eyJhbGciOiJI"), "a value of 12 characters");
    }

    #[test]
    fn shows_only_the_length_of_a_secret_or_token_given_as_a_path() {
        let shown = |text: &str| path_in_full(Path::new(text));
        assert_eq!(shown("s3cret".repeat(8).as_str()), "a value of 48 characters");
        assert_eq!(shown("eyJhbGciOiJI"), "a value of 12 characters");
        assert_eq!(shown("/run/eyJhbGciOiJI"), "a value of 17 characters");
        let long = format!("/run/{}", "x".repeat(40));
        assert_eq!(shown(&long), long);
        assert_eq!(
            shown("exports/of-2026/customers-to-migrate.txt"),
            "exports/of-2026/customers-to-migrate.txt"
        );
        assert_eq!(shown("/run/a\u{1b}b"), "/run/a\\u{1b}b");
    }
}
