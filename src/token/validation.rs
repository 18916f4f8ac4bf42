//! The requirements for a signed token beyond its signature: its customer and its times.

use std::time::Duration;

use super::CustomerId;
use crate::time::Timestamp;

/// The accepted difference between clocks: none by default, and at most five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Leeway(Duration);

impl Leeway {
    /// Creates a leeway; `None` above five minutes.
    pub fn new(duration: Duration) -> Option<Self> {
        (duration <= Duration::from_mins(5)).then_some(Self(duration))
    }
}

/// The requirements for a token's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// The time at which the token must be valid.
    pub at: Timestamp,
    /// The leeway for the token's times.
    pub leeway: Leeway,
    /// The customer that the token must belong to, if any.
    pub customer: Option<CustomerId>,
    /// The time of a revocation: tokens issued earlier, or without an `iat`, are revoked (contract section 2).
    pub revoked_before: Option<Timestamp>,
}

impl Validation {
    /// Creates a validation at a point in time: without leeway, for any customer, nothing revoked.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { at, leeway: Leeway(Duration::ZERO), customer: None, revoked_before: None }
    }

    /// Returns `true` if an `iat` or `nbf` is in the future.
    pub fn is_in_future(&self, time: Timestamp) -> bool {
        time > self.at.after(self.leeway.0)
    }

    /// Returns `true` if `exp` has passed: a token is expired from that second on.
    pub fn is_expired(&self, expires_at: Timestamp) -> bool {
        self.at >= expires_at.after(self.leeway.0)
    }

    /// Returns `true` if a token with this `iat`, or without one, is revoked.
    pub fn is_revoked(&self, issued_at: Option<Timestamp>) -> bool {
        self.revoked_before.is_some_and(|before| issued_at.is_none_or(|issued_at| issued_at < before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn rules(seconds: u64, leeway: u64) -> Validation {
        Validation {
            leeway: Leeway::new(Duration::from_secs(leeway)).unwrap(),
            ..Validation::new(at(seconds))
        }
    }

    #[test]
    fn expires_at_its_very_second() {
        assert!(!rules(99, 0).is_expired(at(100)));
        assert!(rules(100, 0).is_expired(at(100)));
        assert!(!rules(129, 30).is_expired(at(100)));
        assert!(rules(130, 30).is_expired(at(100)));
    }

    #[test]
    fn is_in_the_future_until_its_very_second() {
        assert!(rules(99, 0).is_in_future(at(100)));
        assert!(!rules(100, 0).is_in_future(at(100)));
        assert!(rules(69, 30).is_in_future(at(100)));
        assert!(!rules(70, 30).is_in_future(at(100)));
    }

    #[test]
    fn is_revoked_where_issued_earlier_or_at_no_time() {
        let validation = Validation { revoked_before: Some(at(100)), ..rules(200, 300) };
        assert!(validation.is_revoked(None));
        assert!(validation.is_revoked(Some(at(99))));
        assert!(!validation.is_revoked(Some(at(100))));
        assert!(!Validation::new(at(200)).is_revoked(None));
    }

    #[test]
    fn leeway_ends_at_five_minutes() {
        assert!(Leeway::new(Duration::from_mins(5)).is_some());
        assert_eq!(Leeway::new(Duration::from_secs(301)), None);
    }

    #[test]
    fn leeway_neither_underflows_nor_overflows() {
        assert!(!rules(0, 300).is_expired(at(1)));
        assert!(rules(300, 300).is_expired(Timestamp::EPOCH));
        assert!(!rules(299, 300).is_expired(Timestamp::EPOCH));
        assert!(!rules(Timestamp::MAX.epoch_seconds(), 300).is_in_future(Timestamp::MAX));
        assert!(rules(Timestamp::MAX.epoch_seconds(), 300).is_expired(Timestamp::MAX));
    }
}
