//! A profile's policy: what its tokens must be like. It decides, and does nothing.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use thiserror::Error;

use crate::error::{Diagnostic, ErrorReport, Exit};
use crate::fault::TokenFault;
use crate::time::{Timestamp, humanize, parse_duration};

/// How far back policy sets `iat`, for clocks that differ (contract section 2, code 42).
pub const IAT_SKEW: Duration = Duration::from_secs(5);

/// What a profile's tokens must be like. The configuration contains it in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The lifetime of a token by default.
    #[serde(deserialize_with = "lifetime")]
    pub default_lifetime: Option<Duration>,
    /// The longest lifetime of a token.
    #[serde(deserialize_with = "lifetime")]
    pub longest_lifetime: Option<Duration>,
    /// Whether tokens contain when they were issued.
    #[serde(rename = "issued_at")]
    pub has_issued_at: bool,
    /// Whether the app is in production: minting for it is confirmed, and every token expires.
    #[serde(rename = "production")]
    pub is_production: bool,
    /// Whether a person who mints says why. The endpoint mints without a person.
    #[serde(rename = "require_reason")]
    pub requires_reason: bool,
}

/// Reads a lifetime.
fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    parse_lifetime(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Parses a lifetime, which is longer than 0.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a lifetime of 0 ends before it starts".into()),
        other => other.map_err(|error| error.to_string()),
    }
}

/// A request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// When the token is to expire.
    pub expiry: Expiry,
    /// The time of issue that it is to contain.
    pub issued_at: Option<Timestamp>,
    /// How it is to fail.
    pub fault: Option<TokenFault>,
}

/// Why tokens are needed, as a person says: one line of 1 to [`Reason::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The most characters of a reason.
    pub const MAX: usize = 200;

    /// Returns the text. It may contain characters that are not to be shown as they are.
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

/// When a token is to expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// As the policy decides.
    PolicyDefault,
    /// Never.
    Never,
    /// At this time.
    At(Timestamp),
}

/// The lifetime of the tokens that the endpoint issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As the policy decides.
    PolicyDefault,
    /// They never expire.
    Never,
    /// For this long.
    For(Duration),
}

impl Lifetime {
    /// Returns the expiry to request at a time.
    pub fn expiry(self, now: Timestamp) -> Expiry {
        match self {
            Self::PolicyDefault => Expiry::PolicyDefault,
            Self::Never => Expiry::Never,
            Self::For(lifetime) => Expiry::At(now.after(lifetime)),
        }
    }
}

/// What a token may contain. Only policy makes a grant, so nothing is minted that it did not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// `exp`
    expires_at: Option<Timestamp>,
    /// `iat`
    issued_at: Option<Timestamp>,
    /// How it fails, and since when.
    fault: Option<(TokenFault, Timestamp)>,
}

impl Grant {
    /// Makes a grant that no policy decided.
    #[cfg(test)]
    pub(crate) const fn unlimited(expires_at: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        Self { expires_at, issued_at, fault: None }
    }

    /// Returns when the token expires; `None` is never.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the time of issue that the token contains, if any.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Returns how the token fails, if it is to, and the time for which that was granted.
    pub const fn fault(&self) -> Option<(TokenFault, Timestamp)> {
        self.fault
    }
}

/// Why policy refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// A token that never expires, in production.
    #[error("policy: tokens of a production profile must expire")]
    NeverInProduction,
    /// A token or a response that fails on purpose, in production.
    #[error("policy: nothing of a production profile is made to fail")]
    FaultInProduction,
    /// A token for which nobody says why it is needed.
    #[error("policy: this profile requires a reason, and none was given")]
    ReasonMissing,
    /// A token that never expires, where this is the longest lifetime.
    #[error("policy: tokens of this profile live {} at most, not for ever", humanize(*.0))]
    Never(Duration),
    /// A token that would live this long, where the second is the longest lifetime.
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
    /// Decides what a token may contain that is minted now.
    ///
    /// # Errors
    /// [`PolicyError`] if policy refuses the request. What was not requested is set by policy, and never refused.
    pub fn evaluate(&self, request: &TokenRequest, now: Timestamp) -> Result<Grant, PolicyError> {
        if request.fault.is_some() {
            self.allow_fault()?;
        }
        let expiry = match request.fault {
            Some(TokenFault::ExpiresIn(lifetime)) => Expiry::At(now.after(lifetime)),
            _ => request.expiry,
        };
        let expires_at = match (expiry, self.longest_lifetime) {
            (Expiry::PolicyDefault, longest) => {
                self.default_lifetime.or(longest).map(|lifetime| now.after(lifetime))
            }
            (Expiry::Never, _) if self.is_production => return Err(PolicyError::NeverInProduction),
            (Expiry::Never, Some(longest)) => return Err(PolicyError::Never(longest)),
            (Expiry::At(at), Some(longest)) if at > now.after(longest) => {
                let asked = Duration::from_secs(at.epoch_seconds().saturating_sub(now.epoch_seconds()));
                return Err(PolicyError::TooLong(asked, longest));
            }
            (Expiry::Never, None) => None,
            (Expiry::At(at), _) => Some(at),
        };
        let backdated = self.has_issued_at.then(|| now.before(IAT_SKEW));
        let fault = request.fault.map(|fault| (fault, now));
        Ok(Grant { expires_at, issued_at: request.issued_at.or(backdated), fault })
    }

    /// Allows what fails on purpose.
    ///
    /// # Errors
    /// [`PolicyError::FaultInProduction`].
    pub fn allow_fault(&self) -> Result<(), PolicyError> {
        if self.is_production { Err(PolicyError::FaultInProduction) } else { Ok(()) }
    }

    /// Allows to mint for a person who gives this reason.
    ///
    /// # Errors
    /// [`PolicyError::ReasonMissing`].
    pub fn allow_reason(&self, reason: Option<&Reason>) -> Result<(), PolicyError> {
        if self.requires_reason && reason.is_none() { Err(PolicyError::ReasonMissing) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_counts_from_the_time_of_issue() {
        let now = Timestamp::from_epoch_seconds(1_000).unwrap();
        let hour = Duration::from_hours(1);
        assert_eq!(Lifetime::For(hour).expiry(now), Expiry::At(now.after(hour)));
        assert_eq!(Lifetime::Never.expiry(now), Expiry::Never);
        assert_eq!(Lifetime::PolicyDefault.expiry(now), Expiry::PolicyDefault);
    }

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
    fn decides_when_a_token_ends() {
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
            (both, Expiry::PolicyDefault, Ok(Some(13_600))),
            (both, Expiry::At(at(17_200)), Ok(Some(17_200))),
            (production, Expiry::PolicyDefault, Ok(Some(13_600))),
            (production, Expiry::Never, Err(PolicyError::NeverInProduction)),
        ] {
            assert_eq!(decided(policy, expiry), decision, "{policy:?} {expiry:?}");
        }
    }

    #[test]
    fn nothing_of_a_production_profile_is_made_to_fail() {
        let request =
            TokenRequest { expiry: Expiry::Never, issued_at: None, fault: Some(TokenFault::Malformed) };
        let production = Policy { is_production: true, ..Policy::default() };
        assert_eq!(production.evaluate(&request, at(1)), Err(PolicyError::FaultInProduction));
        assert_eq!(
            Policy::default().evaluate(&request, at(1)).unwrap().fault(),
            Some((TokenFault::Malformed, at(1)))
        );
    }

    #[test]
    fn a_fault_lives_no_longer_than_the_policy_allows() {
        let ends = |lifetime| {
            let fault = Some(TokenFault::ExpiresIn(lifetime));
            let request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault };
            let policy = Policy { longest_lifetime: Some(HOUR), ..Policy::default() };
            policy.evaluate(&request, at(10_000)).map(|grant| grant.expires_at())
        };
        assert_eq!(ends(Duration::from_secs(10)), Ok(Some(at(10_010))));
        assert_eq!(ends(2 * HOUR), Err(PolicyError::TooLong(2 * HOUR, HOUR)));
    }

    #[test]
    fn puts_iat_five_seconds_back_unless_one_was_asked_for() {
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
    fn leaves_iat_out_where_nobody_wants_it() {
        let request = TokenRequest { expiry: Expiry::PolicyDefault, issued_at: None, fault: None };
        assert_eq!(Policy::default().evaluate(&request, at(100)).unwrap().issued_at, None);
    }
}
