//! Finds what in a paste could be the token.

use super::lines::{self, Line, Wrapped};
use super::word;

/// What could be the token, and where in the paste it is.
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
    pub(super) margin: bool,
}

/// How much a wrapped token must show to be read as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Its last segment is whole.
    Complete,
    /// It has three segments or more.
    Segments,
}

/// Takes all of `text` as the token, where it is one word.
pub(super) fn whole(text: &str) -> Option<Candidate> {
    let token = word::bare(text)?;
    // Only quotes and white space follow the word, and it has neither: its last copy is the word.
    let start = text.rfind(token)?;
    Some(Candidate::unbroken(token, start))
}

/// Finds every token in `text`, in order.
///
/// A wrapped token that is not complete is looked for last, where there is nothing else: its end
/// can only be told by the length of its lines.
pub(super) fn scattered(text: &str) -> Vec<Candidate> {
    let lines = lines::split(text);
    let found = scan(&lines, Proof::Complete);
    if found.is_empty() { scan(&lines, Proof::Segments) } else { found }
}

/// Returns what is before the first of the copies and what is after it, without the other copies.
pub(super) fn surroundings<'a>(text: &'a str, copies: &[Candidate]) -> (&'a str, String) {
    let mut before = None;
    let mut after = String::new();
    let mut from = 0;
    for copy in copies {
        match before {
            None => before = Some(&text[..copy.start]),
            Some(_) => after.push_str(&text[from..copy.start]),
        }
        from = copy.end;
    }
    after.push_str(&text[from..]);
    (before.unwrap_or_default(), after)
}

/// Reads a token at every place where one may start.
fn scan(lines: &[Line<'_>], proof: Proof) -> Vec<Candidate> {
    let mut found = Vec::new();
    let (mut index, mut from) = (0, 0);
    while index < lines.len() {
        let Some(start) = lines::next_start(lines, index, from) else {
            (index, from) = (index + 1, 0);
            continue;
        };
        let line = &lines[index];
        from = start + word::leading(&line.text[start..]).len();
        if let Some((candidate, last)) = read(lines, index, start, proof) {
            index = last;
            from = candidate.end - lines[last].at;
            found.push(candidate);
        }
    }
    found
}

/// Reads the token that starts at `start` on line `index`; with it comes the index of its last line.
///
/// What is complete on its own line is never joined with the next.
fn read(lines: &[Line<'_>], index: usize, start: usize, proof: Proof) -> Option<(Candidate, usize)> {
    let line = &lines[index];
    let word = without_full_stop(word::leading(&line.text[start..]));
    let unbroken = || (Candidate::unbroken(word, line.at + start), index);
    if lines::is_complete(word) {
        return Some(unbroken());
    }
    let wrapped = lines::wrapped(lines, index, start).filter(|wrapped| proof.is_met_by(wrapped));
    if let Some(wrapped) = wrapped {
        let last = wrapped.last;
        return Some((Candidate::wrapped(wrapped, line.at + start, index), last));
    }
    has_three_segments(word).then(unbroken)
}

/// Leaves the full stop of a sentence off a complete token.
fn without_full_stop(word: &str) -> &str {
    word.strip_suffix('.').filter(|token| lines::is_complete(token)).unwrap_or(word)
}

/// Returns `true` if a word has three segments or more.
fn has_three_segments(word: &str) -> bool {
    word.matches('.').count() >= 2
}

impl Proof {
    /// Returns `true` if a wrapped token shows this much.
    fn is_met_by(self, wrapped: &Wrapped) -> bool {
        wrapped.is_complete || (self == Self::Segments && wrapped.dots >= 2)
    }
}

impl Candidate {
    /// Makes a candidate of a word that is in one piece.
    fn unbroken(word: &str, start: usize) -> Self {
        Self { token: word.to_owned(), start, end: start + word.len(), breaks: 0, margin: false }
    }

    /// Makes a candidate of a wrapped token that starts on line `first`.
    fn wrapped(wrapped: Wrapped, start: usize, first: usize) -> Self {
        let Wrapped { token, last, end, margin, .. } = wrapped;
        Self { token, start, end, breaks: last - first, margin }
    }
}
