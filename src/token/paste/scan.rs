//! Finds the words of a paste that could be tokens, in one piece or wrapped over several lines.
//!
//! A wrapped token has all its lines but the last of equal length, and the last is no longer than they are. A line that
//! breaks this rule is not part of the token.

use crate::token::compact::is_development;
use crate::token::malformed::SIGNATURE_LENGTH;

/// The longest token that is joined from several lines: more than a verifier reads.
const MAX_WRAPPED_BYTES: usize = 4 * 1024;

/// The length in characters of the shortest lines that a token may be wrapped to.
const MIN_WIDTH: usize = 16;

/// The start of every base64url JSON object whose first key follows its brace: `{"`.
const START: &str = "eyJ";

/// How much of a token a candidate is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Completeness {
    /// Three segments, of which the last is a whole signature.
    Whole,
    /// Three segments or more, in one piece.
    Segments,
    /// Three segments or more, over several lines.
    Wrapped,
}

/// What could be the token, and its place in the paste.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The token itself.
    pub(super) token: String,
    /// Where it starts, in bytes.
    pub(super) start: usize,
    /// Where it ends, in bytes.
    pub(super) end: usize,
    /// How many line breaks were inside.
    pub(super) breaks: usize,
    /// Whether more than line breaks was between its lines.
    pub(super) has_margin: bool,
    /// How much of a token it is.
    pub(super) completeness: Completeness,
}

impl Candidate {
    /// Makes a candidate of a word in one piece.
    pub(super) fn unbroken(word: &str, start: usize) -> Self {
        let completeness = if is_whole(word) { Completeness::Whole } else { Completeness::Segments };
        let token = word.to_owned();
        Self { token, start, end: start + word.len(), breaks: 0, has_margin: false, completeness }
    }
}

/// One line of a paste.
struct Line<'a> {
    /// Where it starts in the paste, in bytes.
    at: usize,
    /// The line without its break.
    text: &'a str,
    /// Its length without the margin at its end, in bytes.
    end: usize,
    /// The length of the margin at its start, in bytes.
    indent: usize,
    /// The word behind that margin, which continues a token if the line does.
    word: &'a str,
    /// How wide that word is.
    widths: Widths,
}

/// How wide the piece of a token on one line is.
#[derive(Clone, Copy)]
struct Widths {
    /// Its length in characters.
    own: usize,
    /// The same with everything before it on the line.
    whole: usize,
}

impl Widths {
    /// Measures `piece`, which follows `before` on its line.
    fn new(before: &str, piece: &str) -> Self {
        let own = piece.chars().count();
        Self { own, whole: before.chars().count() + own }
    }

    /// Returns `true` if a piece could be the last of a token whose first piece is `first`.
    fn matches(self, first: Self) -> bool {
        self.own <= first.own || self.whole <= first.whole
    }

    /// Returns `true` if a piece could be followed by another, in a token whose first piece is `first`.
    fn is_full(self, first: Self) -> bool {
        self.own == first.own || self.whole == first.whole
    }
}

impl<'a> Line<'a> {
    /// Measures a line that starts `at` so many bytes into the paste.
    fn new(at: usize, text: &'a str) -> Self {
        let body = text.trim_start_matches(|character| is_margin(character) || character == '>');
        let end = text.trim_end_matches(|character| is_margin(character) || character == '\\').len();
        let (indent, word) = (text.len() - body.len(), leading_word(body));
        Self { at, text, end, indent, word, widths: Widths::new(&text[..indent], word) }
    }
}

/// Returns `true` if a character belongs to what surrounds a block of text on both sides.
fn is_margin(character: char) -> bool {
    character.is_whitespace() || matches!(character, '|' | '│' | '┃' | '┆')
}

/// Finds what could be a token at every place where one may start.
///
/// What is whole on its own line is never joined with the next.
pub(super) fn scan(text: &str) -> Vec<Candidate> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(Line::new(at, line));
        at += line.len() + 1;
    }
    let mut found = Vec::new();
    let (mut index, mut from) = (0, 0);
    while index < lines.len() {
        let Some(start) = next_start(&lines, index, from) else {
            (index, from) = (index + 1, 0);
            continue;
        };
        let line = &lines[index];
        let word = leading_word(&line.text[start..]);
        from = start + word.len();
        let unbroken = Candidate::unbroken(token_in(word), line.at + start);
        let wrapped = wrapped(&lines, index, start);
        if unbroken.completeness == Completeness::Whole {
            found.push(unbroken);
        } else if let Some(wrapped) =
            wrapped.clone().filter(|wrapped| wrapped.completeness == Completeness::Whole)
        {
            index += wrapped.breaks;
            from = wrapped.end - lines[index].at;
            found.push(wrapped);
        } else {
            let broken = [Some(unbroken), wrapped].into_iter().flatten();
            found.extend(broken.filter(|candidate| candidate.token.matches('.').count() >= 2).take(1));
        }
    }
    found
}

/// Returns the next place on line `index`, not before `from`, where a token may start.
///
/// The line's end may cut the start itself: `e` or `ey` there, and the rest on the next line.
fn next_start(lines: &[Line<'_>], index: usize, from: usize) -> Option<usize> {
    let line = &lines[index];
    line.text[from..]
        .match_indices(START)
        .map(|(at, _)| from + at)
        .find(|at| may_start(&line.text[..*at]))
        .or_else(|| wrapped_start(line, lines.get(index + 1)?).filter(|at| *at >= from))
}

/// Returns where a token starts whose start is cut by the end of `line`.
fn wrapped_start(line: &Line<'_>, next: &Line<'_>) -> Option<usize> {
    [2, 1].into_iter().find_map(|length| {
        let (here, there) = START.split_at(length);
        let before = line.text[..line.end].strip_suffix(here)?;
        (next.word.starts_with(there) && may_start(before)).then_some(before.len())
    })
}

/// Reads on from the word at `start` on line `first`, over the lines that continue it, until the token is whole or they
/// end; `None` if no line continues it.
fn wrapped(lines: &[Line<'_>], first: usize, start: usize) -> Option<Candidate> {
    let line = &lines[first];
    let word = leading_word(&line.text[start..]);
    let widths = Widths::new(&line.text[..start], word);
    if start + word.len() != line.end || widths.whole < MIN_WIDTH {
        return None;
    }
    let mut token = Candidate {
        completeness: Completeness::Wrapped,
        has_margin: line.end != line.text.len(),
        ..Candidate::unbroken(word, line.at + start)
    };
    let mut dots = word.matches('.').count();
    for next in &lines[first + 1..] {
        if next.word.is_empty() || !next.widths.matches(widths) {
            break;
        }
        token.token.push_str(next.word);
        token.breaks += 1;
        token.end = next.at + next.indent + next.word.len();
        token.has_margin |= next.indent > 0;
        dots += next.word.matches('.').count();
        if dots == 2 && is_whole(&token.token) {
            token.completeness = Completeness::Whole;
            break;
        }
        let goes_on = next.widths.is_full(widths) && next.indent + next.word.len() == next.end;
        if !goes_on || token.token.len() > MAX_WRAPPED_BYTES {
            break;
        }
        token.has_margin |= next.end != next.text.len();
    }
    (token.breaks > 0).then_some(token)
}

/// Returns the token in a word: without the full stop of a sentence, and without the rest of a URL's path.
fn token_in(word: &str) -> &str {
    let without_path = word.split('/').next().filter(|token| is_whole(token));
    let without_full_stop = || word.strip_suffix('.').filter(|token| is_whole(token));
    without_path.or_else(without_full_stop).unwrap_or(word)
}

/// Returns `true` if `word` has three segments, of which the last is as long as an HS256 signature, whatever padding
/// follows, or marks a development token. Padding is at the end of a segment.
fn is_whole(word: &str) -> bool {
    if word.split('.').any(|segment| segment.trim_end_matches('=').contains('=')) {
        return false;
    }
    let mut segments = word.split('.').skip(2);
    let is_signature =
        |segment: &str| is_development(segment) || segment.trim_end_matches('=').len() == SIGNATURE_LENGTH;
    segments.next().is_some_and(is_signature) && segments.next().is_none()
}

/// Returns `true` if a token could start behind `before`: not inside a longer word.
///
/// The last letter of an escape, such as `\n` in a log or `%22` in a URL, is not part of a word.
pub(super) fn may_start(before: &str) -> bool {
    match before.as_bytes() {
        [] | [.., b'\\', b'n' | b'r' | b't'] | [.., b'\\', b'u', _, _, _, _] => true,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., last] => !(last.is_ascii_alphanumeric() || b"_-.".contains(last)),
    }
}

/// Returns the word at the start of `text`.
///
/// A character that no token contains, but that could have replaced one that it does, such as padding or a letter of
/// another script, is part of the word: cutting there would repair the token.
pub(super) fn leading_word(text: &str) -> &str {
    let end = text.char_indices().find(|(at, _)| is_word_end(&text[*at..]));
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// Returns `true` if a word ends before `rest`.
fn is_word_end(rest: &str) -> bool {
    let mut characters = rest.chars();
    let is_delimiter = |character: char| !(character.is_alphanumeric() || "-_.=+/…".contains(character));
    match characters.next() {
        None => true,
        Some('%') => {
            let digits = rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            digits.map_or_else(
                || !characters.next().is_some_and(char::is_alphanumeric),
                |byte| is_delimiter(byte.into()),
            )
        }
        Some('!' | '?' | '*' | '$' | '^' | '~' | '@') => {
            !characters.next().is_some_and(char::is_alphanumeric)
        }
        Some(character) => is_delimiter(character),
    }
}
