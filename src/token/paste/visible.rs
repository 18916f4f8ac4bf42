//! Takes out of a paste what is not seen, and gives every line break one form.

use crate::escape::is_unprintable;

/// A paste as it is seen.
pub(super) struct Visible {
    /// The text: no unprintable character but white space, every line break a line feed.
    pub(super) text: String,
    /// How many invisible characters were taken out.
    pub(super) invisible: usize,
    /// How many terminal codes were taken out.
    pub(super) codes: usize,
}

impl Visible {
    /// Takes the invisible out of `pasted`.
    pub(super) fn of(pasted: &str) -> Self {
        let mut visible = Self { text: String::with_capacity(pasted.len()), invisible: 0, codes: 0 };
        let mut rest = pasted;
        while let Some(character) = rest.chars().next() {
            let length = terminal_code(rest);
            if length > 0 {
                visible.codes += 1;
                rest = &rest[length..];
                continue;
            }
            rest = &rest[character.len_utf8()..];
            visible.push(character, rest);
        }
        visible
    }

    /// Adds one character, which `rest` follows.
    fn push(&mut self, character: char, rest: &str) {
        match character {
            '\r' if rest.starts_with(['\r', '\n']) => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.text.push('\n'),
            _ if is_unprintable(character) && !character.is_whitespace() => self.invisible += 1,
            _ => self.text.push(character),
        }
    }
}

/// Measures the control sequence (ECMA-48 section 5.4) that `text` starts with, 0 where it starts
/// with none.
fn terminal_code(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\u{1b}[") else { return 0 };
    let parameters = body.bytes().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    match body.as_bytes().get(parameters) {
        Some(0x40..=0x7e) => text.len() - body.len() + parameters + 1,
        _ => 0,
    }
}
