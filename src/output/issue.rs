//! The forms of a minted token and of a session.

use serde_json::json;

use crate::escape::json_line;
use crate::issuer::IssuedToken;
use crate::session::{Session, SessionToken};
use crate::time::Timestamp;

/// The first line of the table of comma-separated values.
pub const CSV_HEADER: &str = "customer_id,user_id,token,expires_at,issued_at\n";

/// Where Stream's API answers.
const BASE_URL: &str = "https://chat.stream-io-api.com";

/// Returns a minted token as a line of JSON. `profile` is `None` for a secret from the environment.
#[must_use]
pub fn issue_json(minted: &IssuedToken, profile: Option<&str>, secret_source: &str) -> String {
    let claims = &minted.claims;
    json_line(&json!({
        "customer_id": claims.customer().get(),
        "user_id": claims.customer().user_id(),
        "token": minted.token.as_str(),
        "expires_at": claims.expires_at(),
        "issued_at": claims.issued_at(),
        "profile": profile,
        "secret_source": secret_source,
        "fingerprint": minted.fingerprint().to_string(),
    })) + "\n"
}

/// Returns a field of a template; empty for a time that the token does not have.
#[must_use]
pub fn template_field(minted: &IssuedToken, name: &str) -> String {
    let seconds = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.epoch_seconds().to_string());
    let claims = &minted.claims;
    match name {
        "token" => minted.token.as_str().into(),
        "user_id" => claims.customer().user_id(),
        "customer_id" => claims.customer().to_string(),
        "expires_at" => seconds(claims.expires_at()),
        "issued_at" => seconds(claims.issued_at()),
        _ => minted.fingerprint().to_string(),
    }
}

/// Returns a session as a line of JSON. `profile` is `None` for a secret from the environment.
#[must_use]
pub fn session_json(session: &Session, token: &SessionToken, profile: Option<&str>) -> String {
    json_line(&json!({
        "customer_id": session.customer().get(),
        "session_id": session.id().to_string(),
        "expires_at": session.expires_at(),
        "token": token.expose(),
        "profile": profile,
    })) + "\n"
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
    let seconds = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.epoch_seconds().to_string());
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
pub(super) fn percent_encoded(text: &str) -> String {
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
