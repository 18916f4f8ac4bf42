//! Counts refusals, so that a flood of them makes a few entries: pure, with a clock that is handed in.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::time::Timestamp;

/// How many refusals of one reason and address prefix get an entry of their own each minute.
pub const RECORDED_A_MINUTE: u64 = 10;
/// How many pairs of reason and address prefix are told apart at once; all others share one.
pub const MOST_KEYS: usize = 1024;
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
    /// The customer of the session, where there is one.
    pub customer: Option<u64>,
}

/// The part of an address that a client can hardly change: IPv4 /24, IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Prefix {
    /// Of an IPv4 address.
    V4(Ipv4Addr),
    /// Of an IPv6 address.
    V6(Ipv6Addr),
    /// Of all addresses that are not told apart any more.
    Others,
}

impl Prefix {
    /// Returns the prefix of an address. An IPv4 address inside IPv6 counts as itself.
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
            IpAddr::V6(address) => Self::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}/24"),
            Self::V6(address) => write!(f, "{address}/64"),
            Self::Others => f.write_str("others"),
        }
    }
}

/// Refusals of one reason and address prefix that got no entry of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// Why they were refused.
    pub(super) reason: &'static str,
    /// From where they came.
    pub(super) prefix: Prefix,
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
pub(super) struct Tally {
    /// The counts, at most [`MOST_KEYS`] and one for each reason.
    counts: HashMap<(&'static str, Prefix), Count>,
}

impl Tally {
    /// Counts a refusal; `true` where it gets an entry of its own.
    ///
    /// What [`Tally::due`] would give must be taken first, or counts last longer than a minute.
    pub(super) fn admit(&mut self, reason: &'static str, peer: IpAddr, now: Timestamp) -> bool {
        let mut key = (reason, Prefix::of(peer));
        if self.counts.len() >= MOST_KEYS && !self.counts.contains_key(&key) {
            key.1 = Prefix::Others;
        }
        let count =
            self.counts.entry(key).or_insert(Count { since: now, left: RECORDED_A_MINUTE, silent: 0 });
        let has_entry = count.left > 0;
        if has_entry {
            count.left -= 1;
        } else {
            count.silent = count.silent.saturating_add(1);
        }
        has_entry
    }

    /// Counts a refusal that cannot get an entry of its own, though it may.
    pub(super) fn silence(&mut self, reason: &'static str, peer: IpAddr, now: Timestamp) {
        if self.admit(reason, peer, now)
            && let Some(count) = self.find(reason, peer)
        {
            count.silent = count.silent.saturating_add(1);
        }
    }

    /// Finds the count that a refusal goes to.
    fn find(&mut self, reason: &'static str, peer: IpAddr) -> Option<&mut Count> {
        let own = (reason, Prefix::of(peer));
        let key = if self.counts.contains_key(&own) { own } else { (reason, Prefix::Others) };
        self.counts.get_mut(&key)
    }

    /// Ends the counts whose minute is over, and gives what of them got no entry.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Summary> {
        let age = |count: &Count| now.epoch_seconds().abs_diff(count.since.epoch_seconds());
        self.end(|count| age(count) >= MINUTE)
    }

    /// Ends all counts.
    pub(super) fn rest(&mut self) -> Vec<Summary> {
        self.end(|_| true)
    }

    /// Ends some counts, and gives what of them got no entry.
    fn end(&mut self, is_over: impl Fn(&Count) -> bool) -> Vec<Summary> {
        self.counts
            .extract_if(|_, count| is_over(count))
            .filter(|(_, count)| count.silent > 0)
            .map(|((reason, prefix), count)| Summary { reason, prefix, count: count.silent })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn admitted(tally: &mut Tally, peers: &[&str]) -> usize {
        peers.iter().filter(|peer| tally.admit("session", peer.parse().unwrap(), at(0))).count()
    }

    #[test]
    fn ten_of_a_prefix_get_an_entry_and_the_rest_one_summary() {
        let mut tally = Tally::default();
        assert_eq!(admitted(&mut tally, &["192.0.2.1"; 9]), 9);
        assert_eq!(admitted(&mut tally, &["192.0.2.255", "::ffff:192.0.2.7", "192.0.2.8"]), 1);
        assert_eq!(admitted(&mut tally, &["192.0.3.1"]), 1);
        assert!(tally.due(at(59)).is_empty());
        let summaries = tally.due(at(60));
        assert_eq!(summaries.len(), 1);
        assert_eq!((summaries[0].count, summaries[0].prefix.to_string()), (2, "192.0.2.0/24".into()));
        assert!(tally.counts.is_empty());
    }

    #[test]
    fn ipv6_addresses_of_one_network_count_together() {
        let mut tally = Tally::default();
        assert_eq!(admitted(&mut tally, &["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"].repeat(6)), 10);
        assert_eq!(admitted(&mut tally, &["2001:db8:0:2::1"]), 1);
        assert_eq!(tally.rest()[0].prefix.to_string(), "2001:db8:0:1::/64");
    }

    #[test]
    fn each_reason_has_its_own_count() {
        let mut tally = Tally::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..20).filter(|_| tally.admit("session", peer, at(0))).count(), 10);
        assert!(tally.admit("customer", peer, at(0)));
    }

    #[test]
    fn a_flood_of_addresses_is_counted_in_bounded_memory() {
        let mut tally = Tally::default();
        let entries = (0..1_000_000_u128)
            .filter(|network| {
                let peer = Ipv6Addr::from_bits(network << 64).into();
                tally.admit("session", peer, at(0))
            })
            .count();
        assert_eq!(entries, MOST_KEYS + 10);
        assert_eq!(tally.counts.len(), MOST_KEYS + 1);
        let summaries = tally.rest();
        assert_eq!((summaries.len(), summaries[0].prefix), (1, Prefix::Others));
        assert_eq!(summaries[0].count, 1_000_000 - entries as u64);
    }

    #[test]
    fn what_is_silenced_is_summed_up_whether_or_not_it_was_admitted() {
        let mut tally = Tally::default();
        let peer = "192.0.2.1".parse().unwrap();
        (0..15).for_each(|_| tally.silence("session", peer, at(0)));
        assert_eq!(tally.rest()[0].count, 15);
    }

    #[test]
    fn a_clock_set_back_ends_a_count_too() {
        let mut tally = Tally::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..11).filter(|_| tally.admit("session", peer, at(1000))).count(), 10);
        assert_eq!(tally.due(at(0))[0].count, 1);
        assert!(tally.admit("session", peer, at(0)));
    }
}
