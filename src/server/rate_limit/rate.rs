//! Rates as they are written: a number of requests a second, a minute or an hour, or no limit.

use std::num::NonZeroU32;

use governor::Quota;

/// The highest count of a rate.
const MAX_COUNT: u32 = 1_000_000;

/// How often a client may ask: so many times in a period, all at once, and again as fast as the period gives them
/// back. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub(super) Option<Quota>);

impl Rate {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// Parses `N/s`, `N/m`, `N/h`, with N from 1 to 1,000,000, or `off`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self::OFF);
        }
        let (digits, period) = text.split_once('/')?;
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let count: NonZeroU32 = digits.parse().ok().filter(|_| is_plain)?;
        let quota = match period {
            "s" => Quota::per_second(count),
            "m" => Quota::per_minute(count),
            "h" => Quota::per_hour(count),
            _ => return None,
        };
        (count.get() <= MAX_COUNT).then_some(Self(Some(quota)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_period_or_off() {
        for text in ["1/s", "30/m", "1000000/h"] {
            assert!(Rate::parse(text).is_some_and(|rate| rate != Rate::OFF), "{text}");
        }
        assert_eq!(Rate::parse("off"), Some(Rate::OFF));
        for text in [
            "",
            "30",
            "OFF",
            "0/m",
            "030/m",
            "+30/m",
            "-1/m",
            "1.5/m",
            " 30/m",
            "/m",
            "1000001/m",
            "99999999999/m",
            "30/",
            "30/d",
            "30/M",
            "30/min",
            "30/m/s",
        ] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_whole_period_gives_back_a_whole_count() {
        for (text, seconds) in [("7/s", 1), ("30/m", 60), ("1000000/h", 3600)] {
            let refilled = Rate::parse(text).unwrap().0.unwrap().burst_size_replenished_in();
            let exact = Duration::from_secs(seconds);
            let lost = exact.checked_sub(refilled).unwrap();
            assert!(lost < Duration::from_millis(2), "{text}: {refilled:?}");
        }
    }
}
