//! Predicts the response of Stream's servers (contract section 2), which allow no leeway.

use serde::Serialize;

use super::{Examination, Generation};
use crate::token::{ANONYMOUS_USER, ClaimsSet, EncodingError, Leeway, MalformedToken, UserId, Validation};

/// Stream's expected response to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExpectedResponse {
    /// Whether the token is accepted; `None` if that is unknown.
    pub accepts: Option<bool>,
    /// The HTTP status of a refusal, if known.
    pub status: Option<u16>,
    /// Stream's error code of a refusal, if known.
    pub code: Option<u16>,
}

impl ExpectedResponse {
    /// The token is accepted.
    const ACCEPTED: Self = Self { accepts: Some(true), status: None, code: None };
    /// Stream's response is not documented, or cannot be known here.
    pub(super) const UNKNOWN: Self = Self { accepts: None, status: None, code: None };

    /// Returns a refusal, with `code` if it is documented.
    const fn refused(code: Option<u16>) -> Self {
        Self { accepts: Some(false), status: Some(401), code }
    }
}

/// The code for a text that is not a token, and for an invalid user id.
const MALFORMED: Option<u16> = Some(5);
/// The code for a token that expired or was revoked.
const EXPIRED: Option<u16> = Some(40);
/// The code for an `nbf` in the future.
const NOT_YET_VALID: Option<u16> = Some(41);
/// The code for an `iat` in the future.
const ISSUED_IN_FUTURE: Option<u16> = Some(42);
/// The code for a token signed with another secret.
const BAD_SIGNATURE: Option<u16> = Some(43);

/// Returns the response expected from the selected profile's app at Stream.
pub(super) fn expected_response(examination: &Examination<'_>) -> ExpectedResponse {
    let Examination { inspection, signer, validation, .. } = examination;
    if let Some(error) = inspection.errors.first() {
        return to_malformed(error);
    }
    if inspection.is_development {
        return ExpectedResponse::UNKNOWN;
    }
    let (Some(signer), Some(claims)) = (signer.filter(|signer| signer.is_selected), &inspection.claims)
    else {
        return ExpectedResponse::refused(BAD_SIGNATURE);
    };
    match (refusal(claims, validation), signer.name.secret) {
        (None, Generation::Current) => ExpectedResponse::ACCEPTED,
        // Stream checks the secret first, and only Stream knows whether it still accepts a previous one.
        (None, Generation::Previous) => ExpectedResponse::UNKNOWN,
        (Some(_), Generation::Previous) => ExpectedResponse::refused(None),
        (code, Generation::Current) => ExpectedResponse::refused(code),
    }
}

/// Returns the response to a malformed token; unknown for an error that only this program is strict about.
fn to_malformed(error: &MalformedToken) -> ExpectedResponse {
    match error {
        MalformedToken::Encoding(_, EncodingError::NotCanonical)
        | MalformedToken::TooLong(_)
        | MalformedToken::DuplicateKey(..)
        | MalformedToken::TooDeep(_)
        | MalformedToken::TypeMismatch(_)
        | MalformedToken::HeaderParameter(_) => ExpectedResponse::UNKNOWN,
        MalformedToken::AlgorithmMissing
        | MalformedToken::AlgorithmMismatch(_)
        | MalformedToken::SignatureLength(_)
        | MalformedToken::SignatureRemoved => ExpectedResponse::refused(None),
        MalformedToken::SessionToken => ExpectedResponse::refused(BAD_SIGNATURE),
        _ => ExpectedResponse::refused(MALFORMED),
    }
}

/// Returns the code with which Stream refuses a signed token; `None` if it accepts the token.
fn refusal(claims: &ClaimsSet, validation: &Validation) -> Option<u16> {
    let validation = Validation { leeway: Leeway::default(), ..*validation };
    let [expires_at, issued_at, not_before] = claims.times().map(Result::unwrap_or_default);
    if expires_at.is_some_and(|at| validation.is_expired(at)) {
        return EXPIRED;
    }
    if not_before.is_some_and(|at| validation.is_in_future(at)) {
        return NOT_YET_VALID;
    }
    if issued_at.is_some_and(|at| validation.is_in_future(at)) {
        return ISSUED_IN_FUTURE;
    }
    match &claims.user_id {
        // A server token belongs to no user whose tokens could be revoked.
        UserId::Absent => None,
        UserId::NotAString => MALFORMED,
        UserId::Other(text) if !is_user_id(text) => MALFORMED,
        UserId::Other(_) | UserId::Customer(_) => EXPIRED.filter(|_| validation.is_revoked(issued_at)),
    }
}

/// Returns `true` if Stream accepts `text` as a user id (contract section 2).
fn is_user_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte);
    text == ANONYMOUS_USER || (!text.is_empty() && text.bytes().all(is_allowed))
}

/// An error code of Stream, with an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamError {
    /// The error code.
    pub code: u16,
    /// The meaning of the code.
    pub meaning: &'static str,
    /// The next step to take.
    pub remedy: &'static str,
}

/// Returns the explanation of one of Stream's error codes about tokens and users (contract section 2).
fn explained(code: u16) -> Option<StreamError> {
    let (meaning, remedy) = match code {
        2 => (
            "Stream does not know the API key",
            "compare the app's API key with the one in Stream's dashboard",
        ),
        4 => ("the request is invalid, for example its user id", "a user id has a-z A-Z 0-9 @ _ - only"),
        5 => ("the token is malformed", "paste the token itself to 'stream-token verify', which explains it"),
        16 => ("the user was deleted, or does not exist", "look the user up in Stream's dashboard"),
        17 => ("the token does not allow this", "compare the token's user with the one who connects"),
        40 => (
            "the token expired or was revoked",
            "see that the app fetches a new token and connects with it; verify the token to see its exp",
        ),
        41 => ("the token's nbf is in the future", "set the signer's clock, or leave nbf out"),
        42 => ("the token's iat is in the future", "set the signer's clock, or put iat five seconds back"),
        43 => (
            "the token was signed with another app's secret",
            "compare the app's API key with the signer's: key and secret must be of one app; then verify the token",
        ),
        99 => ("the app is suspended", "look at the app's state in Stream's dashboard"),
        _ => return None,
    };
    Some(StreamError { code, meaning, remedy })
}

/// Finds and explains the error code in a message of Stream's, a text without a token: `"code": 43` in JSON, `code 43`
/// in prose, or the message about a signature that is not valid.
pub fn stream_error(text: &str) -> Option<StreamError> {
    let text = text.to_ascii_lowercase();
    let words = ["stream", "jwt", "auth", "token", "statuscode", "connect", "ws "];
    if !words.iter().any(|word| text.contains(word)) {
        return None;
    }
    let mut codes = text.match_indices("code").filter_map(|(at, _)| {
        let rest = text[at + 4..].trim_start_matches(['"', '\'', '\\', ':', '=', ' ', '(']);
        rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
    });
    let is_signature = text.contains("signature is not valid");
    codes.find_map(explained).or_else(|| explained(BAD_SIGNATURE.filter(|_| is_signature)?))
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
