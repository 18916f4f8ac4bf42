//! Reads the times and durations that people type: `now`, `1h`, `1h ago`, RFC 3339, epoch seconds.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::DateTime;

use super::{Timestamp, full};
use crate::escape::identifier;

/// The last second of the year 9999, the latest time that can be typed: RFC 3339 ends there too.
const LATEST: u64 = 253_402_300_799;

/// A point in time as it was typed, not yet held against a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// What was typed.
    text: String,
    /// What it means.
    meaning: Meaning,
}

/// What a typed time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The present.
    Now,
    /// So long from now.
    Ahead(Duration),
    /// So long ago.
    Ago(Duration),
    /// A date and time of its own.
    Date(Timestamp),
    /// A bare number of seconds since the epoch.
    Epoch(Timestamp),
}

/// Why a typed time was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhenError {
    /// It has none of the forms.
    Form {
        /// What was typed.
        text: String,
    },
    /// A number so large that it can only be milliseconds.
    Milliseconds {
        /// What was typed.
        text: String,
        /// The same time in seconds.
        seconds: u64,
    },
    /// After the year 9999.
    TooFar {
        /// What was typed.
        text: String,
    },
    /// A date without a time of day or an offset.
    DateOnly {
        /// What was typed.
        text: String,
    },
    /// A time to come was wanted, and this one is past.
    Past {
        /// What was typed.
        text: String,
        /// What it means, beside the present.
        at: String,
        /// The form that was probably meant.
        meant: Option<String>,
    },
    /// A time that is past was wanted, and this one is to come.
    Ahead {
        /// What was typed.
        text: String,
        /// What it means, beside the present.
        at: String,
        /// The form that was probably meant.
        meant: Option<String>,
    },
}

impl WhenError {
    /// Returns the form to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Form { .. } | Self::TooFar { .. } => {
                "a time is now, 1h (ahead), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w".into()
            }
            Self::Milliseconds { seconds, .. } => {
                format!("in epoch seconds that is {seconds}")
            }
            Self::DateOnly { text } => format!("write {text}T00:00:00Z"),
            Self::Past { meant: Some(meant), .. } => {
                format!("for a time ahead write {meant}")
            }
            Self::Past { meant: None, .. } => {
                "a time ahead is 1h, 30d, or a date that is to come".into()
            }
            Self::Ahead { meant: Some(meant), .. } => {
                format!("for a time that is past write '{meant}'")
            }
            Self::Ahead { meant: None, .. } => {
                "a time that is past is now, 1h ago, or an earlier date".into()
            }
        }
    }
}

impl fmt::Display for WhenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { text } => write!(f, "{} is not a time", identifier(text)),
            Self::Milliseconds { text, .. } => {
                write!(f, "{} is in milliseconds, and times here are in seconds", identifier(text))
            }
            Self::TooFar { text } => write!(f, "{} is after the year 9999", identifier(text)),
            Self::DateOnly { text } => {
                write!(f, "{} has no time of day and no offset", identifier(text))
            }
            Self::Past { text, at, .. } => {
                write!(f, "{} is not ahead: it means {at}", identifier(text))
            }
            Self::Ahead { text, at, .. } => {
                write!(f, "{} is not past: it means {at}", identifier(text))
            }
        }
    }
}

impl Error for WhenError {}

impl When {
    /// Returns the point in time, seen from `now`.
    #[must_use]
    pub fn resolve(&self, now: Timestamp) -> Timestamp {
        match self.meaning {
            Meaning::Now => now,
            Meaning::Ahead(duration) => now.after(duration),
            Meaning::Ago(duration) => now.before(duration),
            Meaning::Date(at) | Meaning::Epoch(at) => at,
        }
    }

    /// Returns the point in time where only one later than `now` makes sense, such as an expiry.
    ///
    /// # Errors
    /// [`WhenError::Past`] with the form that was probably meant: `3600` for `3600s`, `1h ago` for `1h`.
    pub fn resolve_ahead(&self, now: Timestamp) -> Result<Timestamp, WhenError> {
        let at = self.resolve(now);
        if at > now {
            return Ok(at);
        }
        let meant = match self.meaning {
            Meaning::Ago(duration) if !duration.is_zero() => {
                self.text.strip_suffix("ago").map(|ago| ago.trim_end().to_owned())
            }
            Meaning::Epoch(seconds) if (1..1_000_000_000).contains(&seconds.epoch_seconds()) => {
                Some(format!("{}s", self.text))
            }
            _ => None,
        };
        Err(WhenError::Past { text: self.text.clone(), at: full(at, now), meant })
    }

    /// Returns the point in time where only one not later than `now` makes sense, such as a revocation.
    ///
    /// # Errors
    /// [`WhenError::Ahead`] with the form that was probably meant: `1h` for `1h ago`.
    pub fn resolve_past(&self, now: Timestamp) -> Result<Timestamp, WhenError> {
        let at = self.resolve(now);
        if at <= now {
            return Ok(at);
        }
        let meant = matches!(self.meaning, Meaning::Ahead(_)).then(|| format!("{} ago", self.text));
        Err(WhenError::Ahead { text: self.text.clone(), at: full(at, now), meant })
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        Ok(Self { meaning: meaning(text)?, text: text.to_owned() })
    }
}

/// Reads what a typed time means.
fn meaning(text: &str) -> Result<Meaning, WhenError> {
    let form = || WhenError::Form { text: text.to_owned() };
    let too_far = || WhenError::TooFar { text: text.to_owned() };
    if text == "now" {
        return Ok(Meaning::Now);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return epoch(text);
    }
    if let Some(ago) = text.strip_suffix("ago").map(str::trim_end) {
        return parse_duration(ago).map(Meaning::Ago).map_err(|_| form());
    }
    match parse_duration(text) {
        Ok(duration) if duration.as_secs() > LATEST => return Err(too_far()),
        Ok(duration) => return Ok(Meaning::Ahead(duration)),
        Err(DurationError::TooLong { .. }) => return Err(too_far()),
        Err(DurationError::Form { .. }) => {}
    }
    if is_date_only(text) {
        return Err(WhenError::DateOnly { text: text.to_owned() });
    }
    let date = DateTime::parse_from_rfc3339(text).map_err(|_| form())?;
    let seconds = u64::try_from(date.timestamp()).map_err(|_| form())?;
    Timestamp::from_epoch_seconds(seconds).map(Meaning::Date).ok_or_else(form)
}

/// Reads a bare number of epoch seconds.
fn epoch(text: &str) -> Result<Meaning, WhenError> {
    let too_far = || WhenError::TooFar { text: text.to_owned() };
    let number: u64 = text.parse().map_err(|_| too_far())?;
    if (12..=14).contains(&text.len()) && number > LATEST {
        return Err(WhenError::Milliseconds { text: text.to_owned(), seconds: number / 1000 });
    }
    if number > LATEST {
        return Err(too_far());
    }
    Timestamp::from_epoch_seconds(number).map(Meaning::Epoch).ok_or_else(too_far)
}

/// Returns `true` if `text` has the shape `2026-12-31`.
fn is_date_only(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Why a typed duration was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DurationError {
    /// It is no number with a unit.
    Form {
        /// What was typed.
        text: String,
    },
    /// It does not fit any calendar.
    TooLong {
        /// What was typed.
        text: String,
    },
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { text } => {
                write!(f, "{} is not a duration: write 30s, 5m, 1h, 7d or 2w", identifier(text))
            }
            Self::TooLong { text } => write!(f, "{} is too long", identifier(text)),
        }
    }
}

impl Error for DurationError {}

/// Reads a duration: a number and a unit (`s m h d w`), or several of them, as in `1h30m`.
///
/// # Errors
/// [`DurationError::Form`] for anything else, a bare number included; [`DurationError::TooLong`]
/// where the sum does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let form = || DurationError::Form { text: text.to_owned() };
    let too_long = || DurationError::TooLong { text: text.to_owned() };
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
            _ => return Err(form()),
        };
        if digits == 0 {
            return Err(form());
        }
        let number: u64 = rest[..digits].parse().map_err(|_| too_long())?;
        let part = number.checked_mul(unit).ok_or_else(too_long)?;
        seconds = seconds.checked_add(part).ok_or_else(too_long)?;
        rest = &rest[digits + 1..];
    }
    if text.is_empty() { Err(form()) } else { Ok(Duration::from_secs(seconds)) }
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

    fn resolved(text: &str) -> u64 {
        text.parse::<When>().unwrap().resolve(now()).epoch_seconds()
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
    fn refuses_what_has_none_of_the_forms() {
        for text in ["", "tomorrow", "-1h", "1", "+5", "1x", "h", "1 h", "1h ", "1.5h", "1hago?", "ago"] {
            let read = text.parse::<When>();
            if text == "1" {
                assert!(read.is_ok(), "a bare number is epoch seconds");
            } else {
                assert!(matches!(read, Err(WhenError::Form { .. })), "{text:?} gave {read:?}");
            }
        }
    }

    #[test]
    fn takes_thirteen_digits_for_milliseconds_and_gives_the_seconds() {
        let error = "1893456000000".parse::<When>().unwrap_err();
        assert_eq!(error.to_string(), "'1893456000000' is in milliseconds, and times here are in seconds");
        assert_eq!(error.hint(), "in epoch seconds that is 1893456000");
    }

    #[test]
    fn refuses_times_after_the_year_9999() {
        assert_eq!(resolved("253402300799"), 253_402_300_799);
        for text in ["99999999999999999", "999999999999999999999999", "9999999999999w"] {
            assert!(matches!(text.parse::<When>(), Err(WhenError::TooFar { .. })), "{text}");
        }
    }

    #[test]
    fn names_what_a_date_alone_lacks() {
        let error = "2026-12-31".parse::<When>().unwrap_err();
        assert_eq!(error.hint(), "write 2026-12-31T00:00:00Z");
    }

    #[test]
    fn an_expiry_must_be_ahead_and_the_hint_says_what_was_meant() {
        let refused = |text: &str| text.parse::<When>().unwrap().resolve_ahead(now()).unwrap_err().hint();
        assert_eq!(refused("3600"), "for a time ahead write 3600s");
        assert_eq!(refused("1h ago"), "for a time ahead write 1h");
        for none_ahead in ["0", "0s", "0s ago"] {
            assert_eq!(refused(none_ahead), "a time ahead is 1h, 30d, or a date that is to come");
        }
        assert_eq!(refused("1hago"), "for a time ahead write 1h");
        assert_eq!(refused("now"), "a time ahead is 1h, 30d, or a date that is to come");
        assert_eq!("1s".parse::<When>().unwrap().resolve_ahead(now()), Ok(at(1_800_000_001)));
    }

    #[test]
    fn a_revocation_must_not_be_ahead() {
        let when = |text: &str| text.parse::<When>().unwrap().resolve_past(now());
        assert_eq!(when("now"), Ok(now()));
        assert_eq!(when("1h").unwrap_err().hint(), "for a time that is past write '1h ago'");
        assert_eq!(
            when("1800000001").unwrap_err().hint(),
            "a time that is past is now, 1h ago, or an earlier date"
        );
    }

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert!(matches!(parse_duration("90"), Err(DurationError::Form { .. })));
        assert!(matches!(parse_duration("99999999999999999999s"), Err(DurationError::TooLong { .. })));
        assert!(matches!(parse_duration("9999999999999999999w"), Err(DurationError::TooLong { .. })));
    }
}
