//! Texts with fields of a token in braces, such as links that log in to an app.

use super::issue::percent_encoded;
use crate::error::{ErrorReport, Usage};
use crate::escape::escaped_or_redacted;

/// The names of the fields.
pub const TEMPLATE_FIELDS: [&str; 8] =
    ["token", "user_id", "customer_id", "api_key", "expires_at", "issued_at", "fingerprint", "profile"];

/// Returns a template's text with the value of each field; in a URL, which begins with a scheme, values are
/// percent-encoded. A doubled brace stands for itself.
///
/// # Errors
/// What is wrong with the template.
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
            return Err(Usage::report("the template has a { without its }", hint()));
        };
        if !TEMPLATE_FIELDS.contains(&name) {
            let name = escaped_or_redacted(name);
            return Err(Usage::report(format!("the template has a field that is unknown, {name}"), hint()));
        }
        let value = value_of(name);
        text.push_str(&if is_url { percent_encoded(&value) } else { value });
        rest = after;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

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
