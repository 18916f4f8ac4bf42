//! `profile`: adds, lists, shows and removes profiles.

use super::{Context, Result, input, prompt_error};
use crate::cli::{ProfileAddArgs, ProfileCommand, ProfileRemoveArgs, SecretInputArgs};
use crate::error::{Exit, Usage};
use crate::escape::path_in_full;
use crate::output;
use crate::profile::{AddOutcome, SecretOutcome};
use crate::profile::{Config, Policy, Profile, ProfileName, Sessions, check_api_key};
use crate::secret::keyring::Kind;
use crate::secret::{Secret, Source};
use crate::time::humanize;

/// Carries out what was asked of profiles.
pub(super) fn run(context: &mut Context<'_>, command: &ProfileCommand) -> Result<Exit> {
    let is_json = context.is_json_or_text("profile")?;
    match command {
        ProfileCommand::Add(arguments) => add(context, arguments)?,
        ProfileCommand::List => list(context, is_json)?,
        ProfileCommand::Show(arguments) => show(context, &arguments.name, is_json)?,
        ProfileCommand::Default(arguments) => {
            // Before anything is made beside a configuration that does not exist.
            context.config()?.require(&arguments.name)?;
            context.with_profile_manager(|manager| manager.make_default(&arguments.name))?;
            context.terminal.note(&format!("{} is the default profile now", arguments.name));
        }
        ProfileCommand::Remove(arguments) => remove(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Adds a profile.
fn add(context: &mut Context<'_>, arguments: &ProfileAddArgs) -> Result<()> {
    if let (Some(default), Some(longest)) = (arguments.default_lifetime, arguments.longest_lifetime)
        && default > longest
    {
        // The configuration would be refused too, with the advice to mend it.
        return Err(Usage::report(
            format!("the default_lifetime of profile {} is above its longest_lifetime", arguments.name),
            format!(
                "give a --default-lifetime of {} or less, or a greater --longest-lifetime",
                humanize(longest)
            ),
        ));
    }
    let source = arguments.secret.clone().unwrap_or(Source::Keyring);
    let is_kept = source == Source::Keyring;
    if arguments.input.secret_stdin && !is_kept {
        return Err(Usage::report(
            format!("--secret-stdin stores a secret in the keyring, and this one stays at {source}"),
            "leave --secret out, or --secret-stdin",
        ));
    }
    let sessions = Some(arguments.sessions.table()).filter(|table| !table.is_empty());
    let sessions = sessions.map(Sessions::try_from).transpose().map_err(|message| Usage {
        message,
        hint: "see SESSIONS OF THE APP in 'man stream-token-serve'".into(),
    })?;
    let mut profile = Profile {
        sessions,
        session_key: arguments.session_key.clone(),
        api_key: arguments.api_key.clone(),
        base_url: arguments.base_url.clone(),
        policy: Policy {
            default_lifetime: arguments.default_lifetime,
            longest_lifetime: arguments.longest_lifetime,
            has_issued_at: arguments.issued_at,
            is_production: arguments.production,
            requires_reason: arguments.require_reason,
        },
        ..Profile::new(Some(arguments.name.clone()), source)
    };
    let secret = if is_kept { Some(asked(context, &mut profile, &arguments.input)?) } else { None };
    let item = profile.item(Kind::ApiSecret);
    let stored = secret.as_ref().map(Secret::fingerprint);
    let AddOutcome { config, secret: outcome } =
        context.with_profile_manager(|manager| manager.add(profile, secret))?;
    if let (Some(fingerprint), Some(outcome)) = (stored, outcome) {
        let done = if outcome == SecretOutcome::Changed { "stored the" } else { "the keyring holds the" };
        context.terminal.note(&format!("{done} {item} in the keyring, fingerprint {fingerprint}"));
    }
    let is_default = config.default_profile() == Some(&arguments.name);
    let mark = if is_default { "; it is the default" } else { "" };
    let path = context.config_place().path().map(path_in_full).unwrap_or_default();
    context.terminal.note(&format!("added profile {} to {path}{mark}", arguments.name));
    Ok(())
}

/// Asks for what a profile with its secret in the keyring needs; whatever refuses it does so before anybody
/// types.
fn asked(context: &mut Context<'_>, profile: &mut Profile, arguments: &SecretInputArgs) -> Result<Secret> {
    context.with_profile_manager(|manager| manager.ensure_new(profile))?;
    let name = profile.item(Kind::ApiSecret).profile;
    if profile.api_key.is_none() && !arguments.secret_stdin && input::can_ask(context) {
        let question = format!("API key of profile {name} (not secret; press Enter to skip): ");
        let key = context.terminal.ask(&question);
        let key = key.map_err(|error| prompt_error(error, "give it with --api-key"))?;
        if !key.is_empty() {
            profile.api_key = Some(check_api_key(&key).map_err(|message| Usage {
                message,
                hint: "copy it from Stream's dashboard, or give it with --api-key".into(),
            })?);
        }
    }
    input::secret(context, profile, Kind::ApiSecret, arguments)
}

/// Removes a profile, once its name was typed again.
fn remove(context: &mut Context<'_>, arguments: &ProfileRemoveArgs) -> Result<()> {
    let before = context.config()?;
    let profile = before.require_configured(&arguments.name)?;
    let is_kept = profile.source == Source::Keyring;
    let what = if is_kept {
        format!("profile {} and its secret in the keyring", arguments.name)
    } else {
        format!("profile {}", arguments.name)
    };
    input::confirm_removal(context, &what, &arguments.name, arguments.confirm.as_deref())?;
    context.with_profile_manager(|manager| manager.remove(&profile, &arguments.name))?;
    let rest = if is_kept { "" } else { "; its secret stays where it is" };
    context.terminal.note(&format!("removed {what}{rest}"));
    if before.default_profile() == Some(&arguments.name) {
        context.terminal.note("no profile is the default now");
    }
    Ok(())
}

/// Lists all profiles, the built-in one last.
fn list(context: &mut Context<'_>, is_json: bool) -> Result<()> {
    let config = context.config()?;
    let names = config.names().cloned().chain([ProfileName::demo()]);
    let profiles: Vec<_> = names.filter_map(|name| mark_default(&config, &name)).collect();
    let shown = if is_json {
        profiles.iter().map(|(profile, is_default)| output::profile_json(profile, *is_default)).collect()
    } else {
        output::profile_list(&profiles, context.terminal.layout())
    };
    Ok(context.terminal.print(&shown)?)
}

/// Shows one profile.
fn show(context: &mut Context<'_>, name: &ProfileName, is_json: bool) -> Result<()> {
    let config = context.config()?;
    let (profile, is_default) = (config.require(name)?, config.default_profile() == Some(name));
    let shown = if is_json {
        output::profile_json(&profile, is_default)
    } else {
        output::profile_text(&profile, is_default, context.terminal.layout())
    };
    Ok(context.terminal.print(&shown)?)
}

/// Finds a profile, and returns whether it is the default.
fn mark_default(config: &Config, name: &ProfileName) -> Option<(Profile, bool)> {
    Some((config.find(name)?, config.default_profile() == Some(name)))
}
