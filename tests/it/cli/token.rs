//! Tokens of any header and claims, signed by the `hmac` crate and not by the program.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use stream_token::token::Fingerprint;

/// The secret of [`signed`].
pub(crate) const SECRET: &str = "a-secret-of-the-tests-0123456789abcdef";

/// The header of every sound token.
pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The shortest third segment that could be a signature.
const MIN_SIGNATURE: usize = 40;

/// Makes a token of any claims, signed with [`SECRET`].
pub(crate) fn signed(claims: &str) -> String {
    signed_with(SECRET, HEADER, claims)
}

/// Makes a token of any header and claims, signed with any secret.
pub(crate) fn signed_with(secret: &str, header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Adds the line of a token's fingerprint to a table about the token, after the line about Stream or at its end.
pub(crate) fn with_fingerprint(table: &str, token: &str) -> String {
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let first = lines.iter().find(|line| line.starts_with("form") || line.starts_with("header")).unwrap();
    // Two columns and the blanks after each precede the third.
    let rest = first.split_once(' ').unwrap().1.trim_start();
    let third = first.len() - rest.split_once(' ').unwrap().1.trim_start().len();
    let line = format!("{:third$}fingerprint {}", "token", Fingerprint::of(token.as_bytes()));
    let stream = lines.iter().position(|line| line.starts_with("stream"));
    lines.insert(stream.map_or(lines.len(), |at| at + 1), line);
    lines.join("\n") + "\n"
}

/// Replaces the third segment of a token.
pub(crate) fn ending_in(token: &str, signature: &str) -> String {
    format!("{}.{signature}", token.rsplit_once('.').unwrap().0)
}

/// Reads a token's claims without verifying it.
pub(crate) fn claims_of(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.trim_end().split('.').nth(1).unwrap()).unwrap();
    String::from_utf8(claims).unwrap()
}

/// Finds the signatures in a text: the part after the second dot of every `eyJ….….`.
pub(crate) fn signatures(text: &str) -> Vec<String> {
    let is_of_token = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let words = text.split(|character| !is_of_token(character));
    let thirds = words.filter(|word| word.starts_with("eyJ")).filter_map(|word| word.split('.').nth(2));
    thirds.filter(|third| third.len() >= MIN_SIGNATURE).map(str::to_owned).collect()
}
