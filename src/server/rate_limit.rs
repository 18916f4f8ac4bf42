//! The rate limits: on the requests of a customer, and on the failed requests of an address.
//!
//! The algorithm is GCRA: a key may use its whole count at once, and regains it evenly over the period. A request that is
//! refused for its rate does not count. All addresses of an IPv6 /64, which is what one client has, share a key; an
//! IPv4-mapped IPv6 address counts as IPv4.
//!
//! The state of the keys is kept in a table of fixed size that evicts the least important entry first.
//!
//! The state of a key is its theoretical arrival time (TAT): when it will have regained all that it used. A key whose TAT
//! has passed is equivalent to a key that was never seen.
//!
//! The table has 4,096 sets of 16 entries. A key belongs to one set, chosen by a hash with a random key of this process, so
//! that clients cannot know which keys share a set. If a set is full, the entry with the earliest TAT is evicted: its key
//! used the least, and gains the least from the eviction. This makes a limit costly to evade: to evict a key that has used
//! its whole rate, a client must bring all other entries of its set as far. Without knowing the set, this takes about as
//! many keys as the table has entries, each used up to its whole rate within one period. A flood of keys that send one
//! request each evicts only its own entries.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::token::CustomerId;

/// The highest count of a rate.
const MAX_COUNT: u32 = 1_000_000;

/// The maximum number of keys in the table.
const CAPACITY: usize = 65_536;
/// The number of keys that share a set.
const ASSOCIATIVITY: usize = 16;
/// The number of sets.
const SETS: usize = CAPACITY / ASSOCIATIVITY;

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
    pub fn parse(text: &str) -> Option<Self> {
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

/// The rate limiters of a server, for as long as it runs.
pub struct RateLimiters {
    /// The limiter of customers' requests.
    customers: Limiter,
    /// The limiter of failed requests by address.
    addresses: Limiter,
    /// The clock: returns the time since the limiters were created, which never goes back.
    elapsed: Box<dyn Fn() -> Duration + Send + Sync>,
}

/// A rate and the state of its keys; `None` means no limit.
type Limiter = Option<(Quota, TatStore)>;

impl RateLimiters {
    /// Returns limiters that use the system's monotonic clock.
    #[must_use]
    pub fn new(customers: Rate, addresses: Rate) -> Self {
        let start = Instant::now();
        Self::with_clock(customers, addresses, move || start.elapsed())
    }

    /// Returns limiters that use the given clock.
    fn with_clock(
        customers: Rate,
        addresses: Rate,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let [customers, addresses] =
            [customers, addresses].map(|rate| rate.0.map(|quota| (quota, TatStore::new())));
        Self { customers, addresses, elapsed: Box::new(elapsed) }
    }

    /// Counts a failed request against its address.
    ///
    /// # Errors
    /// The time to wait if too many requests of this address failed.
    pub(super) fn count_failure(&self, peer: IpAddr) -> Result<(), Duration> {
        self.count(&self.addresses, address_key(peer))
    }

    /// Counts a request of a customer whose session is valid.
    ///
    /// # Errors
    /// The time to wait if the customer sent too many requests.
    pub(super) fn count_customer(&self, customer: CustomerId) -> Result<(), Duration> {
        self.count(&self.customers, customer.get())
    }

    /// Counts a request of a key, or returns the time to wait.
    fn count(&self, limiter: &Limiter, key: u64) -> Result<(), Duration> {
        let Some((quota, store)) = limiter else { return Ok(()) };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (now, interval) = (nanos((self.elapsed)()), nanos(quota.interval));
        store.update(key, |tat| {
            let tat = tat.max(now);
            // All requests of the count but one may be used ahead of time.
            let ahead = now.saturating_add(interval * u64::from(quota.count - 1));
            if tat <= ahead { Ok(tat + interval) } else { Err(Duration::from_nanos(tat - ahead)) }
        })
    }
}

/// Returns the key of an address: the first half of an IPv6 address. IPv4 addresses use the first 2^32 of these
/// halves, which are reserved (RFC 4291 section 2.4), so that no two clients share a key.
fn address_key(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    }
}

/// The table of keys and their TATs. It takes one megabyte and never grows; a request locks one set and scans its entries.
struct TatStore {
    /// The sets.
    sets: Box<[Mutex<Set>]>,
    /// The hasher that chooses the set of a key.
    hasher: RandomState,
}

/// The entries of a set.
type Set = [Entry; ASSOCIATIVITY];

/// The entry of a key.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The key.
    key: u64,
    /// The TAT of the key, in nanoseconds; 0 for an empty entry, as no key has this TAT.
    tat: u64,
}

impl TatStore {
    /// Returns an empty table.
    fn new() -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { sets, hasher: RandomState::new() }
    }

    /// Replaces the TAT of a key by the result of `decide`, which receives the current TAT, or 0 if there is none.
    ///
    /// # Errors
    /// The error of `decide`; the table is not changed.
    fn update<E>(&self, key: u64, decide: impl FnOnce(u64) -> Result<u64, E>) -> Result<(), E> {
        let sets = self.sets.len() as u64;
        let index = usize::try_from(self.hasher.hash_one(key) % sets).unwrap_or_default();
        // A thread that panicked while it held the lock left the entries consistent.
        let mut set = self.sets[index].lock().unwrap_or_else(PoisonError::into_inner);
        let found = set.iter().position(|entry| entry.tat != 0 && entry.key == key);
        let tat = decide(found.map_or(0, |at| set[at].tat))?;
        let earliest = || (0..ASSOCIATIVITY).min_by_key(|at| set[*at].tat).unwrap_or_default();
        let at = found.unwrap_or_else(earliest);
        set[at] = Entry { key, tat };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
