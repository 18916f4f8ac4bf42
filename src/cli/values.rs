//! Reads values of the command line into domain types. Their errors keep their types, by which the
//! hint is found.

use std::error::Error;

use super::Expiry;
use crate::time::{WhenError, parse_duration};
use crate::token::Leeway;

/// Reads a leeway.
pub(super) fn leeway(text: &str) -> Result<Leeway, Box<dyn Error + Send + Sync>> {
    Ok(Leeway::new(parse_duration(text)?)?)
}

/// Reads an expiry: a time or `never`.
pub(super) fn expiry(text: &str) -> Result<Expiry, WhenError> {
    if text == "never" { Ok(Expiry::Never) } else { text.parse().map(Expiry::At) }
}
