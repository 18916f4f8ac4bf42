//! Names the text around a token, from the token outwards, with one function per kind of layer.
//!
//! Text of no known kind is named "other text", so that nothing is removed silently. The names of fields, headers and
//! variables in the paste are shown if they have at most 30 characters of `A-Z a-z 0-9 _ -` and cannot be a token.

use super::scan::{Candidate, may_start};
use crate::escape::looks_like_a_token;

/// The most characters of the name of a field, a header or a variable that is shown.
const MAX_NAME: usize = 30;

/// The most layers that are named; text around them is other text.
const MAX_LAYERS: usize = 16;

/// The text around the token that is not named yet.
struct Wrapper<'a> {
    /// The text before the token.
    before: &'a str,
    /// The text after the token.
    after: &'a str,
}

/// A function that removes the innermost layer and returns its name; `None` if the layer is of another kind.
type Layer = fn(&mut Wrapper<'_>) -> Option<String>;

/// Every kind of layer, in the order in which they are tried. The first four can also surround a single word.
const LAYERS: [Layer; 6] = [quotes, bearer, header, assignment, json_field, query_parameter];

impl Wrapper<'_> {
    /// Removes layer after layer, and returns their names without duplicates.
    fn peel(&mut self, layers: &[Layer]) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..MAX_LAYERS {
            self.before = self.before.trim_end();
            self.after = self.after.trim_start();
            let Some(name) = layers.iter().find_map(|layer| layer(self)) else { break };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns `true` if only white space is left.
    fn is_empty(&self) -> bool {
        self.before.trim().is_empty() && self.after.trim().is_empty()
    }
}

/// Names the text before, between and after the copies of a token, and the line breaks inside them.
pub(super) fn around(text: &str, copies: &[&Candidate]) -> Vec<String> {
    let before = copies.first().map_or("", |first| &text[..first.start]);
    let ends = copies.iter().map(|copy| copy.end);
    let starts = copies.iter().skip(1).map(|copy| copy.start).chain([text.len()]);
    let after: String = ends.zip(starts).map(|(end, start)| &text[end..start]).collect();
    let mut wrapper = Wrapper { before, after: &after };
    let mut names = wrapper.peel(&LAYERS);
    let is_curl = wrapper.before.split_whitespace().any(|word| matches!(word, "curl" | "curl.exe"));
    let further = [
        is_curl.then_some("the curl command around it"),
        (!is_curl && !wrapper.is_empty()).then_some("other text around it"),
        copies.iter().any(|copy| copy.is_wrapped).then_some("line breaks"),
        (copies.len() > 1).then_some("more copies of it"),
    ];
    names.extend(further.into_iter().flatten().map(str::to_owned));
    names
}

/// Returns `true` if only quotes, `Bearer`, a header's name or `NAME=` surround a part of `text`.
pub(super) fn is_alone(text: &str, part: &Candidate) -> bool {
    let mut wrapper = Wrapper { before: &text[..part.start], after: &text[part.end..] };
    wrapper.peel(&LAYERS[..4]);
    wrapper.is_empty()
}

/// Returns the last word of `text`, without the quotes around it.
///
/// An equals sign is part of a word where it could be padding (RFC 4648 section 3.2): at the end of a segment.
pub(super) fn last_word(text: &str) -> Candidate {
    let text = text.trim_end_matches(|character: char| character.is_whitespace() || is_quote(character));
    let is_delimiter = |(at, character): &(usize, char)| match character {
        '=' => !matches!(text.as_bytes().get(at + 1), None | Some(b'=' | b'.')),
        other => other.is_whitespace() || is_quote(*other) || "()[]{}<>:,".contains(*other),
    };
    let start = text.char_indices().rfind(is_delimiter).map_or(0, |(at, last)| at + last.len_utf8());
    Candidate::unbroken(&text[start..], start)
}

/// Removes quotes, including those of a Python bytes literal; either one may be missing.
fn quotes(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let opened = wrapper.before.strip_suffix(is_quote).map(|rest| rest.trim_end_matches('\\'));
    let closed = wrapper.after.trim_start_matches('\\').strip_prefix(is_quote);
    opened.or(closed)?;
    let of_bytes = opened.and_then(|rest| rest.strip_suffix('b')).filter(|rest| may_start(rest));
    wrapper.before = of_bytes.or(opened).unwrap_or(wrapper.before);
    wrapper.after = closed.unwrap_or(wrapper.after);
    Some(if of_bytes.is_some() { "b'…'" } else { "quotes" }.into())
}

/// Removes the word `Bearer` (RFC 6750), which Stream's own header does not have.
fn bearer(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let (before, name) = split_name(wrapper.before)?;
    wrapper.before = Some(before).filter(|_| name.eq_ignore_ascii_case("bearer"))?;
    Some("the word Bearer".into())
}

/// Removes the name of a header.
fn header(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let (before, name) = split_name(wrapper.before.strip_suffix(':')?.trim_end())?;
    let is_header = name.contains('-') || name.eq_ignore_ascii_case("authorization");
    wrapper.before = Some(before).filter(|_| is_header)?;
    Some(format!("the header name {name}"))
}

/// Removes `NAME=` and `export NAME=`.
fn assignment(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let (before, name) = split_name(wrapper.before.strip_suffix('=')?.trim_end())?;
    if before.ends_with(|character: char| !character.is_whitespace()) {
        return None;
    }
    let exported = before.trim_end().strip_suffix("export").filter(|rest| may_start(rest));
    wrapper.before = exported.unwrap_or(before);
    Some(format!("the assignment to {name}"))
}

/// Removes the name of a JSON field, and the JSON around it.
fn json_field(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let key = wrapper.before.strip_suffix(':')?.trim_end().strip_suffix(is_quote)?;
    let (before, field) = split_name(key.trim_end_matches('\\'))?;
    let before = before.strip_suffix(is_quote)?.trim_end_matches('\\');
    wrapper.before = before.split(['{', '[']).next().unwrap_or_default();
    wrapper.after = wrapper.after.rsplit(['}', ']']).next().unwrap_or_default();
    Some(format!("the JSON around it (field {field})"))
}

/// Removes the name of a query parameter, and the URL around it.
fn query_parameter(wrapper: &mut Wrapper<'_>) -> Option<String> {
    let (before, name) = split_name(wrapper.before.strip_suffix('=')?)?;
    before.strip_suffix(['?', '&'])?;
    let is_of_url = |character: char| !character.is_whitespace() && !is_quote(character);
    wrapper.before = before.trim_end_matches(is_of_url);
    wrapper.after = wrapper.after.trim_start_matches(is_of_url);
    Some(format!("the URL around it (parameter {name})"))
}

/// Returns `true` if a character is a quotation mark, straight or typographic.
fn is_quote(character: char) -> bool {
    "\"'`“”„‘’‚«»‹›".contains(character)
}

/// Splits `text` before the name at its end; `None` if there is no name that may be shown.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = text.bytes().rev().take(MAX_NAME + 1).take_while(is_part).count();
    let (before, name) = text.split_at(text.len() - length);
    let is_shown = (1..=MAX_NAME).contains(&length) && !looks_like_a_token(name);
    is_shown.then_some((before, name))
}
