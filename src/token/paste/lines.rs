//! Reads a token that was wrapped over several lines.
//!
//! A wrapped token has all its lines but the last of equal length, and the last is no longer than
//! they are. A line that breaks this rule is not part of the token.

use super::word;

/// The longest token that is put together from several lines: more than a verifier reads.
const LONGEST_WRAPPED: usize = 4 * 1024;

/// The length in characters of the lines that a token may be wrapped to: nothing wraps to less.
const NARROWEST: usize = 16;

/// The length in characters of an HS256 signature in base64url, of 32 bytes.
const SIGNATURE_LENGTH: usize = 43;

/// The start of every base64url JSON object whose first key follows its brace: `{"`.
const START: &str = "eyJ";

/// One line of a paste.
pub(super) struct Line<'a> {
    /// Where it starts in the paste, in bytes.
    pub(super) at: usize,
    /// The line without its break.
    pub(super) text: &'a str,
    /// Its length without the margin at its end, in bytes.
    end: usize,
    /// The length of the margin at its start, in bytes.
    indent: usize,
    /// The word behind that margin, which continues a token if the line does.
    word: &'a str,
    /// How wide that word is.
    widths: Widths,
}

/// How wide a piece of a token is that stands on one line.
#[derive(Clone, Copy)]
struct Widths {
    /// Its length in characters.
    own: usize,
    /// The same with all that stands before it on the line.
    whole: usize,
}

/// A token as it was read from several lines.
pub(super) struct Wrapped {
    /// Its lines, joined.
    pub(super) token: String,
    /// How many dots are in it.
    pub(super) dots: usize,
    /// Whether it has the three segments of a signed or a development token.
    pub(super) is_complete: bool,
    /// The index of its last line.
    pub(super) last: usize,
    /// Where in the paste it ends, in bytes.
    pub(super) end: usize,
    /// Whether anything but line breaks was taken out between its lines.
    pub(super) margin: bool,
}

/// Splits a paste into its lines.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(Line::new(at, line));
        at += line.len() + 1;
    }
    lines
}

/// Returns `true` if a character belongs to what surrounds a block of text on both sides.
fn is_margin(character: char) -> bool {
    character.is_whitespace() || matches!(character, '|' | '│' | '┃' | '┆')
}

impl<'a> Line<'a> {
    /// Measures a line that starts `at` so many bytes into the paste.
    fn new(at: usize, text: &'a str) -> Self {
        let body = text.trim_start_matches(|character| is_margin(character) || character == '>');
        let end = text.trim_end_matches(|character| is_margin(character) || character == '\\').len();
        let (indent, word) = (text.len() - body.len(), word::leading(body));
        Self { at, text, end, indent, word, widths: Widths::of(&text[..indent], word) }
    }

    /// Returns where the word behind the margin ends.
    fn word_end(&self) -> usize {
        self.indent + self.word.len()
    }
}

/// Finds the next place on line `index`, not before `from`, where a token may start.
///
/// The line's end may cut the start itself: `e` or `ey` there, and the rest on the next line.
pub(super) fn next_start(lines: &[Line<'_>], index: usize, from: usize) -> Option<usize> {
    let line = lines.get(index)?;
    line.text[from..]
        .match_indices(START)
        .map(|(at, _)| from + at)
        .find(|at| word::may_start(&line.text[..*at]))
        .or_else(|| cut_start(line, lines.get(index + 1)?).filter(|at| *at >= from))
}

/// Finds the start of a token that is cut by the end of `line`.
fn cut_start(line: &Line<'_>, next: &Line<'_>) -> Option<usize> {
    [2, 1].into_iter().find_map(|length| {
        let (here, there) = START.split_at(length);
        let before = line.text[..line.end].strip_suffix(here)?;
        (next.word.starts_with(there) && word::may_start(before)).then_some(before.len())
    })
}

/// Reads on from the word that starts at `start` on line `first`, over the lines that continue it,
/// until it is complete or they end; `None` where no line does.
pub(super) fn wrapped(lines: &[Line<'_>], first: usize, start: usize) -> Option<Wrapped> {
    let line = &lines[first];
    let word = word::leading(&line.text[start..]);
    if start + word.len() != line.end {
        return None;
    }
    let widths = Widths::of(&line.text[..start], word);
    if widths.whole < NARROWEST {
        return None;
    }
    let mut token = Wrapped::new(word, first, line);
    for next in &lines[first + 1..] {
        if next.word.is_empty() || !next.widths.fits(widths) {
            break;
        }
        token.push(next);
        let goes_on = next.widths.fills(widths) && next.word_end() == next.end;
        if token.is_complete || !goes_on || token.token.len() > LONGEST_WRAPPED {
            break;
        }
        token.margin |= next.end != next.text.len();
    }
    (token.last > first).then_some(token)
}

impl Widths {
    /// Measures `piece`, which stands behind `before` on its line.
    fn of(before: &str, piece: &str) -> Self {
        let own = piece.chars().count();
        Self { own, whole: before.chars().count() + own }
    }

    /// Returns `true` if a piece could be the last of a token whose first piece is `first`.
    fn fits(self, first: Self) -> bool {
        self.own <= first.own || self.whole <= first.whole
    }

    /// Returns `true` if a piece could be followed by another, in a token whose first piece is `first`.
    fn fills(self, first: Self) -> bool {
        self.own == first.own || self.whole == first.whole
    }
}

impl Wrapped {
    /// Starts with the word that ends `line`, the line of this index.
    fn new(word: &str, index: usize, line: &Line<'_>) -> Self {
        Self {
            token: word.to_owned(),
            dots: word.matches('.').count(),
            is_complete: false,
            last: index,
            end: line.at + line.end,
            margin: line.end != line.text.len(),
        }
    }

    /// Adds the word of the next line.
    fn push(&mut self, line: &Line<'_>) {
        self.token.push_str(line.word);
        self.dots += line.word.matches('.').count();
        self.is_complete = self.dots == 2 && is_signature(self.token.rsplit('.').next().unwrap_or_default());
        self.last += 1;
        self.end = line.at + line.word_end();
        self.margin |= line.indent > 0;
    }
}

/// Returns `true` if `word` has the three segments of a signed or a development token.
pub(super) fn is_complete(word: &str) -> bool {
    let mut segments = word.split('.').skip(2);
    segments.next().is_some_and(is_signature) && segments.next().is_none()
}

/// Returns `true` if a third segment is whole: long as an HS256 signature, whatever padding follows, or
/// the literal of a development token.
fn is_signature(segment: &str) -> bool {
    matches!(segment, "devtoken" | "devToken") || segment.trim_end_matches('=').len() == SIGNATURE_LENGTH
}
