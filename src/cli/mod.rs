//! The grammar of the command line: every flag is defined here, once, and help, man pages and
//! completions come from it.

mod help;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::time::When;
use crate::token::{CustomerId, Leeway};

/// A call of the program.
#[derive(Debug, Parser)]
#[command(
    name = "stream-token",
    version,
    about = "Mint, verify and decode Stream Chat user tokens",
    long_about = help::ABOUT,
    after_long_help = help::AFTER,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What goes for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What goes for every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Work with this profile: one Stream app and its secret
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub profile: Option<String>,
    /// The form of the result
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true,
        help = "The form of the result: text, json; for issue also header, curl, env, csv",
        help_heading = "Global options"
    )]
    pub output: Format,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        help_heading = "Global options"
    )]
    pub color: ColorChoice,
    /// Leave notes out; errors are still told
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
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
    /// `STREAM_USER_TOKEN=…` for a shell
    Env,
    /// A table of comma-separated values
    Csv,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// At a terminal, unless `NO_COLOR` is set or `TERM` is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mint tokens for customers
    #[command(after_long_help = help::ISSUE, arg_required_else_help = true)]
    Issue(IssueArgs),
    /// Check a token and say what Stream would answer
    #[command(after_long_help = help::VERIFY, arg_required_else_help = true)]
    Verify(VerifyArgs),
    /// Read a token without a secret; nothing is verified
    #[command(after_long_help = help::DECODE, arg_required_else_help = true)]
    Decode(DecodeArgs),
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
    /// How far clocks may differ, at most 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = values::leeway)]
    pub leeway: Leeway,
    /// Verify as if it were this time
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, default_value = "now")]
    pub at: When,
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

/// Parses a call.
///
/// # Errors
/// What clap refuses, and its way to show help and the version.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// Tells whether a call that could not be parsed asked for JSON.
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
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

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
