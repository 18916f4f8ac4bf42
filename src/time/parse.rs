//! Parses the times and durations that people type: `now`, `1h`, `1h ago`, RFC 3339, epoch seconds.

use std::str::FromStr;
use std::time::Duration;

use chrono::DateTime;
use thiserror::Error;

use super::{END_OF_CALENDAR, Timestamp, absolute_and_relative};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_or_redacted;

/// A time as it was typed, not yet resolved against a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSpec {
    /// What was typed.
    text: String,
    /// What it means.
    meaning: Meaning,
}

/// The meaning of a [`TimeSpec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// `now` or a duration: this much later than now.
    FromNow(Duration),
    /// A duration with `ago`: this much earlier than now.
    Ago(Duration),
    /// A date with a time of day and an offset.
    Date(Timestamp),
    /// A bare number of seconds since the epoch.
    Epoch(Timestamp),
}

/// Why a typed time was refused. Each variant holds the text that was typed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseTimeError {
    /// It has none of the supported forms.
    #[error("{} is not a time", escaped_or_redacted(.0))]
    InvalidFormat(String),
    /// It is a number so large that it can only be milliseconds.
    #[error("{} is in milliseconds, and times here are in seconds", escaped_or_redacted(text))]
    Milliseconds {
        /// What was typed.
        text: String,
        /// The same time in seconds.
        seconds: u64,
    },
    /// It is after the year 9999.
    #[error("{} is after the year 9999", escaped_or_redacted(.0))]
    TooFar(String),
    /// It is a date without a time of day and an offset.
    #[error("{} has no time of day and no offset", escaped_or_redacted(.0))]
    DateOnly(String),
    /// It is not in the future, and had to be.
    #[error("{} is not in the future: it means {at}", escaped_or_redacted(text))]
    NotFuture {
        /// What was typed.
        text: String,
        /// The time that it means, for display.
        at: String,
        /// The form that was probably meant.
        suggestion: Option<String>,
    },
    /// It is in the future, and must not be.
    #[error("{} is not in the past: it means {at}", escaped_or_redacted(text))]
    NotPast {
        /// What was typed.
        text: String,
        /// The time that it means, for display.
        at: String,
        /// The form that was probably meant.
        suggestion: Option<String>,
    },
}

impl Diagnostic for ParseTimeError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::InvalidFormat(_) | Self::TooFar(_) => {
                "a time is now, 1h (ahead), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w".into()
            }
            Self::Milliseconds { seconds, .. } => format!("in epoch seconds that is {seconds}"),
            Self::DateOnly(text) => format!("write {text}T00:00:00Z"),
            Self::NotFuture { suggestion: Some(form), .. } => format!("for a future time write {form}"),
            Self::NotFuture { .. } => "a future time is 1h, 30d, or a future date".into(),
            Self::NotPast { suggestion: Some(form), .. } => format!("for a past time write '{form}'"),
            Self::NotPast { .. } => "a past time is now, 1h ago, or an earlier date".into(),
        })
    }
}

impl TimeSpec {
    /// Returns the point in time, relative to `now`.
    #[must_use]
    pub fn resolve(&self, now: Timestamp) -> Timestamp {
        match self.meaning {
            Meaning::FromNow(duration) => now.after(duration),
            Meaning::Ago(duration) => now.before(duration),
            Meaning::Date(at) | Meaning::Epoch(at) => at,
        }
    }

    /// Returns the point in time if it is later than `now`, as an expiry must be.
    ///
    /// # Errors
    /// [`ParseTimeError::NotFuture`] with the form that was probably meant: `3600s` for `3600`, `1h` for `1h ago`.
    pub fn resolve_future(&self, now: Timestamp) -> Result<Timestamp, ParseTimeError> {
        let at = self.resolve(now);
        if at > now {
            return Ok(at);
        }
        let suggestion = match self.meaning {
            Meaning::Ago(duration) if !duration.is_zero() => {
                self.text.strip_suffix("ago").map(|ago| ago.trim_end().to_owned())
            }
            Meaning::Epoch(seconds) if (1..1_000_000_000).contains(&seconds.epoch_seconds()) => {
                Some(format!("{}s", self.text))
            }
            _ => None,
        };
        let (text, at) = (self.text.clone(), absolute_and_relative(at, now));
        Err(ParseTimeError::NotFuture { text, at, suggestion })
    }

    /// Returns the point in time if it is not later than `now`, as for a revocation.
    ///
    /// # Errors
    /// [`ParseTimeError::NotPast`] with the form that was probably meant: `1h ago` for `1h`.
    pub fn resolve_past(&self, now: Timestamp) -> Result<Timestamp, ParseTimeError> {
        let at = self.resolve(now);
        if at <= now {
            return Ok(at);
        }
        let suggestion = matches!(self.meaning, Meaning::FromNow(_)).then(|| format!("{} ago", self.text));
        let (text, at) = (self.text.clone(), absolute_and_relative(at, now));
        Err(ParseTimeError::NotPast { text, at, suggestion })
    }
}

impl FromStr for TimeSpec {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        Ok(Self { meaning: parse_meaning(text)?, text: text.to_owned() })
    }
}

/// Parses a typed time.
fn parse_meaning(text: &str) -> Result<Meaning, ParseTimeError> {
    let invalid = || ParseTimeError::InvalidFormat(text.to_owned());
    if text == "now" {
        return Ok(Meaning::FromNow(Duration::ZERO));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_epoch(text);
    }
    if let Some(ago) = text.strip_suffix("ago").map(str::trim_end) {
        return parse_duration(ago).map(Meaning::Ago).map_err(|_| invalid());
    }
    match parse_duration(text) {
        Ok(duration) if duration.as_secs() <= END_OF_CALENDAR => return Ok(Meaning::FromNow(duration)),
        Ok(_) | Err(DurationError::TooLong(_)) => return Err(ParseTimeError::TooFar(text.to_owned())),
        Err(DurationError::InvalidFormat(_)) => {}
    }
    if is_date_only(text) {
        return Err(ParseTimeError::DateOnly(text.to_owned()));
    }
    let date = DateTime::parse_from_rfc3339(text).map_err(|_| invalid())?;
    let seconds = u64::try_from(date.timestamp()).map_err(|_| invalid())?;
    Timestamp::from_epoch_seconds(seconds).map(Meaning::Date).ok_or_else(invalid)
}

/// Parses a bare number of epoch seconds.
fn parse_epoch(text: &str) -> Result<Meaning, ParseTimeError> {
    match text.parse() {
        Ok(seconds) if seconds <= END_OF_CALENDAR => {
            Ok(Meaning::Epoch(Timestamp::EPOCH.after(Duration::from_secs(seconds))))
        }
        Ok(number) if (12..=14).contains(&text.len()) => {
            Err(ParseTimeError::Milliseconds { text: text.to_owned(), seconds: number / 1000 })
        }
        _ => Err(ParseTimeError::TooFar(text.to_owned())),
    }
}

/// Returns `true` if `text` has the shape `2026-12-31`.
fn is_date_only(text: &str) -> bool {
    let is_expected =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(is_expected)
}

/// Why a typed duration was refused. Each variant holds the text that was typed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// It is not a number with a unit.
    #[error("{} is not a duration: write 30s, 5m, 1h, 7d or 2w", escaped_or_redacted(.0))]
    InvalidFormat(String),
    /// It has more seconds than a `u64` holds.
    #[error("{} is too long", escaped_or_redacted(.0))]
    TooLong(String),
}

impl Diagnostic for DurationError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("a leeway is a number and its unit, such as 30s, and at most 5m".into())
    }
}

/// Parses a duration: a number and a unit (`s m h d w`), or several of them, as in `1h30m`.
///
/// # Errors
/// [`DurationError::InvalidFormat`] for anything else, including a bare number; [`DurationError::TooLong`] if
/// the sum overflows.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let invalid = || DurationError::InvalidFormat(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    if text.is_empty() {
        return Err(invalid());
    }
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = match rest.as_bytes().get(digits) {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            Some(b'd') => 86_400,
            Some(b'w') => 604_800,
            _ => return Err(invalid()),
        };
        if digits == 0 {
            return Err(invalid());
        }
        let number: u64 = rest[..digits].parse().map_err(|_| too_long())?;
        let part = number.checked_mul(unit).ok_or_else(too_long)?;
        seconds = seconds.checked_add(part).ok_or_else(too_long)?;
        rest = &rest[digits + 1..];
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn now() -> Timestamp {
        at(1_800_000_000)
    }

    fn hint(error: &ParseTimeError) -> String {
        error.hint().unwrap()
    }

    fn resolved(text: &str) -> u64 {
        text.parse::<TimeSpec>().unwrap().resolve(now()).epoch_seconds()
    }

    #[test]
    fn reads_every_form_of_a_time() {
        assert_eq!(resolved("now"), 1_800_000_000);
        assert_eq!(resolved("1h"), 1_800_003_600);
        assert_eq!(resolved("1h ago"), 1_799_996_400);
        assert_eq!(resolved("1h30m"), 1_800_005_400);
        assert_eq!(resolved("2w"), 1_801_209_600);
        assert_eq!(resolved("1893456000"), 1_893_456_000);
        assert_eq!(resolved("2030-01-01T00:00:00Z"), 1_893_456_000);
        assert_eq!(resolved("2030-01-01T01:00:00+01:00"), 1_893_456_000);
    }

    #[test]
    fn refuses_text_that_is_not_a_time() {
        for text in ["", "tomorrow", "-1h", "1", "+5", "1x", "h", "1 h", "1h ", "1.5h", "1hago?", "ago"] {
            let read = text.parse::<TimeSpec>();
            if text == "1" {
                assert!(read.is_ok(), "a bare number is epoch seconds");
            } else {
                assert!(matches!(read, Err(ParseTimeError::InvalidFormat(_))), "{text:?} gave {read:?}");
            }
        }
    }

    #[test]
    fn reads_thirteen_digits_as_milliseconds_and_suggests_the_seconds() {
        let error = "1893456000000".parse::<TimeSpec>().unwrap_err();
        assert_eq!(error.to_string(), "'1893456000000' is in milliseconds, and times here are in seconds");
        assert_eq!(hint(&error), "in epoch seconds that is 1893456000");
    }

    #[test]
    fn refuses_times_after_the_year_9999() {
        assert_eq!(resolved("253402300799"), 253_402_300_799);
        for text in ["99999999999999999", "999999999999999999999999", "9999999999999w"] {
            assert!(matches!(text.parse::<TimeSpec>(), Err(ParseTimeError::TooFar(_))), "{text}");
        }
    }

    #[test]
    fn suggests_a_time_of_day_for_a_date_alone() {
        let error = "2026-12-31".parse::<TimeSpec>().unwrap_err();
        assert_eq!(hint(&error), "write 2026-12-31T00:00:00Z");
    }

    #[test]
    fn an_expiry_must_be_in_the_future_and_the_hint_suggests_a_form() {
        let refused =
            |text: &str| hint(&text.parse::<TimeSpec>().unwrap().resolve_future(now()).unwrap_err());
        assert_eq!(refused("3600"), "for a future time write 3600s");
        assert_eq!(refused("1h ago"), "for a future time write 1h");
        for not_future in ["0", "0s", "0s ago"] {
            assert_eq!(refused(not_future), "a future time is 1h, 30d, or a future date");
        }
        assert_eq!(refused("1hago"), "for a future time write 1h");
        assert_eq!(refused("now"), "a future time is 1h, 30d, or a future date");
        assert_eq!("1s".parse::<TimeSpec>().unwrap().resolve_future(now()), Ok(at(1_800_000_001)));
    }

    #[test]
    fn a_revocation_must_not_be_in_the_future() {
        let when = |text: &str| text.parse::<TimeSpec>().unwrap().resolve_past(now());
        assert_eq!(when("now"), Ok(now()));
        assert_eq!(hint(&when("1h").unwrap_err()), "for a past time write '1h ago'");
        assert_eq!(hint(&when("1800000001").unwrap_err()), "a past time is now, 1h ago, or an earlier date");
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert!(matches!(parse_duration("90"), Err(DurationError::InvalidFormat(_))));
        assert!(matches!(parse_duration("99999999999999999999s"), Err(DurationError::TooLong(_))));
        assert!(matches!(parse_duration("9999999999999999999w"), Err(DurationError::TooLong(_))));
    }
}
