//! The limits by a clock that stands until it is told to go on.

use governor::clock::FakeRelativeClock;

use super::contract::RateLimiter as _;
use super::*;

/// Limits, and the clock that they count by.
fn limits(customers: &str, addresses: &str) -> (RateLimiters<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (
        RateLimiters::with_clock(&clock, Rate::parse(customers).unwrap(), Rate::parse(addresses).unwrap()),
        clock,
    )
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Counts how often a customer is admitted at once.
fn burst(limits: &RateLimiters<FakeRelativeClock>, number: u64) -> usize {
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
