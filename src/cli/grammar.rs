//! Puts the grammar together from its verbs, and parses calls with it.

use std::ffi::OsString;
use std::mem;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};

use super::{
    AuditArgs, Cli, Command, CompletionsArgs, DecodeArgs, Global, IssueArgs, ProfileArgs, SecretArgs,
    SessionArgs, VerifyArgs, help,
};

/// What stands before a verb.
#[derive(Debug, Parser)]
#[command(
    name = "stream-token",
    version,
    about = "Mint, verify, decode and serve Stream Chat user tokens",
    long_about = help::ABOUT,
    after_long_help = help::AFTER,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    subcommand_value_name = "COMMAND",
    arg_required_else_help = true
)]
struct Top {
    /// What goes for every command.
    #[command(flatten)]
    global: Global,
}

/// A verb of the command line.
struct Verb {
    /// What it is called by.
    name: &'static str,
    /// What it is for, in one line.
    about: &'static str,
    /// What it is for, at length.
    long_about: &'static str,
    /// How it is called.
    examples: &'static str,
    /// Whether it can be called with nothing behind it; without, that shows help.
    stands_alone: bool,
    /// Adds its arguments.
    arguments: fn(clap::Command) -> clap::Command,
}

/// Every verb, in the order of help.
const VERBS: &[Verb] = &[
    Verb {
        name: "issue",
        about: "Mint tokens for customers",
        long_about: help::ISSUE,
        examples: help::ISSUE_EXAMPLES,
        stands_alone: false,
        arguments: IssueArgs::augment_args,
    },
    Verb {
        name: "verify",
        about: "Check a token and say what Stream would answer",
        long_about: help::VERIFY,
        examples: help::VERIFY_EXAMPLES,
        stands_alone: false,
        arguments: VerifyArgs::augment_args,
    },
    Verb {
        name: "decode",
        about: "Read a token without a secret; nothing is verified",
        long_about: help::DECODE,
        examples: help::DECODE_EXAMPLES,
        stands_alone: false,
        arguments: DecodeArgs::augment_args,
    },
    #[cfg(all(unix, feature = "serve"))]
    Verb {
        name: "serve",
        about: "Serve the endpoint that gives customers with a session their tokens",
        long_about: help::SERVE,
        examples: help::SERVE_EXAMPLES,
        stands_alone: true,
        arguments: super::ServeArgs::augment_args,
    },
    Verb {
        name: "profile",
        about: "Add, list, show and remove profiles: one is one Stream app",
        long_about: help::PROFILE,
        examples: help::PROFILE_EXAMPLES,
        stands_alone: false,
        arguments: ProfileArgs::augment_args,
    },
    Verb {
        name: "secret",
        about: "Store, list, rotate and remove secrets in the operating system's keyring",
        long_about: help::SECRET,
        examples: help::SECRET_EXAMPLES,
        stands_alone: false,
        arguments: SecretArgs::augment_args,
    },
    Verb {
        name: "session",
        about: "Make and revoke sessions: who a client of the endpoint is",
        long_about: help::SESSION,
        examples: help::SESSION_EXAMPLES,
        stands_alone: false,
        arguments: SessionArgs::augment_args,
    },
    Verb {
        name: "audit",
        about: "Read and check the log of who minted, refused or changed what",
        long_about: help::AUDIT,
        examples: help::AUDIT_EXAMPLES,
        stands_alone: false,
        arguments: AuditArgs::augment_args,
    },
    Verb {
        name: "completions",
        about: "Print what a shell needs to complete this program's commands, flags and values",
        long_about: help::COMPLETIONS,
        examples: help::COMPLETIONS_EXAMPLES,
        stands_alone: false,
        arguments: CompletionsArgs::augment_args,
    },
];

impl Verb {
    /// Returns the verb's part of the grammar.
    fn grammar(&self) -> clap::Command {
        // Adding arguments brings their description along, so the verb's own comes last.
        let grammar = Global::augment_args((self.arguments)(clap::Command::new(self.name)));
        let has_verbs = grammar.has_subcommands();
        // What goes for every command stands behind a verb of its own verbs, too.
        let grammar = if has_verbs { grammar.mut_args(|argument| argument.global(true)) } else { grammar };
        grammar
            .about(self.about)
            .long_about(self.long_about)
            .after_long_help(self.examples)
            .arg_required_else_help(!self.stands_alone)
    }
}

/// Returns the whole grammar.
#[must_use]
pub fn grammar() -> clap::Command {
    Top::command().subcommands(VERBS.iter().map(Verb::grammar))
}

/// Names the command that a call is for, as far as its words name one.
#[must_use]
pub fn called(arguments: &[OsString]) -> String {
    let grammar = grammar();
    let mut verb = &grammar;
    let mut names = vec![verb.get_name()];
    for word in arguments.iter().skip(1) {
        if let Some(below) = word.to_str().and_then(|word| verb.find_subcommand(word)) {
            names.push(below.get_name());
            verb = below;
        }
    }
    names.join(" ")
}

/// Parses a call.
///
/// # Errors
/// What clap refuses, and its way to show help and the version.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    // Building the whole grammar takes longer than everything else a short call does, so a call that
    // starts with its verb is parsed by the verb's part alone. Where that fails, the whole grammar
    // says why: it knows every verb, and words help and suggestions.
    let verb = arguments.get(1).and_then(|first| VERBS.iter().find(|verb| first == verb.name));
    match verb.and_then(|verb| parse_alone(verb, &arguments[1..])) {
        Some(cli) => Ok(cli),
        None => parse_whole(arguments),
    }
}

/// Parses the words from the verb on with the verb's part of the grammar; `None` where that fails.
fn parse_alone(verb: &Verb, words: &[OsString]) -> Option<Cli> {
    let mut grammar = verb.grammar();
    let matches = grammar.try_get_matches_from_mut(words).ok()?;
    let cli =
        Cli { global: Global::from_arg_matches(&matches).ok()?, command: command(verb.name, &matches).ok()? };
    // Taking both apart piece by piece would only hold up the end of the process.
    mem::forget((grammar, matches));
    Some(cli)
}

/// Parses a call with the whole grammar.
fn parse_whole(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut grammar = grammar();
    let matches = grammar.try_get_matches_from_mut(arguments)?;
    let (verb, after) = matches.subcommand().ok_or_else(missing_verb)?;
    let read = || {
        let global = Global::from_arg_matches(after)?.or(Global::from_arg_matches(&matches)?);
        Ok(Cli { global, command: command(verb, after)? })
    };
    read().map_err(|error: clap::Error| error.format(&mut grammar))
}

/// Reads a verb's arguments.
fn command(verb: &str, matches: &clap::ArgMatches) -> Result<Command, clap::Error> {
    match verb {
        "issue" => IssueArgs::from_arg_matches(matches).map(Command::Issue),
        "verify" => VerifyArgs::from_arg_matches(matches).map(Command::Verify),
        "decode" => DecodeArgs::from_arg_matches(matches).map(Command::Decode),
        "profile" => ProfileArgs::from_arg_matches(matches).map(Command::Profile),
        #[cfg(all(unix, feature = "serve"))]
        "serve" => super::ServeArgs::from_arg_matches(matches).map(Command::Serve),
        "session" => SessionArgs::from_arg_matches(matches).map(Command::Session),
        "secret" => SecretArgs::from_arg_matches(matches).map(Command::Secret),
        "audit" => AuditArgs::from_arg_matches(matches).map(Command::Audit),
        "completions" => CompletionsArgs::from_arg_matches(matches).map(Command::Completions),
        _ => Err(missing_verb()),
    }
}

/// Refuses a call without a verb, as clap does before it gets here.
fn missing_verb() -> clap::Error {
    clap::Error::new(clap::error::ErrorKind::MissingSubcommand)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Format;

    fn parsed(call: &str) -> Result<Cli, clap::Error> {
        parse(&call.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_grammar_is_sound() {
        grammar().debug_assert();
    }

    #[test]
    fn every_verb_is_read() {
        for verb in VERBS.iter().filter(|verb| ["issue", "verify", "decode"].contains(&verb.name)) {
            for call in
                [format!("stream-token {} 123", verb.name), format!("stream-token -q {} 123", verb.name)]
            {
                assert!(parsed(&call).is_ok(), "{call}");
            }
        }
    }

    #[cfg(all(unix, feature = "serve"))]
    #[test]
    fn a_verb_that_stands_alone_needs_nothing_behind_it() {
        assert!(parsed("stream-token serve").is_ok());
        assert!(parsed("stream-token --profile demo serve").is_ok());
        assert!(parsed("stream-token issue").is_err());
    }

    #[test]
    fn what_goes_for_every_command_stands_before_the_verb_or_after_it() {
        let cli = parsed("stream-token --profile a -q issue 1 -o json --profile b").unwrap();
        assert_eq!(cli.global.profile.as_deref(), Some("b"));
        assert_eq!((cli.global.output, cli.global.quiet), (Some(Format::Json), true));
    }

    #[test]
    fn what_goes_for_every_command_stands_behind_a_verbs_own_verb() {
        for call in
            ["stream-token profile list -q", "stream-token profile -q list", "stream-token -q profile list"]
        {
            assert!(parsed(call).unwrap().global.quiet, "{call}");
        }
    }

    #[test]
    fn a_verbs_name_in_another_place_is_no_verb() {
        let cli = parsed("stream-token --profile issue verify decode").unwrap();
        assert_eq!(cli.global.profile.as_deref(), Some("issue"));
        assert!(
            matches!(cli.command, Command::Verify(VerifyArgs { token: Some(token), .. }) if token == "decode")
        );
    }

    #[test]
    fn help_and_suggestions_know_every_verb() {
        let help = parsed("stream-token --help").unwrap_err().to_string();
        assert!(VERBS.iter().all(|verb| help.contains(verb.name)), "{help}");
        let refusal = parsed("stream-token issu 123").unwrap_err().to_string();
        assert!(refusal.contains("'issue'"), "{refusal}");
    }
}
