//! Customer ids, and the Stream user ids made from them.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use thiserror::Error;

use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped_or_redacted, looks_like_a_token};

/// The prefix of a customer's Stream user id (contract section 1).
pub const USER_ID_PREFIX: &str = "customer-";

/// A customer's id: an integer from 1 to 9223372036854775807, a Swift `Int` (contract section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerId(NonZeroU64);

impl CustomerId {
    /// The largest customer id.
    pub const MAX: u64 = i64::MAX.unsigned_abs();

    /// Creates a customer id; `None` for 0 and above [`CustomerId::MAX`].
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) if number.get() <= Self::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Returns the Stream user id: `customer-123`.
    pub fn user_id(self) -> String {
        format!("{USER_ID_PREFIX}{self}")
    }

    /// Parses a Stream user id in its one exact form: `customer-123`.
    pub fn from_user_id(user_id: &str) -> Option<Self> {
        Self::from_digits(user_id.strip_prefix(USER_ID_PREFIX)?)
    }

    /// Parses decimal digits without a sign or a leading zero.
    pub fn from_digits(digits: &str) -> Option<Self> {
        // Besides digits, `parse` accepts only a sign and leading zeros.
        digits
            .starts_with(|first: char| matches!(first, '1'..='9'))
            .then(|| digits.parse().ok())?
            .and_then(Self::new)
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a customer id; holds the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a customer id", escaped_or_redacted(.0))]
pub struct CustomerIdError(String);

impl Diagnostic for CustomerIdError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(if looks_like_a_token(&self.0) {
            "this looks like a token: use 'stream-token verify' or 'stream-token decode'".into()
        } else {
            format!("a customer id is a number from 1 to {}, such as 123 or customer-123", CustomerId::MAX)
        })
    }
}

impl FromStr for CustomerId {
    type Err = CustomerIdError;

    /// Parses `123` or `customer-123`.
    fn from_str(text: &str) -> Result<Self, CustomerIdError> {
        let digits = text.strip_prefix(USER_ID_PREFIX).unwrap_or(text);
        Self::from_digits(digits).ok_or_else(|| CustomerIdError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_and_a_user_id() {
        assert_eq!("123".parse::<CustomerId>().unwrap().get(), 123);
        assert_eq!("customer-123".parse::<CustomerId>().unwrap().user_id(), "customer-123");
    }

    #[test]
    fn holds_a_swift_int_from_one_up() {
        assert_eq!("1".parse::<CustomerId>().unwrap().get(), 1);
        assert_eq!("9223372036854775807".parse::<CustomerId>().unwrap().get(), CustomerId::MAX);
        for refused in
            ["0", "customer-0", "9223372036854775808", "18446744073709551615", "99999999999999999999999"]
        {
            let error = refused.parse::<CustomerId>().unwrap_err();
            assert_eq!(error.to_string(), format!("'{refused}' is not a customer id"));
        }
    }

    #[test]
    fn refuses_every_other_spelling_of_a_number() {
        for refused in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x1",
            "١",
            "customer-",
            "Customer-1",
            "customer-customer-1",
        ] {
            assert!(refused.parse::<CustomerId>().is_err(), "{refused:?}");
        }
        assert!("007".parse::<CustomerId>().is_err());
    }

    #[test]
    fn a_user_id_has_one_form_alone() {
        assert_eq!(CustomerId::from_user_id("customer-5").map(CustomerId::get), Some(5));
        for refused in ["5", "customer-05", "customer-0", "CUSTOMER-5", "customer-5 ", "customer--5"] {
            assert_eq!(CustomerId::from_user_id(refused), None, "{refused:?}");
        }
    }
}
