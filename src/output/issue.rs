//! Output formats of a minted token and of a session, including templates such as links that log in to an app.

use serde_json::{Value, json};

use crate::error::ErrorReport;
use crate::escape::{escaped_or_redacted, json_line};
use crate::issuer::IssuedToken;
use crate::session::{Session, SessionToken};
use crate::time::Timestamp;

/// The heading of the CSV table.
pub const CSV_HEADER: &str = "customer_id,user_id,token,expires_at,issued_at\n";

/// A row of the CSV table (RFC 4180), as a template. No value needs quotes.
pub const CSV: &str = "{customer_id},{user_id},{token},{expires_at},{issued_at}";

/// The two headers that Stream requires, as a template. Stream expects no `Bearer` scheme.
pub const HEADER: &str = "Authorization: {token}\nStream-Auth-Type: jwt";

/// A shell assignment, as a template. A token contains no character that is special to a shell.
pub const ENV: &str = "STREAM_USER_TOKEN={token}";

/// The base URL of Stream's API.
const BASE_URL: &str = "https://chat.stream-io-api.com";

/// Returns a minted token as a line of JSON. `profile` is `None` for a secret from the environment.
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
    }))
}

/// Returns a session as JSON. `profile` is `None` for a secret from the environment.
pub fn session_json(session: &Session, token: &SessionToken, profile: Option<&str>) -> Value {
    json!({
        "customer_id": session.customer.get(),
        "session_id": session.id.to_string(),
        "expires_at": session.expires_at,
        "token": token.expose(),
        "profile": profile,
    })
}

/// Returns a curl command that asks Stream for the user's number of unread messages.
pub fn curl(minted: &IssuedToken, api_key: &str, base_url: Option<&str>) -> String {
    let url = format!("{}/unread?api_key={}", base_url.unwrap_or(BASE_URL), percent_encoded(api_key));
    format!("curl '{url}' -H 'Authorization: {}' -H 'Stream-Auth-Type: jwt'", minted.token.as_str())
}

/// The names of the template fields.
pub const TEMPLATE_FIELDS: [&str; 8] =
    ["token", "user_id", "customer_id", "api_key", "expires_at", "issued_at", "fingerprint", "profile"];

/// Returns a template with each field replaced by its value. In a URL, which begins with a scheme, values are
/// percent-encoded. A doubled brace is a literal brace.
///
/// # Errors
/// An [`ErrorReport`] if a field is unknown or a brace is not closed.
pub fn fill_template(template: &str, value_of: impl Fn(&str) -> String) -> Result<String, ErrorReport> {
    let is_url = template.split_once(':').is_some_and(|(scheme, rest)| {
        let is_word = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        is_word && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.starts_with(' ')
    });
    let hint = || format!("its fields are {{{}}}; write {{{{ for a brace", TEMPLATE_FIELDS.join("}, {"));
    let (mut text, mut rest) = (String::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from_brace) = rest.split_at(at);
        text.push_str(before);
        if from_brace.starts_with("{{") || from_brace.starts_with('}') {
            text.push_str(&from_brace[..1]);
            let is_double = from_brace.starts_with("{{") || from_brace.starts_with("}}");
            rest = &from_brace[if is_double { 2 } else { 1 }..];
            continue;
        }
        let Some((name, after)) = from_brace[1..].split_once('}') else {
            return Err(ErrorReport::usage("the template has a { without its }", hint()));
        };
        if !TEMPLATE_FIELDS.contains(&name) {
            let name = escaped_or_redacted(name);
            return Err(ErrorReport::usage(
                format!("the template has a field that is unknown, {name}"),
                hint(),
            ));
        }
        let value = value_of(name);
        text.push_str(&if is_url { percent_encoded(&value) } else { value });
        rest = after;
    }
    Ok(text + rest)
}

/// Returns a template field that depends only on the token; empty for a time that the token lacks.
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

/// Percent-encodes all but unreserved characters (RFC 3986 section 2.3), so that no character is special to a URL or
/// a shell.
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

    fn filled(template: &str) -> Result<String, String> {
        fill_template(template, |name| format!("<{name}>")).map_err(|report| report.message)
    }

    #[test]
    fn a_url_has_encoded_values_and_another_text_has_them_as_they_are() {
        let url = "my-app://login?token={token}&user={user_id}";
        assert_eq!(filled(url).unwrap(), "my-app://login?token=%3Ctoken%3E&user=%3Cuser_id%3E");
        assert_eq!(filled("https:{api_key}").unwrap(), "https:%3Capi_key%3E");
        for (template, text) in [
            ("{token}", "<token>"),
            ("token: {token}.", "token: <token>."),
            ("{token}:{token}", "<token>:<token>"),
            ("{{\"token\":\"{token}\"}}", "{\"token\":\"<token>\"}"),
            ("{{token}} }", "{token} }"),
            ("", ""),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn an_unknown_field_is_named_and_an_open_brace_is_refused() {
        assert_eq!(filled("{user}").unwrap_err(), "the template has a field that is unknown, 'user'");
        for open in ["{token", "a {", "{{{"] {
            assert_eq!(filled(open).unwrap_err(), "the template has a { without its }", "{open}");
        }
    }

    #[test]
    fn every_field_is_known() {
        for name in TEMPLATE_FIELDS {
            assert_eq!(filled(&format!("{{{name}}}")).unwrap(), format!("<{name}>"));
        }
    }
}
