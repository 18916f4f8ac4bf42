//! What a person gives: a pasted token, a secret, a name typed again. The one reader of standard input; batches, which
//! are read line by line, are the exception.

use std::io::{self, Read as _};

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{Context, Result, prompt_error};
use crate::error::{ErrorReport, Usage};
use crate::escape::escaped_or_redacted;
use crate::output::terminal::PromptError;
use crate::profile::{Profile, ProfileName};
use crate::secret::keyring::Item;
use crate::secret::{MAX_SECRET_BYTES, Secret};
use crate::token::{LONGEST_PASTE, PasteError, Pasted, find};

/// What to do where there is no terminal to ask for a secret at.
const PIPE_IT: &str = "pipe it in, with --secret-stdin";

/// Reads standard input to its end, or to one byte more than `limit`, so that a longer text is seen to be too long.
fn stdin(limit: usize, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.min(MAX_SECRET_BYTES) + 1));
    let read = io::stdin().lock().take(limit as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {what}"))?;
    Ok(bytes)
}

/// Reads what `option`, such as `--secret-stdin`, takes from a pipe or a file.
pub(super) fn piped(
    context: &Context<'_>,
    option: &str,
    limit: usize,
    what: &str,
    hint: &str,
) -> Result<Zeroizing<Vec<u8>>> {
    if context.terminal.stdin_is_terminal() {
        let message = format!("{option} reads from a pipe or a file, and standard input is a terminal");
        return Err(Usage::report(message, hint));
    }
    stdin(limit, &format!("{what} from standard input"))
}

/// Returns the one token in an argument; `-` reads standard input. What was stripped is noted.
///
/// Text without a token is returned as it is, so that its reader is told what is wrong with it. Several
/// tokens are an error: which one was meant is not guessed.
pub(super) fn token_of(argument: &str, context: &mut Context<'_>) -> Result<String> {
    let text = if argument == "-" { pasted(context)? } else { argument.to_owned() };
    match find(&text) {
        Ok(pasted) => Ok(unwrapped(&pasted, "", context)),
        Err(error @ PasteError::SeveralTokens { .. }) => Err(error.into()),
        Err(PasteError::Empty | PasteError::NoToken | PasteError::TooLong { .. }) => {
            Ok(text.trim().to_owned())
        }
    }
}

/// Returns the token in a batch's line. A line without one, or with several, is returned as it is.
pub(super) fn token_of_line(text: String, number: u64, context: &mut Context<'_>) -> String {
    match find(&text) {
        Ok(pasted) => unwrapped(&pasted, &format!("line {number}: "), context),
        Err(_) => text,
    }
}

/// Returns the token of a paste, and notes what was stripped from it.
fn unwrapped(pasted: &Pasted, prefix: &str, context: &mut Context<'_>) -> String {
    if !pasted.stripped().is_empty() {
        let stripped: Vec<_> = pasted.stripped().iter().map(ToString::to_string).collect();
        context.terminal.note(&format!("{prefix}stripped from the token: {}", stripped.join(", ")));
    }
    pasted.token().to_owned()
}

/// Returns the text on standard input, without one line break at its end.
fn pasted(context: &mut Context<'_>) -> Result<String> {
    if context.terminal.stdin_is_terminal() {
        context.terminal.note("paste the token, then press Ctrl-D on a line of its own");
    }
    let bytes = stdin(LONGEST_PASTE, "standard input")?;
    // What is not UTF-8 is not a token, and is said to be none when it is read.
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Returns `true` if somebody can be asked, and may be.
pub(super) fn can_ask(context: &Context<'_>) -> bool {
    !context.global.no_input && context.terminal.can_ask()
}

/// Returns the secret that is to be stored as `item`: piped in, or typed twice. Its weaknesses are noted.
pub(super) fn secret(context: &mut Context<'_>, item: &Item, is_piped: bool) -> Result<Secret> {
    let mut bytes = if is_piped {
        let hint = "leave --secret-stdin out, and type the secret at a prompt that does not show it";
        // A secret may have a line break.
        piped(context, "--secret-stdin", MAX_SECRET_BYTES + 2, "the secret", hint)?
    } else {
        typed_secret(context, item)?
    };
    let secret = Secret::new(std::mem::take(&mut *bytes)).map_err(|error| Usage {
        message: format!("cannot store the {item}: {error}"),
        hint: "give the secret alone, as Stream's dashboard shows it".into(),
    })?;
    for weakness in secret.weaknesses() {
        context.terminal.note(&weakness.to_string());
    }
    Ok(secret)
}

/// Asks for a secret, twice.
fn typed_secret(context: &mut Context<'_>, item: &Item) -> Result<Zeroizing<Vec<u8>>> {
    if context.global.no_input {
        return Err(Usage::report(
            format!("the {item} is missing, and --no-input forbids to ask for it"),
            PIPE_IT,
        ));
    }
    let typed = context.terminal.ask_hidden_twice(&item.to_string());
    let mut typed = typed.map_err(|error| match error {
        PromptError::NoTerminal(_) => Usage::report(
            format!("the {item} is missing, and there is no terminal to ask for it at"),
            PIPE_IT,
        ),
        other => prompt_error(other, "run the command again; or pipe it in, with --secret-stdin"),
    })?;
    Ok(Zeroizing::new(std::mem::take(&mut *typed).into_bytes()))
}

/// Asks before minting or changing something for a production profile.
pub(super) fn confirm_production(
    context: &mut Context<'_>,
    profile: &Profile,
    given: Option<&str>,
) -> Result<()> {
    if !profile.policy.is_production {
        return Ok(());
    }
    let name = profile.name.as_ref().or(profile.policy_of.as_ref());
    let name = name.map_or("production", ProfileName::as_str);
    let why = match profile.name {
        Some(_) => format!("{name} is a production profile"),
        None => format!(
            "the production profile {name} is the default, and its policy applies to {}",
            profile.source
        ),
    };
    confirm_by_typing(context, name, &why, given)
}

/// Asks before a profile, or something of it, is removed.
pub(super) fn confirm_removal(
    context: &mut Context<'_>,
    what: &str,
    name: &ProfileName,
    given: Option<&str>,
) -> Result<()> {
    confirm_by_typing(context, name.as_str(), &format!("{what} will be removed"), given)
}

/// Requires that `name` is typed, or given with `--confirm`.
fn confirm_by_typing(context: &mut Context<'_>, name: &str, why: &str, given: Option<&str>) -> Result<()> {
    let hint = format!("confirm with --confirm {name}");
    let refused =
        |found: &str| -> Result<(), ErrorReport> { Err(Usage::report(format!("{why}, and {found}"), &hint)) };
    let answer = match given {
        Some(given) => given.to_owned(),
        None if !can_ask(context) => return refused("there is no terminal to ask at"),
        None => {
            let answer = context.terminal.ask(&format!("{why}; type its name to continue: "));
            answer.map_err(|error| prompt_error(error, &hint))?
        }
    };
    match answer.as_str() {
        answer if answer == name => Ok(()),
        "" => refused("nothing was typed"),
        other => refused(&format!("{} is not its name", escaped_or_redacted(other))),
    }
}
