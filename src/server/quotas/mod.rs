//! The rate limits: how often a customer, and how often an address, may ask.
//!
//! Counting is by GCRA: a key may use its whole count at once, and gets it back evenly over the period.
//! What was refused does not count, and what the gate refuses never comes here. An IPv6 address counts with
//! all of its /64, which is what one client has; an IPv4 address in IPv6 clothing counts as what it is. How
//! many keys are remembered, and which of them is forgotten first, is the table's.

mod rate;
mod table;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;

pub use self::rate::{Period, Rate, RateError};
use self::table::Table;
use super::contract::Quotas;
use crate::token::CustomerId;

/// The rate limits of a server, for as long as it runs.
#[derive(Debug)]
pub struct RateLimits<C: Clock = Monotonic> {
    /// The customers'.
    customers: Option<Limiter<C>>,
    /// The addresses'.
    addresses: Option<Limiter<C>>,
}

/// One rate for many keys.
type Limiter<C> = RateLimiter<u64, Table, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Time since the limits began: it never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Monotonic(Instant);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl RateLimits {
    /// Begins to count, by the system's monotonic clock.
    #[must_use]
    pub fn new(customers: Rate, addresses: Rate) -> Self {
        Self::by(&Monotonic(Instant::now()), customers, addresses)
    }
}

impl<C: Clock + Clone> RateLimits<C> {
    /// Begins to count by a clock.
    fn by(clock: &C, customers: Rate, addresses: Rate) -> Self {
        let limiter =
            |rate: Rate| rate.quota().map(|quota| RateLimiter::new(quota, Table::new(), clock.clone()));
        Self { customers: limiter(customers), addresses: limiter(addresses) }
    }
}

impl<C: Clock + Send + Sync> Quotas for RateLimits<C> {
    fn admit_address(&self, peer: IpAddr) -> Result<(), Duration> {
        admit(self.addresses.as_ref(), key(peer))
    }

    fn admit_customer(&self, customer: CustomerId) -> Result<(), Duration> {
        admit(self.customers.as_ref(), customer.get())
    }
}

/// Counts a request of a key.
fn admit<C: Clock>(limiter: Option<&Limiter<C>>, key: u64) -> Result<(), Duration> {
    let Some(limiter) = limiter else { return Ok(()) };
    limiter.check_key(&key).map_err(|refused| refused.wait_time_from(limiter.clock().now()))
}

/// Gives what an address counts under: the first half of an IPv6 address. IPv4 addresses stand in the
/// first 2^32 of these halves, which are reserved (RFC 4291 section 2.4), so that no two clients meet.
fn key(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
