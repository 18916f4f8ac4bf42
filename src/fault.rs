//! Faults: tokens and responses that fail in a chosen way, so that an app's refresh can be tested.
//!
//! A [`FaultRule`] says which customers' requests meet which [`Fault`], and how often: `123=expired`,
//! `1-100=status:503*2`. This module only decides: the issuer signs and records, the server answers. Only a customer's
//! claims are ever changed, so no fault produces a server token.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::ErrorReport;
use crate::escape::escaped_or_redacted;
use crate::time::{Timestamp, humanize, parse_duration};
use crate::token::{Claims, ClaimsError, CustomerId};

/// The forms of a token's faults, for messages.
const TOKEN_FAULT_FORMS: &str =
    "expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed";

/// The faults that are written as a single word.
const WORDS: [(&str, Fault); 7] = [
    ("expired", Fault::Expired),
    ("not-yet-valid", Fault::NotYetValid),
    ("issued-in-future", Fault::IssuedInFuture),
    ("bad-signature", Fault::BadSignature),
    ("wrong-user", Fault::WrongUser),
    ("malformed", Fault::Malformed),
    ("drop", Fault::Drop),
];

/// How far the faulty times of a token are in the past or the future: more than clocks differ.
const DISTANCE: Duration = Duration::from_hours(1);

/// A fault of a token, or of the response to a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The token expired an hour ago.
    Expired,
    /// The token expires after this time.
    ExpiresIn(Duration),
    /// The token's `nbf` is an hour ahead.
    NotYetValid,
    /// The token's `iat` is an hour ahead.
    IssuedInFuture,
    /// The token is signed with a key that belongs to no app.
    BadSignature,
    /// The token is for a customer who does not exist.
    WrongUser,
    /// The token has no signature.
    Malformed,
    /// The response is an error with this status, 400 to 599.
    Status(u16),
    /// The response is delayed by this time.
    Delay(Duration),
    /// The connection is closed without a response.
    Drop,
}

impl Fault {
    /// The status in logs of a connection closed without a response, as nginx logs it.
    pub const DROPPED: u16 = 444;

    /// Parses a fault of a token.
    ///
    /// # Errors
    /// The text is not a fault, or is a fault of the response.
    pub fn parse_for_token(text: &str) -> Result<Self, ErrorReport> {
        let fault = text.parse().ok().filter(Self::is_of_token);
        fault.ok_or_else(|| not_a_fault(text, format!("a token can be {TOKEN_FAULT_FORMS}")))
    }

    /// Returns `true` if the token has the fault, and not the response.
    pub const fn is_of_token(&self) -> bool {
        !matches!(self, Self::Status(_) | Self::Delay(_) | Self::Drop)
    }

    /// Returns the status of the response, if it carries no token.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::Drop => Some(Self::DROPPED),
            _ => None,
        }
    }

    /// Returns `true` if the fault decides when the token expires.
    pub const fn sets_expiry(self) -> bool {
        matches!(self, Self::Expired | Self::ExpiresIn(_))
    }

    /// Returns the faulty claims that replace `granted`. A token that is not valid yet expires before it becomes valid.
    ///
    /// # Errors
    /// [`ClaimsError`] if a time would be 0.
    pub fn claims(self, granted: Claims, now: Timestamp) -> Result<Claims, ClaimsError> {
        let (past, future) = (now.before(DISTANCE), now.after(DISTANCE));
        let ends_by = granted.expires_at().map_or(future, |at| at.min(future));
        match self {
            Self::Expired if granted.issued_at().is_some() => {
                granted.with_iat(past.before(DISTANCE))?.with_exp(past)
            }
            Self::Expired => granted.with_exp(past),
            Self::NotYetValid => Ok(granted.with_exp(ends_by)?.with_nbf(future)),
            Self::IssuedInFuture => granted.with_exp(ends_by)?.with_iat(future),
            Self::WrongUser => Ok(granted.with_customer(nonexistent_user(granted.customer()))),
            _ => Ok(granted),
        }
    }

    /// Returns an explanation of the fault, for the user.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Expired => "it expired an hour ago: Stream answers 401, code 40",
            Self::ExpiresIn(_) => "once it has expired, Stream answers 401, code 40",
            Self::NotYetValid => "its nbf is an hour ahead: Stream answers 401, code 41",
            Self::IssuedInFuture => "its iat is an hour ahead: Stream answers 401, code 42",
            Self::BadSignature => "another key signed it: Stream answers 401, code 43",
            Self::WrongUser => "it is the token of another user, who does not exist",
            Self::Malformed => "it has no signature: Stream answers 401, code 5",
            Self::Status(_) | Self::Delay(_) | Self::Drop => "only the response has this fault",
        }
    }
}

/// Returns a different customer, whom no app has.
fn nonexistent_user(customer: CustomerId) -> CustomerId {
    let other = CustomerId::new(CustomerId::MAX).filter(|other| *other != customer);
    other.or_else(|| CustomerId::new(CustomerId::MAX - 1)).unwrap_or(customer)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiresIn(lifetime) => write!(f, "expires-in:{}", humanize(*lifetime)),
            Self::Status(status) => write!(f, "status:{status}"),
            Self::Delay(delay) => write!(f, "delay:{}", humanize(*delay)),
            other => {
                let word = WORDS.iter().find(|(_, fault)| fault == other);
                f.write_str(word.map_or("", |(word, _)| word))
            }
        }
    }
}

impl FromStr for Fault {
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        let duration = |text| parse_duration(text).ok().filter(|duration| !duration.is_zero());
        let fault = match text.split_once(':') {
            Some(("expires-in", lifetime)) => duration(lifetime).map(Self::ExpiresIn),
            Some(("delay", delay)) => duration(delay).map(Self::Delay),
            Some(("status", status)) => {
                status.parse().ok().filter(|status| (400..600).contains(status)).map(Self::Status)
            }
            _ => WORDS.iter().find(|(word, _)| *word == text).map(|(_, fault)| *fault),
        };
        fault.ok_or_else(|| {
            let others = "status:503 (from 400 to 599), delay:5s or drop";
            not_a_fault(text, format!("a fault is {TOKEN_FAULT_FORMS}, {others}"))
        })
    }
}

/// Returns the error for a text that is not a fault. `expected` is the hint.
fn not_a_fault(text: &str, expected: String) -> ErrorReport {
    ErrorReport::usage(format!("{} is not a fault", escaped_or_redacted(text)), expected)
}

/// A rule that gives the requests of some customers a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The customers' ids.
    customers: RangeInclusive<u64>,
    /// The fault of their requests.
    fault: Fault,
    /// The number of requests that the rule still applies to; `None` for no limit.
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
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        let not_a_rule = || {
            let expected = "a fault has the form 123=expired or 1-100=status:503*2, with customers from 1 to";
            not_a_fault(text, format!("{expected} {}, up to {MAX_TIMES} times", CustomerId::MAX))
        };
        let (customers, fault) = text.split_once('=').ok_or_else(not_a_rule)?;
        let customers = customer_range(customers).ok_or_else(not_a_rule)?;
        let (fault, times) =
            fault.split_once('*').map_or((fault, None), |(fault, times)| (fault, Some(times)));
        let remaining = times.map(|times| {
            let remaining = times.parse().ok().filter(|times| (1..=MAX_TIMES).contains(times));
            remaining.ok_or_else(not_a_rule)
        });
        Ok(Self { customers, fault: fault.parse()?, remaining: remaining.transpose()? })
    }
}

/// Parses a customer, or a range of customers.
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

/// The current state of a server's faults.
#[derive(Debug, Default)]
struct State {
    /// The rules. The first rule for a customer applies.
    rules: Vec<FaultRule>,
    /// Whether faults are forbidden, because the profile is a production profile.
    is_forbidden: bool,
}

impl Faults {
    /// The most rules at once.
    pub const MAX: usize = 100;

    /// The message that refuses faults for a production profile.
    pub const FORBIDDEN: &str = "nothing of a production profile is made to fail";

    /// Appends rules.
    ///
    /// # Errors
    /// Faults are forbidden, or there would be too many rules. No rule is added.
    pub fn add(&self, rules: &[FaultRule]) -> Result<(), ErrorReport> {
        let mut state = self.lock();
        let message = if state.is_forbidden {
            Self::FORBIDDEN.into()
        } else if state.rules.len() + rules.len() > Self::MAX {
            format!("there can be at most {} faults", Self::MAX)
        } else {
            state.rules.extend_from_slice(rules);
            return Ok(());
        };
        Err(ErrorReport::usage(message, "give ranges of customers"))
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Allows faults, or removes all rules and forbids faults.
    pub fn allow(&self, is_allowed: bool) {
        let mut state = self.lock();
        state.is_forbidden = !is_allowed;
        if !is_allowed {
            state.rules.clear();
        }
    }

    /// Returns `true` if faults are forbidden.
    pub fn is_forbidden(&self) -> bool {
        self.lock().is_forbidden
    }

    /// Returns the fault of a customer's request, and counts the request. A rule that reaches its limit is removed, and the
    /// next rule for the customer applies to later requests.
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

    /// Returns the rules as they are written, with the number of requests that each still applies to.
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

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn granted() -> Claims {
        Claims::new(CustomerId::new(123).unwrap())
    }

    #[test]
    fn token_faults_parse_their_own_text() {
        for form in TOKEN_FAULT_FORMS.split(", ") {
            assert_eq!(Fault::parse_for_token(form).unwrap().to_string(), form);
        }
    }

    #[test]
    fn unknown_token_fault_is_refused_with_the_known_ones() {
        for text in ["", "Expired", "expired ", "expired:1s", "expires-in", "expires-in:", "expires-in:0s"]
            .into_iter()
            .chain(["expires-in:10", "expires-in:-1s", "revoked", "status:503", "delay:5s", "drop"])
        {
            let error = Fault::parse_for_token(text).unwrap_err();
            let hint = error.hint.as_deref().unwrap();
            assert!(hint.starts_with("a token can be expired, "), "{text:?}: {error:?}");
        }
    }

    #[test]
    fn expired_token_has_an_earlier_iat() {
        let now = at(100_000);
        let plain = Fault::Expired.claims(granted(), now).unwrap();
        assert_eq!((plain.expires_at(), plain.issued_at()), (Some(at(96_400)), None));
        let dated = Fault::Expired.claims(granted().with_iat(at(99_995)).unwrap(), now).unwrap();
        assert_eq!((dated.expires_at(), dated.issued_at()), (Some(at(96_400)), Some(at(92_800))));
    }

    #[test]
    fn not_yet_valid_token_never_becomes_valid() {
        let (now, hour_ahead) = (at(100_000), at(103_600));
        let future = Fault::IssuedInFuture.claims(granted(), now).unwrap();
        assert_eq!((future.issued_at(), future.expires_at()), (Some(hour_ahead), Some(hour_ahead)));
        let short = granted().with_exp(at(100_060)).unwrap();
        for fault in [Fault::NotYetValid, Fault::IssuedInFuture] {
            assert_eq!(fault.claims(granted(), now).unwrap().expires_at(), Some(hour_ahead));
            assert_eq!(fault.claims(short, now).unwrap().expires_at(), Some(at(100_060)));
        }
    }

    #[test]
    fn wrong_user_is_never_the_customer() {
        for id in [1, 123, CustomerId::MAX - 1, CustomerId::MAX] {
            let customer = CustomerId::new(id).unwrap();
            let claims = Fault::WrongUser.claims(Claims::new(customer), at(1)).unwrap();
            assert!(claims.customer() != customer && claims.customer().get() >= CustomerId::MAX - 1);
        }
    }

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
    fn rules_parse_their_own_text() {
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
    fn malformed_rule_is_refused_with_the_expected_form() {
        for text in [
            "",
            "expired",
            "=expired",
            "0=expired",
            "2-1=expired",
            "1-=expired",
            "*=expired",
            "1=expired*0",
            "1=expired*",
            "1=expired*-1",
            "1=expired*1000001",
        ] {
            let error = text.parse::<FaultRule>().unwrap_err();
            let hint = error.hint.as_deref().unwrap();
            assert!(hint.starts_with("a fault has the form 123="), "{text:?}: {error:?}");
        }
        for fault in ["", "revoked", "drop:1", "status:200", "status:399", "status:600", "status"]
            .into_iter()
            .chain(["delay:", "delay:0s", "expires-in:x"])
        {
            let error = format!("1={fault}").parse::<FaultRule>().unwrap_err();
            let hint = error.hint.as_deref().unwrap();
            assert!(hint.starts_with("a fault is expired, "), "{fault:?}: {error:?}");
        }
    }

    #[test]
    fn first_matching_rule_applies_until_it_is_used_up() {
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
    fn forbidding_faults_removes_all_and_refuses_new_ones() {
        let faults = faults(&["5=drop"]);
        faults.allow(false);
        assert!(faults.list().is_empty());
        assert_eq!(faults.add(&[rule("5=drop")]).unwrap_err().message, Faults::FORBIDDEN);
        faults.allow(true);
        assert_eq!(faults.add(&[rule("5=drop")]), Ok(()));
    }

    #[test]
    fn there_are_at_most_a_hundred_rules() {
        let faults = faults(&vec!["5=drop"; Faults::MAX]);
        assert_eq!(faults.add(&[rule("5=drop")]).unwrap_err().message, "there can be at most 100 faults");
        assert_eq!(faults.list().len(), Faults::MAX);
    }
}
