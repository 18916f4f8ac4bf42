//! Gets the token that a person gave: an argument or standard input, and whatever lies around it.

use std::io::{self, Read as _};

use anyhow::Context as _;

use super::{Context, Result};
use crate::token::{LONGEST_PASTE, PasteError, Pasted, find};

/// Gets the one token that an argument holds; `-` reads standard input. What was stripped is said.
///
/// Text without a token comes out as it is, so that its reader is told what is wrong with it. Several
/// tokens are an error: which one was meant is not guessed.
pub(super) fn token_of(argument: &str, context: &mut Context<'_>) -> Result<String> {
    let text = text_of(argument, context)?;
    match find(&text) {
        Ok(pasted) => Ok(unwrapped(&pasted, "", context)),
        Err(error @ PasteError::SeveralTokens { .. }) => Err(error.into()),
        Err(PasteError::Empty | PasteError::NoToken | PasteError::TooLong { .. }) => {
            Ok(text.trim().to_owned())
        }
    }
}

/// Gets the token of a batch's line. A line without one, or with several, comes out as it is.
pub(super) fn token_of_line(text: String, number: u64, context: &mut Context<'_>) -> String {
    match find(&text) {
        Ok(pasted) => unwrapped(&pasted, &format!("line {number}: "), context),
        Err(_) => text,
    }
}

/// Gets the token out of a paste, and says what was stripped from it.
fn unwrapped(pasted: &Pasted, place: &str, context: &mut Context<'_>) -> String {
    if !pasted.stripped().is_empty() {
        let stripped: Vec<_> = pasted.stripped().iter().map(ToString::to_string).collect();
        context.terminal.note(&format!("{place}stripped from the token: {}", stripped.join(", ")));
    }
    pasted.token().to_owned()
}

/// Gets the text that an argument stands for, without one line break at its end.
fn text_of(argument: &str, context: &mut Context<'_>) -> Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    if context.terminal.stdin_is_terminal() {
        context.terminal.note("paste the token, then press Ctrl-D on a line of its own");
    }
    let mut bytes = Vec::new();
    let most = LONGEST_PASTE as u64 + 1;
    io::stdin().lock().take(most).read_to_end(&mut bytes).context("cannot read standard input")?;
    // What is no UTF-8 is no token, and is told so when it is read.
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
