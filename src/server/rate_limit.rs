//! The rate limits: on the requests of a customer, and on the failed requests of an address.
//!
//! The algorithm is GCRA: a key may use its whole count at once, and regains it evenly over the period. A request that is
//! refused for its rate does not count. All addresses of an IPv6 /64, which is what one client has, share a key; an
//! IPv4-mapped IPv6 address counts as IPv4.
//!
//! The state of a key is its theoretical arrival time (TAT): when it will have regained all that it used. A key whose TAT
//! has passed is equivalent to a key that was never seen.
//!
//! At most [`CAPACITY`] keys are kept. When there is no room for another, the quarter with the earliest TATs is forgotten:
//! these keys used the least, and gain the least from it. This makes a limit costly to evade: to push out a key that has
//! used its whole rate, a client must bring thousands of other keys as far, within one period.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::ErrorReport;

/// The highest count of a rate.
const MAX_COUNT: u32 = 1_000_000;

/// The maximum number of keys of a limiter. However they change, their hash table takes at most two megabytes.
const CAPACITY: usize = 28_672;

/// A rate limit: a number of requests in a period, which may be sent all at once and are regained evenly over the period.
/// `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<Quota>);

/// A number of requests, and the time in which one request is regained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota {
    /// The number of requests.
    count: u32,
    /// The time in which one request is regained.
    interval: Duration,
}

impl Rate {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// Parses `N/s`, `N/m`, `N/h`, with N from 1 to 1,000,000, or `off`.
    fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self::OFF);
        }
        let (digits, period) = text.split_once('/')?;
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let count = digits.parse().ok().filter(|count| is_plain && *count <= MAX_COUNT)?;
        let period = Duration::from_secs(match period {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return None,
        });
        Some(Self(Some(Quota { count, interval: period / count })))
    }
}

impl FromStr for Rate {
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        let expected = "expected a rate such as 30/m (N/s, N/m or N/h, with N up to 1000000), or off";
        Self::parse(text).ok_or_else(|| ErrorReport::usage("not a rate", expected))
    }
}

/// A rate and the state of its keys, for as long as the server runs.
pub struct RateLimiter {
    /// The rate.
    rate: Rate,
    /// The keys and their TATs.
    tats: Mutex<HashMap<u64, Instant>>,
}

impl RateLimiter {
    /// Returns a limiter whose keys have used nothing.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, tats: Mutex::default() }
    }

    /// Counts a request of a key.
    ///
    /// # Errors
    /// The time to wait if there were too many requests of this key.
    pub(super) fn count(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let Some(quota) = self.rate.0 else { return Ok(()) };
        // A thread that panicked while it held the lock left the table consistent.
        let mut tats = self.tats.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tats.get(&key).copied();
        let tat = known.unwrap_or(now).max(now);
        // All requests of the count but one may be used ahead of time.
        let ahead = now + quota.interval * (quota.count - 1);
        if tat > ahead {
            return Err(tat - ahead);
        }
        if known.is_none() && tats.len() >= CAPACITY {
            let mut all: Vec<_> = tats.values().copied().collect();
            let (_, last_forgotten, _) = all.select_nth_unstable(CAPACITY / 4);
            tats.retain(|_, tat| *tat > *last_forgotten);
        }
        tats.insert(key, tat + quota.interval);
        Ok(())
    }
}

/// Returns the key of an address: the first half of an IPv6 address. IPv4 addresses use the first 2^32 of these
/// halves, which are reserved (RFC 4291 section 2.4), so that no two clients share a key.
pub(super) fn address_key(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
