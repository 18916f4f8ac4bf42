//! Maps every error to its kind, its exit code and its hint. No other place does.

use std::error::Error;
use std::fmt;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde::Serialize;

use crate::audit::AuditError;
use crate::custody::ChangeError;
use crate::foreign::{brief, looks_like_a_token};
use crate::mint::MintError;
use crate::profile::{ConfigError, ProfileError};
use crate::secret::SourceError;
use crate::time::{DurationError, WhenError};
use crate::token::{ClaimsError, CustomerIdError, LeewayError, PasteError};
use crate::verdict::Verdict;

/// What to do with a token that stands where none belongs.
const LIKE_A_TOKEN: &str = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";

/// Flags in whose place somebody may give the secret itself, however short it is.
const SECRET_FLAGS: [&str; 3] = ["--secret", "--session-key", "--api-key"];

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked; the token is valid.
    Success,
    /// Input, output or the server failed.
    Failed,
    /// It was called wrongly.
    Usage,
    /// There is no secret, or it cannot be had.
    NoSecret,
    /// The text is no token.
    Malformed,
    /// The token is not signed by this profile's secret.
    BadSignature,
    /// The token is outside its time.
    OutsideItsTime,
    /// The token is signed, and not this customer's.
    WrongSubject,
    /// Some lines of a batch were refused.
    SomeRefused,
    /// The audit log does not verify.
    AuditDamaged,
}

impl Exit {
    /// Gives the exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoSecret => 3,
            Self::Malformed => 4,
            Self::BadSignature => 5,
            Self::OutsideItsTime => 6,
            Self::WrongSubject => 7,
            Self::SomeRefused => 8,
            Self::AuditDamaged => 9,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Success,
            Verdict::Malformed => Self::Malformed,
            Verdict::BadSignature | Verdict::DevToken => Self::BadSignature,
            Verdict::Expired | Verdict::NotYetValid | Verdict::IssuedInFuture | Verdict::Revoked => {
                Self::OutsideItsTime
            }
            Verdict::ServerToken | Verdict::NotACustomer | Verdict::WrongCustomer => Self::WrongSubject,
        }
    }
}

/// A call that cannot be carried out as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// What is wrong.
    pub message: String,
    /// What to call instead.
    pub hint: String,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Usage {}

/// What is said of an error, and how the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What is wrong, in one line.
    pub message: String,
    /// The next step to take.
    pub hint: Option<String>,
}

/// A failure in JSON.
#[derive(Debug, Serialize)]
pub struct FailureJson<'a> {
    /// The one key.
    error: FailureBody<'a>,
}

/// What stands in a [`FailureJson`].
#[derive(Debug, Serialize)]
struct FailureBody<'a> {
    /// A stable name.
    kind: &'static str,
    /// What is wrong.
    message: &'a str,
    /// The next step to take.
    hint: Option<&'a str>,
}

impl Failure {
    /// Gives the form for JSON.
    #[must_use]
    pub fn as_json(&self) -> FailureJson<'_> {
        let kind = match self.exit {
            Exit::Usage => "usage",
            Exit::NoSecret => "no_secret",
            Exit::Malformed => "malformed",
            Exit::SomeRefused => "refused",
            _ => "failed",
        };
        FailureJson { error: FailureBody { kind, message: &self.message, hint: self.hint.as_deref() } }
    }

    /// Judges an error; `None` for a broken pipe, which is none.
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        let mut told = Vec::new();
        for cause in error.chain() {
            told.push(cause.to_string());
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && io.kind() == io::ErrorKind::BrokenPipe
            {
                return None;
            }
            if let Some((exit, hint)) = judge(cause) {
                return Some(Self { exit, message: told.join(": "), hint: Some(hint) });
            }
        }
        Some(Self { exit: Exit::Failed, message: told.join(": "), hint: None })
    }

    /// Judges what clap refused.
    #[must_use]
    pub fn of_call(error: &clap::Error) -> Self {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::of_bare_call(&error.to_string());
        }
        let told = without_foreign_values(error);
        let mut lines = told.lines().map(str::trim_end);
        let message: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = message.join(" ");
        let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
        let rest: Vec<_> = lines.collect();
        let command = command_of(rest.iter().find_map(|line| line.strip_prefix("Usage: ")));
        let of_value = error.source().and_then(judge).map(|(_, hint)| hint);
        let hint = of_value
            .or_else(|| of_stray_token(error, &command))
            .or_else(|| tip(&rest).map(str::to_owned))
            .unwrap_or_else(|| format!("run '{command} --help'"));
        Self { exit: Exit::Usage, message, hint: Some(hint) }
    }

    /// Judges a call that names too little to be carried out, by the help that clap shows for it.
    fn of_bare_call(help: &str) -> Self {
        let command = command_of(help.lines().find_map(|line| line.strip_prefix("Usage: ")));
        let hint = Some(format!("run '{command} --help'"));
        Self { exit: Exit::Usage, message: format!("too little is given to '{command}'"), hint }
    }
}

/// Gives the exit and the hint of an error that the program knows.
fn judge(cause: &(dyn Error + 'static)) -> Option<(Exit, String)> {
    if let Some(error) = cause.downcast_ref::<Usage>() {
        return Some((Exit::Usage, error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<ConfigError>() {
        return Some((exit_of(error), error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<ChangeError>() {
        return Some(match error {
            ChangeError::Config(error) => (exit_of(error), error.hint()),
            ChangeError::Audit(error) => (Exit::Failed, of_audit(error)),
        });
    }
    if let Some(error) = cause.downcast_ref::<MintError>() {
        return Some(match error {
            MintError::Policy(error) => (Exit::Usage, error.hint()),
            MintError::Claims(_) => (Exit::Usage, "give a time after the epoch".into()),
            MintError::Audit(error) => (Exit::Failed, of_audit(error)),
            MintError::Receipt => (Exit::Failed, "this is a fault of the program: please report it".into()),
        });
    }
    if let Some(error) = cause.downcast_ref::<AuditError>() {
        return Some((Exit::Failed, of_audit(error)));
    }
    if let Some(error) = cause.downcast_ref::<ProfileError>() {
        let exit = match error {
            ProfileError::NoSecret { .. } => Exit::NoSecret,
            ProfileError::Config(error) => exit_of(error),
            _ => Exit::Usage,
        };
        return Some((exit, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<SourceError>() {
        return Some((Exit::NoSecret, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<CustomerIdError>() {
        return Some((Exit::Usage, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<WhenError>() {
        return Some((Exit::Usage, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<PasteError>() {
        return Some((Exit::Usage, error.hint()));
    }
    if cause.is::<DurationError>() || cause.is::<LeewayError>() {
        return Some((Exit::Usage, "a leeway is a number and its unit, such as 30s, and at most 5m".into()));
    }
    if cause.is::<ClaimsError>() {
        return Some((Exit::Usage, "give a time after the epoch".into()));
    }
    None
}

/// Gives the hint for a token that stands where the grammar has no place for it.
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
        ContextKind::InvalidSubcommand => LIKE_A_TOKEN.into(),
        _ => format!("put all that was pasted in quotes, or pipe it to '{command} -'"),
    })
}

/// Finds clap's tip; not the one to pass a flag as a value, which no command here takes.
fn tip<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let tips = lines.iter().find_map(|line| line.trim_start().strip_prefix("tip: "));
    tips.filter(|tip| !tip.starts_with("to pass "))
}

/// Gives the exit of an error of the configuration: what the system refuses is no fault of the call.
fn exit_of(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Unreadable { .. } | ConfigError::Unwritable { .. } => Exit::Failed,
        _ => Exit::Usage,
    }
}

/// Gives the next step where the audit log cannot be written or read.
fn of_audit(error: &AuditError) -> String {
    let path = crate::foreign::path_in_full(error.path());
    match error {
        AuditError::Locked { .. } => {
            format!("find that process with 'fuser -v {path}'; end it, or let it go on if it is stopped")
        }
        AuditError::DiskFull { .. } => "free some space, or give another place with --state-dir".into(),
        AuditError::Damaged { .. } => "see what is wrong with 'stream-token audit verify'".into(),
        AuditError::Exposed { .. } => format!("look it over, then run 'chmod go-w {path}'"),
        _ => format!("make {path} usable for this user, or give another place with --state-dir"),
    }
}

/// Gives clap's text without values that may be a secret or a token, or that a terminal would obey.
fn without_foreign_values(error: &clap::Error) -> String {
    let mut told = error.to_string();
    let flag = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let is_of_a_secret = SECRET_FLAGS.iter().any(|each| flag.starts_with(each));
    for (kind, value) in error.context() {
        if let ContextValue::String(value) = value {
            let is_dubious = (is_of_a_secret && kind == ContextKind::InvalidValue)
                || value.chars().count() > crate::foreign::LONGEST_IDENTIFIER_SHOWN
                || looks_like_a_token(value)
                || value.chars().any(crate::foreign::is_unprintable);
            if is_dubious && !value.is_empty() {
                let shown = if is_of_a_secret { length(value) } else { crate::foreign::identifier(value) };
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

/// Tells a value by its length alone.
fn length(value: &str) -> String {
    format!("a value of {} characters", value.chars().count())
}

/// Shows a value that stands without quotes.
fn brief_or_length(value: &str) -> String {
    let shown = crate::foreign::identifier(value);
    shown.trim_matches('\'').to_owned()
}

/// Gives the command whose help to read, from clap's usage line.
fn command_of(usage: Option<&str>) -> String {
    let words = usage.unwrap_or("stream-token").split_whitespace();
    let is_name = |word: &&str| {
        !word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let words: Vec<_> = words.take_while(is_name).collect();
    brief(words.join(" ").as_str()).to_string()
}
