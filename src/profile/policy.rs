//! A profile's policy: what its tokens must be like. Pure: asked for, decided, nothing done.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::time::{Timestamp, humanize};

/// How far back policy puts `iat`, for clocks that differ (contract section 2, code 42).
pub const BACKDATED: Duration = Duration::from_secs(5);

/// What a profile's tokens must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// How long a token lives for which nothing was said.
    pub default_lifetime: Option<Duration>,
    /// How long a token lives at most.
    pub longest_lifetime: Option<Duration>,
    /// Whether tokens say when they were issued.
    pub has_issued_at: bool,
    /// Whether the app is in production: minting for it is confirmed, and no token lives for ever.
    pub is_production: bool,
}

/// What is asked for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// When it is to end.
    pub expiry: Expiry,
    /// When it is to say that it was issued.
    pub issued_at: Option<Timestamp>,
}

/// When a token is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Nothing was said.
    Unsaid,
    /// Not before it is revoked.
    Never,
    /// At this time.
    At(Timestamp),
}

/// How long the tokens live that the endpoint issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As the policy says by default.
    PolicyDefault,
    /// Until they are revoked.
    Never,
    /// For this long.
    For(Duration),
}

impl Lifetime {
    /// Returns the expiry to ask for at a time.
    #[must_use]
    pub fn expiry(self, now: Timestamp) -> Expiry {
        match self {
            Self::PolicyDefault => Expiry::Unsaid,
            Self::Never => Expiry::Never,
            Self::For(lifetime) => Expiry::At(now.after(lifetime)),
        }
    }
}

/// What a token gets. Only policy makes terms, so nothing is minted that it did not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// `exp`
    expires_at: Option<Timestamp>,
    /// `iat`
    issued_at: Option<Timestamp>,
}

impl Terms {
    /// Makes terms that no policy decided.
    #[cfg(test)]
    pub(crate) const fn undecided(expires_at: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        Self { expires_at, issued_at }
    }

    /// Returns when the token ends; `None` is not before it is revoked.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns when the token says that it was issued; `None` is that it does not say.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }
}

/// Why policy refuses what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// A token without end, in production.
    EndlessInProduction,
    /// A token without end, where there is a longest lifetime.
    Endless {
        /// The longest lifetime.
        longest: Duration,
    },
    /// A token that lives longer than the longest.
    TooLong {
        /// How long it would live.
        asked: Duration,
        /// The longest lifetime.
        longest: Duration,
    },
}

impl PolicyError {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::EndlessInProduction => "leave --expires out, or give one".into(),
            Self::Endless { longest } | Self::TooLong { longest, .. } => {
                format!("use --expires {} or less", humanize(*longest))
            }
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndlessInProduction => f.write_str("policy: tokens of a production profile must expire"),
            Self::Endless { longest } => {
                write!(f, "policy: tokens of this profile live {} at most, not for ever", humanize(*longest))
            }
            Self::TooLong { asked, longest } => {
                write!(
                    f,
                    "policy: tokens of this profile live {} at most, not {}",
                    humanize(*longest),
                    humanize(*asked)
                )
            }
        }
    }
}

impl Error for PolicyError {}

impl Policy {
    /// Decides what a token gets that is minted now.
    ///
    /// # Errors
    /// [`PolicyError`] where policy refuses what was asked for. What nobody asked for is set by
    /// policy, and never refused.
    pub fn decide(&self, wish: &Wish, now: Timestamp) -> Result<Terms, PolicyError> {
        let expires_at = match wish.expiry {
            Expiry::At(at) => Some(self.bounded(at, now)?),
            Expiry::Never => self.endless()?,
            Expiry::Unsaid => {
                self.default_lifetime.or(self.longest_lifetime).map(|lifetime| now.after(lifetime))
            }
        };
        let backdated = self.has_issued_at.then(|| now.before(BACKDATED));
        Ok(Terms { expires_at, issued_at: wish.issued_at.or(backdated) })
    }

    /// Allows an end that was asked for.
    fn bounded(&self, at: Timestamp, now: Timestamp) -> Result<Timestamp, PolicyError> {
        let asked = Duration::from_secs(at.epoch_seconds().saturating_sub(now.epoch_seconds()));
        match self.longest_lifetime {
            Some(longest) if asked > longest => Err(PolicyError::TooLong { asked, longest }),
            _ => Ok(at),
        }
    }

    /// Allows a token without end.
    fn endless(&self) -> Result<Option<Timestamp>, PolicyError> {
        match self.longest_lifetime {
            _ if self.is_production => Err(PolicyError::EndlessInProduction),
            Some(longest) => Err(PolicyError::Endless { longest }),
            None => Ok(None),
        }
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
        assert_eq!(Lifetime::PolicyDefault.expiry(now), Expiry::Unsaid);
    }

    const HOUR: Duration = Duration::from_hours(1);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn decided(policy: Policy, expiry: Expiry) -> Result<Option<u64>, PolicyError> {
        let wish = Wish { expiry, issued_at: None };
        let terms = policy.decide(&wish, at(10_000))?;
        Ok(terms.expires_at.map(Timestamp::epoch_seconds))
    }

    #[test]
    fn decides_when_a_token_ends() {
        let none = Policy::default();
        let default = Policy { default_lifetime: Some(HOUR), ..none };
        let longest = Policy { longest_lifetime: Some(HOUR), ..none };
        let both = Policy { longest_lifetime: Some(2 * HOUR), ..default };
        let production = Policy { is_production: true, ..default };
        let too_long = Err(PolicyError::TooLong { asked: Duration::from_secs(3_601), longest: HOUR });
        for (policy, expiry, decision) in [
            (none, Expiry::Unsaid, Ok(None)),
            (none, Expiry::Never, Ok(None)),
            (none, Expiry::At(at(99_999)), Ok(Some(99_999))),
            (default, Expiry::Unsaid, Ok(Some(13_600))),
            (default, Expiry::Never, Ok(None)),
            (default, Expiry::At(at(99_999)), Ok(Some(99_999))),
            (longest, Expiry::Unsaid, Ok(Some(13_600))),
            (longest, Expiry::Never, Err(PolicyError::Endless { longest: HOUR })),
            (longest, Expiry::At(at(13_600)), Ok(Some(13_600))),
            (longest, Expiry::At(at(13_601)), too_long),
            (both, Expiry::Unsaid, Ok(Some(13_600))),
            (both, Expiry::At(at(17_200)), Ok(Some(17_200))),
            (production, Expiry::Unsaid, Ok(Some(13_600))),
            (production, Expiry::Never, Err(PolicyError::EndlessInProduction)),
        ] {
            assert_eq!(decided(policy, expiry), decision, "{policy:?} {expiry:?}");
        }
    }

    #[test]
    fn puts_iat_five_seconds_back_unless_one_was_asked_for() {
        let policy = Policy { has_issued_at: true, ..Policy::default() };
        let issued = |issued_at| {
            policy.decide(&Wish { expiry: Expiry::Unsaid, issued_at }, at(100)).unwrap().issued_at
        };
        assert_eq!(issued(None), Some(at(95)));
        assert_eq!(issued(Some(at(100))), Some(at(100)));
    }

    #[test]
    fn leaves_iat_out_where_nobody_wants_it() {
        let wish = Wish { expiry: Expiry::Unsaid, issued_at: None };
        assert_eq!(Policy::default().decide(&wish, at(100)).unwrap().issued_at, None);
    }
}
