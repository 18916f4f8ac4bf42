//! Finds the token inside what a person pasted, and says what was removed from around it.
//!
//! The text is sanitized ([`sanitize`]), scanned for tokens ([`scan`]), and, if it has no whole one, rewritten in each of
//! the ways in which programs encode text ([`rewrites`]). What remains around the token is named ([`wrappers`]). Nothing
//! is repaired: a malformed token comes out as it went in, and everything that was left out is in
//! [`ExtractedToken::stripped`].

mod rewrites;
mod sanitize;
mod scan;
mod stripped;
mod wrappers;

use std::fmt;

use thiserror::Error;

use super::claims_set::UserId;
use super::fingerprint::Fingerprint;
use super::inspect::Inspection;
use super::malformed::MalformedToken;
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped_short, looks_like_a_token};
use rewrites::REWRITES;
use sanitize::Sanitized;
pub use sanitize::decode_text;
use scan::{Candidate, Completeness};
pub use stripped::Stripped;

/// The most bytes of a paste that are read: 64 KiB.
pub const MAX_PASTE_BYTES: usize = 64 * 1024;

/// How many rewrites may lie on top of each other, such as percent-encoding twice.
const MAX_REWRITES: usize = 2;

/// What programs print in the place of a token that was never set.
const UNSET: [&str; 9] = [
    "undefined",
    "null",
    "nil",
    "None",
    "NaN",
    "(null)",
    "Optional(nil)",
    "[object Object]",
    "[object Promise]",
];

/// The one token of a paste.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtractedToken {
    /// The token, exactly as it was pasted but for what `stripped` names.
    token: String,
    /// What was left out, from the token outwards.
    stripped: Vec<Stripped>,
}

/// Why no token was taken from a paste.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PasteError {
    /// There is nothing but white space and invisible characters.
    #[error("nothing was pasted")]
    Empty,
    /// There is text, and no token in it.
    #[error("there is no token in what was pasted")]
    NoToken,
    /// There is what a program prints for a token that was never set.
    #[error("'{found}' is not a token: the app passed none")]
    Unset {
        /// What was printed.
        found: &'static str,
    },
    /// There are different tokens, and which one was meant cannot be told.
    #[error("there are {} different tokens in what was pasted: {}", found.len(), found.join("; "))]
    SeveralTokens {
        /// What each of them is.
        found: Vec<String>,
    },
    /// There is more than [`MAX_PASTE_BYTES`].
    #[error("what was pasted has {bytes} bytes, and at most {MAX_PASTE_BYTES} are read")]
    TooLong {
        /// How much there is.
        bytes: u64,
    },
}

impl Diagnostic for PasteError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::SeveralTokens { .. }) { Exit::Usage } else { Exit::Malformed }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => "paste the token, from its eyJ to its end",
            Self::NoToken => "a token starts with eyJ and has three parts joined by dots; paste all of it",
            Self::Unset { .. } => {
                "look where the app calls connectUser: the token was not fetched yet, or its variable has another name"
            }
            Self::SeveralTokens { .. } => "paste one token, or give many with --from, one a line",
            Self::TooLong { .. } => "paste the token alone",
        };
        Some(hint.into())
    }
}

/// Extracts the token from `text`.
///
/// Text that is one word with a dot, or that starts with `eyJ`, is the token, however malformed. In any other text a token
/// is a word that starts with `eyJ` and has two dots, in one piece or wrapped.
///
/// # Errors
///
/// [`PasteError`] if there is no token, if there are several, and above [`MAX_PASTE_BYTES`].
pub fn extract(text: &str) -> Result<ExtractedToken, PasteError> {
    if text.len() > MAX_PASTE_BYTES {
        return Err(PasteError::TooLong { bytes: text.len() as u64 });
    }
    let sanitized = Sanitized::new(text);
    let text = sanitized.text.as_str();
    if text.trim().is_empty() {
        return Err(PasteError::Empty);
    }
    let (found, text, mut rewrites) =
        whole_tokens(text).unwrap_or_else(|| (broken_tokens(text), text.to_owned(), Vec::new()));
    if found.is_empty() {
        let found = UNSET.into_iter().find(|unset| wrappers::unwrapped(&text) == *unset);
        return Err(found.map_or(PasteError::NoToken, |found| PasteError::Unset { found }));
    }
    let (copies, others) = selected(found)?;
    let mut stripped = wrappers::around(&text, &copies);
    stripped.append(&mut rewrites);
    stripped.extend(others.into_iter().map(Stripped::OtherToken));
    stripped.extend(sanitized.stripped());
    Ok(ExtractedToken {
        token: copies.into_iter().next().map(|copy| copy.token).unwrap_or_default(),
        stripped,
    })
}

/// Finds the whole tokens in `text`, or in the first rewriting of it that has any, with the names of the rewrites, the last
/// one first. Fewer rewrites are tried before more.
fn whole_tokens(text: &str) -> Option<(Vec<Candidate>, String, Vec<Stripped>)> {
    let mut texts = vec![(text.to_owned(), Vec::new())];
    for depth in 0..=MAX_REWRITES {
        if depth > 0 {
            texts = texts.iter().flat_map(rewritten).collect();
        }
        for (text, names) in &texts {
            let mut found = scan::scan(text);
            found.retain(|candidate| candidate.completeness == Completeness::Whole);
            if !found.is_empty() {
                let mut names = names.clone();
                names.dedup();
                return Some((found, text.clone(), names));
            }
        }
    }
    None
}

/// Returns every rewriting of a text, with its names before those that the text has.
fn rewritten((text, names): &(String, Vec<Stripped>)) -> impl Iterator<Item = (String, Vec<Stripped>)> {
    REWRITES.iter().filter_map(move |(rewrite, name)| {
        Some((rewrite(text)?, std::iter::once(name).chain(names).cloned().collect()))
    })
}

/// Finds what is meant to be a token and is none: all of `text`, if it is one word, or else the best of its words.
fn broken_tokens(text: &str) -> Vec<Candidate> {
    let word = wrappers::unwrapped(text);
    if wrappers::is_one_word(word) && (word.contains('.') || looks_like_a_token(word)) {
        // Only quotes and white space follow the word, and it has neither: its last occurrence is the word.
        return text.rfind(word).map(|start| Candidate::unbroken(word, start)).into_iter().collect();
    }
    let mut found = scan::scan(text);
    let best = found.iter().map(|candidate| candidate.completeness).min();
    found.retain(|candidate| Some(candidate.completeness) == best);
    found
}

/// Returns the copies of the token that was meant, and what the other tokens are.
///
/// Of several tokens, the one for a customer was meant.
fn selected(found: Vec<Candidate>) -> Result<(Vec<Candidate>, Vec<String>), PasteError> {
    let mut tokens: Vec<(String, Inspection)> = Vec::new();
    for candidate in &found {
        if tokens.iter().all(|(token, _)| *token != candidate.token) {
            tokens.push((candidate.token.clone(), Inspection::read(&candidate.token)));
        }
    }
    let mut meant =
        tokens.iter().filter(|(_, inspection)| tokens.len() == 1 || is_for_a_customer(inspection));
    let (Some((token, _)), None) = (meant.next(), meant.next()) else {
        let fingerprint = |token: &String| Fingerprint::of(token.as_bytes());
        let found = tokens
            .iter()
            .map(|(token, inspection)| {
                format!("{} (fingerprint {})", description(inspection), fingerprint(token))
            })
            .collect();
        return Err(PasteError::SeveralTokens { found });
    };
    let others = tokens.iter().filter(|(other, _)| other != token);
    let others = others.map(|(_, inspection)| description(inspection)).collect();
    Ok((found.into_iter().filter(|candidate| candidate.token == *token).collect(), others))
}

/// Returns `true` if a token claims to be a customer's.
fn is_for_a_customer(inspection: &Inspection) -> bool {
    let is_session = inspection.errors().contains(&MalformedToken::SessionToken);
    !is_session && inspection.claims().is_some_and(|claims| matches!(claims.user_id(), UserId::Customer(_)))
}

/// Describes a token among others by what it claims.
fn description(inspection: &Inspection) -> String {
    if inspection.errors().contains(&MalformedToken::SessionToken) {
        return "a session token of 'stream-token serve'".into();
    }
    let claim = |name| inspection.claims().and_then(|claims| claims.as_json().get(name)?.as_str());
    match (claim("user_id"), claim("iss")) {
        (Some(user_id), _) => format!("a token for user '{}'", escaped_short(user_id)),
        (None, Some(issuer)) => format!("a token of '{}'", escaped_short(issuer)),
        (None, None) => "a token without a user_id".into(),
    }
}

impl ExtractedToken {
    /// Returns the token. It may be malformed: that is for the verifier to say.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns what was left out; empty if the paste was the bare token.
    #[must_use]
    pub fn stripped(&self) -> &[Stripped] {
        &self.stripped
    }

    /// Adds what was left out before the text was extracted.
    #[must_use]
    pub fn and_stripped(mut self, further: Option<Stripped>) -> Self {
        self.stripped.extend(further);
        self
    }
}

impl fmt::Debug for ExtractedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractedToken")
            .field("token", &format_args!("[{} bytes]", self.token.len()))
            .field("stripped", &self.stripped)
            .finish()
    }
}

#[cfg(test)]
mod tests;
