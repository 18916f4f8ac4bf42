//! The grammar of the command line: every flag is defined here, once, and help, man pages and
//! completions come from it.

mod audit;
mod completion;
mod grammar;
mod help;
mod profiles;
mod secrets;
#[cfg(all(unix, feature = "serve"))]
mod serve;
mod sessions;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub use grammar::{called, grammar, parse};

use crate::time::When;
use crate::token::{CustomerId, Leeway};

pub use audit::{AuditArgs, AuditCommand, AuditListArgs, AuditVerifyArgs};
pub use completion::Shell;
pub use profiles::{ProfileAddArgs, ProfileArgs, ProfileCommand, ProfileRemoveArgs};
pub use secrets::{SecretArgs, SecretCommand, SecretRemoveArgs, SecretRotateArgs, SecretSetArgs};
#[cfg(all(unix, feature = "serve"))]
pub use serve::ServeArgs;
pub use sessions::{SessionArgs, SessionCommand, SessionNewArgs, SessionRevokeArgs};

/// A call of the program.
#[derive(Debug)]
pub struct Cli {
    /// What goes for every command.
    pub global: Global,
    /// What to do.
    pub command: Command,
}

/// What goes for every command, before the verb or after it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Work with this profile: one Stream app and its secret
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory that holds the audit log
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The form of the result: text (default), json; for issue also header, curl, env, csv
    #[arg(short, long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub output: Option<Format>,
    /// When to use colour: auto (default), always, never
    #[arg(long, value_enum, value_name = "COLOR", hide_possible_values = true)]
    pub color: Option<ColorChoice>,
    /// Never ask; what would be asked is refused, with the flag to use
    #[arg(long)]
    pub no_input: bool,
    /// Leave notes out; errors are still told
    #[arg(short, long)]
    pub quiet: bool,
}

impl Global {
    /// Takes what is given here, and the rest from `before`, which stood before the verb.
    #[must_use]
    fn or(self, before: Self) -> Self {
        Self {
            profile: self.profile.or(before.profile),
            config: self.config.or(before.config),
            state_dir: self.state_dir.or(before.state_dir),
            output: self.output.or(before.output),
            color: self.color.or(before.color),
            no_input: self.no_input || before.no_input,
            quiet: self.quiet || before.quiet,
        }
    }
}

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
    /// The two HTTP headers that Stream wants
    Header,
    /// A curl command
    Curl,
    /// An assignment for a shell
    Env,
    /// A table of comma-separated values
    Csv,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// At a terminal that shows it
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// `issue`
    Issue(IssueArgs),
    /// `verify`
    Verify(VerifyArgs),
    /// `decode`
    Decode(DecodeArgs),
    /// `serve`
    #[cfg(all(unix, feature = "serve"))]
    Serve(ServeArgs),
    /// `profile`
    Profile(ProfileArgs),
    /// `secret`
    Secret(SecretArgs),
    /// `session`
    Session(SessionArgs),
    /// `audit`
    Audit(AuditArgs),
    /// `completions`
    Completions(CompletionsArgs),
}

/// How to mint.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// Whose token: 123 or customer-123
    #[arg(
        value_name = "CUSTOMER",
        required_unless_present = "from",
        conflicts_with = "from",
        allow_negative_numbers = true
    )]
    pub customers: Vec<String>,
    /// Read customers from a file, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// When the tokens end: a time ahead, or never [default: never]
    #[arg(long, visible_alias = "ttl", value_name = "WHEN", allow_hyphen_values = true, value_parser = values::expiry)]
    pub expires: Option<Expiry>,
    /// Say in the tokens when they were issued; without it they do not say
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub issued_at: Option<When>,
    /// For a production profile: its name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// When a token ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiry {
    /// Not before it is revoked.
    Never,
    /// At this time.
    At(When),
}

/// What to verify, and against what.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The token; - reads it from standard input
    #[arg(value_name = "TOKEN", required_unless_present = "from", conflicts_with = "from")]
    pub token: Option<String>,
    /// Verify many: a file of tokens, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// It must be this customer's
    #[arg(long, value_name = "ID")]
    pub customer: Option<CustomerId>,
    /// How far clocks may differ: 0s (default) to 5m
    #[arg(long, value_name = "DURATION", value_parser = values::leeway)]
    pub leeway: Option<Leeway>,
    /// Verify as if it were this time, not now
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub at: Option<When>,
    /// Hold it against a revocation at Stream of all tokens issued before this time
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub revoked_before: Option<When>,
}

/// What to decode.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// The token; - reads it from standard input
    #[arg(value_name = "TOKEN", required = true)]
    pub token: String,
    /// Hide who it is for and every value that is no time, to show it to others
    #[arg(long)]
    pub redact: bool,
}

/// What to complete in.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Returns `true` if a call that could not be parsed asked for JSON.
#[must_use]
pub fn wants_json(arguments: &[OsString]) -> bool {
    // Flags of one letter may share a dash: -qo json.
    let is_any = |argument: &OsString, forms: &[&str]| {
        let letters = argument.to_str().and_then(|text| text.strip_prefix('-'));
        letters.is_some_and(|letters| forms.contains(&letters.trim_start_matches('q')))
    };
    let spelled = |argument: &OsString| is_any(argument, &["ojson", "o=json", "-output=json"]);
    let is_flag = |argument: &OsString| is_any(argument, &["o", "-output"]);
    arguments.iter().any(spelled) || arguments.windows(2).any(|pair| is_flag(&pair[0]) && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_in_every_spelling() {
        let wants = |call: &str| wants_json(&call.split(' ').map(OsString::from).collect::<Vec<_>>());
        for call in [
            "x -o json",
            "x --output json",
            "x --output=json",
            "x -ojson",
            "x -o=json",
            "x -qo json",
            "x -qojson",
        ] {
            assert!(wants(call), "{call}");
        }
        for call in ["x", "x json", "x -o text json", "x -o"] {
            assert!(!wants(call), "{call}");
        }
    }
}
