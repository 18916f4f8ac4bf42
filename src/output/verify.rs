//! A report on a token, as a table and as JSON.

use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, StyledCell, cell, headline, table};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::token::{CustomerId, Fingerprint, Stripped};
use crate::verdict::{Check, CheckResult, ExpectedResponse, Report, SecretAlteration, SignedBy, Verdict};

/// How many characters of a check's detail are shown to people.
const MAX_DETAIL: usize = 160;

/// Shows a report as a line of JSON; of a batch with the number of the token's line.
#[must_use]
pub fn verify_json(report: &Report, stripped: &[Stripped], line: Option<u64>) -> String {
    let ExpectedResponse { accepts, status, code } = report.stream;
    let check =
        |check: &Check| json!({ "name": check.name, "ok": check.result.is_ok(), "detail": check.detail });
    let mut shown = json!({
        "line": line,
        "valid": report.verdict == Verdict::Valid,
        "verdict": report.verdict.name(),
        "customer_id": report.customer.map(CustomerId::get),
        "user_id": report.user_id,
        "expires_at": report.expires_at,
        "issued_at": report.issued_at,
        "signed_by": report.signed_by.as_ref().map(signed_by),
        "altered_secret": report.alteration.map(SecretAlteration::name),
        "stream": { "accepts": accepts, "status": status, "code": code },
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
        "lints": report.lints,
        "remedy": report.remedy,
        "fingerprint": report.fingerprint.map(|fingerprint: Fingerprint| fingerprint.to_string()),
        "stripped": stripped.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if let (None, Some(members)) = (line, shown.as_object_mut()) {
        members.shift_remove("line");
    }
    json_line(&shown) + "\n"
}

/// Shows a report for people: the verdict, every check, Stream's answer and the remedy.
#[must_use]
pub fn verify_text(report: &Report, layout: Layout) -> String {
    let verdict = report.verdict;
    let style = if verdict == Verdict::Valid { Style::Good } else { Style::Bad };
    // A valid token with a remedy was signed by mistake: the lint says how.
    let mistake = report.lints.first().filter(|_| verdict == Verdict::Valid && report.remedy.is_some());
    let head = match mistake {
        Some(lint) => format!("{verdict}, but {}", lint.detail),
        None if verdict == Verdict::Valid => format!("{verdict}, {}", verdict.meaning()),
        None => format!("{verdict}: {}", verdict.meaning()),
    };
    let head = headline(&head, style, layout);
    let row_of =
        |name: &str, text: &str| [cell(name, Style::Name), cell("", Style::Plain), cell(text, Style::Plain)];
    let mut rows: Vec<[StyledCell; 3]> = report.checks.iter().map(row).collect();
    let note = |detail: &str| [cell("note", Style::Name), cell("!", Style::Bad), cell(detail, Style::Plain)];
    rows.extend(report.lints.iter().map(|lint| note(&lint.detail)));
    rows.push(stream_row(report.stream));
    rows.extend(report.fingerprint.map(|fingerprint| row_of("token", &format!("fingerprint {fingerprint}"))));
    rows.extend(report.remedy.as_deref().map(|remedy| row_of("remedy", remedy)));
    format!("{head}\n{}", table(&rows, layout))
}

/// Shows as a line of JSON whether a profile's secret signed a token.
#[must_use]
pub fn secret_check_json(report: &Report, is_signer: bool) -> String {
    json_line(&json!({
        "signed": is_signer,
        "signed_by": report.signed_by.as_ref().map(signed_by),
        "altered_secret": report.alteration.map(SecretAlteration::name),
        "fingerprint": report.fingerprint.map(|fingerprint| fingerprint.to_string()),
    })) + "\n"
}

/// Shows for people whether a profile's secret signed a token, and what the difference may be.
#[must_use]
pub fn secret_check_text(report: &Report, is_signer: bool, layout: Layout) -> String {
    let (text, style) = match (&report.signed_by, report.alteration) {
        (Some(_), _) if is_signer => ("ok: the stored secret signed it".into(), Style::Good),
        (Some(SignedBy { profile, secret }), _) => {
            let profile = profile.as_deref().unwrap_or("-");
            (
                format!(
                    "FAIL: the {} secret of profile {profile} signed it, and not this one",
                    secret.name()
                ),
                Style::Bad,
            )
        }
        (None, Some(change)) => (
            format!("FAIL: the stored secret would have signed it with {change}: one of both is altered"),
            Style::Bad,
        ),
        (None, None) => (
            "FAIL: no secret here signed it: it is another app's, or the secret was changed or mistyped"
                .into(),
            Style::Bad,
        ),
    };
    headline(&text, style, layout)
}

/// Returns whose secret signed a token, in JSON.
fn signed_by(by: &SignedBy) -> Value {
    json!({ "profile": by.profile, "secret": by.secret.name() })
}

/// Shows a report as one line of a batch: the number, the verdict and the user id, tabs between.
#[must_use]
pub fn verify_line(report: &Report, line: u64) -> String {
    let user_id = report.user_id.as_deref().unwrap_or("-");
    format!("{line}\t{}\t{}\n", report.verdict, escaped(user_id))
}

/// Lays out a check.
fn row(check: &Check) -> [StyledCell; 3] {
    let (word, style) = match check.result {
        CheckResult::Passed => ("ok", Style::Good),
        CheckResult::Failed => ("FAIL", Style::Bad),
        CheckResult::Skipped => ("-", Style::Faint),
    };
    let weight = if check.result == CheckResult::Skipped { Style::Faint } else { Style::Plain };
    let detail = escaped_truncated(&check.detail, MAX_DETAIL).to_string();
    [cell(check.name, Style::Name), cell(word, style), (detail, weight)]
}

/// Lays out Stream's answer.
fn stream_row(stream: ExpectedResponse) -> [StyledCell; 3] {
    let (word, style, detail) = match (stream.accepts, stream.status, stream.code) {
        (Some(true), ..) => ("yes", Style::Good, "an app with this secret accepts it".to_owned()),
        (None, ..) => ("?", Style::Faint, "what Stream answers cannot be told".into()),
        (_, Some(status), Some(code)) => ("no", Style::Bad, format!("Stream answers {status}, code {code}")),
        _ => ("no", Style::Bad, "Stream refuses it".into()),
    };
    [cell("stream", Style::Name), cell(word, style), cell(detail, Style::Plain)]
}
