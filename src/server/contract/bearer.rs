//! The session token in `Authorization` (RFC 6750 section 2.1, RFC 9110 section 11).

use crate::server::message::HeaderValue;

/// The most bytes of a session token (contract section 3).
const MAX_TOKEN_BYTES: usize = 4096;

/// Why there is no session token. It is for the audit log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerError {
    /// There is no `Authorization`.
    Absent,
    /// It was sent more than once, uses another scheme than `Bearer`, or holds no token.
    Malformed,
}

/// Returns the token after `Bearer`, which may be in any case and followed by several blanks.
///
/// The token is the app's own: any visible ASCII without blanks, wider than RFC 6750's alphabet.
pub(super) fn parse(authorization: &HeaderValue) -> Result<&str, BearerError> {
    let value = match authorization {
        HeaderValue::Absent => return Err(BearerError::Absent),
        HeaderValue::Invalid => return Err(BearerError::Malformed),
        HeaderValue::Single(value) => value,
    };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(BearerError::Malformed);
    }
    let token = rest.trim_start_matches(' ');
    let is_token =
        (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    if is_token { Ok(token) } else { Err(BearerError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(value: &str) -> HeaderValue {
        HeaderValue::Single(value.to_owned())
    }

    #[test]
    fn takes_bearer_in_any_case_and_any_number_of_blanks() {
        for value in ["Bearer a.b-c_d~+/=", "bearer a.b-c_d~+/=", "BEARER   a.b-c_d~+/="] {
            assert_eq!(parse(&once(value)), Ok("a.b-c_d~+/="), "{value}");
        }
    }

    #[test]
    fn a_session_token_is_any_visible_ascii_without_blanks() {
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        for token in ["12|AbC", "a,b", "\"a\"", "=", "a=b", "!#$%&'()*:;<>?@[]^`{}~", longest.as_str()] {
            assert_eq!(parse(&once(&format!("Bearer {token}"))), Ok(token));
        }
    }

    #[test]
    fn refuses_a_header_that_is_no_bearer_token() {
        for (value, fault) in [
            ("", BearerError::Malformed),
            ("Basic YTpi", BearerError::Malformed),
            ("Bearerx", BearerError::Malformed),
            ("Bearer\tx", BearerError::Malformed),
            ("Bearer,x", BearerError::Malformed),
            ("a.b.c", BearerError::Malformed),
            ("Bearer", BearerError::Malformed),
            ("Bearer ", BearerError::Malformed),
            ("Bearer  ", BearerError::Malformed),
            ("Bearer \tx", BearerError::Malformed),
            ("Bearer a b", BearerError::Malformed),
            ("Bearer a, Bearer a", BearerError::Malformed),
            ("Bearer Bearer a", BearerError::Malformed),
        ] {
            assert_eq!(parse(&once(value)), Err(fault), "{value}");
        }
        let too_long = format!("Bearer {}", "x".repeat(MAX_TOKEN_BYTES + 1));
        assert_eq!(parse(&once(&too_long)), Err(BearerError::Malformed));
        assert_eq!(parse(&HeaderValue::Absent), Err(BearerError::Absent));
        assert_eq!(parse(&HeaderValue::Invalid), Err(BearerError::Malformed));
    }
}
