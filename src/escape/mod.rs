//! Text that came from outside, made safe to show.
//!
//! A token's claims, a file's name or a line of a batch can carry escape sequences, direction
//! overrides and invisible characters. Whoever shows such text shows it through this room.

mod json;

use std::fmt::{self, Write as _};
use std::path::Path;

pub use json::{Printable, json_line};

/// How many characters of a foreign string a message shows.
pub const LONGEST_SHOWN: usize = 64;

/// How many characters a value may have that stands where an identifier belongs, and be shown.
///
/// Longer ones may be a secret or a token in the wrong place, so only their length is told.
pub const LONGEST_IDENTIFIER_SHOWN: usize = 30;

/// Shows `text` whole, its unprintable characters escaped.
#[must_use]
pub fn whole(text: &str) -> Foreign<'_> {
    at_most(text, usize::MAX)
}

/// Shows at most `longest` characters of `text`, escaped.
#[must_use]
pub fn at_most(text: &str, longest: usize) -> Foreign<'_> {
    Foreign { text, longest }
}

/// Shows `text` in a message: escaped, and cut after [`LONGEST_SHOWN`] characters.
#[must_use]
pub fn brief(text: &str) -> Foreign<'_> {
    at_most(text, LONGEST_SHOWN)
}

/// Shows `text` that stands where a short identifier belongs, quoted.
///
/// Anything longer than [`LONGEST_IDENTIFIER_SHOWN`] characters, or that looks like a token, is
/// told by its length alone.
#[must_use]
pub fn identifier(text: &str) -> String {
    let characters = text.chars().count();
    if characters > LONGEST_IDENTIFIER_SHOWN || looks_like_a_token(text) {
        return format!("a value of {characters} characters");
    }
    format!("'{}'", brief(text))
}

/// Shows a path in a message: escaped, cut after [`LONGEST_SHOWN`] characters, without quotes.
///
/// A secret or a token in a path's place is told by its length alone: what looks like a token, and
/// a relative path with a part longer than [`LONGEST_IDENTIFIER_SHOWN`] characters.
#[must_use]
pub fn path(path: &Path) -> String {
    path_at_most(path, LONGEST_SHOWN)
}

/// Shows a path in a message like [`path`], and does not cut it: for what is to be found or typed.
#[must_use]
pub fn path_in_full(path: &Path) -> String {
    path_at_most(path, usize::MAX)
}

/// Shows at most `longest` characters of a path, or its length alone.
fn path_at_most(path: &Path, longest: usize) -> String {
    let text = path.to_string_lossy();
    let is_long = |part: &str| part.chars().count() > LONGEST_IDENTIFIER_SHOWN;
    let is_dubious = path.is_relative() && text.split(['/', '\\']).any(is_long);
    if is_dubious || looks_like_a_token(&text) {
        return format!("a value of {} characters", text.chars().count());
    }
    at_most(&text, longest).to_string()
}

/// Returns `true` if `text` holds what could be a token: `eyJ`, the start of every base64url JSON object.
#[must_use]
pub fn looks_like_a_token(text: &str) -> bool {
    text.contains("eyJ")
}

/// Returns `true` if a character is escaped before it is shown.
///
/// These are the control characters (C0, DEL, C1), and what Unicode lays out without showing:
/// bidirectional controls, zero-width characters, line separators, tags.
#[must_use]
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

/// A foreign string as [`whole`] or [`brief`] shows it.
#[derive(Debug, Clone, Copy)]
pub struct Foreign<'a> {
    /// The string as it came.
    text: &'a str,
    /// How many of its characters are shown.
    longest: usize,
}

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.text.chars();
        for character in characters.by_ref().take(self.longest) {
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
    fn escapes_what_a_terminal_would_obey_or_hide() {
        let hostile = "a\u{1b}]52;c;x\u{7}\u{7f}\u{9b}\u{202e}\u{200b}\u{feff}\u{2066}\nb";
        assert_eq!(
            whole(hostile).to_string(),
            "a\\u{1b}]52;c;x\\u{7}\\u{7f}\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{2066}\\u{a}b"
        );
    }

    #[test]
    fn leaves_ordinary_text_of_any_script_alone() {
        assert_eq!(whole("s3crét ✓ 日本").to_string(), "s3crét ✓ 日本");
    }

    #[test]
    fn cuts_a_message_after_64_characters_and_says_so() {
        assert_eq!(brief(&"x".repeat(64)).to_string(), "x".repeat(64));
        assert_eq!(brief(&"x".repeat(65)).to_string(), format!("{}…", "x".repeat(64)));
    }

    #[test]
    fn tells_only_the_length_of_what_could_be_a_secret_or_a_token() {
        assert_eq!(identifier(&"s".repeat(30)), format!("'{}'", "s".repeat(30)));
        assert_eq!(identifier(&"s".repeat(31)), "a value of 31 characters");
        assert_eq!(identifier("eyJhbGciOiJI"), "a value of 12 characters");
    }

    #[test]
    fn tells_only_the_length_of_a_secret_or_a_token_in_a_paths_place() {
        let shown = |text: &str| path(Path::new(text));
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
        assert_eq!(path_in_full(Path::new("/run/eyJhbGciOiJI")), "a value of 17 characters");
    }

    #[test]
    fn a_path_is_cut_unless_it_is_shown_in_full() {
        let long = format!("/run/{}", "x".repeat(80));
        assert_eq!(path(Path::new(&long)), format!("{}…", &long[..64]));
        assert_eq!(path_in_full(Path::new(&long)), long);
    }
}
