//! Formats a report on a token as a table or as JSON.

use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, StyledCell, cell, headline, table};
use crate::escape::{escaped, escaped_truncated};
use crate::token::{CustomerId, VerifiedToken};
use crate::verdict::{Check, ExpectedResponse, Report};

/// The most characters of a check's detail in text output.
const MAX_DETAIL: usize = 160;

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
    let mut rows: Vec<[StyledCell; 3]> = report.checks.iter().map(check_row).collect();
    rows.extend(report.lints.iter().map(|lint| row("note", "!", Style::Bad, &lint.detail)));
    let (mark, style, answer) = stream_answer(report.stream);
    rows.push(row("stream", mark, style, &answer));
    if let Some(fingerprint) = &report.fingerprint {
        rows.push(row("token", "", Style::Plain, &format!("fingerprint {fingerprint}")));
    }
    rows.extend(report.remedy.as_deref().map(|remedy| row("remedy", "", Style::Plain, remedy)));
    format!("{head}\n{}", table(&rows, layout))
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
fn check_row(check: &Check) -> [StyledCell; 3] {
    let (word, style, weight) = match check.ok {
        Some(true) => ("ok", Style::Good, Style::Plain),
        Some(false) => ("FAIL", Style::Bad, Style::Plain),
        None => ("-", Style::Faint, Style::Faint),
    };
    let detail = escaped_truncated(&check.detail, MAX_DETAIL).to_string();
    [cell(check.name, Style::Name), cell(word, style), (detail, weight)]
}

/// Returns Stream's expected response as a mark, its style, and a sentence.
fn stream_answer(stream: ExpectedResponse) -> (&'static str, Style, String) {
    match (stream.accepts, stream.status, stream.code) {
        (Some(true), ..) => ("yes", Style::Good, "an app with this secret accepts it".into()),
        (None, ..) => ("?", Style::Faint, "what Stream answers cannot be told".into()),
        (_, Some(status), Some(code)) => ("no", Style::Bad, format!("Stream answers {status}, code {code}")),
        _ => ("no", Style::Bad, "Stream refuses it".into()),
    }
}
