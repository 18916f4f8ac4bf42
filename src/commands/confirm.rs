//! Asks for a name to be typed again, before what cannot be taken back.

use anyhow::Result;

use super::{Context, unanswered};
use crate::error::Usage;
use crate::escape::escaped_or_redacted;
use crate::profile::{Profile, ProfileName};

/// Asks before minting for a production profile.
pub(super) fn production(context: &mut Context<'_>, profile: &Profile, given: Option<&str>) -> Result<()> {
    let name = profile.name.as_ref().or(profile.policy_of.as_ref());
    let name = name.map_or("production", ProfileName::as_str);
    let why = match profile.name {
        Some(_) => format!("{name} is a production profile"),
        None => format!(
            "the production profile {name} is the default, and its policy holds for {}",
            profile.source
        ),
    };
    typed(context, name, &why, given)
}

/// Asks before a profile, or something of it, is removed.
pub(super) fn removal_of(
    context: &mut Context<'_>,
    what: &str,
    name: &ProfileName,
    given: Option<&str>,
) -> Result<()> {
    typed(context, name.as_str(), &format!("{what} will be removed"), given)
}

/// Demands that `name` be typed, or given with `--confirm`.
fn typed(context: &mut Context<'_>, name: &str, why: &str, given: Option<&str>) -> Result<()> {
    let answer = match given {
        Some(given) => given.to_owned(),
        None if context.global.no_input || !context.terminal.can_ask() => {
            return Err(refused(format!("{why}, and nobody can be asked"), name));
        }
        None => {
            let answer = context.terminal.ask(&format!("{why}; type its name to go on: "));
            answer.map_err(|error| unanswered(error, &instead(name)))?
        }
    };
    if answer == name {
        return Ok(());
    }
    let found = if answer.is_empty() {
        "nothing was typed".to_owned()
    } else {
        format!("{} is not its name", escaped_or_redacted(&answer))
    };
    Err(refused(format!("{why}, and {found}"), name))
}

/// Refuses, with the flag to use.
fn refused(message: String, name: &str) -> anyhow::Error {
    Usage { message, hint: instead(name) }.into()
}

/// Names the flag.
fn instead(name: &str) -> String {
    format!("confirm with --confirm {name}")
}
