//! The rate limits: how often a customer may ask, and how often requests of an address may fail.
//!
//! They count by GCRA: a key may use its whole count at once, and gets it back evenly over the period. A request
//! that was refused for its rate does not count. An IPv6 address counts with all of its /64, which is what one client
//! has; an IPv4-mapped IPv6 address counts as IPv4.

mod rate;
mod store;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;

pub use self::rate::Rate;
use self::store::TatStore;
use super::contract;
use crate::token::CustomerId;

/// The rate limiters of a server, for as long as it runs.
pub struct RateLimiters<C: Clock = Monotonic> {
    /// Limits the requests of customers.
    customers: Option<Limiter<C>>,
    /// Limits the failed requests of addresses.
    addresses: Option<Limiter<C>>,
}

/// One rate for many keys.
type Limiter<C> = RateLimiter<u64, TatStore, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The time since the limiters were created: it never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Monotonic(Instant);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl RateLimiters {
    /// Returns limiters by the system's monotonic clock.
    #[must_use]
    pub fn new(customers: Rate, addresses: Rate) -> Self {
        Self::with_clock(&Monotonic(Instant::now()), customers, addresses)
    }
}

impl<C: Clock + Clone> RateLimiters<C> {
    /// Returns limiters by a clock.
    fn with_clock(clock: &C, customers: Rate, addresses: Rate) -> Self {
        let limiter =
            |rate: Rate| rate.0.map(|quota| RateLimiter::new(quota, TatStore::new(), clock.clone()));
        Self { customers: limiter(customers), addresses: limiter(addresses) }
    }
}

impl<C: Clock + Send + Sync> contract::RateLimiter for RateLimiters<C> {
    fn count_failure(&self, peer: IpAddr) -> Result<(), Duration> {
        check(self.addresses.as_ref(), address_key(peer))
    }

    fn count_customer(&self, customer: CustomerId) -> Result<(), Duration> {
        check(self.customers.as_ref(), customer.get())
    }
}

/// Counts a request of a key, or returns the time to wait.
fn check<C: Clock>(limiter: Option<&Limiter<C>>, key: u64) -> Result<(), Duration> {
    let Some(limiter) = limiter else { return Ok(()) };
    limiter.check_key(&key).map_err(|refused| refused.wait_time_from(limiter.clock().now()))
}

/// Returns the key of an address: the first half of an IPv6 address. IPv4 addresses use the first 2^32 of these
/// halves, which are reserved (RFC 4291 section 2.4), so that no two clients share a key.
fn address_key(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
