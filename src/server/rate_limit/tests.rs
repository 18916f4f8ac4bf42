//! Rate limits with a clock that the test advances.

use std::cell::Cell;

use super::*;
use crate::token::CustomerId;

/// Limiters, and the clock that they count by.
struct Clocked {
    customers: RateLimiter,
    addresses: RateLimiter,
    now: Cell<Instant>,
}

impl Clocked {
    fn count_customer(&self, customer: CustomerId) -> Result<(), Duration> {
        self.customers.count(customer.get(), self.now.get())
    }

    fn count_failure(&self, peer: IpAddr) -> Result<(), Duration> {
        self.addresses.count(address_key(peer), self.now.get())
    }

    fn advance(&self, by: Duration) {
        self.now.set(self.now.get() + by);
    }
}

/// Returns limiters that nobody has used.
fn limits(customers: &str, addresses: &str) -> Clocked {
    let [customers, addresses] = [customers, addresses].map(|text| RateLimiter::new(text.parse().unwrap()));
    Clocked { customers, addresses, now: Cell::new(Instant::now()) }
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Counts how often a customer is admitted at once.
fn burst(limits: &Clocked, number: u64) -> usize {
    (0..1_000).take_while(|_| limits.count_customer(customer(number)).is_ok()).count()
}

#[test]
fn burst_is_limited_to_the_whole_rate() {
    let limits = limits("30/m", "off");
    assert_eq!(burst(&limits, 1), 30);
    assert_eq!(limits.count_customer(customer(1)), Err(Duration::from_secs(2)));
    assert_eq!(burst(&limits, 2), 30);
}

#[test]
fn rate_refills_evenly_over_its_period() {
    let limits = limits("30/m", "off");
    burst(&limits, 1);
    limits.advance(Duration::from_millis(1_999));
    assert_eq!(limits.count_customer(customer(1)), Err(Duration::from_millis(1)));
    limits.advance(Duration::from_millis(1));
    assert_eq!(burst(&limits, 1), 1);
    limits.advance(Duration::from_secs(59));
    assert_eq!(burst(&limits, 1), 29);
    limits.advance(Duration::from_hours(1));
    assert_eq!(burst(&limits, 1), 30);
}

#[test]
fn refused_requests_do_not_count() {
    let limits = limits("30/m", "off");
    burst(&limits, 1);
    (0..1_000).for_each(|_| assert!(limits.count_customer(customer(1)).is_err()));
    limits.advance(Duration::from_secs(2));
    assert_eq!(burst(&limits, 1), 1);
}

#[test]
fn retry_after_is_exactly_long_enough() {
    let limits = limits("7/h", "off");
    burst(&limits, 1);
    let wait = limits.count_customer(customer(1)).unwrap_err();
    limits.advance(wait.checked_sub(Duration::from_nanos(1)).unwrap());
    assert!(limits.count_customer(customer(1)).is_err());
    limits.advance(Duration::from_nanos(1));
    assert!(limits.count_customer(customer(1)).is_ok());
}

#[test]
fn customers_and_addresses_have_separate_limits() {
    let limits = limits("off", "1/m");
    assert_eq!(burst(&limits, 1), 1_000);
    assert!(limits.count_failure(address("0.0.0.1")).is_ok());
    assert!(limits.count_failure(address("0.0.0.1")).is_err());
    let limits = self::limits("1/m", "off");
    assert!((0..1_000).all(|_| limits.count_failure(address("::1")).is_ok()));
    assert_eq!(burst(&limits, 1), 1);
}

#[test]
fn ipv6_counts_by_64_and_ipv4_by_address() {
    let limits = limits("off", "1/m");
    let admits = |text: &str| limits.count_failure(address(text)).is_ok();
    assert!(admits("2001:db8:0:1::1"));
    assert!(!admits("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    assert!(admits("2001:db8:0:2::1") && admits("2001:db8:0:0:ffff:ffff:ffff:ffff"));
    assert!(admits("192.0.2.1") && admits("192.0.2.2"));
    assert!(!admits("::ffff:192.0.2.1") && !admits("192.0.2.2"));
}

#[test]
fn flood_of_keys_frees_no_limited_client() {
    let limits = limits("30/m", "300/m");
    let victim = address("2001:db8::1");
    while limits.count_failure(victim).is_ok() {}
    burst(&limits, 1);
    for number in 0..100_000_u64 {
        let half = u128::from(0x2002_0000_0000_0000 + number);
        assert!(limits.count_failure(IpAddr::V6((half << 64).into())).is_ok());
        assert!(limits.count_customer(customer(number + 2)).is_ok());
        limits.advance(Duration::from_nanos(100));
    }
    // That was a hundredth of a second, in which neither was refilled.
    assert!(limits.count_failure(victim).is_err());
    assert!(limits.count_customer(customer(1)).is_err());
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

/// Returns how many customers are remembered.
fn remembered(limits: &Clocked) -> usize {
    limits.customers.tats.lock().unwrap().len()
}

#[test]
fn however_many_keys_come_no_more_than_the_capacity_are_remembered() {
    let limits = limits("2/h", "off");
    for number in 1..=200_000 {
        limits.advance(Duration::from_nanos(1));
        limits.count_customer(customer(number)).unwrap();
        assert!(number % 100 > 0 || remembered(&limits) <= CAPACITY);
    }
    assert!(remembered(&limits) > CAPACITY / 2);
    let buckets = limits.customers.tats.lock().unwrap().capacity() * 8 / 7;
    assert!(buckets * (size_of::<(u64, Instant)>() + 1) < 2_000_000);
}

#[test]
fn a_full_table_forgets_those_who_used_least_and_nobody_who_is_limited() {
    let limits = limits("2/h", "off");
    (1..=100).for_each(|number| _ = burst(&limits, number));
    (101..=CAPACITY as u64).for_each(|number| {
        limits.advance(Duration::from_nanos(1));
        limits.count_customer(customer(number)).unwrap();
    });
    limits.count_customer(customer(1_000_000)).unwrap();
    assert!((1..=100).all(|number| limits.count_customer(customer(number)).is_err()));
    let is_known = |number| limits.customers.tats.lock().unwrap().contains_key(&number);
    assert!(!is_known(101) && is_known(CAPACITY as u64) && is_known(1_000_000));
    assert_eq!(remembered(&limits), CAPACITY - CAPACITY / 4);
}
