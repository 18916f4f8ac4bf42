//! Likely alterations of a secret, for a token that is signed with nearly the right one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::Serialize;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::token::Verifier;

/// An alteration of a secret before signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretAlteration {
    /// A line feed was added.
    #[error("a line break after it")]
    LineFeed,
    /// A carriage return and a line feed were added.
    #[error("a line break (CRLF) after it")]
    Crlf,
    /// A blank was added before it.
    #[error("a blank before it")]
    BlankBefore,
    /// A blank was added after it.
    #[error("a blank after it")]
    BlankAfter,
    /// The white space around it was removed.
    #[error("the white space around it removed")]
    Trimmed,
    /// Double quotes were added.
    #[error("double quotes around it")]
    DoubleQuotes,
    /// Single quotes were added.
    #[error("single quotes around it")]
    SingleQuotes,
    /// It was decoded from base64.
    #[error("its text decoded from base64")]
    Base64Decoded,
    /// It was decoded from hexadecimal digits.
    #[error("its text decoded from hex")]
    HexDecoded,
    /// It was written in lower case.
    #[error("its letters in lower case")]
    LowerCase,
    /// It was written in upper case.
    #[error("its letters in upper case")]
    UpperCase,
    /// The API key was used instead.
    #[error("the API key in its place")]
    ApiKey,
}

/// Returns every alteration of `secret` that differs from it, with its verifier, in a fixed order.
pub(super) fn alterations(secret: &Secret, api_key: Option<&str>) -> Vec<(SecretAlteration, Verifier)> {
    let secret = secret.expose();
    let around = |before: &[u8], after: &[u8]| Some([before, secret, after].concat());
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    let altered = [
        (SecretAlteration::LineFeed, around(b"", b"\n")),
        (SecretAlteration::Crlf, around(b"", b"\r\n")),
        (SecretAlteration::BlankBefore, around(b" ", b"")),
        (SecretAlteration::BlankAfter, around(b"", b" ")),
        (SecretAlteration::Trimmed, Some(secret.trim_ascii().to_vec())),
        (SecretAlteration::DoubleQuotes, around(b"\"", b"\"")),
        (SecretAlteration::SingleQuotes, around(b"'", b"'")),
        (SecretAlteration::Base64Decoded, engines.iter().find_map(|engine| engine.decode(secret).ok())),
        (SecretAlteration::HexDecoded, base16ct::mixed::decode_vec(secret).ok()),
        (SecretAlteration::LowerCase, Some(secret.to_ascii_lowercase())),
        (SecretAlteration::UpperCase, Some(secret.to_ascii_uppercase())),
        (SecretAlteration::ApiKey, api_key.map(|key| key.as_bytes().to_vec())),
    ];
    let altered =
        altered.into_iter().filter_map(|(alteration, bytes)| Some((alteration, Zeroizing::new(bytes?))));
    altered
        .filter(|(_, bytes)| bytes.as_slice() != secret)
        .map(|(alteration, bytes)| (alteration, Verifier::from_bytes(&bytes)))
        .collect()
}
