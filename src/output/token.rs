//! Formats a decoded token, of which nothing is verified, and a report on a token: as a table or as JSON.

use comfy_table::Cell;
use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, cell, headline, table};
use crate::escape::{escaped, escaped_truncated};
use crate::time::{Timestamp, absolute_and_relative};
use crate::token::{
    CustomerId, ExtractedToken, Fingerprint, Inspection, Object, TIME_CLAIMS, USER_ID_PREFIX, VerifiedToken,
    time_claim,
};
use crate::verdict::{Check, ExpectedResponse, Report};

/// The header parameters that contain no personal data.
const ANONYMOUS: [&str; 2] = ["alg", "typ"];

/// The most characters of a check's detail in text output.
const MAX_DETAIL: usize = 160;

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
    table(rows, layout)
}

/// Returns the table rows of an object, one per member, with the note for its key, if any.
fn part(name: &str, object: Option<Object>, note: impl Fn(&str) -> Option<String>) -> Vec<[Cell; 3]> {
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

/// Formats a report as JSON; in a batch, with the token's line number.
pub fn verify_json(report: &Report, stripped: &[String], line: Option<u64>) -> Value {
    let claims = report.signed.as_ref().map(VerifiedToken::claims);
    let mut shown = json!({
        "line": line,
        "valid": report.verdict.is_ok(),
        "verdict": report.word_and_exit().0,
        "customer_id": claims.and_then(|claims| claims.user_id.customer()).map(CustomerId::get),
        "user_id": report.user_id(),
        "expires_at": claims.and_then(|claims| claims.expires_at.ok()),
        "issued_at": claims.and_then(|claims| claims.issued_at.ok()),
        "signed_by": report.signed_by,
        "altered_secret": report.alteration,
        "stream": report.stream,
        "checks": report.checks,
        "lints": report.lints,
        "remedy": report.remedy,
        "fingerprint": report.fingerprint,
        "stripped": stripped,
    });
    if let (None, Some(members)) = (line, shown.as_object_mut()) {
        members.shift_remove("line");
    }
    shown
}

/// Formats a report for people: the verdict, every check, Stream's expected response and the remedy.
pub fn verify_text(report: &Report, layout: Layout) -> String {
    let (word, _) = report.word_and_exit();
    let (head, style) = match (&report.verdict, report.lints.first()) {
        // A valid token with a remedy contains a mistake of the signer, which the first lint describes.
        (Ok(_), Some(lint)) if report.remedy.is_some() => {
            (format!("{word}, but {}", lint.detail), Style::Good)
        }
        (Ok(_), _) => (format!("{word}, unless Stream revoked it or deleted the user"), Style::Good),
        (Err(refusal), _) => (format!("{word}: {refusal}"), Style::Bad),
    };
    let head = headline(&head, style, layout);
    let row = |name: &str, mark: &str, style: Style, text: &str| {
        [cell(name, Style::Name), cell(mark, style), cell(text, Style::Plain)]
    };
    let mut rows: Vec<[Cell; 3]> = report.checks.iter().map(check_row).collect();
    rows.extend(report.lints.iter().map(|lint| row("note", "!", Style::Bad, &lint.detail)));
    let (mark, style, answer) = stream_answer(report.stream);
    rows.push(row("stream", mark, style, &answer));
    if let Some(fingerprint) = &report.fingerprint {
        rows.push(row("token", "", Style::Plain, &format!("fingerprint {fingerprint}")));
    }
    rows.extend(report.remedy.as_deref().map(|remedy| row("remedy", "", Style::Plain, remedy)));
    format!("{head}\n{}", table(rows, layout))
}

/// Formats the result of a secret check as JSON: whether a profile's secret signed a token.
pub fn secret_check_json(report: &Report, is_signer: bool) -> Value {
    json!({
        "signed": is_signer,
        "signed_by": report.signed_by,
        "altered_secret": report.alteration,
        "fingerprint": report.fingerprint,
    })
}

/// Formats the result of a secret check for people: whether a profile's secret signed a token, or how it differs.
pub fn secret_check_text(report: &Report, is_signer: bool, layout: Layout) -> String {
    let style = if is_signer { Style::Good } else { Style::Bad };
    let text = match (&report.signed_by, report.alteration) {
        (Some(_), _) if is_signer => "ok: the stored secret signed it".into(),
        (Some(by), _) => {
            let (secret, profile) = (by.secret, by.profile.as_deref().unwrap_or("-"));
            format!("FAIL: the {secret} secret of profile {profile} signed it, and not this one")
        }
        (None, Some(change)) => {
            format!("FAIL: the stored secret would have signed it with {change}: one of both is altered")
        }
        (None, None) => {
            "FAIL: no secret here signed it: it is another app's, or the secret was changed or mistyped"
                .into()
        }
    };
    headline(&text, style, layout)
}

/// Formats a report as one line of a batch: line number, verdict and user id, separated by tabs.
pub fn verify_line(report: &Report, line: u64) -> String {
    let user_id = report.user_id().unwrap_or_else(|| "-".into());
    format!("{line}\t{}\t{}\n", report.word_and_exit().0, escaped(&user_id))
}

/// Returns the table row of a check.
fn check_row(check: &Check) -> [Cell; 3] {
    let (word, style, weight) = match check.ok {
        Some(true) => ("ok", Style::Good, Style::Plain),
        Some(false) => ("FAIL", Style::Bad, Style::Plain),
        None => ("-", Style::Faint, Style::Faint),
    };
    let detail = escaped_truncated(&check.detail, MAX_DETAIL).to_string();
    [cell(check.name, Style::Name), cell(word, style), cell(detail, weight)]
}

/// Returns Stream's expected response as a mark, its style, and a sentence.
fn stream_answer(stream: ExpectedResponse) -> (&'static str, Style, String) {
    match (stream.accepts, stream.status, stream.code) {
        (Some(true), ..) => ("yes", Style::Good, "an app with this secret accepts it".into()),
        (None, ..) => ("?", Style::Faint, "Stream's answer cannot be predicted".into()),
        (_, Some(status), Some(code)) => ("no", Style::Bad, format!("Stream answers {status}, code {code}")),
        _ => ("no", Style::Bad, "Stream refuses it".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::extract;
    use crate::token::testing::unsigned;

    #[test]
    fn non_time_in_a_time_claim_is_redacted() {
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
