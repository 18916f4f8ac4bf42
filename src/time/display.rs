//! Formats points in time and durations for people.

use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, Local, NaiveDate, Timelike as _, Utc};

use super::{END_OF_CALENDAR, Timestamp, UNITS};

/// Formats a time as `2030-01-01 01:00:00 +01:00, 2030-01-01T00:00:00Z, in 3 years`.
///
/// The local form is omitted if the local zone is UTC. A time after the year 9999 is shown as epoch seconds.
pub fn absolute_and_relative(at: Timestamp, now: Timestamp) -> String {
    let relative = relative(at, now);
    let Some(universal) = to_chrono(at) else {
        return format!("epoch second {}, {relative}", at.epoch_seconds());
    };
    let local = universal.with_timezone(&Local);
    if local.offset().local_minus_utc() == 0 {
        return format!("{}, {relative}", utc(at));
    }
    format!("{}, {}, {relative}", local.format("%Y-%m-%d %H:%M:%S %:z"), utc(at))
}

/// Formats a time in RFC 3339, UTC; as epoch seconds if it is after the year 9999.
pub fn utc(at: Timestamp) -> String {
    let Some(at) = to_chrono(at) else { return at.epoch_seconds().to_string() };
    let year = at.year().unsigned_abs();
    let date = [(year / 100, ""), (year % 100, "-"), (at.month(), "-"), (at.day(), "T")];
    let time = [(at.hour(), ":"), (at.minute(), ":"), (at.second(), "Z")];
    // Digit by digit, as the audit log has millions of them: chrono's formats take several times as long.
    let mut shown = String::with_capacity(20);
    for (number, after) in date.into_iter().chain(time) {
        shown.extend([number / 10, number % 10].into_iter().filter_map(|digit| char::from_digit(digit, 10)));
        shown.push_str(after);
    }
    shown
}

/// Parses the output of [`utc`], and no other form of a time.
pub fn parse_utc(text: &str) -> Option<Timestamp> {
    let is_date = text.len() == "2030-01-01T00:00:00Z".len();
    if !is_date || !text.ends_with('Z') {
        let at = Timestamp::from_epoch_seconds(text.parse().ok()?)?;
        return (to_chrono(at).is_none() && utc(at) == text).then_some(at);
    }
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, separator)| text.as_bytes()[*at] != *separator) {
        return None;
    }
    let number = |range| {
        let digits = text.as_bytes().get::<Range<usize>>(range)?;
        digits
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let date = NaiveDate::from_ymd_opt(number(0..4)?.try_into().ok()?, number(5..7)?, number(8..10)?)?;
    let at = date.and_hms_opt(number(11..13)?, number(14..16)?, number(17..19)?)?.and_utc();
    Timestamp::from_epoch_seconds(at.timestamp().try_into().ok()?)
}

/// Formats the distance of `at` from `now`: `in 3 days`, `2 hours ago`, `now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = at.epoch_seconds().abs_diff(now.epoch_seconds());
    if distance == 0 {
        return "now".into();
    }
    let (number, unit) = match distance {
        0..120 => (distance, "second"),
        120..7_200 => (distance / 60, "minute"),
        7_200..172_800 => (distance / 3_600, "hour"),
        172_800..63_072_000 => (distance / 86_400, "day"),
        _ => (distance / 31_536_000, "year"),
    };
    let plural = if number == 1 { "" } else { "s" };
    if at > now { format!("in {number} {unit}{plural}") } else { format!("{number} {unit}{plural} ago") }
}

/// Formats a duration as people type it, in the largest units: `1h30m`, `7d`.
pub fn humanize(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    if rest == 0 {
        return "0s".into();
    }
    let mut shown = String::new();
    // Days are the largest unit: weeks can be typed, but are not shown.
    for (unit, seconds) in &UNITS[1..] {
        if rest >= *seconds {
            shown += &(rest / seconds).to_string();
            shown.push(*unit);
            rest %= seconds;
        }
    }
    shown
}

/// Converts a time to chrono's type; `None` if it is after the year 9999.
fn to_chrono(at: Timestamp) -> Option<DateTime<Utc>> {
    let seconds = at.epoch_seconds();
    (seconds <= END_OF_CALENDAR).then(|| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    #[test]
    fn shows_the_distance_in_the_largest_fitting_unit() {
        let now = at(1_800_000_000);
        let shown = |seconds: u64| relative(at(seconds), now);
        assert_eq!(shown(1_800_000_000), "now");
        assert_eq!(shown(1_800_000_001), "in 1 second");
        assert_eq!(shown(1_799_999_881), "119 seconds ago");
        assert_eq!(shown(1_799_999_880), "2 minutes ago");
        assert_eq!(shown(1_800_007_200), "in 2 hours");
        assert_eq!(shown(1_800_000_000 + 3 * 86_400), "in 3 days");
        assert_eq!(shown(1_800_000_000 + 3 * 31_536_000), "in 3 years");
    }

    #[test]
    fn shows_utc_in_rfc_3339_and_falls_back_to_the_number() {
        assert_eq!(utc(at(1_893_456_000)), "2030-01-01T00:00:00Z");
        assert_eq!(utc(Timestamp::MAX), "9007199254740991");
    }

    #[test]
    fn utc_text_parses_back_exactly() {
        for seconds in [0, 951_782_400, 1_893_456_000, END_OF_CALENDAR, END_OF_CALENDAR + 1, (1 << 53) - 1] {
            assert_eq!(parse_utc(&utc(at(seconds))), Some(at(seconds)), "{seconds}");
        }
        let others = [
            "",
            "2030-01-01T00:00:00",
            "2030-01-01t00:00:00Z",
            "2030-01-01T00:00:00z",
            "2030-01-01 00:00:00Z",
            "2030-02-29T00:00:00Z",
            "2030-01-01T24:00:00Z",
            "2030-01-01T00:00:60Z",
            "+030-01-01T00:00:00Z",
            "2030-01-01T00:00:0éZ",
            "1969-12-31T23:59:59Z",
            "1893456000",
            "253402300799",
            "0253402300800",
            "+253402300800",
            "9007199254740992",
            "00009007199254740991",
        ];
        for text in others {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }

    #[test]
    fn shows_a_duration_as_people_type_it() {
        for (seconds, shown) in
            [(0, "0s"), (59, "59s"), (5_400, "1h30m"), (86_400, "1d"), (694_861, "8d1h1m1s")]
        {
            assert_eq!(humanize(Duration::from_secs(seconds)), shown);
            assert_eq!(crate::time::parse_duration(shown), Ok(Duration::from_secs(seconds)));
        }
    }
}
