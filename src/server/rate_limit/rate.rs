//! Rates as they are written: so many requests a second, a minute or an hour, or no limit.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use governor::Quota;

/// The highest count of a rate.
const MAX_COUNT: u32 = 1_000_000;
/// The rate without a limit.
const OFF: &str = "off";

/// How often a client may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// As often as they like.
    Off,
    /// This many times in a period: all at once, and again as fast as the period gives them back.
    Per {
        /// How many times, at most 1,000,000.
        count: NonZeroU32,
        /// In which period.
        period: Period,
    },
}

/// The period of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One second: `s`.
    Second,
    /// One minute: `m`.
    Minute,
    /// One hour: `h`.
    Hour,
}

/// A text that is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateError {
    /// It is neither `off` nor two parts with a slash between them.
    Form,
    /// What stands before the slash is no plain number in range.
    Count,
    /// What stands after the slash is no period.
    Period,
}

impl Rate {
    /// Returns the rate in governor's type; `None` if there is no limit.
    pub(super) fn to_quota(self) -> Option<Quota> {
        match self {
            Self::Off => None,
            Self::Per { count, period: Period::Second } => Some(Quota::per_second(count)),
            Self::Per { count, period: Period::Minute } => Some(Quota::per_minute(count)),
            Self::Per { count, period: Period::Hour } => Some(Quota::per_hour(count)),
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == OFF {
            return Ok(Self::Off);
        }
        let (count, period) = text.split_once('/').ok_or(RateError::Form)?;
        let is_plain = count.bytes().all(|byte| byte.is_ascii_digit()) && !count.starts_with('0');
        let count = Some(count)
            .filter(|_| is_plain)
            .and_then(|count| count.parse::<NonZeroU32>().ok())
            .filter(|count| count.get() <= MAX_COUNT)
            .ok_or(RateError::Count)?;
        let period = match period {
            "s" => Period::Second,
            "m" => Period::Minute,
            "h" => Period::Hour,
            _ => return Err(RateError::Period),
        };
        Ok(Self::Per { count, period })
    }
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("expected a rate such as 30/m, or off"),
            Self::Count => {
                write!(f, "expected a number from 1 to {MAX_COUNT} before the slash; for no limit, use {OFF}")
            }
            Self::Period => f.write_str("expected s, m or h after the slash"),
        }
    }
}

impl Error for RateError {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_period_or_off() {
        let per = |count, period| Ok(Rate::Per { count: NonZeroU32::new(count).unwrap(), period });
        assert_eq!("1/s".parse(), per(1, Period::Second));
        assert_eq!("30/m".parse(), per(30, Period::Minute));
        assert_eq!("1000000/h".parse(), per(1_000_000, Period::Hour));
        assert_eq!("off".parse(), Ok(Rate::Off));
    }

    #[test]
    fn what_is_no_rate_is_refused_with_its_reason() {
        for (text, error) in [
            ("", RateError::Form),
            ("30", RateError::Form),
            ("OFF", RateError::Form),
            ("0/m", RateError::Count),
            ("030/m", RateError::Count),
            ("+30/m", RateError::Count),
            ("-1/m", RateError::Count),
            ("1.5/m", RateError::Count),
            (" 30/m", RateError::Count),
            ("/m", RateError::Count),
            ("1000001/m", RateError::Count),
            ("99999999999/m", RateError::Count),
            ("30/", RateError::Period),
            ("30/d", RateError::Period),
            ("30/M", RateError::Period),
            ("30/min", RateError::Period),
            ("30/m/s", RateError::Period),
        ] {
            assert_eq!(text.parse::<Rate>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_expected() {
        let said = |text: &str| text.parse::<Rate>().unwrap_err().to_string();
        assert_eq!(said("often"), "expected a rate such as 30/m, or off");
        let count = "expected a number from 1 to 1000000 before the slash; for no limit, use off";
        assert_eq!(said("0/m"), count);
        assert_eq!(said("1/d"), "expected s, m or h after the slash");
    }

    #[test]
    fn a_whole_period_gives_back_a_whole_count() {
        for (text, seconds) in [("7/s", 1), ("30/m", 60), ("1000000/h", 3600)] {
            let quota = text.parse::<Rate>().unwrap().to_quota().unwrap();
            let refilled = quota.burst_size_replenished_in();
            let exact = Duration::from_secs(seconds);
            let lost = exact.checked_sub(refilled).unwrap();
            assert!(lost < Duration::from_millis(2), "{text}: {refilled:?}");
        }
        assert_eq!(Rate::Off.to_quota(), None);
    }
}
