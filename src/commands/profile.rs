//! `profile`: adds, lists, shows and removes profiles.

use std::path::PathBuf;

use anyhow::Result;

use super::{Context, confirm};
use crate::cli::{ProfileAddArgs, ProfileCommand, ProfileRemoveArgs};
use crate::custody;
use crate::failure::{Exit, Usage};
use crate::foreign::path_in_full;
use crate::profile::{Change, Config, ConfigError, Policy, Profile, ProfileName};
use crate::time::span;
use crate::view;

/// Carries out what was asked of profiles.
pub(super) fn run(context: &mut Context<'_>, command: &ProfileCommand) -> Result<Exit> {
    let is_json = context.is_json_or_text("profile")?;
    match command {
        ProfileCommand::Add(arguments) => add(context, arguments)?,
        ProfileCommand::List => list(context, is_json)?,
        ProfileCommand::Show(arguments) => show(context, &arguments.name, is_json)?,
        ProfileCommand::Default(arguments) => {
            change(context, &Change::Default(arguments.name.clone()))?;
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
        return Err(Usage {
            message: format!(
                "the default_lifetime of profile {} is above its longest_lifetime",
                arguments.name
            ),
            hint: format!(
                "give a --default-lifetime of {} or less, or a greater --longest-lifetime",
                span(longest)
            ),
        }
        .into());
    }
    let profile = Profile {
        session_key: arguments.session_key.clone(),
        api_key: arguments.api_key.clone(),
        base_url: arguments.base_url.clone(),
        policy: Policy {
            default_lifetime: arguments.default_lifetime,
            longest_lifetime: arguments.longest_lifetime,
            has_issued_at: arguments.issued_at,
            is_production: arguments.production,
        },
        ..Profile::new(Some(arguments.name.clone()), arguments.secret.clone())
    };
    let (path, after) = change(context, &Change::Add(Box::new(profile)))?;
    let is_default = after.default_profile() == Some(&arguments.name);
    let mark = if is_default { "; it is the default" } else { "" };
    context.terminal.note(&format!("added profile {} to {}{mark}", arguments.name, path_in_full(&path)));
    Ok(())
}

/// Removes a profile, once its name was typed again.
fn remove(context: &mut Context<'_>, arguments: &ProfileRemoveArgs) -> Result<()> {
    let before = context.config()?;
    before.demand_own(&arguments.name)?;
    confirm::removal(context, &arguments.name, arguments.confirm.as_deref())?;
    change(context, &Change::Remove(arguments.name.clone()))?;
    context.terminal.note(&format!("removed profile {}; its secret stays where it is", arguments.name));
    if before.default_profile() == Some(&arguments.name) {
        context.terminal.note("no profile is the default now");
    }
    Ok(())
}

/// Changes the configuration, recorded in the audit log. Gives where it is and what it now says.
fn change(context: &Context<'_>, change: &Change) -> Result<(PathBuf, Config)> {
    let path = context.config_path().ok_or(ConfigError::NoPlace)?;
    let after = custody::change(&path, change, &context.journal()?, &context.actor())?;
    Ok((path, after))
}

/// Lists all profiles, the built-in one last.
fn list(context: &mut Context<'_>, is_json: bool) -> Result<()> {
    let config = context.config()?;
    let names = config.names().cloned().chain([ProfileName::demo()]);
    let profiles: Vec<_> = names.filter_map(|name| with_mark(&config, &name)).collect();
    let shown = if is_json {
        profiles.iter().map(|(profile, is_default)| view::profile_json(profile, *is_default)).collect()
    } else {
        view::profile_list(&profiles, context.look())
    };
    Ok(context.terminal.print(&shown)?)
}

/// Shows one profile.
fn show(context: &mut Context<'_>, name: &ProfileName, is_json: bool) -> Result<()> {
    let config = context.config()?;
    let (profile, is_default) = (config.demand(name)?, config.default_profile() == Some(name));
    let shown = if is_json {
        view::profile_json(&profile, is_default)
    } else {
        view::profile_text(&profile, is_default, context.look())
    };
    Ok(context.terminal.print(&shown)?)
}

/// Finds a profile, and tells whether it is the default.
fn with_mark(config: &Config, name: &ProfileName) -> Option<(Profile, bool)> {
    Some((config.find(name)?, config.default_profile() == Some(name)))
}
