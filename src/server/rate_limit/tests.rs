//! The limits by a clock that stands until it is told to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A clock that is told to go on.
#[derive(Clone, Default)]
struct TestClock(Arc<AtomicU64>);

impl TestClock {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    }
}

/// Limits, and the clock that they count by.
fn limits(customers: &str, addresses: &str) -> (RateLimiters, TestClock) {
    let clock = TestClock::default();
    let elapsed = Arc::clone(&clock.0);
    let elapsed = move || Duration::from_nanos(elapsed.load(Ordering::Relaxed));
    let [customers, addresses] = [customers, addresses].map(|text| Rate::parse(text).unwrap());
    (RateLimiters::with_clock(customers, addresses, elapsed), clock)
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Counts how often a customer is admitted at once.
fn burst(limits: &RateLimiters, number: u64) -> usize {
    (0..1_000).take_while(|_| limits.count_customer(customer(number)).is_ok()).count()
}

#[test]
fn a_customer_may_use_the_whole_rate_at_once_and_not_one_more() {
    let (limits, _) = limits("30/m", "off");
    assert_eq!(burst(&limits, 1), 30);
    assert_eq!(limits.count_customer(customer(1)), Err(Duration::from_secs(2)));
    assert_eq!(burst(&limits, 2), 30);
}

#[test]
fn the_rate_comes_back_evenly_over_its_period() {
    let (limits, clock) = limits("30/m", "off");
    burst(&limits, 1);
    clock.advance(Duration::from_millis(1_999));
    assert_eq!(limits.count_customer(customer(1)), Err(Duration::from_millis(1)));
    clock.advance(Duration::from_millis(1));
    assert_eq!(burst(&limits, 1), 1);
    clock.advance(Duration::from_secs(59));
    assert_eq!(burst(&limits, 1), 29);
    clock.advance(Duration::from_hours(1));
    assert_eq!(burst(&limits, 1), 30);
}

#[test]
fn what_was_refused_does_not_count() {
    let (limits, clock) = limits("30/m", "off");
    burst(&limits, 1);
    (0..1_000).for_each(|_| assert!(limits.count_customer(customer(1)).is_err()));
    clock.advance(Duration::from_secs(2));
    assert_eq!(burst(&limits, 1), 1);
}

#[test]
fn the_wait_that_is_told_is_long_enough_and_no_longer_than_needed() {
    let (limits, clock) = limits("7/h", "off");
    burst(&limits, 1);
    let wait = limits.count_customer(customer(1)).unwrap_err();
    clock.advance(wait.checked_sub(Duration::from_nanos(1)).unwrap());
    assert!(limits.count_customer(customer(1)).is_err());
    clock.advance(Duration::from_nanos(1));
    assert!(limits.count_customer(customer(1)).is_ok());
}

#[test]
fn customers_and_addresses_count_apart_and_each_may_be_off() {
    let (limits, _) = limits("off", "1/m");
    assert_eq!(burst(&limits, 1), 1_000);
    assert!(limits.count_failure(address("0.0.0.1")).is_ok());
    assert!(limits.count_failure(address("0.0.0.1")).is_err());
    let (limits, _) = self::limits("1/m", "off");
    assert!((0..1_000).all(|_| limits.count_failure(address("::1")).is_ok()));
    assert_eq!(burst(&limits, 1), 1);
}

#[test]
fn an_ipv6_address_counts_with_its_64_and_an_ipv4_address_alone() {
    let (limits, _) = limits("off", "1/m");
    let admits = |text: &str| limits.count_failure(address(text)).is_ok();
    assert!(admits("2001:db8:0:1::1"));
    assert!(!admits("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    assert!(admits("2001:db8:0:2::1") && admits("2001:db8:0:0:ffff:ffff:ffff:ffff"));
    assert!(admits("192.0.2.1") && admits("192.0.2.2"));
    assert!(!admits("::ffff:192.0.2.1") && !admits("192.0.2.2"));
}

#[test]
fn a_flood_of_addresses_and_of_customers_frees_nobody_who_is_limited() {
    let (limits, clock) = limits("30/m", "300/m");
    let victim = address("2001:db8::1");
    while limits.count_failure(victim).is_ok() {}
    burst(&limits, 1);
    for number in 0..100_000_u64 {
        let half = u128::from(0x2002_0000_0000_0000 + number);
        assert!(limits.count_failure(IpAddr::V6((half << 64).into())).is_ok());
        assert!(limits.count_customer(customer(number + 2)).is_ok());
        clock.advance(Duration::from_nanos(100));
    }
    // That was a hundredth of a second, in which neither got anything back.
    assert!(limits.count_failure(victim).is_err());
    assert!(limits.count_customer(customer(1)).is_err());
}

#[test]
fn the_systems_clock_goes_on() {
    let limits = RateLimiters::new(Rate::parse("100/s").unwrap(), Rate::OFF);
    while limits.count_customer(customer(1)).is_ok() {}
    while limits.count_customer(customer(1)).is_err() {}
}

#[test]
fn a_rate_is_a_count_and_a_period_or_off() {
    for text in ["1/s", "30/m", "1000000/h"] {
        assert!(Rate::parse(text).is_some_and(|rate| rate != Rate::OFF), "{text}");
    }
    assert_eq!(Rate::parse("off"), Some(Rate::OFF));
    for text in [
        "",
        "30",
        "OFF",
        "0/m",
        "030/m",
        "+30/m",
        "-1/m",
        "1.5/m",
        " 30/m",
        "/m",
        "1000001/m",
        "99999999999/m",
        "30/",
        "30/d",
        "30/M",
        "30/min",
        "30/m/s",
    ] {
        assert_eq!(Rate::parse(text), None, "{text}");
    }
}

#[test]
fn a_whole_period_gives_back_a_whole_count() {
    for (text, seconds) in [("7/s", 1), ("30/m", 60), ("1000000/h", 3600)] {
        let quota = Rate::parse(text).unwrap().0.unwrap();
        let refilled = quota.interval * quota.count;
        let exact = Duration::from_secs(seconds);
        let lost = exact.checked_sub(refilled).unwrap();
        assert!(lost < Duration::from_millis(2), "{text}: {refilled:?}");
    }
}

/// Puts a key in with its tat, and gives the one that it had.
fn put(table: &TatStore, key: u64, tat: u64) -> Option<u64> {
    let mut was = 0;
    let replaced = table.update(key, |known| {
        was = known;
        Ok::<_, ()>(tat)
    });
    replaced.unwrap();
    Some(was).filter(|was| *was != 0)
}

/// Returns which tat is known of a key, and changes nothing.
fn known(table: &TatStore, key: u64) -> Option<u64> {
    Some(table.update(key, Err).unwrap_err()).filter(|known| *known != 0)
}

/// Counts the keys that are known.
fn count(table: &TatStore) -> usize {
    let known = |set: &Mutex<Set>| set.lock().unwrap().iter().filter(|entry| entry.tat != 0).count();
    table.sets.iter().map(known).sum()
}

#[test]
fn a_key_has_the_tat_that_was_put_last_and_a_refusal_changes_nothing() {
    let table = TatStore::new();
    assert_eq!(put(&table, 0, 5), None);
    assert_eq!(put(&table, 0, 7), Some(5));
    assert_eq!((known(&table, 0), known(&table, 0), known(&table, 1)), (Some(7), Some(7), None));
    assert_eq!(count(&table), 1);
}

#[test]
fn however_many_keys_come_no_more_than_65_536_are_known() {
    let table = TatStore::new();
    (0..200_000).for_each(|key| _ = put(&table, key, key + 1));
    assert_eq!(count(&table), 65_536);
    assert_eq!(size_of_val(&*table.sets), SETS * 264);
}

#[test]
fn a_flood_of_keys_that_used_little_forgets_none_that_used_more() {
    let table = TatStore::new();
    (0..1_000).for_each(|key| _ = put(&table, key, 1_000));
    (1_000..200_000).for_each(|key| _ = put(&table, key, 999));
    assert!((0..1_000).all(|key| known(&table, key) == Some(1_000)));
}

#[test]
fn a_full_set_forgets_the_key_whose_tat_comes_first() {
    let table = TatStore { sets: [Mutex::default()].into(), hasher: RandomState::new() };
    for (key, tat) in (100..).zip([9, 8, 7, 6, 5, 4, 3, 20, 11, 12, 13, 14, 15, 16, 17, 18]) {
        put(&table, key, tat);
    }
    assert_eq!(put(&table, 1, 10), None);
    assert_eq!((known(&table, 106), known(&table, 105), known(&table, 1)), (None, Some(4), Some(10)));
    put(&table, 2, 1);
    assert_eq!((known(&table, 105), known(&table, 2)), (None, Some(1)));
    put(&table, 3, 1);
    assert_eq!((known(&table, 2), known(&table, 3), known(&table, 104)), (None, Some(1), Some(5)));
}
