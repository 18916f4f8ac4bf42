//! The rate limits: how often a customer may ask, and how often requests of an address may fail.
//!
//! They count by GCRA: a key may use its whole count at once, and gets it back evenly over the period. A request
//! that was refused for its rate does not count. An IPv6 address counts with all of its /64, which is what one client
//! has; an IPv4-mapped IPv6 address counts as IPv4.
//!
//! The state of keys is kept in a table of fixed size that forgets the least important first.
//!
//! The state of a key is one time, its theoretical arrival time (TAT): when all that it used will have been given
//! back. A key whose TAT has passed is as good as one that was never seen.
//!
//! The table has 4,096 sets of 16 entries. A key belongs to one set, which a hash with a random key of this process
//! chooses, so that nobody outside knows which keys share a set. If a set is full, the key with the earliest TAT
//! loses its entry: the one of the sixteen that used least, and that gains least by being forgotten. That makes a
//! limit costly to evade: to have a key forgotten that has used its whole rate, a client must bring as many others
//! in its set as far. Not knowing the set, that takes about as many keys as the table has entries, each up to its
//! whole rate and all within one period. A flood of keys that ask once each forgets only its own.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::token::CustomerId;

/// The highest count of a rate.
const MAX_COUNT: u32 = 1_000_000;

/// The most keys that are remembered.
const CAPACITY: usize = 65_536;
/// The number of keys that share a set.
const ASSOCIATIVITY: usize = 16;
/// The number of sets.
const SETS: usize = CAPACITY / ASSOCIATIVITY;

/// How often a client may ask: so many times in a period, all at once, and again as fast as the period gives them
/// back. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<Quota>);

/// A number of requests, and how long it takes until one is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota {
    /// The number.
    count: u32,
    /// The time.
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
    /// Limits the requests of customers.
    customers: Limiter,
    /// Limits the failed requests of addresses.
    addresses: Limiter,
    /// Returns the time since the limiters were created, which never goes back.
    elapsed: Box<dyn Fn() -> Duration + Send + Sync>,
}

/// One rate for many keys; `None` is no limit.
type Limiter = Option<(Quota, TatStore)>;

impl RateLimiters {
    /// Returns limiters by the system's monotonic clock.
    #[must_use]
    pub fn new(customers: Rate, addresses: Rate) -> Self {
        let start = Instant::now();
        Self::with_clock(customers, addresses, move || start.elapsed())
    }

    /// Returns limiters by a clock.
    fn with_clock(
        customers: Rate,
        addresses: Rate,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let [customers, addresses] =
            [customers, addresses].map(|rate| rate.0.map(|quota| (quota, TatStore::new())));
        Self { customers, addresses, elapsed: Box::new(elapsed) }
    }

    /// Counts a request that failed against its address.
    ///
    /// # Errors
    /// The time to wait if too many requests of this address failed.
    pub(super) fn count_failure(&self, peer: IpAddr) -> Result<(), Duration> {
        self.count(&self.addresses, address_key(peer))
    }

    /// Counts a request of a customer whose session is valid.
    ///
    /// # Errors
    /// The time to wait if the customer asked too often.
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
            // All but one of the count may be used ahead of its time.
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

/// The table. It takes one megabyte and never grows; one request locks one set, and looks at its entries.
struct TatStore {
    /// The sets.
    sets: Box<[Mutex<Set>]>,
    /// Chooses a key's set.
    hasher: RandomState,
}

/// The entries of a set.
type Set = [Entry; ASSOCIATIVITY];

/// The entry of a key.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The key.
    key: u64,
    /// When all that it used will have been given back, in nanoseconds; 0 if there is no key, which
    /// is no key's TAT.
    tat: u64,
}

impl TatStore {
    /// Returns an empty table.
    fn new() -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { sets, hasher: RandomState::new() }
    }

    /// Replaces the TAT of a key, 0 if it has none, by what `decide` makes of it.
    ///
    /// # Errors
    /// That of `decide`, and nothing is changed.
    fn update<E>(&self, key: u64, decide: impl FnOnce(u64) -> Result<u64, E>) -> Result<(), E> {
        let sets = self.sets.len() as u64;
        let index = usize::try_from(self.hasher.hash_one(key) % sets).unwrap_or_default();
        // A thread that panicked with a set left whole entries in it.
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
