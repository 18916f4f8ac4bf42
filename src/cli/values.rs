//! Parses values of the command line into domain types. Their errors are reports, which keep the hint.

use std::ffi::OsStr;
#[cfg(all(unix, feature = "serve"))]
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{EnumValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, ValueEnum as _};

use super::{Expiry, Format};
use crate::error::ErrorReport;
#[cfg(all(unix, feature = "serve"))]
use crate::profile;
use crate::profile::parse_lifetime;
use crate::time::{humanize, parse_duration};
use crate::token::{CustomerId, Leeway};

/// The longest that a previous secret is kept.
const MAX_KEEP_FOR: Duration = Duration::from_hours(366 * 24);

/// Parses the format of a result: a word, or `template:` and a text.
#[derive(Debug, Clone)]
pub(super) struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, clap::Error> {
        match value.to_str().and_then(|value| value.strip_prefix("template:")) {
            Some(template) => Ok(Format::Template(template.to_owned())),
            None => EnumValueParser::<Format>::new().parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(Format::to_possible_value)))
    }
}

/// Parses a value whose error has a hint.
pub(super) fn parsed<T: FromStr<Err: Into<ErrorReport>>>(text: &str) -> Result<T, ErrorReport> {
    text.parse().map_err(Into::into)
}

/// Parses one of a fixed set of words, which help and completions list.
pub(super) fn words<T: Clone + Send + Sync + 'static>(
    names: &'static [&'static str],
    from_name: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |name| from_name(&name).ok_or("no such word"))
}

/// Parses a leeway.
pub(super) fn leeway(text: &str) -> Result<Leeway, ErrorReport> {
    let hint = "a leeway is a number and its unit, such as 30s, and at most 5m";
    let duration = parse_duration(text).map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    Leeway::new(duration).ok_or_else(|| ErrorReport::usage("a leeway is at most 5m", hint))
}

/// Parses a customer id; for `-` the hint names `--from`.
pub(super) fn customer(text: &str) -> Result<CustomerId, ErrorReport> {
    if text == "-" {
        return Err(ErrorReport::usage(
            "'-' is not a customer id",
            "to read customers from standard input use --from -",
        ));
    }
    parsed(text)
}

/// Parses an address and a port; `localhost` is 127.0.0.1.
#[cfg(all(unix, feature = "serve"))]
pub(super) fn address(text: &str) -> Result<SocketAddr, ErrorReport> {
    match text.strip_prefix("localhost:") {
        Some(port) => parsed(&format!("127.0.0.1:{port}")),
        None => parsed(text),
    }
}

/// Parses an expiry: a time or `never`.
pub(super) fn expiry(text: &str) -> Result<Expiry, ErrorReport> {
    if text == "never" { Ok(Expiry::Never) } else { Ok(Expiry::At(text.parse()?)) }
}

/// Parses a lifetime, which is longer than 0, and returns it as the configuration has it.
///
/// # Errors
/// What is wrong with the text.
pub fn lifetime_text(text: &str) -> Result<String, String> {
    parse_lifetime(text).map(humanize)
}

/// Parses the lifetime of the tokens that are served: a duration or `never`.
#[cfg(all(unix, feature = "serve"))]
pub(super) fn served_lifetime(text: &str) -> Result<profile::Expiry, String> {
    if text == "never" { Ok(profile::Expiry::Never) } else { parse_lifetime(text).map(profile::Expiry::In) }
}

/// Parses how long a previous secret is kept.
pub(super) fn keep_for(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration > MAX_KEEP_FOR => {
            Err(format!("a secret is kept for at most {} after its rotation", humanize(MAX_KEEP_FOR)))
        }
        other => other.map_err(|error| error.to_string()),
    }
}
