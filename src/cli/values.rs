//! Reads values of the command line into domain types.

use super::Expiry;
use crate::time::{WhenError, parse_duration};
use crate::token::{CustomerId, Leeway};

/// Reads a customer id, and says in the error what one is.
pub(super) fn customer(text: &str) -> Result<CustomerId, String> {
    text.parse::<CustomerId>().map_err(|error| error.hint())
}

/// Reads a leeway.
pub(super) fn leeway(text: &str) -> Result<Leeway, String> {
    let duration = parse_duration(text).map_err(|error| error.to_string())?;
    Leeway::new(duration).map_err(|error| error.to_string())
}

/// Reads an expiry: a time or `never`.
pub(super) fn expiry(text: &str) -> Result<Expiry, WhenError> {
    if text == "never" { Ok(Expiry::Never) } else { text.parse().map(Expiry::At) }
}
