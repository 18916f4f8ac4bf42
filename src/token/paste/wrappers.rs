//! Names what is around a token, from the token outwards, each layer by one function.
//!
//! What has no name of its own is [`Stripped::SurroundingText`], so that nothing is left out silently.

use super::scan::{Candidate, may_start};
use super::stripped::Stripped;
use crate::escape::looks_like_a_token;

/// The longest name of a field, a header or a variable that is shown.
const MAX_NAME: usize = 30;

/// How many layers are named; what is around them is other text.
const MAX_LAYERS: usize = 16;

/// What is around the token and has no name yet.
struct Wrapper<'a> {
    /// What is before the token.
    before: &'a str,
    /// What is after it.
    after: &'a str,
}

/// A function that names the innermost layer and removes it.
type Layer = fn(&mut Wrapper<'_>) -> Option<Stripped>;

/// Every layer that has a name, in the order in which they are tried.
const LAYERS: [Layer; 6] = [quotes, bearer, json_field, header, query_parameter, assignment];

/// Names what is before, between and after the copies of a token, and what was inside them.
pub(super) fn around(text: &str, copies: &[Candidate]) -> Vec<Stripped> {
    let before = copies.first().map_or("", |first| &text[..first.start]);
    let ends = copies.iter().map(|copy| copy.end);
    let starts = copies.iter().skip(1).map(|copy| copy.start).chain([text.len()]);
    let after: String = ends.zip(starts).map(|(end, start)| &text[end..start]).collect();
    let mut stripped = Vec::new();
    let mut wrapper = Wrapper { before: before.trim_end(), after: after.trim_start() };
    for _ in 0..MAX_LAYERS {
        let Some(name) = LAYERS.iter().find_map(|layer| layer(&mut wrapper)) else { break };
        if !stripped.contains(&name) {
            stripped.push(name);
        }
        wrapper = Wrapper { before: wrapper.before.trim_end(), after: wrapper.after.trim_start() };
    }
    let is_curl = wrapper.before.split_whitespace().any(|word| matches!(word, "curl" | "curl.exe"));
    let is_text = !wrapper.before.trim().is_empty() || !wrapper.after.trim().is_empty();
    let breaks = copies.iter().map(|copy| copy.breaks).max().unwrap_or_default();
    let further = [
        is_curl.then_some(Stripped::CurlCommand),
        (is_text && !is_curl).then_some(Stripped::SurroundingText),
        (breaks > 0).then_some(Stripped::LineBreaks(breaks)),
        copies.iter().any(|copy| copy.has_margin).then_some(Stripped::Margin),
        (copies.len() > 1).then(|| Stripped::Copies(copies.len() - 1)),
    ];
    stripped.extend(further.into_iter().flatten());
    stripped
}

/// Removes quotes, those of Python's bytes too; one side may lack them.
fn quotes(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let opened = wrapper.before.strip_suffix(is_quote).map(|rest| rest.trim_end_matches('\\'));
    let closed = wrapper.after.trim_start_matches('\\').strip_prefix(is_quote);
    opened.or(closed)?;
    let of_bytes = opened.and_then(|rest| rest.strip_suffix('b')).filter(|rest| may_start(rest));
    wrapper.before = of_bytes.or(opened).unwrap_or(wrapper.before);
    wrapper.after = closed.unwrap_or(wrapper.after);
    Some(if of_bytes.is_some() { Stripped::PythonBytes } else { Stripped::Quotes })
}

/// Removes the word Bearer.
fn bearer(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let (before, name) = split_name(wrapper.before)?;
    name.eq_ignore_ascii_case("bearer").then(|| {
        wrapper.before = before;
        Stripped::Bearer
    })
}

/// Removes the name of a field, and the JSON around it.
fn json_field(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let key = wrapper.before.strip_suffix(':')?.trim_end().strip_suffix(is_quote)?;
    let (before, field) = split_name(key.trim_end_matches('\\'))?;
    let before = before.strip_suffix(is_quote)?.trim_end_matches('\\');
    wrapper.before = before.split(['{', '[']).next().unwrap_or_default();
    wrapper.after = wrapper.after.rsplit(['}', ']']).next().unwrap_or_default();
    Some(Stripped::Json(field.to_owned()))
}

/// Removes the name of a header.
fn header(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let (before, name) = split_name(wrapper.before.strip_suffix(':')?.trim_end())?;
    (name.contains('-') || name.eq_ignore_ascii_case("authorization")).then(|| {
        wrapper.before = before;
        Stripped::Header(name.to_owned())
    })
}

/// Removes the name of a query parameter, and the URL around it.
fn query_parameter(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let (before, name) = split_name(wrapper.before.strip_suffix('=')?)?;
    before.strip_suffix(['?', '&'])?;
    let is_of_url = |character: char| !character.is_whitespace() && !is_quote(character);
    wrapper.before = before.trim_end_matches(is_of_url);
    wrapper.after = wrapper.after.trim_start_matches(is_of_url);
    Some(Stripped::QueryParameter(name.to_owned()))
}

/// Removes `NAME=` and `export NAME=`.
fn assignment(wrapper: &mut Wrapper<'_>) -> Option<Stripped> {
    let (before, name) = split_name(wrapper.before.strip_suffix('=')?.trim_end())?;
    if before.ends_with(|character: char| !character.is_whitespace()) {
        return None;
    }
    let exported = before.trim_end().strip_suffix("export").filter(|rest| may_start(rest));
    wrapper.before = exported.unwrap_or(before);
    Some(Stripped::Assignment(name.to_owned()))
}

/// Returns `text` without the quotes, `Bearer`, `Authorization:` and `NAME=` around it.
pub(super) fn unwrapped(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some(inner) = unwrapped_once(rest).filter(|_| !is_one_word(rest)) {
        rest = inner.trim();
    }
    rest
}

/// Removes one layer from the outside of `text`.
fn unwrapped_once(text: &str) -> Option<&str> {
    without_quotes(text)
        .or_else(|| without_quotes(text.strip_prefix('b')?))
        .or_else(|| without_prefix(text, "bearer")?.strip_prefix(char::is_whitespace))
        .or_else(|| without_prefix(text, "authorization")?.trim_start().strip_prefix(':'))
        .or_else(|| without_assignment(text))
}

/// Removes the quotes around `text`.
fn without_quotes(text: &str) -> Option<&str> {
    text.strip_prefix(is_quote)?.strip_suffix(is_quote)
}

/// Removes `NAME=` or `export NAME=` from the start of `text`.
fn without_assignment(text: &str) -> Option<&str> {
    let text = text.strip_prefix("export ").unwrap_or(text).trim_start();
    let (name, value) = text.split_once('=')?;
    (is_name(name) && !value.contains('&')).then_some(value)
}

/// Removes `prefix` from the start of `text`, in either case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns `true` if `text` is one word, as a token is and a sentence, a URL or an assignment is not.
///
/// An equals sign is part of a word where padding (RFC 4648 section 3.2) could be: at the end of a segment.
pub(super) fn is_one_word(text: &str) -> bool {
    let ends = |(at, character): (usize, char)| match character {
        '=' => !matches!(text.as_bytes().get(at + 1), None | Some(b'=' | b'.')),
        _ => character.is_whitespace() || is_quote(character) || "()[]{}<>:,".contains(character),
    };
    !text.is_empty() && !text.char_indices().any(ends)
}

/// Returns `true` if a character is a quotation mark, straight or typographic.
fn is_quote(character: char) -> bool {
    "\"'`“”„‘’‚«»‹›".contains(character)
}

/// Splits `text` before the name that ends it; `None` if it ends in none that may be shown.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().rev().take(MAX_NAME + 1).take_while(|byte| is_name_byte(*byte)).count();
    let (before, name) = text.split_at(text.len() - length);
    is_name(name).then_some((before, name))
}

/// Returns `true` if `name` may be shown: short, plain, and nothing that could be a token.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_name_byte) && !looks_like_a_token(name)
}

/// Returns `true` if a byte may be part of a name.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
