//! What can be wrong with a token, and what that does to its claims. Only a customer's claims are ever changed, so no fault
//! makes a server token.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::error::{Expected, FaultError, duration};
use crate::time::{Timestamp, humanize};
use crate::token::{Claims, ClaimsError, CustomerId};

/// How far in the past or in the future the times of a token are that fails by them: more than clocks differ.
const DISTANCE: Duration = Duration::from_hours(1);

/// How a token fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// It expired an hour ago.
    Expired,
    /// It expires after this time.
    ExpiresIn(Duration),
    /// Its `nbf` is an hour ahead.
    NotYetValid,
    /// Its `iat` is an hour ahead.
    IssuedInFuture,
    /// A key that belongs to no app signed it.
    BadSignature,
    /// It is the token of a customer who does not exist.
    WrongUser,
    /// It has no signature.
    Malformed,
}

impl TokenFault {
    /// Returns `true` if the fault decides when the token expires.
    #[must_use]
    pub const fn sets_expiry(self) -> bool {
        matches!(self, Self::Expired | Self::ExpiresIn(_))
    }

    /// Returns the claims that fail in the place of these. A token that is not valid yet has expired when it would be.
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
            Self::WrongUser => Ok(granted.with_customer(nobody(granted.customer()))),
            Self::ExpiresIn(_) | Self::BadSignature | Self::Malformed => Ok(granted),
        }
    }

    /// Returns what is wrong with the token, for people.
    #[must_use]
    pub fn explanation(self) -> String {
        match self {
            Self::Expired => "it expired an hour ago: Stream answers 401, code 40".into(),
            Self::ExpiresIn(lifetime) => {
                format!("it expires in {}: then Stream answers 401, code 40", humanize(lifetime))
            }
            Self::NotYetValid => "its nbf is an hour ahead: Stream answers 401, code 41".into(),
            Self::IssuedInFuture => "its iat is an hour ahead: Stream answers 401, code 42".into(),
            Self::BadSignature => "another key signed it: Stream answers 401, code 43".into(),
            Self::WrongUser => "it is the token of another user, who does not exist".into(),
            Self::Malformed => "it has no signature: Stream answers 401, code 5".into(),
        }
    }
}

/// Returns a customer who is not this one, and whom no app has.
fn nobody(customer: CustomerId) -> CustomerId {
    let other = CustomerId::new(CustomerId::MAX).filter(|other| *other != customer);
    other.or_else(|| CustomerId::new(CustomerId::MAX - 1)).unwrap_or(customer)
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("expired"),
            Self::ExpiresIn(lifetime) => write!(f, "expires-in:{}", humanize(*lifetime)),
            Self::NotYetValid => f.write_str("not-yet-valid"),
            Self::IssuedInFuture => f.write_str("issued-in-future"),
            Self::BadSignature => f.write_str("bad-signature"),
            Self::WrongUser => f.write_str("wrong-user"),
            Self::Malformed => f.write_str("malformed"),
        }
    }
}

impl FromStr for TokenFault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        Ok(match text {
            "expired" => Self::Expired,
            "not-yet-valid" => Self::NotYetValid,
            "issued-in-future" => Self::IssuedInFuture,
            "bad-signature" => Self::BadSignature,
            "wrong-user" => Self::WrongUser,
            "malformed" => Self::Malformed,
            _ => match text.strip_prefix("expires-in:") {
                Some(lifetime) => Self::ExpiresIn(duration(text, lifetime)?),
                None => return Err(FaultError::new(text, Expected::TokenFault)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::TOKEN_FAULT_FORMS;
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn granted() -> Claims {
        Claims::new(CustomerId::new(123).unwrap())
    }

    #[test]
    fn every_fault_is_read_in_the_form_in_which_it_is_shown() {
        for form in TOKEN_FAULT_FORMS.split(", ") {
            assert_eq!(form.parse::<TokenFault>().unwrap().to_string(), form);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_what_was_expected() {
        for text in ["", "Expired", "expired ", "expired:1s", "expires-in", "revoked"] {
            let error = text.parse::<TokenFault>().unwrap_err();
            assert_eq!(error, FaultError::new(text, Expected::TokenFault), "{text:?}");
        }
        for text in ["expires-in:", "expires-in:0s", "expires-in:10", "expires-in:-1s"] {
            let error = text.parse::<TokenFault>().unwrap_err();
            assert_eq!(error, FaultError::new(text, Expected::Duration), "{text:?}");
        }
    }

    #[test]
    fn an_expired_token_says_that_it_was_issued_before_it_expired() {
        let now = at(100_000);
        let plain = TokenFault::Expired.claims(granted(), now).unwrap();
        assert_eq!((plain.expires_at(), plain.issued_at()), (Some(at(96_400)), None));
        let dated = TokenFault::Expired.claims(granted().with_iat(at(99_995)).unwrap(), now).unwrap();
        assert_eq!((dated.expires_at(), dated.issued_at()), (Some(at(96_400)), Some(at(92_800))));
    }

    #[test]
    fn a_token_that_is_not_valid_yet_never_will_be() {
        let (now, hour_ahead) = (at(100_000), at(103_600));
        let future = TokenFault::IssuedInFuture.claims(granted(), now).unwrap();
        assert_eq!((future.issued_at(), future.expires_at()), (Some(hour_ahead), Some(hour_ahead)));
        let short = granted().with_exp(at(100_060)).unwrap();
        for fault in [TokenFault::NotYetValid, TokenFault::IssuedInFuture] {
            assert_eq!(fault.claims(granted(), now).unwrap().expires_at(), Some(hour_ahead));
            assert_eq!(fault.claims(short, now).unwrap().expires_at(), Some(at(100_060)));
        }
    }

    #[test]
    fn another_user_is_never_the_customer() {
        for id in [1, 123, CustomerId::MAX - 1, CustomerId::MAX] {
            let customer = CustomerId::new(id).unwrap();
            let claims = TokenFault::WrongUser.claims(Claims::new(customer), at(1)).unwrap();
            assert!(claims.customer() != customer && claims.customer().get() >= CustomerId::MAX - 1);
        }
    }
}
