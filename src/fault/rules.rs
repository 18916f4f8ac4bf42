//! Which customer of the endpoint meets which fault, and how often: `123=expired`, `1-100=status:503*2`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;

use super::error::{Expected, FaultError, duration};
use super::token_fault::TokenFault;
use crate::time::humanize;
use crate::token::CustomerId;

/// How a request for a token fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The token fails.
    Token(TokenFault),
    /// The response is an error with this status, 400 to 599.
    Status(u16),
    /// The response comes this much later.
    Delay(Duration),
    /// The connection is closed without a response.
    Drop,
}

impl Fault {
    /// The status in logs of a connection that was closed without a response, as nginx logs it.
    pub const DROPPED: u16 = 444;

    /// Returns how the token fails, if there is one that does.
    #[must_use]
    pub const fn token(self) -> Option<TokenFault> {
        match self {
            Self::Token(fault) => Some(fault),
            Self::Status(_) | Self::Delay(_) | Self::Drop => None,
        }
    }

    /// Returns the status of the response, if there is to be no token.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::Drop => Some(Self::DROPPED),
            Self::Token(_) | Self::Delay(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(fault) => fault.fmt(f),
            Self::Status(status) => write!(f, "status:{status}"),
            Self::Delay(delay) => write!(f, "delay:{}", humanize(*delay)),
            Self::Drop => f.write_str("drop"),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        match text.split_once(':') {
            Some(("status", status)) => {
                let status = status.parse().ok().filter(|status| (400..600).contains(status));
                status.map(Self::Status).ok_or_else(|| FaultError::new(text, Expected::Status))
            }
            Some(("delay", delay)) => duration(text, delay).map(Self::Delay),
            None if text == "drop" => Ok(Self::Drop),
            Some(("expires-in", _)) => text.parse().map(Self::Token),
            _ => text.parse().map(Self::Token).map_err(|_| FaultError::new(text, Expected::Fault)),
        }
    }
}

/// A fault that requests of some customers meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The customers' ids.
    customers: RangeInclusive<u64>,
    /// How their requests fail.
    fault: Fault,
    /// How many requests still do; `None` for all.
    remaining: Option<u32>,
}

/// The most requests that a rule can be limited to.
const MAX_TIMES: u32 = 1_000_000;

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.customers.start(), self.customers.end());
        write!(f, "{first}")?;
        if first != last {
            write!(f, "-{last}")?;
        }
        write!(f, "={}", self.fault)?;
        self.remaining.map_or(Ok(()), |remaining| write!(f, "*{remaining}"))
    }
}

impl FromStr for FaultRule {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let no_rule = || FaultError::new(text, Expected::Rule);
        let (customers, fault) = text.split_once('=').ok_or_else(no_rule)?;
        let (fault, remaining) = match fault.split_once('*') {
            None => (fault, None),
            Some((fault, times)) => {
                let times = times.parse().ok().filter(|times| (1..=MAX_TIMES).contains(times));
                (fault, Some(times.ok_or_else(|| FaultError::new(text, Expected::Times))?))
            }
        };
        let customers = customer_range(customers).ok_or_else(no_rule)?;
        Ok(Self { customers, fault: fault.parse()?, remaining })
    }
}

/// Reads a customer, or the first and the last of a range.
fn customer_range(text: &str) -> Option<RangeInclusive<u64>> {
    let id = |text: &str| text.parse::<CustomerId>().ok().map(CustomerId::get);
    if let Some(one) = id(text) {
        return Some(one..=one);
    }
    let (first, last) = text.split_once('-')?;
    let range = id(first)?..=id(last)?;
    (!range.is_empty()).then_some(range)
}

/// The faults of a server. They can be changed while it runs.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

/// What the server's faults are now.
#[derive(Debug, Default)]
struct State {
    /// The rules: the first for a customer counts.
    rules: Vec<FaultRule>,
    /// Whether there can be none, because the profile is a production profile.
    is_forbidden: bool,
}

/// Why faults cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FaultsError {
    /// The profile is a production profile.
    #[error("nothing of a production profile is made to fail")]
    Forbidden,
    /// There would be too many.
    #[error("there can be at most {} faults", Faults::MAX)]
    TooMany,
}

impl Faults {
    /// The most rules at once.
    pub const MAX: usize = 100;

    /// Adds rules after those that there are.
    ///
    /// # Errors
    /// [`FaultsError`], and none is added.
    pub fn add(&self, rules: &[FaultRule]) -> Result<(), FaultsError> {
        let mut state = self.lock();
        if state.is_forbidden {
            return Err(FaultsError::Forbidden);
        }
        if state.rules.len() + rules.len() > Self::MAX {
            return Err(FaultsError::TooMany);
        }
        state.rules.extend_from_slice(rules);
        Ok(())
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Allows faults from now on; or removes and forbids them.
    pub fn allow(&self, is_allowed: bool) {
        let mut state = self.lock();
        state.is_forbidden = !is_allowed;
        if !is_allowed {
            state.rules.clear();
        }
    }

    /// Returns `true` if there can be no faults.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.lock().is_forbidden
    }

    /// Returns the fault that a customer's request meets now, and counts the request. A rule that was limited to so many
    /// requests is then used up, and the next rule for the customer counts.
    #[must_use]
    pub fn next(&self, customer: CustomerId) -> Option<Fault> {
        let mut state = self.lock();
        let at = state.rules.iter().position(|rule| rule.customers.contains(&customer.get()))?;
        let rule = &mut state.rules[at];
        let fault = rule.fault;
        rule.remaining = rule.remaining.map(|remaining| remaining.saturating_sub(1));
        if rule.remaining == Some(0) {
            state.rules.remove(at);
        }
        Some(fault)
    }

    /// Returns the rules as they are written, with how often each still counts.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        self.lock().rules.iter().map(ToString::to_string).collect()
    }

    /// Locks the rules.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FaultRule {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    fn faults(rules: &[&str]) -> Faults {
        let faults = Faults::default();
        faults.add(&rules.iter().map(|text| rule(text)).collect::<Vec<_>>()).unwrap();
        faults
    }

    fn next(faults: &Faults, customer: u64) -> String {
        let fault = faults.next(CustomerId::new(customer).unwrap());
        fault.map_or("none".into(), |fault| fault.to_string())
    }

    #[test]
    fn every_rule_is_read_in_the_form_in_which_it_is_shown() {
        for text in [
            "123=expired",
            "1-100=status:503*2",
            "1-9223372036854775807=drop",
            "5=expires-in:10s*1000000",
            "5=delay:1m",
        ] {
            assert_eq!(rule(text).to_string(), text);
        }
        assert_eq!(rule("customer-123=malformed").to_string(), "123=malformed");
        assert_eq!(rule("7-7=malformed").to_string(), "7=malformed");
    }

    #[test]
    fn what_is_no_rule_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("", Expected::Rule),
            ("expired", Expected::Rule),
            ("=expired", Expected::Rule),
            ("0=expired", Expected::Rule),
            ("2-1=expired", Expected::Rule),
            ("1-=expired", Expected::Rule),
            ("*=expired", Expected::Rule),
            ("1=expired*0", Expected::Times),
            ("1=expired*", Expected::Times),
            ("1=expired*-1", Expected::Times),
            ("1=expired*1000001", Expected::Times),
        ] {
            assert_eq!(text.parse::<FaultRule>(), Err(FaultError::new(text, expected)), "{text:?}");
        }
        for (fault, expected) in [
            ("", Expected::Fault),
            ("revoked", Expected::Fault),
            ("drop:1", Expected::Fault),
            ("status:200", Expected::Status),
            ("status:399", Expected::Status),
            ("status:600", Expected::Status),
            ("status", Expected::Fault),
            ("delay:", Expected::Duration),
            ("delay:0s", Expected::Duration),
            ("expires-in:x", Expected::Duration),
        ] {
            let error = format!("1={fault}").parse::<FaultRule>();
            assert_eq!(error, Err(FaultError::new(fault, expected)), "{fault:?}");
        }
    }

    #[test]
    fn the_first_rule_for_a_customer_counts_until_it_is_used_up() {
        let faults = faults(&["5=status:503*2", "1-9=expired*1", "5=drop"]);
        assert_eq!(next(&faults, 10), "none");
        assert_eq!(
            [5, 5, 5, 5, 5].map(|id| next(&faults, id)),
            ["status:503", "status:503", "expired", "drop", "drop"]
        );
        assert_eq!(next(&faults, 1), "none");
        assert_eq!(faults.list(), ["5=drop"]);
        faults.clear();
        assert_eq!(next(&faults, 5), "none");
    }

    #[test]
    fn what_is_forbidden_is_gone_and_cannot_be_added() {
        let faults = faults(&["5=drop"]);
        faults.allow(false);
        assert!(faults.list().is_empty());
        assert_eq!(faults.add(&[rule("5=drop")]), Err(FaultsError::Forbidden));
        faults.allow(true);
        assert_eq!(faults.add(&[rule("5=drop")]), Ok(()));
    }

    #[test]
    fn there_are_at_most_a_hundred_rules() {
        let faults = faults(&vec!["5=drop"; Faults::MAX]);
        assert_eq!(faults.add(&[rule("5=drop")]), Err(FaultsError::TooMany));
        assert_eq!(faults.list().len(), Faults::MAX);
    }
}
