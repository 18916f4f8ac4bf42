//! Tokens for tests: of any header and claims, signed with the `hmac` crate instead of our own code.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The secret of [`signed`].
pub(crate) const SECRET: &[u8] = b"a-secret-for-tests-0123456789abcdef";

/// The start of canonical claims.
pub(crate) const CLAIMS_START: &str = r#"{"user_id":"customer-"#;

/// Makes a token of any header and claims, signed with [`SECRET`].
pub(crate) fn signed(header: &str, claims: impl AsRef<[u8]>) -> String {
    signed_with(SECRET, header, claims)
}

/// Makes a token signed with any key.
pub(crate) fn signed_with(secret: &[u8], header: &str, claims: impl AsRef<[u8]>) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Makes an unsigned token.
pub(crate) fn unsigned(header: &str, claims: impl AsRef<[u8]>) -> String {
    let token = signed(header, claims);
    format!("{}.{}", token.rsplit_once('.').unwrap().0, "A".repeat(43))
}
