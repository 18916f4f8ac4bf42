//! Finds the words of a paste that could be tokens, on one line or wrapped over several lines.

use crate::token::inspect::is_development;
use crate::token::mint::SIGNATURE_LENGTH;

/// The most lines of a wrapped token. With 40 characters a line, this is more than a verifier reads.
const MAX_LINES: usize = 128;

/// The start of every base64url JSON object whose first key follows its brace: `{"`.
const START: &str = "eyJ";

/// A possible token, and its position in the paste.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The token.
    pub(super) token: String,
    /// The byte offset of its start.
    pub(super) start: usize,
    /// The byte offset of its end.
    pub(super) end: usize,
    /// Whether it contained line breaks.
    pub(super) is_wrapped: bool,
}

impl Candidate {
    /// Creates a candidate from a word on one line.
    pub(super) fn unbroken(word: &str, start: usize) -> Self {
        Self { token: word.to_owned(), start, end: start + word.len(), is_wrapped: false }
    }
}

/// Finds every possible token, which has at least three segments.
pub(super) fn scan(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut from = 0;
    for (start, _) in text.match_indices(START) {
        if start < from || !may_start(&text[..start]) {
            continue;
        }
        let word = leading_word(&text[start..]);
        from = start + word.len();
        let unbroken = Candidate::unbroken(token_in(word), start);
        // A token that is whole on its own line is never joined with the next line.
        let wrapped = if is_whole(&unbroken.token) { None } else { wrapped(text, start, word) };
        let candidates = match wrapped {
            Some(wrapped) if is_whole(&wrapped.token) => [Some(wrapped), None],
            wrapped => [Some(unbroken), wrapped],
        };
        let mut candidates = candidates.into_iter().flatten();
        if let Some(candidate) = candidates.find(|candidate| candidate.token.matches('.').count() >= 2) {
            from = from.max(candidate.end);
            found.push(candidate);
        }
    }
    found
}

/// Joins the word at `start` with the lines that continue it, until the token is whole or no line continues it; `None`
/// if not even one line does.
///
/// Each line has one word, and a margin around it. A word that is shorter than the one on the line before is the last.
fn wrapped(text: &str, start: usize, word: &str) -> Option<Candidate> {
    let mut token = Candidate::unbroken(word, start);
    let (mut dots, mut width) = (word.matches('.').count(), word.len());
    for _ in 1..MAX_LINES {
        let Some((margin, next)) = text[token.end..].split_once('\n') else { break };
        let body = next.trim_start_matches(|c| is_margin(c) || c == '>');
        let word = leading_word(body);
        if word.is_empty() || !margin.chars().all(|c| is_margin(c) || c == '\\') {
            break;
        }
        token.token.push_str(word);
        token.end = text.len() - body.len() + word.len();
        token.is_wrapped = true;
        dots += word.matches('.').count();
        if word.len() < width || (dots == 2 && is_whole(&token.token)) {
            break;
        }
        width = word.len();
    }
    token.is_wrapped.then_some(token)
}

/// Returns `true` if a character can be part of the margin on either side of a block of text.
fn is_margin(character: char) -> bool {
    (character.is_whitespace() && character != '\n') || matches!(character, '|' | '│' | '┃' | '┆')
}

/// Returns the token in a word, without the full stop of a sentence or the rest of a URL's path.
fn token_in(word: &str) -> &str {
    let without_path = word.split('/').next().filter(|token| is_whole(token));
    let without_full_stop = || word.strip_suffix('.').filter(|token| is_whole(token));
    without_path.or_else(without_full_stop).unwrap_or(word)
}

/// Returns `true` if `word` has three segments, and the third has the length of an HS256 signature or marks a
/// development token. Padding is allowed at the end of a segment.
pub(super) fn is_whole(word: &str) -> bool {
    let segments: Vec<&str> = word.split('.').map(|segment| segment.trim_end_matches('=')).collect();
    match segments[..] {
        _ if segments.iter().any(|segment| segment.contains('=')) => false,
        [_, _, signature] => is_development(signature) || signature.len() == SIGNATURE_LENGTH,
        _ => false,
    }
}

/// Returns `true` if a token could start after `before`: not inside a longer word.
pub(super) fn may_start(before: &str) -> bool {
    !before.ends_with(|last: char| last.is_ascii_alphanumeric() || "_-.".contains(last))
}

/// Returns the word at the start of `text`.
///
/// A character that no token contains, but that may have replaced one, such as padding or a letter of another script,
/// is part of the word: to end the word there would repair the token.
pub(super) fn leading_word(text: &str) -> &str {
    let is_end = |(at, character): &(usize, char)| match character {
        '!' | '?' | '*' | '$' | '^' | '~' | '@' | '%' => {
            let next = text[at + 1..].chars().next();
            !next.is_some_and(char::is_alphanumeric)
        }
        other => !(other.is_alphanumeric() || "-_.=+/…".contains(*other)),
    };
    &text[..text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at)]
}
