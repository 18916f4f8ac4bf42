//! Finds the token inside what a person pasted, and says what lay around it.
//!
//! Nothing is repaired and nothing is dropped in silence: a malformed token comes out as it went
//! in, for the verifier to refuse, and everything that was left out is in [`Pasted::stripped`].

mod around;
mod candidate;
mod lines;
mod stripped;
mod visible;
mod word;

use crate::error::{Diagnostic, Exit};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use candidate::Candidate;
pub use stripped::Stripped;
use visible::Visible;

/// The longest paste that is read: 64 KiB.
pub const LONGEST_PASTE: usize = 64 * 1024;

/// The one token of a paste.
#[derive(Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The token, exactly as it was pasted but for what `stripped` names.
    token: String,
    /// What was left out, from the token outwards.
    stripped: Vec<Stripped>,
}

/// Why no token was taken from a paste.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasteError {
    /// There is nothing but white space and invisible characters.
    Empty,
    /// There is text, and no token in it.
    NoToken,
    /// There are tokens that differ, and none of them is the one that was meant.
    SeveralTokens {
        /// How many different ones.
        found: usize,
    },
    /// There is more than [`LONGEST_PASTE`].
    TooLong {
        /// How much there is.
        bytes: usize,
    },
}

/// Finds the token in `text`.
///
/// Text that is one word is the token, however malformed. In any other text a token is a word that
/// starts with `eyJ` and has two dots, in one piece or wrapped.
///
/// # Errors
///
/// [`PasteError`] where there is no token, where there are several, and above [`LONGEST_PASTE`].
pub fn find(text: &str) -> Result<Pasted, PasteError> {
    if text.len() > LONGEST_PASTE {
        return Err(PasteError::TooLong { bytes: text.len() });
    }
    let visible = Visible::of(text);
    if visible.text.trim().is_empty() {
        return Err(PasteError::Empty);
    }
    let found = candidate::whole(&visible.text)
        .map_or_else(|| candidate::scattered(&visible.text), |whole| vec![whole]);
    let first = the_only(&found)?;
    Ok(Pasted { token: first.token.clone(), stripped: stripped_from(&visible, &found) })
}

/// Picks the candidate that all the others equal.
fn the_only(found: &[Candidate]) -> Result<&Candidate, PasteError> {
    let first = found.first().ok_or(PasteError::NoToken)?;
    if found.iter().all(|other| other.token == first.token) {
        return Ok(first);
    }
    let different: BTreeSet<&str> = found.iter().map(|candidate| candidate.token.as_str()).collect();
    Err(PasteError::SeveralTokens { found: different.len() })
}

/// Lists all that is in the paste and not in the token, of which `found` are the copies.
fn stripped_from(visible: &Visible, found: &[Candidate]) -> Vec<Stripped> {
    let text = visible.text.as_str();
    let (before, after) = candidate::surroundings(text, found);
    let mut stripped = around::describe(before, &after);
    let breaks = found.iter().map(|copy| copy.breaks).max().unwrap_or_default();
    let further = [
        (breaks > 0, Stripped::LineBreaks(breaks)),
        (found.iter().any(|copy| copy.margin), Stripped::Margin),
        (found.len() > 1, Stripped::Copies(found.len().saturating_sub(1))),
        (visible.invisible > 0, Stripped::Invisible(visible.invisible)),
        (visible.codes > 0, Stripped::TerminalCodes(visible.codes)),
        (text.trim() != text, Stripped::Whitespace),
    ];
    stripped.extend(further.into_iter().filter_map(|(there, what)| there.then_some(what)));
    stripped
}

impl Pasted {
    /// Returns the token. It may be malformed: that is the verifier's to say.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns what was left out, each thing once; empty where the paste was the bare token.
    #[must_use]
    pub fn stripped(&self) -> &[Stripped] {
        &self.stripped
    }
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pasted")
            .field("token", &format_args!("[{} bytes]", self.token.len()))
            .field("stripped", &self.stripped)
            .finish()
    }
}

impl Diagnostic for PasteError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Empty => "paste the token, from its eyJ to its end",
                Self::NoToken => {
                    "a token starts with eyJ and has three parts joined by dots; paste all of it"
                }
                Self::SeveralTokens { .. } => "paste one token, or give many with --from, one a line",
                Self::TooLong { .. } => "paste the token alone",
            }
            .into(),
        )
    }
}

impl fmt::Display for PasteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing was pasted"),
            Self::NoToken => f.write_str("there is no token in what was pasted"),
            Self::SeveralTokens { found } => {
                write!(f, "there are {found} different tokens in what was pasted")
            }
            Self::TooLong { bytes } => {
                write!(f, "what was pasted has {bytes} bytes, and at most {LONGEST_PASTE} are read")
            }
        }
    }
}

impl Error for PasteError {}

#[cfg(test)]
mod tests;
