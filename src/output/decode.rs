//! What was read of a token, as a table and as JSON. Nothing of it is verified.

use serde::Serialize;

use super::Layout;
use super::table::{Style, StyledCell, cell, table};
use crate::escape::json_line;
use crate::time::{Timestamp, absolute_and_relative};
use crate::token::{
    CustomerId, ExtractedToken, Fingerprint, Inspection, Json, Lint, TIME_CLAIMS, USER_ID_PREFIX,
};

/// The header parameters that say nothing about anyone.
const ANONYMOUS: [&str; 2] = ["alg", "typ"];

/// An inspection in JSON.
#[derive(Serialize)]
struct InspectionJson {
    /// Always false.
    verified: bool,
    /// The JOSE header, where it could be read.
    header: Option<Json>,
    /// The claims set, where it could be read.
    claims: Option<Json>,
    /// What its reader should know.
    lints: Vec<Lint>,
    /// The token's fingerprint, as the audit log has it.
    fingerprint: String,
    /// What was stripped from around the token.
    stripped: Vec<String>,
}

/// Shows what was read as a line of JSON.
#[must_use]
pub fn decode_json(inspection: &Inspection, token: &ExtractedToken, is_redacted: bool) -> String {
    let shown = InspectionJson {
        verified: false,
        header: inspection.header().map(|header| shown(header, &ANONYMOUS, is_redacted)),
        claims: inspection.claims().map(|claims| shown(claims.as_json(), &TIME_CLAIMS, is_redacted)),
        lints: inspection.lints(),
        fingerprint: Fingerprint::of(token.token().as_bytes()).to_string(),
        stripped: token.stripped().iter().map(ToString::to_string).collect(),
    };
    json_line(&shown) + "\n"
}

/// Shows what was read for people.
#[must_use]
pub fn decode_text(
    inspection: &Inspection,
    token: &ExtractedToken,
    is_redacted: bool,
    now: Timestamp,
    layout: Layout,
) -> String {
    let mut rows = Vec::new();
    let header = inspection.header().map(|header| shown(header, &ANONYMOUS, is_redacted));
    rows.extend(part("header", header.as_ref(), |_| None));
    let claims = inspection.claims().map(|claims| shown(claims.as_json(), &TIME_CLAIMS, is_redacted));
    rows.extend(part("claims", claims.as_ref(), |key| {
        let claims = inspection.claims().filter(|_| TIME_CLAIMS.contains(&key))?;
        claims.time(key).at().map(|at| absolute_and_relative(at, now))
    }));
    for lint in inspection.lints() {
        rows.push([cell("lint", Style::Bad), cell(lint.name, Style::Name), cell(&lint.detail, Style::Plain)]);
    }
    let fingerprint = format!("fingerprint {}", Fingerprint::of(token.token().as_bytes()));
    rows.push([cell("token", Style::Faint), cell("", Style::Name), cell(fingerprint, Style::Plain)]);
    table(&rows, layout)
}

/// Lays out an object, a line a member, with a note where there is one.
fn part(name: &str, object: Option<&Json>, note: impl Fn(&str) -> Option<String>) -> Vec<[StyledCell; 3]> {
    let nothing = |why: &str| vec![[name, "-", why].map(|text| cell(text, Style::Faint))];
    let Some(object) = object else {
        return nothing("cannot be read");
    };
    if object.entries().is_empty() {
        return nothing("empty");
    }
    let mut rows = Vec::new();
    for (key, value) in object.entries() {
        let mut value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        if let Some(note) = note(key) {
            value = format!("{value}  ({note})");
        }
        let label = if rows.is_empty() { name } else { "" };
        rows.push([cell(label, Style::Faint), cell(key, Style::Name), cell(value, Style::Plain)]);
    }
    rows
}

/// Returns an object as it is shown: redacted, all values but those under `kept` keys are hidden.
fn shown(object: &Json, kept: &[&str], is_redacted: bool) -> Json {
    if !is_redacted {
        return object.clone();
    }
    let redact = |(key, value): &(String, Json)| {
        let is_kept = kept.contains(&key.as_str()) && is_anonymous(key, value);
        let value = if is_kept { value.clone() } else { Json::String(redacted(value).into()) };
        (key.clone(), value)
    };
    Json::Object(object.entries().iter().map(redact).collect())
}

/// Returns `true` if the value under a kept key has the form that belongs there, and not somebody's name.
fn is_anonymous(key: &str, value: &Json) -> bool {
    match value {
        Json::Number(_) => true,
        Json::String(_) if ANONYMOUS.contains(&key) => true,
        Json::String(text) => text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.:TZ".contains(&byte)),
        _ => false,
    }
}

/// Names what was hidden, as far as it helps to understand a refusal.
fn redacted(value: &Json) -> &'static str {
    match value {
        Json::Null => "[redacted null]",
        Json::Bool(_) => "[redacted boolean]",
        Json::Number(_) => "[redacted number]",
        Json::String(text) if CustomerId::from_user_id(text).is_some() => "customer-[redacted]",
        Json::String(text) if text.starts_with(USER_ID_PREFIX) => "[redacted string, customer- before it]",
        Json::String(_) => "[redacted string]",
        Json::Array(_) => "[redacted array]",
        Json::Object(_) => "[redacted object]",
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
        let shown = decode_json(&Inspection::read(&token), &extract(&token).unwrap(), true);
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
