//! The grammar of `secret`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{help, values};
use crate::profile::ProfileName;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Store a profile's secret in the keyring, in the place of the one before
    #[command(long_about = help::SECRET_SET, after_long_help = help::SECRET_SET_EXAMPLES)]
    Set(SecretSetArgs),
    /// List where secrets are, how old they are, and their fingerprints
    #[command(long_about = help::SECRET_LIST, after_long_help = help::SECRET_LIST_EXAMPLES)]
    List,
    /// Store a new secret, and keep the one before for a while
    #[command(long_about = help::SECRET_ROTATE, after_long_help = help::SECRET_ROTATE_EXAMPLES)]
    Rotate(SecretRotateArgs),
    /// Remove a profile's secret from the keyring
    #[command(long_about = help::SECRET_REMOVE, after_long_help = help::SECRET_REMOVE_EXAMPLES)]
    Remove(SecretRemoveArgs),
}

/// How a secret for the keyring is given.
#[derive(Debug, Args)]
pub struct SecretInputArgs {
    /// Read the secret for the keyring from standard input, not from a prompt
    #[arg(long)]
    pub secret_stdin: bool,
    /// Store the secret even if it has quotes, blanks or anything else that Stream's secrets do not have
    #[arg(long)]
    pub as_is: bool,
}

/// Which secret to store.
#[derive(Debug, Args)]
pub struct SecretSetArgs {
    /// The profile
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// The key that signs sessions, not the API secret; it is made at random
    #[arg(long)]
    pub session_key: bool,
    /// How it is given
    #[command(flatten)]
    pub input: SecretInputArgs,
    /// The name of a production profile, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// Which secret to rotate.
#[derive(Debug, Args)]
pub struct SecretRotateArgs {
    /// What to store
    #[command(flatten)]
    pub set: SecretSetArgs,
    /// How long the secret before still verifies; 0s to keep it no longer
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::keep_for)]
    pub keep_for: Duration,
}

/// Which secret to remove.
#[derive(Debug, Args)]
pub struct SecretRemoveArgs {
    /// The profile; it need not be configured
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// The key that signs sessions, not the API secret
    #[arg(long)]
    pub session_key: bool,
    /// Only the secrets that were rotated away
    #[arg(long)]
    pub previous: bool,
    /// The profile's name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}
