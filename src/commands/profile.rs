//! `profile`: adds, lists, shows and removes profiles.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Context, Result, input, prompt_error};
use crate::cli::{
    ProfileAddArgs, ProfileCommand, ProfileRemoveArgs, ProfileSetArgs, SecretInputArgs, SettingsArgs,
    parse_lifetime,
};
use crate::error::{Exit, Usage};
use crate::escape::path_in_full;
use crate::output;
use crate::profile::{AddOutcome, SecretOutcome};
use crate::profile::{Config, Edit, Policy, Profile, ProfileName, Sessions, check_api_key, check_policy};
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
        ProfileCommand::Set(arguments) => set(context, arguments)?,
        ProfileCommand::Remove(arguments) => remove(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Adds a profile.
fn add(context: &mut Context<'_>, arguments: &ProfileAddArgs) -> Result<()> {
    let settings = &arguments.settings;
    let source = settings.secret.clone().unwrap_or(Source::Keyring);
    let is_kept = source == Source::Keyring;
    if arguments.input.secret_stdin && !is_kept {
        return Err(Usage::report(
            format!("--secret-stdin stores a secret in the keyring, and this one stays at {source}"),
            "leave --secret out, or --secret-stdin",
        ));
    }
    let sessions = settings.sessions.given().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let sessions = Some(sessions.collect::<BTreeMap<_, _>>()).filter(|table| !table.is_empty());
    let sessions = sessions.map(Sessions::try_from).transpose().map_err(|message| Usage {
        message,
        hint: "see SESSIONS OF THE APP in 'man stream-token-serve'".into(),
    })?;
    let default_lifetime = default_lifetime(context, &arguments.name, settings)?;
    let mut profile = Profile {
        sessions,
        session_key: settings.session_key.clone(),
        api_key: settings.api_key.clone(),
        base_url: settings.base_url.clone(),
        policy: Policy {
            default_lifetime,
            longest_lifetime: settings.longest_lifetime,
            has_issued_at: settings.issued_at,
            is_production: settings.production,
            requires_reason: settings.require_reason,
        },
        ..Profile::new(Some(arguments.name.clone()), source)
    };
    check_policy(&arguments.name, &profile.policy).map_err(|message| {
        Usage::report(message, "give a shorter --default-lifetime, or a longer --longest-lifetime")
    })?;
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

/// Returns the default lifetime of a new profile's tokens. A production profile needs one, and whoever adds it is asked.
fn default_lifetime(
    context: &mut Context<'_>,
    name: &ProfileName,
    settings: &SettingsArgs,
) -> Result<Option<Duration>> {
    if !settings.production || settings.default_lifetime.is_some() {
        return Ok(settings.default_lifetime);
    }
    let hint = "give it with --default-lifetime, such as 1h";
    if !input::can_ask(context) {
        return Err(Usage::report(format!("the production profile {name} needs a default_lifetime"), hint));
    }
    let question = format!("Lifetime of the tokens of production profile {name} (press Enter for 1h): ");
    let answer = context.terminal.ask(&question).map_err(|error| prompt_error(error, hint))?;
    let answer = if answer.is_empty() { "1h" } else { &answer };
    Ok(Some(parse_lifetime(answer).map_err(|message| Usage { message, hint: hint.into() })?))
}

/// Changes settings of a profile, and says which.
fn set(context: &mut Context<'_>, arguments: &ProfileSetArgs) -> Result<()> {
    let edits = edits(arguments);
    if edits.is_empty() {
        return Err(Usage::report("no setting is named", "see 'stream-token profile set --help'"));
    }
    let before = context.config()?.require_configured(&arguments.name)?;
    input::confirm_production(context, &before, arguments.confirm.as_deref())?;
    let after = context.with_profile_manager(|manager| manager.set(&arguments.name, &edits))?;
    let changes = output::profile_changes(&before, &after);
    if changes.is_empty() {
        context
            .terminal
            .note(&format!("profile {} is like this already: nothing is changed", arguments.name));
    }
    for change in changes {
        context.terminal.note(&format!("profile {}: {change}", arguments.name));
    }
    match (before.source == Source::Keyring, after.source == Source::Keyring) {
        (true, false) => context.terminal.note(
            "its secret in the keyring stays there, unused: to remove it, go back to --secret keyring, and use \
             'stream-token secret remove'",
        ),
        (false, true) => context.terminal.note(&format!(
            "store its secret in the keyring with 'stream-token secret set {}'",
            arguments.name
        )),
        _ => {}
    }
    Ok(())
}

/// Returns what a call changes of a profile's table in the configuration, in order.
fn edits(ProfileSetArgs { settings, unset, .. }: &ProfileSetArgs) -> Vec<Edit> {
    let key = |flag: &str| match flag {
        "api-key" | "session-key" | "base-url" | "sessions" => flag.replace('-', "_"),
        flag => format!("policy.{}", flag.replace('-', "_")),
    };
    let mut edits: Vec<Edit> = unset.iter().map(|flag| (key(flag), None)).collect();
    let source = |source: &Option<Source>| source.as_ref().map(Source::config_text);
    let texts = [
        ("secret", source(&settings.secret)),
        ("api_key", settings.api_key.clone()),
        ("session_key", source(&settings.session_key)),
        ("base_url", settings.base_url.clone()),
        ("policy.default_lifetime", settings.default_lifetime.map(humanize)),
        ("policy.longest_lifetime", settings.longest_lifetime.map(humanize)),
    ];
    edits.extend(texts.into_iter().filter_map(|(key, value)| Some((key.into(), Some(value?.into())))));
    let sessions = settings.sessions.given();
    edits.extend(sessions.map(|(key, value)| (format!("sessions.{key}"), Some(value.into()))));
    let switches = [
        ("issued_at", settings.issued_at),
        ("production", settings.production),
        ("require_reason", settings.require_reason),
    ];
    let on = switches.into_iter().filter(|(_, is_set)| *is_set);
    edits.extend(on.map(|(key, _)| (format!("policy.{key}"), Some(true.into()))));
    edits
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
