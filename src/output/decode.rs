//! Formats a decoded token as a table or as JSON. Nothing in it is verified.

use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, StyledCell, cell, table};
use crate::time::{Timestamp, absolute_and_relative};
use crate::token::{
    CustomerId, ExtractedToken, Fingerprint, Inspection, Object, TIME_CLAIMS, USER_ID_PREFIX, time_claim,
};

/// The header parameters that contain no personal data.
const ANONYMOUS: [&str; 2] = ["alg", "typ"];

/// Formats a decoded token as JSON.
pub fn decode_json(inspection: &Inspection<'_>, token: &ExtractedToken, is_redacted: bool) -> Value {
    json!({
        "verified": false,
        "header": shown(inspection.header.as_ref(), &ANONYMOUS, is_redacted),
        "claims": shown(inspection.payload.as_ref(), &TIME_CLAIMS, is_redacted),
        "lints": inspection.lints(),
        "fingerprint": Fingerprint::of(token.token.as_bytes()).to_string(),
        "stripped": token.stripped,
    })
}

/// Formats a decoded token for people.
pub fn decode_text(
    inspection: &Inspection<'_>,
    token: &ExtractedToken,
    is_redacted: bool,
    now: Timestamp,
    layout: Layout,
) -> String {
    let mut rows = part("header", shown(inspection.header.as_ref(), &ANONYMOUS, is_redacted), |_| None);
    rows.extend(part("claims", shown(inspection.payload.as_ref(), &TIME_CLAIMS, is_redacted), |key| {
        let payload = inspection.payload.as_ref().filter(|_| TIME_CLAIMS.contains(&key))?;
        time_claim(payload, key).ok()?.map(|at| absolute_and_relative(at, now))
    }));
    for lint in inspection.lints() {
        rows.push([cell("lint", Style::Bad), cell(lint.name, Style::Name), cell(&lint.detail, Style::Plain)]);
    }
    let fingerprint = format!("fingerprint {}", Fingerprint::of(token.token.as_bytes()));
    rows.push([cell("token", Style::Faint), cell("", Style::Name), cell(fingerprint, Style::Plain)]);
    table(&rows, layout)
}

/// Returns the table rows of an object, one per member, with the note for its key, if any.
fn part(name: &str, object: Option<Object>, note: impl Fn(&str) -> Option<String>) -> Vec<[StyledCell; 3]> {
    let nothing = if object.is_some() { "empty" } else { "cannot be read" };
    let mut rows = Vec::new();
    for (key, value) in object.into_iter().flatten() {
        let mut value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        if let Some(note) = note(&key) {
            value = format!("{value}  ({note})");
        }
        let label = if rows.is_empty() { name } else { "" };
        rows.push([cell(label, Style::Faint), cell(key, Style::Name), cell(value, Style::Plain)]);
    }
    if rows.is_empty() {
        rows.push([name, "-", nothing].map(|text| cell(text, Style::Faint)));
    }
    rows
}

/// Returns an object for display. If `is_redacted`, hides every value except the anonymous values of `kept` keys.
fn shown(object: Option<&Object>, kept: &[&str], is_redacted: bool) -> Option<Object> {
    let mut object = object.cloned();
    for (key, value) in object.iter_mut().flatten().filter(|_| is_redacted) {
        if !kept.contains(&key.as_str()) || !is_anonymous(key, value) {
            *value = redacted(value).into();
        }
    }
    object
}

/// Returns `true` if the value of a kept key has the expected form, and so cannot be personal data.
fn is_anonymous(key: &str, value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(_) if ANONYMOUS.contains(&key) => true,
        Value::String(text) => text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.:TZ".contains(&byte)),
        _ => false,
    }
}

/// Returns the placeholder for a hidden value: its type, and whether it is a user id, which helps to explain a refusal.
fn redacted(value: &Value) -> &'static str {
    match value {
        Value::Null => "[redacted null]",
        Value::Bool(_) => "[redacted boolean]",
        Value::Number(_) => "[redacted number]",
        Value::String(text) if CustomerId::from_user_id(text).is_some() => "customer-[redacted]",
        Value::String(text) if text.starts_with(USER_ID_PREFIX) => "[redacted string, customer- before it]",
        Value::String(_) => "[redacted string]",
        Value::Array(_) => "[redacted array]",
        Value::Object(_) => "[redacted object]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::extract;
    use crate::token::testing::unsigned;

    #[test]
    fn redacts_what_is_not_a_time_in_the_place_of_one() {
        let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"exp":"customer-7","iat":"1893456000","nbf":1}"#);
        let shown = decode_json(&Inspection::read(&token), &extract(&token).unwrap(), true).to_string();
        assert!(shown.contains(r#""exp":"customer-[redacted]","iat":"1893456000","nbf":1"#), "{shown}");
    }

    #[test]
    fn shows_an_empty_object_as_empty() {
        let token = unsigned("{}", "{}");
        let (inspection, token) = (Inspection::read(&token), extract(&token).unwrap());
        let shown = decode_text(&inspection, &token, false, Timestamp::EPOCH, Layout::default());
        assert!(shown.starts_with("header  -           empty\nclaims  -           empty\n"), "{shown}");
    }
}
