//! Counts refusals, so that a flood of them makes a few entries: pure, with a clock that is handed in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::time::Timestamp;

/// How many refusals of one reason and address prefix get an entry of their own each minute.
pub const MAX_ENTRIES_PER_MINUTE: u64 = 10;
/// How many pairs of reason and address prefix are told apart at once; all others share one.
pub const MAX_KEYS: usize = 1024;
/// How many seconds a count lasts.
const MINUTE: u64 = 60;

/// A refusal at the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, in one of few words.
    pub reason: &'static str,
    /// The client's address.
    pub peer: IpAddr,
    /// The request's id.
    pub request_id: Option<String>,
    /// The session, where it was found valid.
    pub session: Option<String>,
    /// The customer of the session, where there is one.
    pub customer: Option<u64>,
}

/// What stands for the prefixes of all addresses that are not told apart any more.
const OTHERS: &str = "others";

/// Returns the part of an address that a client can hardly change: IPv4 /24, IPv6 /64. An IPv4 address inside IPv6 counts
/// as itself.
fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// Refusals of one reason and address prefix that got no entry of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusalCount {
    /// Why they were refused.
    pub(super) reason: &'static str,
    /// From where they came.
    pub(super) prefix: String,
    /// How many they are.
    pub(super) count: u64,
}

/// The count of one reason and address prefix.
#[derive(Debug)]
struct Count {
    /// When it began.
    since: Timestamp,
    /// How many entries it may still make.
    left: u64,
    /// How many refusals got none.
    silent: u64,
}

/// The counts of all reasons and address prefixes.
#[derive(Debug, Default)]
pub(super) struct RefusalCounter {
    /// The counts, at most [`MAX_KEYS`] and one for each reason.
    counts: HashMap<(&'static str, String), Count>,
}

impl RefusalCounter {
    /// Counts a refusal; `true` where it gets an entry of its own, which it never does without `can_have_entry`.
    ///
    /// What [`RefusalCounter::due`] returns must be taken first, or counts last longer than a minute.
    pub(super) fn count(
        &mut self,
        reason: &'static str,
        peer: IpAddr,
        now: Timestamp,
        can_have_entry: bool,
    ) -> bool {
        let mut key = (reason, prefix(peer));
        if self.counts.len() >= MAX_KEYS && !self.counts.contains_key(&key) {
            OTHERS.clone_into(&mut key.1);
        }
        let count =
            self.counts.entry(key).or_insert(Count { since: now, left: MAX_ENTRIES_PER_MINUTE, silent: 0 });
        let has_entry = can_have_entry && count.left > 0;
        count.left = count.left.saturating_sub(1);
        count.silent += u64::from(!has_entry);
        has_entry
    }

    /// Ends the counts whose minute is over, and returns what of them got no entry.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<RefusalCount> {
        let age = |count: &Count| now.epoch_seconds().abs_diff(count.since.epoch_seconds());
        self.finish(|count| age(count) >= MINUTE)
    }

    /// Ends all counts.
    pub(super) fn drain(&mut self) -> Vec<RefusalCount> {
        self.finish(|_| true)
    }

    /// Ends some counts, and returns what of them got no entry.
    fn finish(&mut self, is_over: impl Fn(&Count) -> bool) -> Vec<RefusalCount> {
        self.counts
            .extract_if(|_, count| is_over(count))
            .filter(|(_, count)| count.silent > 0)
            .map(|((reason, prefix), count)| RefusalCount { reason, prefix, count: count.silent })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn admitted(counter: &mut RefusalCounter, peers: &[&str]) -> usize {
        peers.iter().filter(|peer| counter.count("session", peer.parse().unwrap(), at(0), true)).count()
    }

    #[test]
    fn ten_of_a_prefix_get_an_entry_and_the_rest_one_summary() {
        let mut counter = RefusalCounter::default();
        assert_eq!(admitted(&mut counter, &["192.0.2.1"; 9]), 9);
        assert_eq!(admitted(&mut counter, &["192.0.2.255", "::ffff:192.0.2.7", "192.0.2.8"]), 1);
        assert_eq!(admitted(&mut counter, &["192.0.3.1"]), 1);
        assert!(counter.due(at(59)).is_empty());
        let summaries = counter.due(at(60));
        assert_eq!(summaries.len(), 1);
        assert_eq!((summaries[0].count, &*summaries[0].prefix), (2, "192.0.2.0/24"));
        assert!(counter.counts.is_empty());
    }

    #[test]
    fn ipv6_addresses_of_one_network_count_together() {
        let mut counter = RefusalCounter::default();
        assert_eq!(admitted(&mut counter, &["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"].repeat(6)), 10);
        assert_eq!(admitted(&mut counter, &["2001:db8:0:2::1"]), 1);
        assert_eq!(counter.drain()[0].prefix, "2001:db8:0:1::/64");
    }

    #[test]
    fn each_reason_has_its_own_count() {
        let mut counter = RefusalCounter::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..20).filter(|_| counter.count("session", peer, at(0), true)).count(), 10);
        assert!(counter.count("customer", peer, at(0), true));
    }

    #[test]
    fn a_flood_of_addresses_is_counted_in_bounded_memory() {
        let mut counter = RefusalCounter::default();
        let entries = (0..1_000_000_u128)
            .filter(|network| {
                let peer = Ipv6Addr::from_bits(network << 64).into();
                counter.count("session", peer, at(0), true)
            })
            .count();
        assert_eq!(entries, MAX_KEYS + 10);
        assert_eq!(counter.counts.len(), MAX_KEYS + 1);
        let summaries = counter.drain();
        assert_eq!((summaries.len(), &*summaries[0].prefix), (1, OTHERS));
        assert_eq!(summaries[0].count, 1_000_000 - entries as u64);
    }

    #[test]
    fn what_is_silenced_is_summed_up_whether_or_not_it_could_have_an_entry() {
        let mut counter = RefusalCounter::default();
        let peer = "192.0.2.1".parse().unwrap();
        (0..15).for_each(|_| assert!(!counter.count("session", peer, at(0), false)));
        assert_eq!(counter.drain()[0].count, 15);
    }

    #[test]
    fn a_clock_set_back_ends_a_count_too() {
        let mut counter = RefusalCounter::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..11).filter(|_| counter.count("session", peer, at(1000), true)).count(), 10);
        assert_eq!(counter.due(at(0))[0].count, 1);
        assert!(counter.count("session", peer, at(0), true));
    }
}
