//! Gets the token that a person gave: an argument, or standard input.

use std::io::{self, Read as _};

use anyhow::{Context as _, Result};

use super::Context;

/// The most bytes of standard input that are read for one token.
const LONGEST_INPUT: u64 = 64 * 1024;

/// Gets the text that an argument stands for; `-` reads standard input.
pub(super) fn text_of(argument: &str, context: &mut Context<'_>) -> Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    if context.terminal.is_asked() {
        context.terminal.note("paste the token, then press Ctrl-D on a line of its own");
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_INPUT + 1)
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    // What is no UTF-8 is no token, and is told so when it is read.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
