//! Reports command lines that clap refuses, without repeating what may be a secret.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::grammar;
use crate::error::{ErrorReport, Exit};
use crate::escape::{
    MAX_IDENTIFIER_SHOWN, escaped_or_redacted, is_unprintable, looks_like_a_token, redacted,
};

/// Options in whose place somebody may give the secret itself, however short it is.
const SECRET_OPTIONS: [&str; 3] = ["--secret", "--session-key", "--api-key"];

/// Returns the report of a command line that clap refused.
pub fn usage_error(error: &clap::Error, arguments: &[OsString]) -> ErrorReport {
    let text = without_secrets(error);
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let command = command_in(arguments);
    let report = |message: &str, hint: Option<String>| {
        let hint = hint.unwrap_or_else(|| format!("run '{command} --help'"));
        ErrorReport { exit: Exit::Usage, message: message.to_owned(), hint: Some(hint) }
    };
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return report(&format!("'{command}' needs a command"), None);
    }
    if let Some(value) = error.source().and_then(|source| source.downcast_ref::<ErrorReport>()) {
        // An argument needs no name; an option does.
        let is_option = invalid_argument(error).starts_with('-');
        return report(if is_option { message } else { &value.message }, value.hint.clone());
    }
    let hint = stray_token_hint(error, &command).or_else(|| familiar_word_hint(error, &command));
    report(message, hint.or_else(|| suggestion(rest)))
}

/// Returns the argument or option that clap refused, as it names it; empty if it names none.
fn invalid_argument(error: &clap::Error) -> String {
    error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default()
}

/// Returns the hint for a token where the grammar has no place for one.
fn stray_token_hint(error: &clap::Error, command: &str) -> Option<String> {
    let kind = match error.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument if !command.ends_with("issue") => ContextKind::InvalidArg,
        _ => return None,
    };
    if !matches!(error.get(kind), Some(ContextValue::String(value)) if looks_like_a_token(value)) {
        return None;
    }
    Some(if command.ends_with("session revoke") {
        "a session token is never an argument: pipe it to 'stream-token session revoke --token-stdin'".into()
    } else if kind == ContextKind::InvalidSubcommand {
        "this looks like a token: use 'stream-token verify' or 'stream-token decode'".into()
    } else {
        format!("put all that was pasted in quotes, or pipe it to '{command} -'")
    })
}

/// Returns the hint for a command or an option by which other programs call ours.
fn familiar_word_hint(error: &clap::Error, command: &str) -> Option<String> {
    let word = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let ours = match word(ContextKind::InvalidSubcommand).as_str() {
        "encode" | "sign" | "mint" | "create" | "generate" | "token" => "issue",
        "check" | "validate" => "verify",
        "inspect" | "parse" => "decode",
        _ => {
            let is_customer =
                ["--customer", "--user", "--id"].contains(&word(ContextKind::InvalidArg).as_str());
            let takes_one = command.ends_with(" issue") || command.ends_with("session new");
            return (is_customer && takes_one)
                .then(|| format!("give the customer without a flag, as in '{command} 123'"));
        }
    };
    Some(format!("the command is '{command} {ours}'"))
}

/// Finds clap's suggestion; not the one to pass an option as a value, which no command here takes.
fn suggestion(text: &str) -> Option<String> {
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "))?;
    (!tip.starts_with("to pass ")).then(|| tip.to_owned())
}

/// Returns clap's text without values that may be a secret or a token, or that a terminal would obey.
fn without_secrets(error: &clap::Error) -> String {
    let mut text = error.to_string();
    let argument = invalid_argument(error);
    let is_secret_option = SECRET_OPTIONS.iter().any(|option| argument.starts_with(option));
    for (kind, value) in error.context() {
        let ContextValue::String(value) = value else { continue };
        let is_doubtful = (is_secret_option && kind == ContextKind::InvalidValue)
            || value.chars().count() > MAX_IDENTIFIER_SHOWN
            || looks_like_a_token(value)
            || value.chars().any(is_unprintable);
        if !is_doubtful || value.is_empty() {
            continue;
        }
        let shown = if is_secret_option { redacted(value) } else { escaped_or_redacted(value) };
        text = text.replace(&format!("'{value}'"), &shown);
        // A blank value would match everywhere in the text.
        if !is_secret_option && !value.trim().is_empty() {
            text = text.replace(value.as_str(), shown.trim_matches('\''));
        }
    }
    text.replace("invalid value a value of ", "invalid value of ")
}

/// Returns the command that the arguments name.
fn command_in(arguments: &[OsString]) -> String {
    let grammar = grammar();
    let mut command = &grammar;
    let mut names = vec![command.get_name()];
    for word in arguments.iter().skip(1) {
        if let Some(found) = word.to_str().and_then(|word| command.find_subcommand(word)) {
            names.push(found.get_name());
            command = found;
        }
    }
    names.join(" ")
}
