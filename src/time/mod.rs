//! Points in time and durations: whole seconds since the epoch, a clock that is passed in, parsing and display.

mod display;
mod parse;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

pub use display::{absolute_and_relative, humanize, parse_utc, relative, utc};
pub use parse::{DurationError, ParseTimeError, TimeSpec, parse_duration};

/// The last second of the year 9999, where RFC 3339 ends: the latest time that can be typed or shown as a date.
const END_OF_CALENDAR: u64 = 253_402_300_799;

/// The units of a duration and their seconds, the largest first.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A point in time in whole seconds since 1970-01-01T00:00:00Z: a `NumericDate` (RFC 7519 section 2)
/// without its fraction.
///
/// At most 2^53 - 1, the largest integer that every JSON reader represents exactly (RFC 8259 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct Timestamp(u64);

impl TryFrom<u64> for Timestamp {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        Self::from_epoch_seconds(seconds).ok_or("the time is too late")
    }
}

impl Timestamp {
    /// The epoch itself.
    pub const EPOCH: Self = Self(0);
    /// The latest point in time that a claim can contain.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// Creates a timestamp from epoch seconds; `None` above [`Timestamp::MAX`].
    pub const fn from_epoch_seconds(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX.0 { Some(Self(seconds)) } else { None }
    }

    /// Returns the seconds since the epoch.
    pub const fn epoch_seconds(self) -> u64 {
        self.0
    }

    /// Returns the time `duration` later, at most [`Timestamp::MAX`].
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs())).min(Self::MAX)
    }

    /// Returns the time `duration` earlier, at least [`Timestamp::EPOCH`].
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_secs()))
    }
}

/// The source of the current time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The operating system's clock.
    System,
    /// A clock that always shows this time.
    Fixed(Timestamp),
}

impl Clock {
    /// Returns the current time, truncated to whole seconds. A system clock before the epoch reads as the epoch.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::EPOCH.after(since)
            }
            Self::Fixed(moment) => moment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_both_ends() {
        let early = Timestamp::from_epoch_seconds(5).unwrap();
        assert_eq!(early.before(Duration::from_secs(6)), Timestamp::EPOCH);
        assert_eq!(early.after(Duration::from_secs(u64::MAX)), Timestamp::MAX);
    }

    #[test]
    fn represents_exactly_the_integers_that_json_preserves() {
        assert_eq!(Timestamp::from_epoch_seconds((1 << 53) - 1), Some(Timestamp::MAX));
        assert_eq!(Timestamp::from_epoch_seconds(1 << 53), None);
    }
}
