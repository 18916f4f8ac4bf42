//! Reads values of the command line into domain types. Their errors keep their types, by which the
//! hint is found.

use std::error::Error;

use std::time::Duration;

use super::Expiry;
use crate::profile::{Lifetime, check_api_key, check_base_url};
use crate::secret::Source;
use crate::time::{ParseTimeError, humanize, parse_duration};
use crate::token::Leeway;

/// Reads a leeway.
pub(super) fn leeway(text: &str) -> Result<Leeway, Box<dyn Error + Send + Sync>> {
    Ok(Leeway::new(parse_duration(text)?)?)
}

/// Reads an expiry: a time or `never`.
pub(super) fn expiry(text: &str) -> Result<Expiry, ParseTimeError> {
    if text == "never" { Ok(Expiry::Never) } else { text.parse().map(Expiry::At) }
}

/// Reads a source.
pub(super) fn source(text: &str) -> Result<Source, String> {
    Source::parse(text)
}

/// Reads a lifetime, which is longer than nothing.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a lifetime of 0 ends before it starts".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads how long the tokens live that are served: a lifetime or `never`.
#[cfg(all(unix, feature = "serve"))]
pub(super) fn served_lifetime(text: &str) -> Result<Lifetime, String> {
    if text == "never" {
        return Ok(Lifetime::Never);
    }
    lifetime(text).map(Lifetime::For)
}

/// The longest that a secret is kept that was rotated away.
const LONGEST_KEPT: Duration = Duration::from_hours(366 * 24);

/// Reads how long a secret is kept that was rotated away.
pub(super) fn keep_for(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration > LONGEST_KEPT => {
            Err(format!("a secret is kept for at most {} after its rotation", humanize(LONGEST_KEPT)))
        }
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an API key.
pub(super) fn api_key(text: &str) -> Result<String, String> {
    check_api_key(text)
}

/// Reads a base URL.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    check_base_url(text)
}
