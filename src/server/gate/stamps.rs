//! What requests are called, and the time as replies tell it.

use std::io;

use chrono::DateTime;

use super::protocol::Stamp;
use crate::server::wire::random_hex;
use crate::time::{Clock, Timestamp};

/// Makes both.
#[derive(Debug)]
pub(super) struct Stamps {
    /// Tells the time.
    clock: Clock,
    /// The second that `date` is for.
    second: Timestamp,
    /// The time in the form of `Date` (RFC 9110 section 5.6.7).
    date: String,
    /// What all requests of this run have in common.
    run: String,
    /// How many requests there were.
    count: u64,
}

impl Stamps {
    /// Begins a run.
    pub(super) fn new(clock: Clock) -> io::Result<Self> {
        let second = clock.now();
        Ok(Self { clock, second, date: date(second), run: random_hex::<6>()?, count: 0 })
    }

    /// Gives a request its name.
    pub(super) fn next_id(&mut self) -> String {
        self.count += 1;
        format!("{}-{:x}", self.run, self.count)
    }

    /// Gives the stamp of a reply to the request of this name.
    pub(super) fn stamp<'a>(&'a mut self, id: &'a str) -> Stamp<'a> {
        let now = self.clock.now();
        if now != self.second {
            self.second = now;
            self.date = date(now);
        }
        Stamp { date: &self.date, id }
    }
}

/// Writes a time in the form of `Date`.
fn date(second: Timestamp) -> String {
    let seconds = i64::try_from(second.epoch_seconds()).unwrap_or_default();
    let date = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_their_form_and_requests_names_of_their_own() {
        let clock = Clock::Fixed(Timestamp::from_epoch_seconds(784_111_777).unwrap());
        let mut stamps = Stamps::new(clock).unwrap();
        let (one, two) = (stamps.next_id(), stamps.next_id());
        assert_ne!(one, two);
        let stamp = stamps.stamp(&one);
        assert_eq!((stamp.date, stamp.id), ("Sun, 06 Nov 1994 08:49:37 GMT", one.as_str()));
    }
}
