//! `secret`: stores, lists, checks, rotates and removes the secrets of profiles in the keyring.

use std::time::Duration;

use super::{Context, Result, input};
use crate::cli::{SecretCommand, SecretRemoveArgs, SecretSetArgs};
use crate::error::{ErrorReport, Exit};
use crate::output;
use crate::profile::{Profile, SecretChange, list_status, random_key};
use crate::secret::keyring::Kind;
use crate::time::absolute_and_relative;

/// Runs a subcommand of `secret`.
pub(super) fn run(context: &mut Context<'_>, command: &SecretCommand) -> Result<Exit> {
    match command {
        SecretCommand::Set(arguments) => store(context, arguments, None)?,
        SecretCommand::List => list(context)?,
        SecretCommand::Check { name } => return super::verify::check_secret(context, name.as_ref()),
        SecretCommand::Rotate(arguments) => store(context, &arguments.set, Some(arguments.keep_for))?,
        SecretCommand::Remove(arguments) => remove(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Returns the kind of secret that the flag selects.
fn kind(is_session_key: bool) -> Kind {
    if is_session_key { Kind::SessionKey } else { Kind::ApiSecret }
}

/// Stores a secret, which replaces the current one; a rotation keeps the replaced secret for `keep_for`. All checks come
/// before the prompt.
fn store(context: &mut Context<'_>, arguments: &SecretSetArgs, keep_for: Option<Duration>) -> Result<()> {
    let profile = context.config()?.require(&arguments.name)?;
    let kind = kind(arguments.session_key);
    context.with_profile_manager(|manager| manager.ensure_storable(&profile, kind))?;
    input::confirm_production(context, &profile, arguments.confirm.as_deref())?;
    let secret = match kind {
        Kind::SessionKey if !arguments.input.secret_stdin => random_key()?,
        _ => input::secret(context, &profile, kind, &arguments.input)?,
    };
    let (item, fingerprint) = (profile.item(kind), secret.fingerprint());
    let (done, change) = match keep_for {
        Some(keep_for) => ("rotated", SecretChange::Rotate(secret, keep_for)),
        None => ("stored", SecretChange::Set(secret)),
    };
    if !context.with_profile_manager(|manager| manager.change_secret(&profile, kind, change))? {
        context.terminal.note(&format!("it is the {item} already: nothing is changed"));
        return Ok(());
    }
    context.terminal.note(&format!("{done} the {item} in the keyring, fingerprint {fingerprint}"));
    let now = context.clock.now();
    if let Some(keep_for) = keep_for {
        let end = absolute_and_relative(now.after(keep_for), now);
        context.terminal.note(&format!("the one before verifies until {end}"));
    }
    Ok(())
}

/// Removes a secret from the keyring, after the user has typed the profile's name to confirm.
fn remove(context: &mut Context<'_>, arguments: &SecretRemoveArgs) -> Result<()> {
    let (name, kind) = (&arguments.name, kind(arguments.session_key));
    let configured = context.config()?.require(name);
    // The secrets of a profile that no longer exists can be removed too.
    let gone = || Profile { name: Some(name.clone()), ..Profile::default() };
    let profile = configured.as_ref().map_or_else(|_| gone(), Clone::clone);
    let item = profile.item(kind);
    let (what, change) = if arguments.previous {
        (format!("the previous versions of the {item}"), SecretChange::RemovePrevious)
    } else {
        (format!("the {item}"), SecretChange::Remove)
    };
    let why = format!("{what} will be removed");
    input::confirm_by_typing(context, name.as_str(), &why, arguments.confirm.as_deref())?;
    if context.with_profile_manager(|manager| manager.change_secret(&profile, kind, change))? {
        context.terminal.note(&format!("removed {what} from the keyring"));
        return Ok(());
    }
    let nothing = format!("nothing was removed, as the keyring does not hold {what}");
    configured.map_err(|error| ErrorReport::from(error).about(&nothing))?;
    context.terminal.note(&nothing);
    Ok(())
}

/// Lists the secrets of all configured profiles, without unlocking a keyring and without running a program.
fn list(context: &mut Context<'_>) -> Result<()> {
    let config = context.config()?;
    let kinds = [Kind::ApiSecret, Kind::SessionKey];
    let mut seen = context.asking(|asking| list_status(config.profiles(), &kinds, asking));
    // A session key without a configured source is created when it is first needed.
    seen.retain(|status| !status.is_unset());
    if seen.is_empty() {
        context.terminal.note("no profile is configured: add one with 'stream-token profile add NAME'");
    }
    let now = context.clock.now();
    context.print_all(&seen, output::secret_json, |seen, layout| output::secret_list(seen, now, layout))
}
