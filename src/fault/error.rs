//! A text that is no fault, and what was expected in its place.

use std::time::Duration;

use thiserror::Error;

use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_or_redacted;
use crate::time::parse_duration;
use crate::token::CustomerId;

/// The forms in which the faults of a token are written.
pub(super) const TOKEN_FAULT_FORMS: &str =
    "expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed";

/// A text that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a fault", escaped_or_redacted(text))]
pub struct FaultError {
    /// The text.
    text: String,
    /// What was expected.
    expected: Expected,
}

/// What was expected in the place of a text that is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A fault of a token.
    TokenFault,
    /// A fault of a token or a response.
    Fault,
    /// A duration after the colon.
    Duration,
    /// The status of an error after the colon.
    Status,
    /// A customer or a range of them, `=`, and a fault.
    Rule,
    /// How often, after the asterisk.
    Times,
}

impl FaultError {
    /// Returns the error of a text.
    pub(super) fn new(text: &str, expected: Expected) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

impl Diagnostic for FaultError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self.expected {
            Expected::TokenFault => format!("a token can be {TOKEN_FAULT_FORMS}"),
            Expected::Fault => format!("a fault is {TOKEN_FAULT_FORMS}, status:503, delay:5s or drop"),
            Expected::Duration => "after the colon goes a duration such as 10s or 5m".into(),
            Expected::Status => "after the colon goes the status of an error, 400 to 599".into(),
            Expected::Rule => {
                let max = CustomerId::MAX;
                format!(
                    "a fault has the form 123=expired or 1-100=status:503*2, with customers from 1 to {max}"
                )
            }
            Expected::Times => "after the asterisk goes how often, from 1 to 1000000".into(),
        })
    }
}

/// Reads a duration, longer than 0, that is part of `text`.
pub(super) fn duration(text: &str, duration: &str) -> Result<Duration, FaultError> {
    let parsed = parse_duration(duration).ok().filter(|duration| !duration.is_zero());
    parsed.ok_or_else(|| FaultError::new(text, Expected::Duration))
}
