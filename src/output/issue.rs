//! The forms of a minted token.

use serde::Serialize;

use crate::issuer::IssuedToken;

/// The first line of the table of comma-separated values.
pub const CSV_HEADER: &str = "customer_id,user_id,token,expires_at,issued_at\n";

/// Where Stream's API answers.
const BASE_URL: &str = "https://chat.stream-io-api.com";

/// A minted token in JSON.
#[derive(Debug, Serialize)]
pub struct IssuedJson<'a> {
    /// The customer's number.
    customer_id: u64,
    /// The Stream user id.
    user_id: String,
    /// The token.
    token: &'a str,
    /// `exp` in epoch seconds.
    expires_at: Option<u64>,
    /// `iat` in epoch seconds.
    issued_at: Option<u64>,
    /// The profile; none for a secret from the environment.
    profile: Option<&'a str>,
    /// Where the secret came from.
    secret_source: &'a str,
    /// The token's name in logs.
    fingerprint: String,
}

impl<'a> IssuedJson<'a> {
    /// Shows a minted token, its profile and its secret's source.
    #[must_use]
    pub fn new(minted: &'a IssuedToken, profile: Option<&'a str>, secret_source: &'a str) -> Self {
        let claims = &minted.claims;
        Self {
            customer_id: claims.customer().get(),
            user_id: claims.customer().user_id(),
            token: minted.token.as_str(),
            expires_at: claims.expires_at().map(crate::time::Timestamp::epoch_seconds),
            issued_at: claims.issued_at().map(crate::time::Timestamp::epoch_seconds),
            profile,
            secret_source,
            fingerprint: minted.fingerprint().to_string(),
        }
    }
}

/// Shows a token as the two headers that Stream wants. The scheme `Bearer` is not among them.
#[must_use]
pub fn header(minted: &IssuedToken) -> String {
    format!("Authorization: {}\nStream-Auth-Type: jwt\n", minted.token.as_str())
}

/// Shows a curl command that asks Stream, as this user, how many messages are unread.
#[must_use]
pub fn curl(minted: &IssuedToken, api_key: &str, base_url: Option<&str>) -> String {
    let url = format!("{}/unread?api_key={}", base_url.unwrap_or(BASE_URL), percent_encoded(api_key));
    format!("curl '{url}' -H 'Authorization: {}' -H 'Stream-Auth-Type: jwt'\n", minted.token.as_str())
}

/// Shows a token as a shell's assignment. A token has no character that a shell knows.
#[must_use]
pub fn env(minted: &IssuedToken) -> String {
    format!("STREAM_USER_TOKEN={}\n", minted.token.as_str())
}

/// Shows a token as a line of comma-separated values (RFC 4180). No value needs quotes.
#[must_use]
pub fn csv(minted: &IssuedToken) -> String {
    let seconds =
        |at: Option<crate::time::Timestamp>| at.map_or(String::new(), |at| at.epoch_seconds().to_string());
    let claims = &minted.claims;
    format!(
        "{},{},{},{},{}\n",
        claims.customer(),
        claims.customer().user_id(),
        minted.token.as_str(),
        seconds(claims.expires_at()),
        seconds(claims.issued_at())
    )
}

/// Encodes all but unreserved characters (RFC 3986 section 2.3), so that neither a URL nor a shell
/// sees anything in them.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_cannot_leave_its_quotes() {
        assert_eq!(percent_encoded("abc123"), "abc123");
        assert_eq!(percent_encoded("a'; rm -rf $(x) &b=c"), "a%27%3B%20rm%20-rf%20%24%28x%29%20%26b%3Dc");
    }
}
