//! Verifies arbitrary text, and arbitrary headers and claims that are signed.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::value::RawValue;
use sha2::Sha256;
use stream_token::secret::Secret;
use stream_token::time::Timestamp;
use stream_token::token::{CustomerId, Inspection, MAX_TOKEN_BYTES, Validation, Verifier, VerifyError};

/// The signing secret.
const SECRET: &[u8] = b"a-secret-for-fuzzing-0123456789abcdef";
/// The time at which tokens are verified.
const NOW: u64 = 1_893_456_000;

/// Takes the input as a token, and as `HEADER\0CLAIMS` to be signed.
pub(crate) fn check(data: &[u8]) {
    let verifier = Verifier::new(&Secret::new(SECRET.to_vec()).unwrap());
    let validation = Validation::new(Timestamp::from_epoch_seconds(NOW).unwrap());
    if let Ok(text) = std::str::from_utf8(data) {
        // Signatures cannot be guessed, so every accepted token must be signed as below.
        if let Ok(customer) = verifier.verify(text, &validation) {
            let (input, _) = text.rsplit_once('.').unwrap();
            assert_eq!(text, signed(input));
            is_really(customer, text);
        }
        let _ = Inspection::read(text).lints();
    }
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let token = signed(&format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)));
    let inspection = Inspection::read(&token);
    let has_error = !inspection.errors.is_empty();
    match verifier.verify(&token, &validation) {
        Ok(customer) => {
            is_really(customer, &token);
            assert!(!has_error);
            assert!(token.len() <= MAX_TOKEN_BYTES);
        }
        Err(VerifyError::BadSignature) => panic!("its signature is good: {token}"),
        Err(_) => {}
    }
    assert!(verifier.has_signed(&inspection) == verifier.verify_signature(&token).is_ok() || has_error);
}

/// Signs with the `hmac` crate instead of the library.
fn signed(input: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Checks with another parser that an accepted token was read correctly.
fn is_really(customer: CustomerId, token: &str) {
    // Values stay text: unknown claims may hold numbers beyond any type.
    let part = |at| -> BTreeMap<String, Box<RawValue>> {
        let segment = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    let text = |value: &RawValue| serde_json::from_str::<String>(value.get()).unwrap();
    assert_eq!(text(&header["alg"]), "HS256");
    assert!(["crit", "b64", "zip"].iter().all(|name| !header.contains_key(*name)));
    assert_eq!(text(&claims["user_id"]), format!("customer-{}", customer.get()));
    let time = |name: &str| claims.get(name).map(|value| value.get().parse::<u64>().unwrap());
    assert!(time("exp").is_none_or(|at| at > NOW));
    assert!(time("iat").is_none_or(|at| at <= NOW));
    assert!(time("nbf").is_none_or(|at| at <= NOW));
}
