//! Judges the calls that clap refuses, and repeats nothing of them that may be a secret.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Exit, Failure, judge};
use crate::escape::{escaped_short, looks_like_a_token};

/// What to do with a token that stands where none belongs.
const LIKE_A_TOKEN: &str = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";

/// What to do with a session token that stands where none belongs.
const NO_ARGUMENT: &str =
    "a session token is never an argument: pipe it to 'stream-token session revoke --token-stdin'";

/// Flags in whose place somebody may give the secret itself, however short it is.
const SECRET_FLAGS: [&str; 3] = ["--secret", "--session-key", "--api-key"];

impl Failure {
    /// Judges what clap refused. `called` tells the command whose help to read where clap names none.
    #[must_use]
    pub fn of_call(error: &clap::Error, called: impl FnOnce() -> String) -> Self {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::of_bare_call(&error.to_string(), called);
        }
        let told = without_foreign_values(error);
        let mut lines = told.lines().map(str::trim_end);
        let message: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = message.join(" ");
        let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
        let rest: Vec<_> = lines.collect();
        let command = command_of(rest.iter().copied()).unwrap_or_else(called);
        let of_value = error.source().and_then(judge).map(|(_, hint)| hint);
        let hint = of_value
            .or_else(|| of_stray_token(error, &command))
            .or_else(|| tip(&rest).map(str::to_owned))
            .unwrap_or_else(|| format!("run '{command} --help'"));
        Self { exit: Exit::Usage, message, hint: Some(hint) }
    }

    /// Judges a call that names too little to be carried out, by the help that clap shows for it.
    fn of_bare_call(help: &str, called: impl FnOnce() -> String) -> Self {
        let command = command_of(help.lines()).unwrap_or_else(called);
        let hint = Some(format!("run '{command} --help'"));
        Self { exit: Exit::Usage, message: format!("too little is given to '{command}'"), hint }
    }
}

/// Returns the hint for a token that stands where the grammar has no place for it.
fn of_stray_token(error: &clap::Error, command: &str) -> Option<String> {
    let kind = match error.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument if !command.ends_with("issue") => ContextKind::InvalidArg,
        _ => return None,
    };
    match error.get(kind) {
        Some(ContextValue::String(value)) if looks_like_a_token(value) => {}
        _ => return None,
    }
    Some(match kind {
        _ if command.ends_with("session revoke") => NO_ARGUMENT.into(),
        ContextKind::InvalidSubcommand => LIKE_A_TOKEN.into(),
        _ => format!("put all that was pasted in quotes, or pipe it to '{command} -'"),
    })
}

/// Finds clap's tip; not the one to pass a flag as a value, which no command here takes.
fn tip<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let tips = lines.iter().find_map(|line| line.trim_start().strip_prefix("tip: "));
    tips.filter(|tip| !tip.starts_with("to pass "))
}

/// Returns clap's text without values that may be a secret or a token, or that a terminal would obey.
fn without_foreign_values(error: &clap::Error) -> String {
    let mut told = error.to_string();
    let flag = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let is_of_a_secret = SECRET_FLAGS.iter().any(|each| flag.starts_with(each));
    for (kind, value) in error.context() {
        if let ContextValue::String(value) = value {
            let is_dubious = (is_of_a_secret && kind == ContextKind::InvalidValue)
                || value.chars().count() > crate::escape::MAX_IDENTIFIER_SHOWN
                || looks_like_a_token(value)
                || value.chars().any(crate::escape::is_unprintable);
            if is_dubious && !value.is_empty() {
                let shown =
                    if is_of_a_secret { length(value) } else { crate::escape::escaped_or_redacted(value) };
                told = told.replace(&format!("'{value}'"), &shown);
                // A blank value is everywhere in the text, and hides nothing.
                if !value.trim().is_empty() && !is_of_a_secret {
                    told = told.replace(value.as_str(), &brief_or_length(value));
                }
            }
        }
    }
    told.replace("invalid value a value of ", "invalid value of ")
}

/// Describes a value by its length alone.
fn length(value: &str) -> String {
    format!("a value of {} characters", value.chars().count())
}

/// Shows a value that stands without quotes.
fn brief_or_length(value: &str) -> String {
    let shown = crate::escape::escaped_or_redacted(value);
    shown.trim_matches('\'').to_owned()
}

/// Returns the command whose help to read, from clap's usage line; `None` where there is none.
fn command_of<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let words = lines.find_map(|line| line.strip_prefix("Usage: "))?.split_whitespace();
    let is_name = |word: &&str| {
        !word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let words: Vec<_> = words.take_while(is_name).collect();
    Some(escaped_short(words.join(" ").as_str()).to_string())
}
