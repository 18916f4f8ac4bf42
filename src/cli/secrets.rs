//! The grammar of `secret`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;
use crate::profile::ProfileName;

/// Store, list, rotate and remove secrets in the operating system's keyring.
///
/// One item holds a profile's secret, and its earlier ones for as long as they are kept. A secret is typed twice,
/// or read with --secret-stdin; it is never an argument, and never shown. Every change is recorded in the audit
/// log.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/secret.txt"), arg_required_else_help = true, subcommand_value_name = "COMMAND")]
pub struct SecretArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SecretCommand,
}

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Store a profile's secret in the keyring, in place of the one before.
    ///
    /// The one before is not kept: use this if it was wrong. For a secret that was changed at Stream, use rotate.
    #[command(after_long_help = include_str!("examples/secret-set.txt"))]
    Set(SecretSetArgs),
    /// List where secrets are, how old they are, and their fingerprints.
    ///
    /// Nothing is unlocked and no program is run. A fingerprint is 16 hex digits that tell two secrets apart and reveal
    /// nothing of them.
    #[command(after_long_help = include_str!("examples/secret-list.txt"))]
    List,
    /// Check a profile's secret against a token that is known to be good.
    ///
    /// The token is pasted or piped in, as for verify; it may have expired. Whether the stored secret signed it is said,
    /// and if not, what the difference may be. The exit code is 0, 4 (not a token), or 5 (signed by another secret).
    #[command(after_long_help = include_str!("examples/secret-check.txt"))]
    Check(SecretCheckArgs),
    /// Store a new secret, and keep the one before for a while.
    ///
    /// The new one signs at once. Tokens of the one before still verify, with a note, until --keep-for is over. Make
    /// the new secret in Stream's dashboard first.
    #[command(after_long_help = include_str!("examples/secret-rotate.txt"))]
    Rotate(SecretRotateArgs),
    /// Remove a profile's secret from the keyring.
    ///
    /// Its earlier secrets are removed too; --previous removes only them. The profile stays. Type its name again when
    /// asked, or give it with --confirm.
    #[command(after_long_help = include_str!("examples/secret-remove.txt"))]
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

/// Which secret to check.
#[derive(Debug, Args)]
pub struct SecretCheckArgs {
    /// The profile [default: the one that issue would use]
    #[arg(value_name = "NAME")]
    pub name: Option<ProfileName>,
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
