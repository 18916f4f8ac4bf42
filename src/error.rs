//! Errors as they are reported: message, exit code and hint.

use std::fmt;
use std::io;
use std::net::AddrParseError;

use serde_json::{Value, json};
use thiserror::Error;

/// An error with an exit code and a hint.
pub trait Diagnostic: fmt::Display {
    /// Returns the exit code.
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// Returns the next step for the user.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Success; the token is valid.
    Success = 0,
    /// Input, output or the server failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// There is no secret, or it cannot be read.
    NoSecret = 3,
    /// The text is not a token.
    Malformed = 4,
    /// The token is not signed by this profile's secret.
    BadSignature = 5,
    /// The token is outside its time.
    TimeInvalid = 6,
    /// The token is signed, and not this customer's.
    WrongSubject = 7,
    /// Some lines of a batch were refused.
    PartialFailure = 8,
    /// The audit log does not verify.
    AuditDamaged = 9,
    /// The command of `exec` cannot be run.
    CannotRun = 126,
    /// The command of `exec` does not exist.
    NotFound = 127,
    /// The user interrupted it.
    Interrupted = 130,
}

impl Exit {
    /// Returns the exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the error kind in JSON.
    const fn kind(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NoSecret => "no_secret",
            Self::Malformed => "malformed",
            Self::PartialFailure => "refused",
            Self::Interrupted => "interrupted",
            _ => "failed",
        }
    }
}

impl Diagnostic for io::Error {
    /// A broken pipe is not an error.
    fn exit(&self) -> Exit {
        if self.kind() == io::ErrorKind::BrokenPipe { Exit::Success } else { Exit::Failed }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self.kind() {
            io::ErrorKind::AddrInUse => {
                "stop what listens there, or give another port; 0 lets the system choose"
            }
            io::ErrorKind::AddrNotAvailable => "give an address of this machine, such as 127.0.0.1",
            _ => return None,
        };
        Some(hint.into())
    }
}

impl Diagnostic for AddrParseError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("give an IP address and a port, such as 127.0.0.1:8787 or [::1]:8787".into())
    }
}

/// An error of the system, with what was being done.
impl Diagnostic for anyhow::Error {
    fn exit(&self) -> Exit {
        self.downcast_ref::<io::Error>().map_or(Exit::Failed, Diagnostic::exit)
    }

    fn hint(&self) -> Option<String> {
        self.downcast_ref::<io::Error>().and_then(Diagnostic::hint)
    }
}

/// An error as it is reported. Every [`Diagnostic`] converts to one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ErrorReport {
    /// The exit code; [`Exit::Success`] if there is nothing to report.
    pub exit: Exit,
    /// What is wrong, in one line.
    pub message: String,
    /// The next step to take.
    pub hint: Option<String>,
}

impl<E: Diagnostic> From<E> for ErrorReport {
    fn from(error: E) -> Self {
        Self { exit: error.exit(), message: format!("{error:#}"), hint: error.hint() }
    }
}

impl ErrorReport {
    /// Returns the report of an unusable command line: what is wrong, and what to run instead.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: Some(hint.into()) }
    }

    /// Returns the report in JSON.
    pub fn to_json(&self) -> Value {
        json!({ "error": { "kind": self.exit.kind(), "message": self.message, "hint": self.hint } })
    }

    /// Returns the report with a subject before its message.
    #[must_use]
    pub fn about(self, subject: impl fmt::Display) -> Self {
        Self { message: format!("{subject}: {}", self.message), ..self }
    }
}
