//! The grammar of the command line: every flag is defined here, once, and help, man pages and
//! completions come from it.

mod audit;
mod completion;
mod profiles;
#[cfg(all(unix, feature = "serve"))]
mod serve;
mod sessions;
mod usage;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ColorChoice, CommandFactory as _, Parser, Subcommand, ValueEnum};

use self::values::parsed;
use crate::fault::Fault;
use crate::profile::Reason;
use crate::time::TimeSpec;
use crate::token::{CustomerId, Leeway};

pub use audit::*;
pub use completion::completion_script;
pub use profiles::*;
#[cfg(all(unix, feature = "serve"))]
pub use serve::ServeArgs;
pub use sessions::*;
pub use usage::usage_error;
pub use values::lifetime_text;

/// Mint, verify, decode and serve Stream Chat user tokens.
///
/// Support mints a test token for a customer and finds out why a token is refused; engineers decode and verify, by hand
/// and in scripts; staging serves tokens. The profile 'demo' is built in and needs no set-up.
#[derive(Debug, Parser)]
#[command(
    name = "stream-token",
    version,
    after_help = "Run 'stream-token --help' for global options, times, environment variables and exit codes.",
    after_long_help = include_str!("after_help.txt"),
    max_term_width = 100,
    propagate_version = true,
    subcommand_value_name = "COMMAND",
    arg_required_else_help = true
)]
pub struct Cli {
    /// The options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The options of every command, before its name or after it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Work with this profile: one Stream app and its secret
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The configuration file
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory that holds the audit log
    #[arg(long, global = true, hide_short_help = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        value_name = "FORMAT",
        hide_possible_values = true,
        value_parser = values::FormatParser
    )]
    pub output: Option<Format>,
    /// Short for --output json
    #[arg(long, global = true, hide_short_help = true, conflicts_with = "output")]
    pub json: bool,
    /// When to use colour: auto (default), always, never
    #[arg(long, global = true, hide_short_help = true, value_name = "COLOR", hide_possible_values = true)]
    pub color: Option<ColorChoice>,
    /// Never prompt; fail instead, and name the flag to use
    #[arg(long, global = true, hide_short_help = true)]
    pub no_input: bool,
    /// Hide notes; still show errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub quiet: bool,
}

impl GlobalArgs {
    /// Returns the format of the result.
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.clone().unwrap_or_default() }
    }
}

/// The format of the result.
#[derive(Debug, Clone, PartialEq, Eq, Default, ValueEnum)]
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
    /// This text, with the token in it
    #[value(skip)]
    Template(String),
}

/// What to do. With `defer`, only the grammar of the command that is run is built: the whole takes longer than a short
/// command does. The list of commands shows the first lines here; the help of each shows the text of its arguments.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Mint tokens for customers
    Issue(IssueArgs),
    /// Run a command with a customer's token in its environment
    Exec(ExecArgs),
    /// Check a token and say what Stream would answer
    Verify(VerifyArgs),
    /// Read a token without a secret; nothing is verified
    Decode(DecodeArgs),
    /// Serve the endpoint that gives customers with a session their tokens
    #[cfg(all(unix, feature = "serve"))]
    Serve(Box<ServeArgs>),
    /// Manage profiles (one per Stream app)
    Profile(Group<ProfileCommand>),
    /// Store, list, rotate and remove secrets in the operating system's keyring
    Secret(Group<SecretCommand>),
    /// Create and revoke endpoint sessions
    Session(Group<SessionCommand>),
    /// Read and check the log of who minted, refused or changed what
    Audit(Group<AuditCommand>),
    /// Check what is set up, and say what to do
    Doctor(DoctorArgs),
    /// Print shell completions for this program's commands, flags and values
    Completions(CompletionsArgs),
}

// Arguments are built only when they are needed, and so these commands too. Their doc comment is the help; one here would
// take its place.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, subcommand_value_name = "COMMAND")]
#[doc(hidden)]
pub struct Group<C: Subcommand> {
    /// What to do.
    #[command(subcommand)]
    pub command: C,
}

/// Mint tokens for customers.
///
/// Each token is one line and nothing else, ready for a pipe. Without --expires and --issued-at a token is valid until
/// it is revoked, and byte for byte what Stream's SDKs print for the same user.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/issue.txt"))]
pub struct IssueArgs {
    /// Whose token: 123 or customer-123
    #[arg(value_name = "CUSTOMER", conflicts_with = "from", allow_negative_numbers = true, value_parser = values::customer)]
    pub customers: Vec<CustomerId>,
    /// Read customers from a file, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// What the tokens are like
    #[command(flatten)]
    pub token: TokenArgs,
    /// Make the tokens fail, to test an app: expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature,
    /// wrong-user, malformed
    #[arg(long, value_name = "KIND", conflicts_with = "issued_at", value_parser = Fault::parse_for_token)]
    pub fault: Option<Fault>,
    /// Copy the token to the clipboard; at a terminal it is then shown only with --output
    #[arg(long, conflicts_with = "from")]
    pub copy: bool,
    /// Show the token as a QR code
    #[arg(long, conflicts_with = "from")]
    pub qr: bool,
}

/// What tokens are like that are minted at the command line, and why.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// When the tokens expire: a future time, or never [default: never]
    #[arg(long, visible_alias = "ttl", value_name = "WHEN", allow_hyphen_values = true, value_parser = values::expiry)]
    pub expires: Option<Expiry>,
    /// Set the time of issue (iat) in the tokens; by default they have none
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub issued_at: Option<TimeSpec>,
    /// For a production profile: its name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Why the tokens are needed: one line of at most 200 characters, kept in the audit log
    #[arg(long, value_name = "TEXT", value_parser = parsed::<Reason>)]
    pub reason: Option<Reason>,
}

/// Run a command with a customer's token in its environment.
///
/// The command finds STREAM_USER_TOKEN, STREAM_USER_ID and, where it is known, STREAM_API_KEY; of the variables with
/// secrets of this program it gets none. It takes the place of this program, and its exit code is its own. If it is not
/// found the exit code is 127, and 126 if it cannot be run. The audit log has the name of the command.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "the comment is the help text, which would show backticks")]
#[command(after_long_help = include_str!("examples/exec.txt"))]
pub struct ExecArgs {
    /// Whose token: 123 or customer-123
    #[arg(value_name = "CUSTOMER", allow_negative_numbers = true, value_parser = values::customer)]
    pub customer: CustomerId,
    /// What the token is like
    #[command(flatten)]
    pub token: TokenArgs,
    /// The command and its arguments, after --
    #[arg(value_name = "CMD", required = true, last = true)]
    pub command: Vec<OsString>,
}

/// When a token expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiry {
    /// Not before it is revoked.
    Never,
    /// At this time.
    At(TimeSpec),
}

/// Check a token and say what Stream would answer.
///
/// Every check is listed, whichever fails first, and the exit code depends on the verdict. Stream allows no leeway, so
/// its answer is reported without it. The token is found in whatever was pasted with it: Bearer, quotes, a curl
/// command, a JSON response.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/verify.txt"))]
pub struct VerifyArgs {
    /// The token; without one, or as -, it is read from standard input
    #[arg(value_name = "TOKEN", conflicts_with = "from", default_value = "-", hide_default_value = true)]
    pub token: String,
    /// Verify many: a file of tokens, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// It must be this customer's
    #[arg(long, value_name = "ID", value_parser = parsed::<CustomerId>)]
    pub customer: Option<CustomerId>,
    /// How far clocks may differ: 0s (default) to 5m
    #[arg(long, value_name = "DURATION", value_parser = values::leeway)]
    pub leeway: Option<Leeway>,
    /// Verify as if it were this time, not now
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub at: Option<TimeSpec>,
    /// Also apply a revocation made at this time: of all tokens issued before it
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub revoked_before: Option<TimeSpec>,
}

/// Read a token without a secret; nothing is verified.
///
/// Anyone can write a token: decode shows only what it claims. To check it, use verify.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/decode.txt"))]
pub struct DecodeArgs {
    /// The token; without one, or as -, it is read from standard input
    #[arg(value_name = "TOKEN", default_value = "-", hide_default_value = true)]
    pub token: String,
    /// Hide who it is for and every value except times, to show it to others
    #[arg(long)]
    pub redact: bool,
}

/// Check what is set up, and say what to do.
///
/// Each line is a check that is ok, a note, or FAIL with the next step; if one fails, the exit code is 1. All profiles are
/// checked, or the one that --profile names. Nothing is written, unlocked or asked, and nothing secret is shown. The
/// URLs of a profile are called once each, without a token.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/doctor.txt"))]
pub struct DoctorArgs {
    /// Check this certificate too, as serve would show it to clients
    #[cfg(all(unix, feature = "serve"))]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key
    #[cfg(all(unix, feature = "serve"))]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// Print shell completions for this program's commands, flags and values.
///
/// bash: source it, or keep it as ~/.local/share/bash-completion/completions/stream-token. zsh: keep it as
/// _stream-token in a folder of $fpath. fish: keep it as ~/.config/fish/completions/stream-token.fish. Other shells:
/// source it at start-up.
#[derive(Debug, Args)]
#[command(after_long_help = include_str!("examples/completions.txt"))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = completion::SHELLS)]
    pub shell: String,
}

/// Returns the whole grammar, but for the help commands.
pub fn grammar() -> clap::Command {
    let mut grammar = Cli::command().disable_help_subcommand(true);
    grammar.build();
    grammar
}

/// Returns `true` if a command line that could not be parsed asked for JSON.
pub fn wants_json(arguments: &[OsString]) -> bool {
    // Flags of one letter may share a dash: -qo json.
    let is_any = |argument: &OsString, forms: &[&str]| {
        let letters = argument.to_str().and_then(|text| text.strip_prefix('-'));
        letters.is_some_and(|letters| forms.contains(&letters.trim_start_matches('q')))
    };
    let is_json = |argument: &OsString| is_any(argument, &["-json", "ojson", "o=json", "-output=json"]);
    let is_flag = |argument: &OsString| is_any(argument, &["o", "-output"]);
    arguments.iter().any(is_json) || arguments.windows(2).any(|pair| is_flag(&pair[0]) && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(call: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(call.split(' '))
    }

    #[test]
    fn grammar_is_valid() {
        grammar().debug_assert();
    }

    #[cfg(all(unix, feature = "serve"))]
    #[test]
    fn serve_needs_no_arguments() {
        assert!(parsed("stream-token serve").is_ok());
        assert!(parsed("stream-token --profile demo serve").is_ok());
    }

    #[test]
    fn global_options_are_accepted_before_and_after_the_command() {
        let cli = parsed("stream-token --profile a -q issue 1 -o json --profile b").unwrap();
        assert_eq!(cli.global.profile.as_deref(), Some("b"));
        assert_eq!((cli.global.format(), cli.global.quiet), (Format::Json, true));
    }

    #[test]
    fn global_options_are_accepted_around_nested_commands() {
        for call in
            ["stream-token profile list -q", "stream-token profile -q list", "stream-token -q profile list"]
        {
            assert!(parsed(call).unwrap().global.quiet, "{call}");
        }
    }

    #[test]
    fn json_flag_is_short_for_output_json() {
        assert_eq!(parsed("stream-token --json issue 1").unwrap().global.format(), Format::Json);
        assert_eq!(parsed("stream-token issue 1 --json").unwrap().global.format(), Format::Json);
        assert!(parsed("stream-token issue 1 --json -o csv").is_err());
    }

    #[test]
    fn a_command_name_as_a_value_is_not_a_command() {
        let cli = parsed("stream-token --profile issue verify decode").unwrap();
        assert_eq!(cli.global.profile.as_deref(), Some("issue"));
        assert!(matches!(cli.command, Command::Verify(VerifyArgs { token, .. }) if token == "decode"));
    }

    #[test]
    fn help_and_suggestions_know_every_command() {
        let help = parsed("stream-token --help").unwrap_err().to_string();
        assert!(grammar().get_subcommands().all(|command| help.contains(command.get_name())), "{help}");
        let refusal = parsed("stream-token issu 123").unwrap_err().to_string();
        assert!(refusal.contains("'issue'"), "{refusal}");
    }

    #[test]
    fn json_output_is_recognised_in_every_spelling() {
        let wants = |call: &str| wants_json(&call.split(' ').map(OsString::from).collect::<Vec<_>>());
        for call in [
            "x --json",
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
