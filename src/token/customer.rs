//! Customer ids, and the Stream user ids made from them.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use thiserror::Error;

use crate::error::{Diagnostic, Exit};
use crate::escape::{escaped_or_redacted, looks_like_a_token};

/// What stands before the number in a customer's Stream user id (contract section 1).
pub const USER_ID_PREFIX: &str = "customer-";

/// A customer's id: an integer from 1 to 9223372036854775807, a Swift `Int` (contract section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerId(NonZeroU64);

impl CustomerId {
    /// The largest customer id.
    pub const MAX: u64 = i64::MAX.unsigned_abs();

    /// How many digits the largest customer id has.
    const MAX_DIGITS: usize = 19;

    /// Makes a customer id; `None` for 0 and above [`CustomerId::MAX`].
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) if number.get() <= Self::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Returns the Stream user id: `customer-123`.
    #[must_use]
    pub fn user_id(self) -> String {
        format!("{USER_ID_PREFIX}{self}")
    }

    /// Reads a Stream user id, and only its one exact form: `customer-123`.
    #[must_use]
    pub fn from_user_id(user_id: &str) -> Option<Self> {
        Self::from_digits(user_id.strip_prefix(USER_ID_PREFIX)?.as_bytes()).ok()
    }

    /// Reads decimal digits without a sign or a leading zero.
    ///
    /// # Errors
    /// What is wrong with the digits.
    pub fn from_digits(digits: &[u8]) -> Result<Self, CustomerIdErrorKind> {
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(CustomerIdErrorKind::NotANumber);
        }
        if digits[0] == b'0' {
            return Err(if digits.len() == 1 {
                CustomerIdErrorKind::OutOfRange
            } else {
                CustomerIdErrorKind::LeadingZero
            });
        }
        if digits.len() > Self::MAX_DIGITS {
            return Err(CustomerIdErrorKind::OutOfRange);
        }
        // No number of so many digits overflows.
        let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        Self::new(number).ok_or(CustomerIdErrorKind::OutOfRange)
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is wrong with the digits of a customer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerIdErrorKind {
    /// Something other than decimal digits, or nothing.
    NotANumber,
    /// A leading zero.
    LeadingZero,
    /// 0, or above [`CustomerId::MAX`].
    OutOfRange,
}

/// A customer id that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a customer id{}", escaped_or_redacted(text), match kind {
    CustomerIdErrorKind::NotANumber => "",
    CustomerIdErrorKind::LeadingZero => ": it has a leading zero",
    CustomerIdErrorKind::OutOfRange => ": it is out of range",
})]
pub struct CustomerIdError {
    /// What was given.
    text: String,
    /// What is wrong with it.
    kind: CustomerIdErrorKind,
}

impl Diagnostic for CustomerIdError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        let digits = self.text.strip_prefix(USER_ID_PREFIX).unwrap_or(&self.text).trim_start_matches('0');
        Some(match self.kind {
            CustomerIdErrorKind::LeadingZero if !digits.is_empty() => {
                format!("without the leading zero that is {}", escaped_or_redacted(digits))
            }
            CustomerIdErrorKind::NotANumber if looks_like_a_token(&self.text) => {
                "this looks like a token: use 'stream-token verify' or 'stream-token decode'".into()
            }
            _ => {
                format!(
                    "a customer id is a number from 1 to {}, such as 123 or customer-123",
                    CustomerId::MAX
                )
            }
        })
    }
}

impl FromStr for CustomerId {
    type Err = CustomerIdError;

    /// Reads `123` or `customer-123`.
    fn from_str(text: &str) -> Result<Self, CustomerIdError> {
        let digits = text.strip_prefix(USER_ID_PREFIX).unwrap_or(text);
        Self::from_digits(digits.as_bytes()).map_err(|kind| CustomerIdError { text: text.to_owned(), kind })
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
            assert_eq!(error.to_string(), format!("'{refused}' is not a customer id: it is out of range"));
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
        let error = "007".parse::<CustomerId>().unwrap_err();
        assert_eq!(error.to_string(), "'007' is not a customer id: it has a leading zero");
        assert_eq!(error.hint().unwrap(), "without the leading zero that is '7'");
    }

    #[test]
    fn a_user_id_has_one_form_alone() {
        assert_eq!(CustomerId::from_user_id("customer-5").map(CustomerId::get), Some(5));
        for refused in ["5", "customer-05", "customer-0", "CUSTOMER-5", "customer-5 ", "customer--5"] {
            assert_eq!(CustomerId::from_user_id(refused), None, "{refused:?}");
        }
    }
}
