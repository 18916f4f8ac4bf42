//! A profile's policy: the requirements for its tokens. Its functions are pure.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use thiserror::Error;

use crate::error::{Diagnostic, ErrorReport, Exit};
use crate::fault::Fault;
use crate::time::{Timestamp, humanize, parse_duration};

/// The duration by which policy backdates `iat`, to allow for clock skew (contract section 2, code 42).
pub const IAT_SKEW: Duration = Duration::from_secs(5);

/// The requirements for a profile's tokens. The configuration contains a policy in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The default lifetime of a token.
    #[serde(deserialize_with = "lifetime")]
    pub default_lifetime: Option<Duration>,
    /// The longest lifetime of a token.
    #[serde(deserialize_with = "lifetime")]
    pub longest_lifetime: Option<Duration>,
    /// Whether tokens contain `iat`.
    #[serde(rename = "issued_at")]
    pub has_issued_at: bool,
    /// Whether the app is in production: minting needs a confirmation, and every token must expire.
    #[serde(rename = "production")]
    pub is_production: bool,
    /// Whether a person must give a reason to mint tokens. The endpoint needs none.
    #[serde(rename = "require_reason")]
    pub requires_reason: bool,
}

/// Deserializes a lifetime.
fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    parse_lifetime(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Parses a lifetime, which must be longer than 0.
///
/// # Errors
/// A message that says why the text is not a lifetime.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a lifetime of 0 ends before it starts".into()),
        other => other.map_err(|error| error.to_string()),
    }
}

/// A request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// The requested expiry.
    pub expiry: Expiry,
    /// The requested `iat`.
    pub issued_at: Option<Timestamp>,
    /// The fault to inject into the token.
    pub fault: Option<Fault>,
}

/// A person's reason for minting tokens: one line of 1 to [`Reason::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The most characters of a reason.
    pub const MAX: usize = 200;

    /// Returns the text. It may contain characters that must be escaped before they are displayed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ErrorReport;

    fn from_str(text: &str) -> Result<Self, ErrorReport> {
        let text = text.trim();
        let is_reason = (1..=Self::MAX).contains(&text.chars().count()) && !text.contains(char::is_control);
        is_reason.then(|| Self(text.to_owned())).ok_or_else(|| {
            let message = format!("a reason is one line of 1 to {} characters", Self::MAX);
            ErrorReport::usage(message, "say why with --reason TEXT")
        })
    }
}

/// The requested expiry of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The expiry that the policy sets.
    PolicyDefault,
    /// No expiry.
    Never,
    /// Expiry at this time.
    At(Timestamp),
    /// Expiry this long after the token is minted.
    In(Duration),
}

/// The claims that a token may contain. Only a policy creates a grant, so every minted token was allowed by a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The expiry (`exp`).
    expires_at: Option<Timestamp>,
    /// The time of issue (`iat`).
    issued_at: Option<Timestamp>,
    /// The fault to inject, and the time at which it was granted.
    fault: Option<(Fault, Timestamp)>,
}

impl Grant {
    /// Creates a grant without a policy.
    #[cfg(test)]
    pub(crate) const fn unlimited(expires_at: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        Self { expires_at, issued_at, fault: None }
    }

    /// Returns the time at which the token expires; `None` if it never expires.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the time of issue that the token contains, if any.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Returns the fault to inject, if any, and the time at which it was granted.
    pub const fn fault(&self) -> Option<(Fault, Timestamp)> {
        self.fault
    }
}

/// The reason why a policy refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The token would never expire, and the profile is in production.
    #[error("policy: tokens of a production profile must expire")]
    NeverInProduction,
    /// The token or response would have an injected fault, and the profile is in production.
    #[error("policy: nothing of a production profile is made to fail")]
    FaultInProduction,
    /// The policy requires a reason, and none was given.
    #[error("policy: this profile requires a reason, and none was given")]
    ReasonMissing,
    /// The token would never expire, and this is the longest lifetime.
    #[error("policy: tokens of this profile live {} at most, not for ever", humanize(*.0))]
    Never(Duration),
    /// The token would have the first lifetime, and the second is the longest lifetime.
    #[error("policy: tokens of this profile live {} at most, not {}", humanize(*.1), humanize(*.0))]
    TooLong(Duration, Duration),
}

impl Diagnostic for PolicyError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NeverInProduction => "leave --expires out, or give one".into(),
            Self::ReasonMissing => "say why they are needed, with --reason TEXT".into(),
            Self::FaultInProduction => "leave --fault out, or use the profile of an app for tests".into(),
            Self::Never(longest) | Self::TooLong(_, longest) => {
                format!("use --expires {} or less", humanize(*longest))
            }
        })
    }
}

impl Policy {
    /// Decides which claims a token minted at `now` may contain.
    ///
    /// # Errors
    /// [`PolicyError`] if the policy refuses the request. Claims that were not requested are set by the policy, and never
    /// refused.
    pub fn evaluate(&self, request: &TokenRequest, now: Timestamp) -> Result<Grant, PolicyError> {
        if request.fault.is_some() {
            self.allow_fault()?;
        }
        let requested = match (request.fault, request.expiry) {
            (Some(Fault::ExpiresIn(lifetime)), _) | (_, Expiry::In(lifetime)) => Some(now.after(lifetime)),
            (_, Expiry::At(at)) => Some(at),
            (_, Expiry::PolicyDefault | Expiry::Never) => None,
        };
        let expires_at = match (requested, self.longest_lifetime) {
            (Some(at), Some(longest)) if at > now.after(longest) => {
                let asked = Duration::from_secs(at.epoch_seconds().saturating_sub(now.epoch_seconds()));
                return Err(PolicyError::TooLong(asked, longest));
            }
            (Some(at), _) => Some(at),
            (None, longest) if request.expiry == Expiry::PolicyDefault => {
                self.default_lifetime.or(longest).map(|lifetime| now.after(lifetime))
            }
            (None, _) if self.is_production => return Err(PolicyError::NeverInProduction),
            (None, Some(longest)) => return Err(PolicyError::Never(longest)),
            (None, None) => None,
        };
        let backdated = self.has_issued_at.then(|| now.before(IAT_SKEW));
        let fault = request.fault.map(|fault| (fault, now));
        Ok(Grant { expires_at, issued_at: request.issued_at.or(backdated), fault })
    }

    /// Checks that the policy allows an injected fault.
    ///
    /// # Errors
    /// [`PolicyError::FaultInProduction`] if the profile is in production.
    pub fn allow_fault(&self) -> Result<(), PolicyError> {
        if self.is_production { Err(PolicyError::FaultInProduction) } else { Ok(()) }
    }

    /// Checks that the policy allows a person to mint tokens for this reason.
    ///
    /// # Errors
    /// [`PolicyError::ReasonMissing`] if the policy requires a reason and none is given.
    pub fn allow_reason(&self, reason: Option<&Reason>) -> Result<(), PolicyError> {
        if self.requires_reason && reason.is_none() { Err(PolicyError::ReasonMissing) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn decided(policy: Policy, expiry: Expiry) -> Result<Option<u64>, PolicyError> {
        let request = TokenRequest { expiry, issued_at: None, fault: None };
        let grant = policy.evaluate(&request, at(10_000))?;
        Ok(grant.expires_at.map(Timestamp::epoch_seconds))
    }

    #[test]
    fn policy_decides_the_expiry() {
        let none = Policy::default();
        let default = Policy { default_lifetime: Some(HOUR), ..none };
        let longest = Policy { longest_lifetime: Some(HOUR), ..none };
        let both = Policy { longest_lifetime: Some(2 * HOUR), ..default };
        let production = Policy { is_production: true, ..default };
        let too_long = Err(PolicyError::TooLong(Duration::from_secs(3_601), HOUR));
        for (policy, expiry, decision) in [
            (none, Expiry::PolicyDefault, Ok(None)),
            (none, Expiry::Never, Ok(None)),
            (none, Expiry::At(at(99_999)), Ok(Some(99_999))),
            (default, Expiry::PolicyDefault, Ok(Some(13_600))),
            (default, Expiry::Never, Ok(None)),
            (default, Expiry::At(at(99_999)), Ok(Some(99_999))),
            (longest, Expiry::PolicyDefault, Ok(Some(13_600))),
            (longest, Expiry::Never, Err(PolicyError::Never(HOUR))),
            (longest, Expiry::At(at(13_600)), Ok(Some(13_600))),
            (longest, Expiry::At(at(13_601)), too_long),
            (longest, Expiry::In(HOUR), Ok(Some(13_600))),
            (longest, Expiry::In(Duration::from_secs(3_601)), too_long),
            (both, Expiry::PolicyDefault, Ok(Some(13_600))),
            (both, Expiry::At(at(17_200)), Ok(Some(17_200))),
            (production, Expiry::PolicyDefault, Ok(Some(13_600))),
            (production, Expiry::Never, Err(PolicyError::NeverInProduction)),
        ] {
            assert_eq!(decided(policy, expiry), decision, "{policy:?} {expiry:?}");
        }
    }

    #[test]
    fn faults_are_refused_for_production() {
        let request = TokenRequest { expiry: Expiry::Never, issued_at: None, fault: Some(Fault::Malformed) };
        let production = Policy { is_production: true, ..Policy::default() };
        assert_eq!(production.evaluate(&request, at(1)), Err(PolicyError::FaultInProduction));
        assert_eq!(
            Policy::default().evaluate(&request, at(1)).unwrap().fault(),
            Some((Fault::Malformed, at(1)))
        );
    }

    #[test]
    fn a_fault_lives_no_longer_than_the_policy_allows() {
        let ends = |lifetime| {
            let fault = Some(Fault::ExpiresIn(lifetime));
            let request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault };
            let policy = Policy { longest_lifetime: Some(HOUR), ..Policy::default() };
            policy.evaluate(&request, at(10_000)).map(|grant| grant.expires_at())
        };
        assert_eq!(ends(Duration::from_secs(10)), Ok(Some(at(10_010))));
        assert_eq!(ends(2 * HOUR), Err(PolicyError::TooLong(2 * HOUR, HOUR)));
    }

    #[test]
    fn iat_is_five_seconds_back_unless_given() {
        let policy = Policy { has_issued_at: true, ..Policy::default() };
        let issued = |issued_at| {
            policy
                .evaluate(&TokenRequest { expiry: Expiry::PolicyDefault, issued_at, fault: None }, at(100))
                .unwrap()
                .issued_at
        };
        assert_eq!(issued(None), Some(at(95)));
        assert_eq!(issued(Some(at(100))), Some(at(100)));
    }

    #[test]
    fn iat_is_omitted_by_default() {
        let request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault: None };
        assert_eq!(Policy::default().evaluate(&request, at(100)).unwrap().issued_at, None);
    }
}
