//! Takes a secret from whoever calls: typed twice at a terminal, unseen, or piped.

use std::io::{self, Read as _};

use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use super::{Context, unanswered};
use crate::error::Usage;
use crate::output::terminal::AskError;
use crate::secret::keyring::Item;
use crate::secret::{MAX_SECRET_BYTES, Secret};

/// Returns `true` if somebody can be asked, and may be.
pub(super) fn can_ask(context: &Context<'_>) -> bool {
    !context.global.no_input && context.terminal.can_ask()
}

/// Takes the secret that is to be stored as `item`, and says what is weak about it.
pub(super) fn secret(context: &mut Context<'_>, item: &Item, is_piped: bool) -> Result<Secret> {
    let bytes = if is_piped { piped(context)? } else { typed(context, item)? };
    let secret = Secret::new(bytes).map_err(|error| Usage {
        message: format!("cannot store the {item}: {error}"),
        hint: "give the secret alone, as Stream's dashboard shows it".into(),
    })?;
    for weakness in secret.weaknesses() {
        context.terminal.note(&weakness.to_string());
    }
    Ok(secret)
}

/// Reads the secret from standard input, to its end.
fn piped(context: &Context<'_>) -> Result<Vec<u8>> {
    if context.terminal.is_asked() {
        return Err(Usage {
            message: "--secret-stdin reads from a pipe or a file, and standard input is a terminal".into(),
            hint: "leave --secret-stdin out, and be asked for the secret without it being seen".into(),
        }
        .into());
    }
    // One byte more than a secret and its line break may have, so that a longer one is seen to be.
    let most = MAX_SECRET_BYTES + 3;
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    let read = io::stdin().lock().take(most as u64).read_to_end(&mut bytes);
    read.context("cannot read the secret from standard input")?;
    Ok(std::mem::take(&mut *bytes))
}

/// Asks for the secret, twice.
fn typed(context: &mut Context<'_>, item: &Item) -> Result<Vec<u8>> {
    if context.global.no_input {
        return Err(Usage {
            message: format!("the {item} is wanted, and --no-input keeps anybody from being asked for it"),
            hint: INSTEAD.into(),
        }
        .into());
    }
    let typed = context.terminal.ask_hidden_twice(&item.to_string());
    let mut typed = typed.map_err(|error| match error {
        AskError::NoTerminal(_) => Usage {
            message: format!("the {item} is wanted, and nobody can be asked for it"),
            hint: INSTEAD.into(),
        }
        .into(),
        other => unanswered(other, "call again; or pipe it in, with --secret-stdin"),
    })?;
    Ok(std::mem::take(&mut *typed).into_bytes())
}

/// What to do where nobody can be asked.
const INSTEAD: &str = "pipe it in, with --secret-stdin";
