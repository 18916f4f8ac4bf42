//! The grammar of `profile` and `secret`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::values;
use crate::profile::{ProfileName, check_api_key, check_base_url};
use crate::secret::Source;

/// Says where a secret may come from.
const SOURCES: &str = "Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or \
     command:PROG ARGS";

/// Manage profiles (one per Stream app).
///
/// A profile holds the app's API key, the source of its secret, and a policy for its tokens. The configuration
/// never holds a secret. Every change is recorded in the audit log.
#[derive(Debug, Subcommand)]
#[command(after_long_help = include_str!("examples/profile.txt"), defer = true)]
pub enum ProfileCommand {
    /// Add a profile; the first becomes the default
    #[command(after_long_help = include_str!("examples/profile-add.txt"))]
    Add(Box<ProfileAddArgs>),
    /// List all profiles.
    ///
    /// The default profile is marked.
    #[command(after_long_help = include_str!("examples/profile-list.txt"))]
    List,
    /// Show one profile.
    ///
    /// Its secret is not read.
    #[command(after_long_help = include_str!("examples/profile-show.txt"))]
    Show {
        /// The profile
        #[arg(value_name = "NAME")]
        name: ProfileName,
    },
    /// Change settings of a profile
    #[command(after_long_help = include_str!("examples/profile-set.txt"), arg_required_else_help = true)]
    Set(Box<ProfileSetArgs>),
    /// Make a profile the default.
    ///
    /// It is used if neither --profile nor the environment names another.
    #[command(after_long_help = include_str!("examples/profile-default.txt"))]
    Default {
        /// The profile
        #[arg(value_name = "NAME")]
        name: ProfileName,
    },
    /// Remove a profile
    #[command(after_long_help = include_str!("examples/profile-remove.txt"))]
    Remove(ProfileRemoveArgs),
}

/// Remove a profile.
///
/// What the keyring holds for it is removed too; any other secret stays where it is. Type its name again when
/// asked, or give it with --confirm.
#[derive(Debug, Args)]
pub struct ProfileRemoveArgs {
    /// The profile
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Its name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// Add a profile; the first becomes the default.
///
/// It asks for the API key and the secret, and stores the secret in the keyring of this login; --api-key and
/// --secret-stdin are for scripts. With --secret the secret stays where it is: in a variable, a file, a systemd
/// credential, or a password manager whose command prints it. The words of a command are split at white space, and
/// no shell sees them.
#[derive(Debug, Args)]
pub struct ProfileAddArgs {
    /// Its name: 1 to 32 of a-z 0-9 _ -
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Its settings
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How a secret for the keyring is given
    #[command(flatten)]
    pub input: SecretInputArgs,
}

/// Change settings of a profile.
///
/// What is not named stays as it is, comments too. --unset goes first, so that one kind of sessions can replace another.
#[derive(Debug, Args)]
pub struct ProfileSetArgs {
    /// The profile
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Its settings
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Remove a setting; repeatable
    #[arg(long, value_name = "SETTING", value_parser = SETTINGS)]
    pub unset: Vec<String>,
    /// The name of a production profile, to change it without being asked
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// The settings that a profile can be without, as `--unset` names them.
const SETTINGS: [&str; 9] = [
    "api-key",
    "session-key",
    "base-url",
    "sessions",
    "default-lifetime",
    "longest-lifetime",
    "issued-at",
    "production",
    "require-reason",
];

/// The settings of a profile. They serialize as its table in the configuration.
#[derive(Debug, Clone, Args, Serialize)]
pub struct SettingsArgs {
    /// Where its API secret comes from.
    #[arg(long, value_name = "SOURCE", help = SOURCES)]
    pub secret: Option<Source>,
    /// The app's API key, which is no secret
    #[arg(long, value_name = "KEY", value_parser = check_api_key)]
    pub api_key: Option<String>,
    /// Where the key that signs sessions comes from; the keyring, where the secret is there
    #[arg(long, value_name = "SOURCE")]
    session_key: Option<Source>,
    /// Where the app's API answers, if not at Stream's usual place
    #[arg(long, value_name = "URL", value_parser = check_base_url)]
    base_url: Option<String>,
    /// How the server checks clients' sessions
    #[command(flatten)]
    sessions: SessionsArgs,
    /// What its tokens must be like
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// How the server checks clients' sessions, if they are the app's own.
#[derive(Debug, Clone, Args, Serialize)]
struct SessionsArgs {
    /// Sessions: the app's own; its backend at this URL says whose a token is
    #[arg(long, value_name = "URL")]
    check_url: Option<String>,
    /// Sessions: where the customer is in the backend's JSON, such as /data/id
    #[arg(long, value_name = "POINTER")]
    customer_from: Option<String>,
    /// Sessions: the Authorization that the backend gets [default: 'Bearer {token}']
    #[arg(long, value_name = "TEMPLATE")]
    authorization: Option<String>,
    /// Sessions: how long the backend's yes counts, 0s to 60s [default: 10s]
    #[arg(long = "check-cache", value_name = "DURATION")]
    cache: Option<String>,
    /// Sessions: the app's own JWTs, with this 'iss'
    #[arg(long = "jwt-issuer", value_name = "ISSUER")]
    issuer: Option<String>,
    /// Sessions: the 'aud' of these JWTs
    #[arg(long = "jwt-audience", value_name = "AUDIENCE")]
    audience: Option<String>,
    /// Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]
    #[arg(long = "jwt-claim", value_name = "CLAIM")]
    claim: Option<String>,
    /// Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)
    #[arg(long, value_name = "URL")]
    jwks_url: Option<String>,
    /// Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]
    #[arg(long = "jwt-algorithm", value_name = "ALGORITHM")]
    algorithm: Option<String>,
    /// Sessions: how long the backend may take, 1s to 10s [default: 2s]
    #[arg(long = "backend-timeout", value_name = "DURATION")]
    timeout: Option<String>,
    /// Sessions: the certificates that the backend is known by, in PEM, instead of the system's
    #[arg(long = "backend-ca-file", value_name = "FILE")]
    ca_file: Option<String>,
}

/// What a profile's tokens must be like.
#[derive(Debug, Clone, Args, Serialize)]
pub struct PolicyArgs {
    /// Policy: how long tokens live for which nothing is said
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime_text)]
    pub default_lifetime: Option<String>,
    /// Policy: how long tokens live at most
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime_text)]
    longest_lifetime: Option<String>,
    /// Policy: say in tokens when they were issued, five seconds back
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    issued_at: bool,
    /// Policy: a production app; minting is confirmed, and every token expires
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub production: bool,
    /// Policy: require a reason for every token, given with --reason or when asked
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    require_reason: bool,
}

/// Store, list, rotate and remove secrets in the operating system's keyring.
///
/// One item holds a profile's secret, and its earlier ones for as long as they are kept. A secret is typed twice,
/// or read with --secret-stdin; it is never an argument, and never shown. Every change is recorded in the audit
/// log.
#[derive(Debug, Subcommand)]
#[command(after_long_help = include_str!("examples/secret.txt"), defer = true)]
pub enum SecretCommand {
    /// Store a profile's secret in the keyring, in place of the one before
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
    Check {
        /// The profile [default: the one that issue would use]
        #[arg(value_name = "NAME")]
        name: Option<ProfileName>,
    },
    /// Store a new secret, and keep the one before for a while
    #[command(after_long_help = include_str!("examples/secret-rotate.txt"))]
    Rotate(SecretRotateArgs),
    /// Remove a profile's secret from the keyring
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

/// Store a profile's secret in the keyring, in place of the one before.
///
/// The one before is not kept: use this if it was wrong. For a secret that was changed at Stream, use rotate.
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

/// Store a new secret, and keep the one before for a while.
///
/// The new one signs at once. Tokens of the one before still verify, with a note, until --keep-for is over. Make
/// the new secret in Stream's dashboard first.
#[derive(Debug, Args)]
pub struct SecretRotateArgs {
    /// What to store
    #[command(flatten)]
    pub set: SecretSetArgs,
    /// How long the secret before still verifies; 0s to keep it no longer
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::keep_for)]
    pub keep_for: Duration,
}

/// Remove a profile's secret from the keyring.
///
/// Its earlier secrets are removed too; --previous removes only them. The profile stays. Type its name again when
/// asked, or give it with --confirm.
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
