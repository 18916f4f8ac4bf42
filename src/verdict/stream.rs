//! What Stream's servers would answer (contract section 2). They know no leeway.

use super::{Examination, Generation};
use crate::token::{ClaimsSet, EncodingError, Leeway, MalformedToken, UserId, Validation};

/// Stream's answer to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedResponse {
    /// Whether the token is accepted; `None` if that cannot be told from here.
    pub accepts: Option<bool>,
    /// The HTTP status of a refusal, if it is known.
    pub status: Option<u16>,
    /// Stream's own code of a refusal, if it is known.
    pub code: Option<u16>,
}

impl ExpectedResponse {
    /// Accepted.
    const ACCEPTED: Self = Self { accepts: Some(true), status: None, code: None };
    /// What Stream answers is not documented.
    pub(super) const UNKNOWN: Self = Self { accepts: None, status: None, code: None };
    /// Refused, with a code that is not documented.
    const REFUSED: Self = Self { accepts: Some(false), status: Some(401), code: None };

    /// Refused with status 401 and this code.
    const fn refused(code: u16) -> Self {
        Self { accepts: Some(false), status: Some(401), code: Some(code) }
    }
}

/// Stream's codes (contract section 2).
mod code {
    /// Not a token, or no valid user id.
    pub(super) const MALFORMED: u16 = 5;
    /// Expired or revoked.
    pub(super) const EXPIRED: u16 = 40;
    /// `nbf` in the future.
    pub(super) const NOT_YET_VALID: u16 = 41;
    /// `iat` in the future.
    pub(super) const ISSUED_IN_FUTURE: u16 = 42;
    /// Signed with another secret.
    pub(super) const BAD_SIGNATURE: u16 = 43;
}

/// Returns what the selected profile's app at Stream would answer.
pub(super) fn expected_response(examination: &Examination<'_>) -> ExpectedResponse {
    if let Some(error) = examination.first_error() {
        return to_malformed(error);
    }
    if examination.inspection.is_development() {
        return ExpectedResponse::UNKNOWN;
    }
    if !examination.is_signed_by_selected() {
        return ExpectedResponse::refused(code::BAD_SIGNATURE);
    }
    let claims = examination.inspection.claims();
    let response =
        claims.map_or(ExpectedResponse::UNKNOWN, |claims| to_signed(claims, examination.validation));
    let is_previous = examination.signer.is_some_and(|signer| signer.name.secret == Generation::Previous);
    match response.accepts {
        // Only Stream knows whether it still accepts that secret; it checks this first.
        Some(true) if is_previous => ExpectedResponse::UNKNOWN,
        Some(false) if is_previous => ExpectedResponse::REFUSED,
        _ => response,
    }
}

/// Returns the answer to a malformed token. Where only we are strict, it cannot be told.
fn to_malformed(error: &MalformedToken) -> ExpectedResponse {
    match error {
        MalformedToken::Empty
        | MalformedToken::Segments { .. }
        | MalformedToken::Encrypted
        | MalformedToken::NotJson { .. }
        | MalformedToken::NotAnObject { .. }
        | MalformedToken::Time { .. }
        | MalformedToken::Encoding {
            error: EncodingError::Padding | EncodingError::WhiteSpace | EncodingError::Alphabet(_),
            ..
        } => ExpectedResponse::refused(code::MALFORMED),
        MalformedToken::SessionToken => ExpectedResponse::refused(code::BAD_SIGNATURE),
        MalformedToken::AlgorithmMissing
        | MalformedToken::AlgorithmMismatch { .. }
        | MalformedToken::SignatureLength { .. }
        | MalformedToken::SignatureRemoved => ExpectedResponse::REFUSED,
        MalformedToken::Encoding { error: EncodingError::NotCanonical, .. }
        | MalformedToken::TooLong { .. }
        | MalformedToken::DuplicateKey { .. }
        | MalformedToken::TooDeep { .. }
        | MalformedToken::TypeMismatch { .. }
        | MalformedToken::HeaderParameter { .. } => ExpectedResponse::UNKNOWN,
    }
}

/// Returns the answer to a signed token, validated without leeway.
fn to_signed(claims: &ClaimsSet, validation: &Validation) -> ExpectedResponse {
    let validation = Validation { leeway: Leeway::default(), ..*validation };
    let issued_at = claims.issued_at().at();
    if claims.expires_at().at().is_some_and(|at| validation.is_expired(at)) {
        return ExpectedResponse::refused(code::EXPIRED);
    }
    if claims.not_before().at().is_some_and(|at| validation.is_not_yet_valid(at)) {
        return ExpectedResponse::refused(code::NOT_YET_VALID);
    }
    if issued_at.is_some_and(|at| validation.is_issued_in_future(at)) {
        return ExpectedResponse::refused(code::ISSUED_IN_FUTURE);
    }
    match claims.user_id() {
        UserId::NotAString(_) => ExpectedResponse::refused(code::MALFORMED),
        UserId::Other(text) if !is_user_id(&text) => ExpectedResponse::refused(code::MALFORMED),
        UserId::Other(_) | UserId::Customer(_) if validation.is_revoked(issued_at) => {
            ExpectedResponse::refused(code::EXPIRED)
        }
        // A server token belongs to no user whose tokens could be revoked.
        UserId::Absent | UserId::Other(_) | UserId::Customer(_) => ExpectedResponse::ACCEPTED,
    }
}

/// Returns `true` if Stream accepts a text as a user id (contract section 2).
fn is_user_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte);
    text == "!anon" || (!text.is_empty() && text.bytes().all(is_allowed))
}

/// One of Stream's error codes, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamError {
    /// The code.
    pub code: u16,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Stream's codes about tokens and those who use them (contract section 2).
const STREAM_ERRORS: [StreamError; 10] = [
    StreamError {
        code: 2,
        meaning: "Stream does not know the API key",
        remedy: "compare the app's API key with the one in Stream's dashboard",
    },
    StreamError {
        code: 4,
        meaning: "the request is invalid, for example its user id",
        remedy: "read the message beside the code; a user id has a-z A-Z 0-9 @ _ - only",
    },
    StreamError {
        code: 5,
        meaning: "the token is malformed, or its user_id is not a string",
        remedy: "paste the token itself to 'stream-token verify', which says what is wrong with it",
    },
    StreamError {
        code: 16,
        meaning: "the user was deleted, or does not exist",
        remedy: "look the user up in Stream's dashboard; a new token does not help",
    },
    StreamError {
        code: 17,
        meaning: "the token does not allow this",
        remedy: "compare the token's user with the one who connects",
    },
    StreamError {
        code: code::EXPIRED,
        meaning: "the token expired or was revoked",
        remedy: "see that the app fetches a new token and connects with it; verify the token to see its exp",
    },
    StreamError {
        code: code::NOT_YET_VALID,
        meaning: "the token is not valid yet: its nbf is in the future",
        remedy: "set the signer's clock, or leave nbf out",
    },
    StreamError {
        code: code::ISSUED_IN_FUTURE,
        meaning: "the token's iat is in the future",
        remedy: "set the signer's clock, or let the signer put iat five seconds back",
    },
    StreamError {
        code: code::BAD_SIGNATURE,
        meaning: "the token was signed with another app's secret",
        remedy: "compare the app's API key with the signer's: key and secret must be of one app; then verify the token",
    },
    StreamError {
        code: 99,
        meaning: "the app is suspended",
        remedy: "look at the app's state in Stream's dashboard",
    },
];

/// Finds the code of one of Stream's error messages in a text without a token: `"code": 43` in JSON, `code 43` in prose,
/// or the message about a signature that is not valid.
#[must_use]
pub fn stream_error(text: &str) -> Option<StreamError> {
    let text = text.to_ascii_lowercase();
    if !["stream", "jwt", "auth", "token", "statuscode", "connect", "ws "]
        .iter()
        .any(|word| text.contains(word))
    {
        return None;
    }
    let explained = |code| STREAM_ERRORS.into_iter().find(|error| error.code == code);
    let mut codes = text.match_indices("code").filter_map(|(at, _)| {
        let rest = text[at + 4..].trim_start_matches(['"', '\'', '\\', ':', '=', ' ', '(']);
        rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
    });
    codes
        .find_map(explained)
        .or_else(|| explained(code::BAD_SIGNATURE).filter(|_| text.contains("signature is not valid")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_in_streams_json_and_in_what_sdks_print() {
        for (text, code) in [
            (r#"{"code":43,"message":"JWTAuth error: signature is not valid","StatusCode":401}"#, 43),
            (r#"{"StatusCode": 401, "message": "token expired", "code": 40}"#, 40),
            ("WS failed with code 43 and reason - JWTAuth error: signature is not valid.", 43),
            ("StreamChat error code 5: JWTAuth error: token is malformed", 5),
            ("JWTAuth error: signature is not valid", 43),
            (r#"{\"code\":42,\"message\":\"token used before issue at (iat)\"}"#, 42),
        ] {
            assert_eq!(stream_error(text).map(|error| error.code), Some(code), "{text}");
        }
        for text in ["", "two words", "code 43", "the token has no code", "token code 12345"] {
            assert_eq!(stream_error(text), None, "{text}");
        }
    }
}
