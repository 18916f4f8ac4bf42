//! Maps every error to its kind, its exit code and its hint. No other place does.

mod call;

use std::error::Error;
use std::fmt;
use std::io;
use std::net::AddrParseError;

use serde::Serialize;

use crate::audit::AuditError;
use crate::issuer::IssueError;
use crate::process::hardening::HygieneError;
use crate::profile::{ChangeError, ConfigError, ProfileError};
use crate::secret::SourceError;
use crate::session::{LONGEST_LIFETIME, SessionError, SessionIdError, SessionsError};
use crate::time::{DurationError, WhenError, span};
use crate::token::{ClaimsError, CustomerIdError, LeewayError, PasteError};
use crate::verdict::Verdict;

/// An error that knows how the process ends and what to do next.
pub trait Diagnostic: fmt::Display {
    /// Returns how the process ends.
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// Returns the next step to take.
    fn hint(&self) -> Option<String> {
        None
    }
}

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
    /// A person interrupted it.
    Interrupted,
}

impl Exit {
    /// Returns the exit code.
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
            Self::Interrupted => 130,
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

/// A question that a person interrupted. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl Error for Interrupted {}

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
    /// Returns the form for JSON.
    #[must_use]
    pub fn as_json(&self) -> FailureJson<'_> {
        let kind = match self.exit {
            Exit::Usage => "usage",
            Exit::NoSecret => "no_secret",
            Exit::Malformed => "malformed",
            Exit::SomeRefused => "refused",
            Exit::Interrupted => "interrupted",
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
            if cause.is::<Interrupted>() {
                return Some(Self { exit: Exit::Interrupted, message: told.join(": "), hint: None });
            }
            if let Some((exit, hint)) = judge(cause) {
                return Some(Self { exit, message: told.join(": "), hint: Some(hint) });
            }
        }
        Some(Self { exit: Exit::Failed, message: told.join(": "), hint: None })
    }
}

/// Returns the exit and the hint of an error that the program knows.
fn judge(cause: &(dyn Error + 'static)) -> Option<(Exit, String)> {
    if let Some(error) = cause.downcast_ref::<Usage>() {
        return Some((Exit::Usage, error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<HygieneError>() {
        let is_usage = matches!(error, HygieneError::OptOut { .. });
        return Some((if is_usage { Exit::Usage } else { Exit::Failed }, error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<ConfigError>() {
        return Some((exit_of(error), error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<ChangeError>() {
        return Some(of_change(error));
    }
    if let Some(error) = cause.downcast_ref::<IssueError>() {
        return Some((error.exit(), error.hint().unwrap_or_default()));
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
    if cause.is::<AddrParseError>() {
        let hint = "give an IP address and a port, such as 127.0.0.1:8787 or [::1]:8787";
        return Some((Exit::Usage, hint.into()));
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return of_io(error.kind()).map(|hint| (Exit::Failed, hint.into()));
    }
    if cause.is::<DurationError>() || cause.is::<LeewayError>() {
        return Some((Exit::Usage, "a leeway is a number and its unit, such as 30s, and at most 5m".into()));
    }
    if let Some(error) = cause.downcast_ref::<SessionsError>() {
        return Some(match error {
            SessionsError::Session(error) => of_session(*error),
            SessionsError::Audit(error) => (Exit::Failed, of_audit(error)),
            SessionsError::Register(error) => (Exit::Failed, error.hint()),
        });
    }
    if let Some(error) = cause.downcast_ref::<SessionError>() {
        return Some(of_session(*error));
    }
    if cause.is::<SessionIdError>() {
        return Some((Exit::Usage, "give the id that 'stream-token session new' printed".into()));
    }
    #[cfg(all(unix, feature = "serve"))]
    if let Some(error) = cause.downcast_ref::<crate::tls::TlsError>() {
        return Some((if error.is_of_the_system() { Exit::Failed } else { Exit::Usage }, error.hint()));
    }
    if cause.is::<ClaimsError>() {
        return Some((Exit::Usage, "give a time after the epoch".into()));
    }
    None
}

/// Returns the next step where there is nothing to listen on.
fn of_io(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::AddrInUse => {
            Some("end what listens there, or give another port; 0 lets the system choose")
        }
        io::ErrorKind::AddrNotAvailable => Some("give an address of this machine, such as 127.0.0.1"),
        _ => None,
    }
}

/// Returns the exit and the hint of a session that was not made.
fn of_session(error: SessionError) -> (Exit, String) {
    match error {
        SessionError::Random(_) => (Exit::Failed, "see that the system has random numbers".into()),
        _ => (Exit::Usage, format!("give a lifetime from 1s to {}", span(LONGEST_LIFETIME))),
    }
}

/// Returns the exit and the hint of a change that was not made.
fn of_change(error: &ChangeError) -> (Exit, String) {
    let exit = match error {
        ChangeError::Config(error) => return (exit_of(error), error.hint()),
        ChangeError::Audit(error) => return (Exit::Failed, of_audit(error)),
        ChangeError::Keyring(_) | ChangeError::Source(_) | ChangeError::LeftBehind { .. } => Exit::NoSecret,
        ChangeError::Elsewhere { .. } | ChangeError::NoSource { .. } | ChangeError::Taken { .. } => {
            Exit::Usage
        }
        ChangeError::NoRandom => Exit::Failed,
    };
    (exit, error.hint())
}

/// Returns the exit of an error of the configuration: what the system refuses is no fault of the call.
fn exit_of(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Unreadable { .. } | ConfigError::Unwritable { .. } => Exit::Failed,
        _ => Exit::Usage,
    }
}

/// Returns the next step where the audit log cannot be written or read.
fn of_audit(error: &AuditError) -> String {
    error.hint().unwrap_or_default()
}
