//! Parses the times and durations that people type: `now`, `today`, a date, `1h`, `1h ago`, RFC 3339, epoch seconds.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Days, Local, NaiveDate};
use thiserror::Error;

use super::{END_OF_CALENDAR, Timestamp, UNITS, absolute_and_relative};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_or_redacted;

/// A time as it was typed, not yet resolved against a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSpec {
    /// The typed text.
    text: String,
    /// The meaning of the text.
    meaning: Meaning,
}

/// The meaning of a [`TimeSpec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// `now` or a duration: this much later than now.
    FromNow(Duration),
    /// A duration with `ago`: this much earlier than now.
    Ago(Duration),
    /// `today` or `yesterday`: this many days before today.
    DaysBack(u64),
    /// A date without a time of day.
    Day(NaiveDate),
    /// A date with a time of day and an offset, or a bare number of seconds since the epoch.
    At(Timestamp),
}

/// A typed time was refused. Each variant holds the typed text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseTimeError {
    /// It has none of the supported forms.
    #[error("{} is not a time", escaped_or_redacted(.0))]
    InvalidFormat(String),
    /// It is a number so large that it can only be milliseconds.
    #[error("{} is in milliseconds, and times here are in seconds", escaped_or_redacted(text))]
    Milliseconds {
        /// The typed text.
        text: String,
        /// The same time in seconds.
        seconds: u64,
    },
    /// It is after the year 9999.
    #[error("{} is after the year 9999", escaped_or_redacted(.0))]
    TooFar(String),
    /// It must be in the future or in the past, and is not.
    #[error("{} is not in the {side}: it means {at}", escaped_or_redacted(text))]
    WrongSide {
        /// The typed text.
        text: String,
        /// The required side of now: `future` or `past`.
        side: &'static str,
        /// The resolved time, for display.
        at: String,
        /// The form that was probably meant.
        hint: String,
    },
}

impl Diagnostic for ParseTimeError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::InvalidFormat(text) if let Some(form) = similar(text, parse_meaning) => {
                format!("did you mean {form}?")
            }
            Self::InvalidFormat(_) | Self::TooFar(_) => {
                "a time is now, today, 1h (ahead), 1h ago, 2026-12-31, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w".into()
            }
            Self::Milliseconds { seconds, .. } => format!("in epoch seconds that is {seconds}"),
            Self::WrongSide { hint, .. } => hint.clone(),
        })
    }
}

impl TimeSpec {
    /// Returns the point in time, relative to `now`; for a day, its start in local time.
    pub fn resolve(&self, now: Timestamp) -> Timestamp {
        match self.meaning {
            Meaning::FromNow(duration) => now.after(duration),
            Meaning::Ago(duration) => now.before(duration),
            Meaning::At(at) => at,
            Meaning::DaysBack(_) | Meaning::Day(_) => self.day(now).map_or(Timestamp::EPOCH, start_of_day),
        }
    }

    /// Returns the day, if this is a day and not a point in time.
    fn day(&self, now: Timestamp) -> Option<NaiveDate> {
        match self.meaning {
            Meaning::Day(day) => Some(day),
            Meaning::DaysBack(days) => {
                let now = DateTime::from_timestamp(now.epoch_seconds().try_into().ok()?, 0)?;
                now.with_timezone(&Local).date_naive().checked_sub_days(Days::new(days))
            }
            _ => None,
        }
    }

    /// Returns the point in time if it is later than `now`, as an expiry must be.
    ///
    /// # Errors
    /// [`ParseTimeError::WrongSide`] with the form that was probably meant: `3600s` for `3600`, `1h` for `1h ago`.
    pub fn resolve_future(&self, now: Timestamp) -> Result<Timestamp, ParseTimeError> {
        let at = self.resolve(now);
        if at > now {
            return Ok(at);
        }
        let write = |form: &str| format!("for a future time write {form}");
        let hint = match self.meaning {
            Meaning::Ago(duration) if !duration.is_zero() => {
                write(self.text.trim_end_matches("ago").trim_end())
            }
            // Probably a number of seconds from now, not epoch seconds.
            _ if matches!(self.text.parse(), Ok(1..1_000_000_000_u64)) => write(&format!("{}s", self.text)),
            _ => "a future time is 1h, 30d, or a future date".into(),
        };
        Err(self.wrong_side("future", at, now, hint))
    }

    /// Returns the point in time if it is not later than `now`, as a revocation must be. A duration counts back from now.
    ///
    /// # Errors
    /// [`ParseTimeError::WrongSide`]
    pub fn resolve_past(&self, now: Timestamp) -> Result<Timestamp, ParseTimeError> {
        let at = self.resolve_back(now);
        if at <= now {
            return Ok(at);
        }
        let hint = "a past time is now, today, 1h (back from now), or an earlier date".into();
        Err(self.wrong_side("past", at, now, hint))
    }

    /// Returns the error for a time on the wrong side of `now`.
    fn wrong_side(&self, side: &'static str, at: Timestamp, now: Timestamp, hint: String) -> ParseTimeError {
        let at = absolute_and_relative(at, now);
        ParseTimeError::WrongSide { text: self.text.clone(), side, at, hint }
    }

    /// Returns the last second of the given time: for a day, the day's last second. A duration counts back from now.
    pub fn resolve_last(&self, now: Timestamp) -> Timestamp {
        match self.day(now).and_then(|day| day.succ_opt()) {
            Some(next) => start_of_day(next).before(Duration::from_secs(1)),
            None => self.resolve_back(now),
        }
    }

    /// Returns the point in time; a duration counts back from now.
    fn resolve_back(&self, now: Timestamp) -> Timestamp {
        if let Meaning::FromNow(duration) = self.meaning { now.before(duration) } else { self.resolve(now) }
    }
}

/// Returns the start of a day in local time: midnight, or later if clocks are put forward at midnight.
fn start_of_day(day: NaiveDate) -> Timestamp {
    let start = (0..24).find_map(|hour| day.and_hms_opt(hour, 0, 0)?.and_local_timezone(Local).earliest());
    let seconds = start.and_then(|start| u64::try_from(start.timestamp()).ok());
    seconds.and_then(Timestamp::from_epoch_seconds).unwrap_or(Timestamp::EPOCH)
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
    match text {
        "now" => return Ok(Meaning::FromNow(Duration::ZERO)),
        "today" => return Ok(Meaning::DaysBack(0)),
        "yesterday" => return Ok(Meaning::DaysBack(1)),
        _ => {}
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
    // chrono accepts other forms too, such as one digit for a month.
    if let Some(day) = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text) {
        return Ok(Meaning::Day(day));
    }
    let date = DateTime::parse_from_rfc3339(text).map_err(|_| invalid())?;
    let seconds = u64::try_from(date.timestamp()).map_err(|_| invalid())?;
    Timestamp::from_epoch_seconds(seconds).map(Meaning::At).ok_or_else(invalid)
}

/// Parses a bare number of epoch seconds.
fn parse_epoch(text: &str) -> Result<Meaning, ParseTimeError> {
    match text.parse() {
        Ok(seconds) if seconds <= END_OF_CALENDAR => {
            Ok(Meaning::At(Timestamp::EPOCH.after(Duration::from_secs(seconds))))
        }
        Ok(number) if (12..=14).contains(&text.len()) => {
            Err(ParseTimeError::Milliseconds { text: text.to_owned(), seconds: number / 1000 })
        }
        _ => Err(ParseTimeError::TooFar(text.to_owned())),
    }
}

/// Returns the probably intended form of a text: in lower case, without spaces, or with the UTC offset.
fn similar<T, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let dated = text.trim().to_ascii_uppercase().replacen(' ', "T", 1);
    let forms = [format!("{dated}Z"), dated, lower.clone(), lower.replace(' ', "")];
    forms.into_iter().find(|form| form != text && parse(form).is_ok())
}

/// A typed duration was refused. Each variant holds the typed text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// It is not a number with a unit.
    #[error("{} is not a duration: {}", escaped_or_redacted(.0), advice(.0))]
    InvalidFormat(String),
    /// It has more seconds than a `u64` holds.
    #[error("{} is too long", escaped_or_redacted(.0))]
    TooLong(String),
}

/// Returns advice on an invalid duration.
fn advice(text: &str) -> String {
    similar(text, parse_duration)
        .map_or_else(|| "write 30s, 5m, 1h, 7d or 2w".into(), |form| format!("did you mean {form}?"))
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
    let mut sum: u64 = 0;
    for part in text.split_inclusive(|character: char| !character.is_ascii_digit()) {
        let of_unit = |(unit, seconds): &(char, u64)| Some((part.strip_suffix(*unit)?, *seconds));
        let (number, seconds) = UNITS.iter().find_map(of_unit).ok_or_else(invalid)?;
        if number.is_empty() {
            return Err(invalid());
        }
        let number: u64 = number.parse().map_err(|_| too_long())?;
        let part = number.checked_mul(seconds).ok_or_else(too_long)?;
        sum = sum.checked_add(part).ok_or_else(too_long)?;
    }
    Ok(Duration::from_secs(sum))
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
        for text in
            ["", "tomorrow", "-1h", "1", "+5", "1x", "h", "1 h", "1h ", "1.5h", "1hago?", "ago", "2026-13-01"]
        {
            let read = text.parse::<TimeSpec>();
            if text == "1" {
                assert!(read.is_ok(), "a bare number is epoch seconds");
            } else {
                assert!(matches!(read, Err(ParseTimeError::InvalidFormat(_))), "{text:?} gave {read:?}");
            }
        }
    }

    #[test]
    fn suggests_the_form_that_was_probably_meant() {
        for (text, form) in [
            ("2026-12-31T23:59:59", "2026-12-31T23:59:59Z"),
            ("2026-12-31 23:59:59", "2026-12-31T23:59:59Z"),
            ("2026-12-31t23:59:59+01:00 ", "2026-12-31T23:59:59+01:00"),
            ("1H", "1h"),
            ("1 h", "1h"),
            ("1D Ago", "1d ago"),
            ("NOW", "now"),
        ] {
            let error = text.parse::<TimeSpec>().unwrap_err();
            assert_eq!(hint(&error), format!("did you mean {form}?"), "{text}");
        }
        assert_eq!(parse_duration("1H").unwrap_err().to_string(), "'1H' is not a duration: did you mean 1h?");
        assert!(hint(&"tomorrow".parse::<TimeSpec>().unwrap_err()).starts_with("a time is now"));
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
    fn a_day_is_read_from_its_start_to_its_last_second_in_local_time() {
        let start = |text: &str| {
            let when = text.parse::<TimeSpec>().unwrap();
            let (first, last) = (when.resolve(now()), when.resolve_last(now()));
            // These days have 24 hours in every zone: no zone changes its clocks in January.
            assert_eq!(last.epoch_seconds() - first.epoch_seconds(), 86_399);
            first.epoch_seconds()
        };
        let today = start("today");
        assert!((now().epoch_seconds() - 86_400..=now().epoch_seconds()).contains(&today));
        assert_eq!(start("yesterday"), today - 86_400);
        let day =
            DateTime::from_timestamp(1_800_000_000, 0).unwrap().with_timezone(&Local).format("%Y-%m-%d");
        assert_eq!(start(&day.to_string()), today);
        for text in
            ["2026-02-30", "2026-13-01", "26-01-01", "2026-1-01", "2026-01-1 ", "+026-01-01", "02026-1-1"]
        {
            assert!(matches!(text.parse::<TimeSpec>(), Err(ParseTimeError::InvalidFormat(_))), "{text}");
        }
    }

    #[test]
    fn expiry_must_be_in_the_future_with_a_hint() {
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
    fn past_times_count_durations_back_and_refuse_the_future() {
        let when = |text: &str| text.parse::<TimeSpec>().unwrap();
        for (text, seconds) in [("now", 0), ("1h", 3_600), ("1h ago", 3_600), ("1d", 86_400)] {
            assert_eq!(when(text).resolve_past(now()), Ok(at(1_800_000_000 - seconds)), "{text}");
            assert_eq!(when(text).resolve_last(now()), at(1_800_000_000 - seconds), "{text}");
        }
        let refused = when("1800000001").resolve_past(now()).unwrap_err();
        assert_eq!(hint(&refused), "a past time is now, today, 1h (back from now), or an earlier date");
        assert_eq!(when("1800000001").resolve_last(now()), at(1_800_000_001));
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert!(matches!(parse_duration("90"), Err(DurationError::InvalidFormat(_))));
        assert!(matches!(parse_duration("99999999999999999999s"), Err(DurationError::TooLong(_))));
        assert!(matches!(parse_duration("9999999999999999999w"), Err(DurationError::TooLong(_))));
    }
}
