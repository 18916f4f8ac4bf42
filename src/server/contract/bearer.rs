//! The session token in `Authorization` (RFC 6750 section 2.1, RFC 9110 section 11).

use std::error::Error;
use std::fmt;

use crate::server::exchange::Field;

/// Why there is no session token. It is for the audit log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerFault {
    /// There is no `Authorization`.
    Absent,
    /// It was sent more than once, or with bytes that none has.
    Unclear,
    /// It is of another scheme.
    OtherScheme,
    /// What stands behind `Bearer` is no token68.
    Malformed,
}

impl fmt::Display for BearerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no Authorization header",
            Self::Unclear => "Authorization was sent more than once, or is not visible ASCII",
            Self::OtherScheme => "Authorization is of another scheme than Bearer",
            Self::Malformed => "Authorization holds no bearer token",
        })
    }
}

impl Error for BearerFault {}

/// Gives the token behind `Bearer`, in any case, and one blank or more.
pub(super) fn parse(authorization: &Field) -> Result<&str, BearerFault> {
    let value = match authorization {
        Field::Absent => return Err(BearerFault::Absent),
        Field::Unclear => return Err(BearerFault::Unclear),
        Field::Once(value) => value,
    };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(BearerFault::OtherScheme);
    }
    let token = rest.trim_start_matches(' ');
    if is_token68(token) { Ok(token) } else { Err(BearerFault::Malformed) }
}

/// Tells whether a text is a token68 (RFC 9110 section 11.2).
fn is_token68(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let unpadded = text.trim_end_matches('=');
    !unpadded.is_empty() && unpadded.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(value: &str) -> Field {
        Field::Once(value.to_owned())
    }

    #[test]
    fn takes_bearer_in_any_case_and_any_number_of_blanks() {
        for value in ["Bearer a.b-c_d~+/=", "bearer a.b-c_d~+/=", "BEARER   a.b-c_d~+/="] {
            assert_eq!(parse(&once(value)), Ok("a.b-c_d~+/="), "{value}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for (value, fault) in [
            ("", BearerFault::OtherScheme),
            ("Basic YTpi", BearerFault::OtherScheme),
            ("Bearerx", BearerFault::OtherScheme),
            ("Bearer\tx", BearerFault::OtherScheme),
            ("Bearer,x", BearerFault::OtherScheme),
            ("a.b.c", BearerFault::OtherScheme),
            ("Bearer", BearerFault::Malformed),
            ("Bearer ", BearerFault::Malformed),
            ("Bearer  ", BearerFault::Malformed),
            ("Bearer \tx", BearerFault::Malformed),
            ("Bearer a b", BearerFault::Malformed),
            ("Bearer a,b", BearerFault::Malformed),
            ("Bearer a, Bearer a", BearerFault::Malformed),
            ("Bearer Bearer a", BearerFault::Malformed),
            ("Bearer \"a\"", BearerFault::Malformed),
            ("Bearer token=\"a\"", BearerFault::Malformed),
            ("Bearer =", BearerFault::Malformed),
            ("Bearer a=b", BearerFault::Malformed),
        ] {
            assert_eq!(parse(&once(value)), Err(fault), "{value}");
        }
        assert_eq!(parse(&Field::Absent), Err(BearerFault::Absent));
        assert_eq!(parse(&Field::Unclear), Err(BearerFault::Unclear));
    }
}
