//! A report on a token, as a table and as JSON.

use serde_json::{Map, Value, json};

use super::Layout;
use super::table::{Style, StyledCell, headline, table};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint, Stripped};
use crate::verdict::{Check, CheckResult, ExpectedResponse, Report, SecretAlteration, Verdict};

/// How many characters of a check's detail are shown to people.
const MAX_DETAIL: usize = 160;

/// Shows a report as a line of JSON; of a batch with the number of the token's line.
#[must_use]
pub fn verify_json(report: &Report, stripped: &[Stripped], line: Option<u64>) -> String {
    let ExpectedResponse { accepts, status, code } = report.stream;
    let check =
        |check: &Check| json!({ "name": check.name, "ok": check.result.is_ok(), "detail": check.detail });
    let report = json!({
        "valid": report.verdict == Verdict::Valid,
        "verdict": report.verdict.name(),
        "customer_id": report.customer.map(CustomerId::get),
        "user_id": report.user_id,
        "expires_at": report.expires_at.map(Timestamp::epoch_seconds),
        "issued_at": report.issued_at.map(Timestamp::epoch_seconds),
        "signed_by": report.signed_by.as_ref().map(|by| json!({ "profile": by.profile, "secret": by.secret.name() })),
        "altered_secret": report.alteration.map(SecretAlteration::name),
        "stream": { "accepts": accepts, "status": status, "code": code },
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
        "lints": report.lints.iter().map(|lint| json!({ "name": lint.name, "detail": lint.detail })).collect::<Vec<_>>(),
        "remedy": report.remedy,
        "fingerprint": report.fingerprint.map(|fingerprint: Fingerprint| fingerprint.to_string()),
        "stripped": stripped.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let line = line.map(|line| ("line".to_owned(), Value::from(line)));
    let members = line.into_iter().chain(report.as_object().cloned().unwrap_or_default());
    json_line(&members.collect::<Map<_, _>>()) + "\n"
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
    let mut rows: Vec<[StyledCell; 3]> = report.checks.iter().map(row).collect();
    rows.extend(report.lints.iter().map(|lint| {
        [("note".into(), Style::Name), ("!".into(), Style::Bad), (lint.detail.clone(), Style::Plain)]
    }));
    rows.push(stream_row(report.stream));
    rows.extend(report.fingerprint.map(|fingerprint| {
        [
            ("token".into(), Style::Name),
            (String::new(), Style::Plain),
            (format!("fingerprint {fingerprint}"), Style::Plain),
        ]
    }));
    if let Some(remedy) = &report.remedy {
        rows.push([
            ("remedy".into(), Style::Name),
            (String::new(), Style::Plain),
            (escaped(remedy).to_string(), Style::Plain),
        ]);
    }
    format!("{head}\n{}", table(&rows, layout))
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
    [
        (check.name.into(), Style::Name),
        (word.into(), style),
        (escaped_truncated(&check.detail, MAX_DETAIL).to_string(), weight),
    ]
}

/// Lays out Stream's answer.
fn stream_row(stream: ExpectedResponse) -> [StyledCell; 3] {
    let (word, style, detail) = match stream {
        ExpectedResponse { accepts: Some(true), .. } => {
            ("yes", Style::Good, "an app with this secret accepts it".into())
        }
        ExpectedResponse { accepts: None, .. } => {
            ("?", Style::Faint, "what Stream answers cannot be told".into())
        }
        ExpectedResponse { status: Some(status), code: Some(code), .. } => {
            ("no", Style::Bad, format!("Stream answers {status}, code {code}"))
        }
        ExpectedResponse { .. } => ("no", Style::Bad, "Stream refuses it".into()),
    };
    [("stream".into(), Style::Name), (word.into(), style), (detail, Style::Plain)]
}
