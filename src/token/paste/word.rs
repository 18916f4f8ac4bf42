//! Tells where a word of a paste starts and ends, and whether the paste is one word.

use crate::escape::looks_like_a_token;

/// The longest name of a field, a header or a variable that is told.
const LONGEST_NAME: usize = 30;

/// Returns `true` if a character is a quotation mark, straight or typographic.
pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»' | '‹' | '›')
}

/// Finds the word that is all of `text`, or all that is in its quotes, behind its `Bearer`, its
/// header name or its variable.
///
/// It may be anything that a person could take for a token. It is only ever followed by quotes and
/// white space.
pub(super) fn bare(text: &str) -> Option<&str> {
    let whole = text.trim();
    let mut rest = whole;
    while !is_one_word(rest) {
        rest = unwrapped(rest)?.trim();
    }
    (rest.len() == whole.len() || !rest.contains('&')).then_some(rest)
}

/// Returns `true` if `text` is one word, as a token is and a sentence, a URL or an assignment is not.
///
/// An equals sign is part of a word where padding (RFC 4648 section 3.2) could be: at the end of a
/// segment.
fn is_one_word(text: &str) -> bool {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let ends = match character {
            '=' => !matches!(characters.peek(), None | Some('=' | '.')),
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ':' | ',' => true,
            _ => character.is_whitespace() || is_quote(character),
        };
        if ends {
            return false;
        }
    }
    !text.is_empty()
}

/// Takes one layer off `text`.
fn unwrapped(text: &str) -> Option<&str> {
    unquoted(text)
        .or_else(|| unquoted(text.strip_prefix('b')?))
        .or_else(|| without_prefix(text, "bearer")?.strip_prefix(char::is_whitespace))
        .or_else(|| without_prefix(text, "authorization")?.trim_start().strip_prefix(':'))
        .or_else(|| assigned(text))
}

/// Takes off the quotes around `text`.
fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix(is_quote)?.strip_suffix(is_quote)
}

/// Takes `export NAME=` or `NAME=` off `text`.
fn assigned(text: &str) -> Option<&str> {
    let exported = text.strip_prefix("export").and_then(|rest| rest.strip_prefix(char::is_whitespace));
    let rest = exported.unwrap_or(text).trim_start();
    let name = rest.bytes().take(LONGEST_NAME + 1).take_while(|byte| is_name_byte(*byte)).count();
    is_name(&rest[..name]).then(|| rest[name..].strip_prefix('='))?
}

/// Takes `prefix` off `text`, in either case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns `true` if `name` can be told to a person: short, plain, and nothing that could be a token.
pub(super) fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_name_byte) && !looks_like_a_token(name)
}

/// Splits `text` before the name that ends it; `None` where it ends in none that can be told.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().rev().take(LONGEST_NAME + 1).take_while(|byte| is_name_byte(*byte)).count();
    let (before, name) = text.split_at(text.len() - length);
    is_name(name).then_some((before, name))
}

/// Returns `true` if a byte is of a name's alphabet.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Returns `true` if a token could start behind `before`: not inside a longer word.
///
/// The last letter of an escape, as of `\n` in a log or of `%22` in a URL, is no part of a word.
pub(super) fn may_start(before: &str) -> bool {
    match before.as_bytes() {
        [] | [.., b'\\', b'n' | b'r' | b't'] | [.., b'\\', b'u', _, _, _, _] => true,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., last] => !(is_name_byte(*last) || *last == b'.'),
    }
}

/// Takes the word that `text` starts with.
///
/// Characters that are in no token but in its place, such as padding or a letter of another
/// script, are part of the word: to cut there would be to repair.
pub(super) fn leading(text: &str) -> &str {
    let end = text.char_indices().find(|(at, _)| ends_word(&text[*at..])).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Returns `true` if a word ends before `rest`.
fn ends_word(rest: &str) -> bool {
    let mut characters = rest.chars();
    match characters.next() {
        None => true,
        Some('%') if percent_encoded(rest).is_some_and(is_delimiter) => true,
        Some('%' | '!' | '?' | '*' | '$' | '^' | '~' | '@') => {
            !characters.next().is_some_and(char::is_alphanumeric)
        }
        Some(character) => is_delimiter(character),
    }
}

/// Returns `true` if a character never is part of a word.
fn is_delimiter(character: char) -> bool {
    !(character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '=' | '+' | '/' | '…'))
}

/// Reads the percent-encoded byte (RFC 3986 section 2.1) that `text` starts with.
fn percent_encoded(text: &str) -> Option<char> {
    let digits = text.get(1..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok().map(char::from)
}
