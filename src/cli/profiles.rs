//! The grammar of `profile`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::secrets::SecretInputArgs;
use super::{help, values};
use crate::profile::ProfileName;
use crate::secret::Source;

/// Says where a secret may come from.
const SOURCES: &str = "Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or \
     command:PROG ARGS";

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Add a profile; the first becomes the default
    #[command(long_about = help::PROFILE_ADD, after_long_help = help::PROFILE_ADD_EXAMPLES)]
    Add(Box<ProfileAddArgs>),
    /// List all profiles
    #[command(long_about = help::PROFILE_LIST, after_long_help = help::PROFILE_LIST_EXAMPLES)]
    List,
    /// Show one profile
    #[command(long_about = help::PROFILE_SHOW, after_long_help = help::PROFILE_SHOW_EXAMPLES)]
    Show(ProfileNameArgs),
    /// Make a profile the default
    #[command(long_about = help::PROFILE_DEFAULT, after_long_help = help::PROFILE_DEFAULT_EXAMPLES)]
    Default(ProfileNameArgs),
    /// Remove a profile
    #[command(long_about = help::PROFILE_REMOVE, after_long_help = help::PROFILE_REMOVE_EXAMPLES)]
    Remove(ProfileRemoveArgs),
}

/// Which profile.
#[derive(Debug, Args)]
pub struct ProfileNameArgs {
    /// The profile
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
}

/// Which profile to remove.
#[derive(Debug, Args)]
pub struct ProfileRemoveArgs {
    /// The profile
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Its name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// What the new profile is like.
#[derive(Debug, Args)]
pub struct ProfileAddArgs {
    /// Its name: 1 to 32 of a-z 0-9 _ -
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Where its API secret comes from.
    #[arg(long, value_name = "SOURCE", value_parser = values::source, help = SOURCES)]
    pub secret: Option<Source>,
    /// How a secret for the keyring is given
    #[command(flatten)]
    pub input: SecretInputArgs,
    /// The app's API key, which is no secret
    #[arg(long, value_name = "KEY", value_parser = values::api_key)]
    pub api_key: Option<String>,
    /// Where the key that signs sessions comes from; the keyring, where the secret is there
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub session_key: Option<Source>,
    /// Where the app's API answers, if not at Stream's usual place
    #[arg(long, value_name = "URL", value_parser = values::base_url)]
    pub base_url: Option<String>,
    /// Policy: how long tokens live for which nothing is said
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime)]
    pub default_lifetime: Option<Duration>,
    /// Policy: how long tokens live at most
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime)]
    pub longest_lifetime: Option<Duration>,
    /// Policy: say in tokens when they were issued, five seconds back
    #[arg(long)]
    pub issued_at: bool,
    /// Policy: a production app; minting is confirmed, and every token expires
    #[arg(long, requires = "default_lifetime")]
    pub production: bool,
}
