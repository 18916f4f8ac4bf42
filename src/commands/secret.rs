//! `secret`: stores, lists, rotates and removes what the keyring holds for profiles.

use super::{Context, Result, input};
use crate::cli::{SecretCommand, SecretRemoveArgs, SecretRotateArgs, SecretSetArgs};
use crate::error::{ErrorReport, Exit};
use crate::output;
use crate::profile::Profile;
use crate::profile::{SecretChange, SecretOutcome, list_status, random_key};
use crate::secret::keyring::{Item, Kind};
use crate::secret::{Secret, Source};
use crate::time::absolute_and_relative;

/// Carries out what was asked of secrets.
pub(super) fn run(context: &mut Context<'_>, command: &SecretCommand) -> Result<Exit> {
    let is_json = context.is_json_or_text("secret")?;
    match command {
        SecretCommand::Set(arguments) => set(context, arguments)?,
        SecretCommand::List => list(context, is_json)?,
        SecretCommand::Check(arguments) => return super::verify::check_secret(context, arguments, is_json),
        SecretCommand::Rotate(arguments) => rotate(context, arguments)?,
        SecretCommand::Remove(arguments) => remove(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Returns which secret is meant.
fn kind(is_session_key: bool) -> Kind {
    if is_session_key { Kind::SessionKey } else { Kind::ApiSecret }
}

/// Stores a secret in the place of the one before.
fn set(context: &mut Context<'_>, arguments: &SecretSetArgs) -> Result<()> {
    let (profile, secret) = given(context, arguments)?;
    let fingerprint = secret.fingerprint();
    let item = profile.item(kind(arguments.session_key));
    let outcome = context.with_profile_manager(|manager| {
        manager.change_secret(&profile, item.kind, SecretChange::Set(secret))
    })?;
    context.terminal.note(&match outcome {
        SecretOutcome::Changed => format!("stored the {item} in the keyring, fingerprint {fingerprint}"),
        SecretOutcome::Unchanged => unchanged(&item),
    });
    Ok(())
}

/// Stores a secret, and keeps the one before for a while.
fn rotate(context: &mut Context<'_>, arguments: &SecretRotateArgs) -> Result<()> {
    let (profile, secret) = given(context, &arguments.set)?;
    let fingerprint = secret.fingerprint();
    let item = profile.item(kind(arguments.set.session_key));
    let outcome = context.with_profile_manager(|manager| {
        manager.change_secret(&profile, item.kind, SecretChange::Rotate(secret, arguments.keep_for))
    })?;
    context.terminal.note(&match outcome {
        SecretOutcome::Changed => format!("rotated the {item} in the keyring, fingerprint {fingerprint}"),
        SecretOutcome::Unchanged => unchanged(&item),
    });
    if outcome == SecretOutcome::Changed {
        let now = context.clock.now();
        context.terminal.note(&if arguments.keep_for.is_zero() {
            "the one before verifies nothing any more".to_owned()
        } else {
            format!(
                "the one before verifies until {}",
                absolute_and_relative(now.after(arguments.keep_for), now)
            )
        });
    }
    Ok(())
}

/// Says that nothing was to be done.
fn unchanged(item: &Item) -> String {
    format!("it is the {item} already: nothing is changed")
}

/// Returns the profile whose secret is to be stored, and the secret; whatever refuses it does so before
/// anybody types.
fn given(context: &mut Context<'_>, arguments: &SecretSetArgs) -> Result<(Profile, Secret)> {
    let profile = context.config()?.require(&arguments.name)?;
    let kind = kind(arguments.session_key);
    context.with_profile_manager(|manager| manager.ensure_storable(&profile, kind))?;
    input::confirm_production(context, &profile, arguments.confirm.as_deref())?;
    let secret = match kind {
        Kind::SessionKey if !arguments.input.secret_stdin => random_key()?,
        _ => input::secret(context, &profile, kind, &arguments.input)?,
    };
    Ok((profile, secret))
}

/// Removes a secret from the keyring, once the profile's name was typed again.
fn remove(context: &mut Context<'_>, arguments: &SecretRemoveArgs) -> Result<()> {
    let kind = kind(arguments.session_key);
    let configured = context.config()?.require(&arguments.name);
    // What was left behind by a profile that is gone can be removed too.
    let profile = configured.as_ref().ok().cloned();
    let profile = profile.unwrap_or_else(|| Profile::new(Some(arguments.name.clone()), Source::Keyring));
    let item = profile.item(kind);
    if !context.with_profile_manager(|manager| manager.holds(&profile, kind))? {
        let nothing = format!("nothing was removed, as the keyring holds no {item}");
        configured.map_err(|error| ErrorReport::from(error).about(&nothing))?;
        context.terminal.note(&nothing);
        return Ok(());
    }
    let (what, change) = if arguments.previous {
        (format!("what was rotated away of the {item}"), SecretChange::RemovePrevious)
    } else {
        (format!("the {item}"), SecretChange::Remove)
    };
    input::confirm_removal(context, &what, &arguments.name, arguments.confirm.as_deref())?;
    let outcome = context.with_profile_manager(|manager| manager.change_secret(&profile, kind, change))?;
    context.terminal.note(&match outcome {
        SecretOutcome::Changed => format!("removed {what} from the keyring"),
        SecretOutcome::Unchanged => format!("nothing was removed, as the keyring does not hold {what}"),
    });
    Ok(())
}

/// Lists the secrets of all configured profiles, without unlocking anything and without running a program.
fn list(context: &mut Context<'_>, is_json: bool) -> Result<()> {
    let config = context.config()?;
    let kinds = [Kind::ApiSecret, Kind::SessionKey];
    let mut seen = context.asking(|asking| list_status(config.profiles(), &kinds, asking));
    // A session key that nobody configured is made when it is first needed.
    seen.retain(|status| !status.is_unset());
    if seen.is_empty() {
        context.terminal.note("no profile is configured: add one with 'stream-token profile add NAME'");
    }
    let now = context.clock.now();
    let shown = if is_json {
        seen.iter().map(output::secret_json).collect()
    } else {
        output::secret_list(&seen, now, context.terminal.layout())
    };
    Ok(context.terminal.print(&shown)?)
}
