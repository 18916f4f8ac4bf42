//! Extracts the token from pasted text, and names what was removed from around it.
//!
//! The text is sanitized ([`sanitize`]), scanned for tokens ([`scan`]), and, if it contains no whole token, decoded
//! from each of the encodings that programs use for text ([`rewrites`]). The text around the token is named
//! ([`wrappers`]). Nothing is repaired: a malformed token is returned as it was pasted, and everything that was removed
//! is listed in [`ExtractedToken::stripped`].

mod rewrites;
mod sanitize;
mod scan;
mod wrappers;

use std::collections::HashSet;
use std::fmt;
use std::iter;

use thiserror::Error;

use super::inspect::Inspection;
use super::mint::Fingerprint;
use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped_short, looks_like_a_token};
use rewrites::REWRITES;
pub use sanitize::decode_text;
use sanitize::sanitized;
use scan::Candidate;

/// The most bytes of a paste that are read: 64 KiB.
pub const MAX_PASTE_BYTES: usize = 64 * 1024;

/// The most nested encodings that are undone, such as percent-encoding twice.
const MAX_REWRITES: usize = 2;

/// The texts that programs print in place of a token that was never set.
const UNSET: [&str; 7] = ["undefined", "null", "nil", "None", "(null)", "Optional(nil)", "[object Promise]"];

/// The token extracted from a paste.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtractedToken {
    /// The token exactly as it was pasted, except for what `stripped` names. It may be malformed, which the verifier
    /// reports.
    pub token: String,
    /// The names of what was removed, from the token outwards, for display; empty if the paste was the bare token.
    pub stripped: Vec<String>,
}

/// No token can be extracted from a paste.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PasteError {
    /// The text has only white space and invisible characters.
    #[error("nothing was pasted")]
    Empty,
    /// The text contains no token.
    #[error("there is no token in what was pasted")]
    NoToken,
    /// The text is this placeholder, which a program prints for a token that was never set.
    #[error("'{0}' is not a token: the app passed none")]
    Unset(&'static str),
    /// The text contains different tokens, as described here, and it is unclear which one is meant.
    #[error("there are {} different tokens in what was pasted: {}", .0.len(), .0.join("; "))]
    SeveralTokens(Vec<String>),
    /// The text has more than [`MAX_PASTE_BYTES`] bytes.
    #[error("what was pasted has more than {MAX_PASTE_BYTES} bytes")]
    TooLong,
}

impl Diagnostic for PasteError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::SeveralTokens(_)) { Exit::Usage } else { Exit::Malformed }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => "paste the token, from its eyJ to its end",
            Self::NoToken => "a token starts with eyJ and has three parts joined by dots; paste all of it",
            Self::Unset(_) => {
                "look where the app calls connectUser: the token was not fetched yet, or its variable has another name"
            }
            Self::SeveralTokens(_) => "paste one token, or give many with --from, one a line",
            Self::TooLong => "paste the token alone",
        };
        Some(hint.into())
    }
}

/// Extracts the token from `text`.
///
/// A single word that contains a dot or `eyJ` is the token, however malformed. In any other text, a token is a word
/// that starts with `eyJ` and contains two dots, on one line or wrapped over several.
///
/// # Errors
///
/// [`PasteError`] if there is no token, if there are several, or if the text is longer than [`MAX_PASTE_BYTES`].
pub fn extract(text: &str) -> Result<ExtractedToken, PasteError> {
    if text.len() > MAX_PASTE_BYTES {
        return Err(PasteError::TooLong);
    }
    let (text, removed) = sanitized(text);
    if text.trim().is_empty() {
        return Err(PasteError::Empty);
    }
    let (found, text, decoded) = match whole_tokens(&text) {
        Some(found) => found,
        None => (broken_tokens(&text)?, text, Vec::new()),
    };
    let (copies, others) = selected(&found)?;
    let mut stripped = wrappers::around(&text, &copies);
    stripped.extend(decoded.into_iter().map(str::to_owned));
    stripped.extend(others.into_iter().map(|description| format!("another token ({description})")));
    stripped.extend(removed);
    Ok(ExtractedToken { token: copies.first().map_or_else(String::new, |copy| copy.token.clone()), stripped })
}

/// Whole tokens, the text that contains them, and the names of the encodings that were undone, the last one first.
type Found = (Vec<Candidate>, String, Vec<&'static str>);

/// Finds the whole tokens in `text`, or in the first rewritten text that contains any. Fewer rewrites are tried first.
fn whole_tokens(text: &str) -> Option<Found> {
    let mut texts = vec![(text.to_owned(), Vec::new())];
    for _ in 0..=MAX_REWRITES {
        for (text, names) in &texts {
            let mut found = scan::scan(text);
            found.retain(|candidate| scan::is_whole(&candidate.token));
            if !found.is_empty() {
                return Some((found, text.clone(), names.clone()));
            }
        }
        texts = texts.iter().flat_map(rewritten).collect();
    }
    None
}

/// Returns every rewriting of a text, with the name of the rewrite before the names of earlier ones.
fn rewritten(
    (text, names): &(String, Vec<&'static str>),
) -> impl Iterator<Item = (String, Vec<&'static str>)> {
    REWRITES.iter().filter_map(move |(rewrite, name)| {
        let rewritten = rewrite(text).filter(|rewritten| rewritten != text)?;
        let earlier = names.iter().filter(|earlier| *earlier != name);
        Some((rewritten, iter::once(name).chain(earlier).copied().collect()))
    })
}

/// Finds malformed tokens: all of `text`, if it is a single word, or else each of its words that could be a token.
fn broken_tokens(text: &str) -> Result<Vec<Candidate>, PasteError> {
    let word = wrappers::last_word(text);
    if (word.token.contains('.') || looks_like_a_token(&word.token)) && wrappers::is_alone(text, &word) {
        return Ok(vec![word]);
    }
    let is_unset = |unset: &&str| {
        text.rfind(*unset).is_some_and(|start| wrappers::is_alone(text, &Candidate::unbroken(unset, start)))
    };
    match (scan::scan(text), UNSET.into_iter().find(is_unset)) {
        (found, _) if !found.is_empty() => Ok(found),
        (_, Some(found)) => Err(PasteError::Unset(found)),
        (_, None) => Err(PasteError::NoToken),
    }
}

/// Returns the copies of the intended token, and descriptions of the other tokens.
///
/// Of several tokens, the intended one is the only one for a customer.
fn selected(found: &[Candidate]) -> Result<(Vec<&Candidate>, Vec<String>), PasteError> {
    let mut seen = HashSet::new();
    let tokens = found.iter().map(|candidate| candidate.token.as_str());
    let tokens: Vec<&str> = tokens.filter(|token| seen.insert(*token)).collect();
    let is_for_a_customer = |token: &str| {
        let inspection = Inspection::read(token);
        !inspection.is_session()
            && inspection.claims.is_some_and(|claims| claims.user_id.customer().is_some())
    };
    let mut meant = tokens.iter().filter(|token| tokens.len() == 1 || is_for_a_customer(token));
    let (Some(token), None) = (meant.next(), meant.next()) else {
        let named = |token: &&str| {
            format!("{} (fingerprint {})", description(token), Fingerprint::of(token.as_bytes()))
        };
        return Err(PasteError::SeveralTokens(tokens.iter().map(named).collect()));
    };
    let others = tokens.iter().filter(|other| *other != token).map(|other| description(other));
    Ok((found.iter().filter(|candidate| candidate.token == *token).collect(), others.collect()))
}

/// Describes a token by its claims, to distinguish it from others.
fn description(token: &str) -> String {
    let inspection = Inspection::read(token);
    if inspection.is_session() {
        return "a session token of 'stream-token serve'".into();
    }
    let claim = |name| inspection.payload.as_ref().and_then(|payload| payload.get(name)?.as_str());
    match (claim("user_id"), claim("iss")) {
        (Some(user_id), _) => format!("a token for user '{}'", escaped_short(user_id)),
        (None, Some(issuer)) => format!("a token of '{}'", escaped_short(issuer)),
        (None, None) => "a token without a user_id".into(),
    }
}

impl fmt::Debug for ExtractedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtractedToken([{} bytes], {:?})", self.token.len(), self.stripped)
    }
}

#[cfg(test)]
mod tests;
