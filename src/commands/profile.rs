//! `profile`: adds, lists, shows, changes and removes profiles.

use super::{Context, Result, input};
use crate::cli::{
    PolicyArgs, ProfileAddArgs, ProfileCommand, ProfileRemoveArgs, ProfileSetArgs, SecretInputArgs,
    SettingsArgs, lifetime_text,
};
use crate::error::{ErrorReport, Exit};
use crate::escape::path_in_full;
use crate::output;
use crate::profile::{Change, Edit, ProfileName, check_api_key, edits};
use crate::secret::keyring::{Item, Kind};
use crate::secret::{Secret, Source};

/// Runs a subcommand of `profile`.
pub(super) fn run(context: &mut Context<'_>, command: &ProfileCommand) -> Result<Exit> {
    match command {
        ProfileCommand::Add(arguments) => add(context, arguments)?,
        ProfileCommand::List => list(context)?,
        ProfileCommand::Show { name } => show(context, name)?,
        ProfileCommand::Default { name } => {
            // Checked first, so that no lock file is created beside a configuration that does not exist.
            context.config()?.require(name)?;
            context.with_profile_manager(|manager| manager.edit(name, &Change::MakeDefault))?;
            context.terminal.note(&format!("{name} is the default profile now"));
        }
        ProfileCommand::Set(arguments) => set(context, arguments)?,
        ProfileCommand::Remove(arguments) => remove(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Adds a profile.
fn add(context: &mut Context<'_>, arguments: &ProfileAddArgs) -> Result<()> {
    let name = &arguments.name;
    let mut settings = arguments.settings.clone();
    let source = settings.secret.get_or_insert(Source::Keyring).clone();
    let is_kept = source == Source::Keyring;
    if arguments.input.secret_stdin && !is_kept {
        return Err(ErrorReport::usage(
            format!("--secret-stdin stores a secret in the keyring, and this one stays at {source}"),
            "leave --secret out, or --secret-stdin",
        ));
    }
    ask_lifetime(context, name, &mut settings.policy)?;
    let secret = is_kept.then(|| ask_secret(context, name, &mut settings, &arguments.input)).transpose()?;
    let stored = secret.as_ref().map(Secret::fingerprint);
    let settings = edits(&settings)?;
    let (config, is_new) = context.with_profile_manager(|manager| manager.add(name, settings, secret))?;
    if let Some(fingerprint) = stored {
        let item = Item { profile: name.to_string(), kind: Kind::ApiSecret };
        let done = if is_new { "stored the" } else { "the keyring holds the" };
        context.terminal.note(&format!("{done} {item} in the keyring, fingerprint {fingerprint}"));
    }
    let mark = if config.default_profile.as_ref() == Some(name) { "; it is the default" } else { "" };
    let path = context.config_place().path.as_deref().map(path_in_full).unwrap_or_default();
    context.terminal.note(&format!("added profile {name} to {path}{mark}"));
    Ok(())
}

/// Asks for the default lifetime of tokens, which a production profile requires, unless it is given.
fn ask_lifetime(context: &mut Context<'_>, name: &ProfileName, policy: &mut PolicyArgs) -> Result<()> {
    if policy.production && policy.default_lifetime.is_none() && context.can_ask() {
        let hint = "give it with --default-lifetime, such as 1h";
        let question = format!("Lifetime of the tokens of production profile {name} (press Enter for 1h): ");
        let answer = context.ask(&question, hint)?;
        let answer = if answer.is_empty() { "1h" } else { &answer };
        let lifetime = lifetime_text(answer).map_err(|message| ErrorReport::usage(message, hint))?;
        policy.default_lifetime = Some(lifetime);
    }
    Ok(())
}

/// Asks for the API key and the secret of a new profile whose secret is in the keyring. All checks come before the
/// prompts.
fn ask_secret(
    context: &mut Context<'_>,
    name: &ProfileName,
    settings: &mut SettingsArgs,
    arguments: &SecretInputArgs,
) -> Result<Secret> {
    let known = edits(settings)?;
    let mut profile = context.with_profile_manager(|manager| manager.ensure_new(name, known))?;
    if profile.api_key.is_none() && !arguments.secret_stdin && context.can_ask() {
        let question = format!("API key of profile {name} (not secret; press Enter to skip): ");
        let hint = "copy it from Stream's dashboard, or give it with --api-key";
        let key = context.ask(&question, hint)?;
        if !key.is_empty() {
            let key = check_api_key(&key).map_err(|message| ErrorReport::usage(message, hint))?;
            profile.api_key = Some(key.clone());
            settings.api_key = Some(key);
        }
    }
    input::secret(context, &profile, Kind::ApiSecret, arguments)
}

/// Changes settings of a profile, and prints the changes.
fn set(context: &mut Context<'_>, arguments: &ProfileSetArgs) -> Result<()> {
    let name = &arguments.name;
    let unset = arguments.unset.iter().map(|flag| -> Edit {
        let is_policy = !["api-key", "session-key", "base-url", "sessions"].contains(&flag.as_str());
        (if is_policy { "policy." } else { "" }.to_owned() + &flag.replace('-', "_"), None)
    });
    let edits: Vec<_> = unset.chain(edits(&arguments.settings)?).collect();
    if edits.is_empty() {
        return Err(ErrorReport::usage("no setting is named", "see 'stream-token profile set --help'"));
    }
    let before = context.config()?.require_configured(name)?;
    input::confirm_production(context, &before, arguments.confirm.as_deref())?;
    let after = context.with_profile_manager(|manager| manager.edit(name, &Change::Set(edits)))?;
    let after = after.require(name)?;
    let changes = output::profile_changes(&before, &after);
    if changes.is_empty() {
        context.terminal.note(&format!("profile {name} is like this already: nothing is changed"));
    }
    for change in changes {
        context.terminal.note(&format!("profile {name}: {change}"));
    }
    if before.source == Source::Keyring && after.source != Source::Keyring {
        context.terminal.note(
            "its secret in the keyring stays there, unused: to remove it, go back to --secret keyring, and use \
             'stream-token secret remove'",
        );
    }
    Ok(())
}

/// Removes a profile, after the user has typed its name to confirm.
fn remove(context: &mut Context<'_>, arguments: &ProfileRemoveArgs) -> Result<()> {
    let name = &arguments.name;
    let profile = context.config()?.require_configured(name)?;
    let (what, rest) = if profile.source == Source::Keyring {
        (format!("profile {name} and its secret in the keyring"), "")
    } else {
        (format!("profile {name}"), "; its secret stays where it is")
    };
    let why = format!("{what} will be removed");
    input::confirm_by_typing(context, name.as_str(), &why, arguments.confirm.as_deref())?;
    context.with_profile_manager(|manager| manager.remove(&profile, name))?;
    context.terminal.note(&format!("removed {what}{rest}"));
    if profile.is_default {
        context.terminal.note("no profile is the default now");
    }
    Ok(())
}

/// Lists all profiles, the built-in profile last.
fn list(context: &mut Context<'_>) -> Result<()> {
    let config = context.config()?;
    let profiles: Vec<_> = config.profiles().chain(config.find(&ProfileName::demo())).collect();
    context.print_all(&profiles, output::profile_json, output::profile_list)
}

/// Shows one profile.
fn show(context: &mut Context<'_>, name: &ProfileName) -> Result<()> {
    let profile = context.config()?.require(name)?;
    context.print(|| output::profile_json(&profile), |layout| output::profile_text(&profile, layout))
}
