//! A report on a token, as a table and as JSON.

use serde::Serialize;

use super::Layout;
use super::table::{Style, StyledCell, headline, table};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::Timestamp;
use crate::verdict::{Check, Outcome, Report, SignedBy, StreamAnswer, Verdict};

/// How many characters of a check's detail are shown to people.
const LONGEST_DETAIL: usize = 160;

/// A report in JSON.
#[derive(Serialize)]
struct ReportJson<'a> {
    /// The line of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// Whether the verdict is `valid`.
    valid: bool,
    /// The verdict's name.
    verdict: &'static str,
    /// Whose token it is; only of a signed one.
    customer_id: Option<u64>,
    /// The Stream user id; only of a signed token.
    user_id: Option<&'a str>,
    /// `exp`; only of a signed token.
    expires_at: Option<u64>,
    /// `iat`; only of a signed token.
    issued_at: Option<u64>,
    /// Whose secret signed it.
    signed_by: Option<SignedByJson<'a>>,
    /// What Stream would answer.
    stream: StreamJson,
    /// Every check.
    checks: Vec<CheckJson<'a>>,
    /// The next step to take.
    remedy: Option<&'a str>,
}

/// Whose secret signed a token, in JSON.
#[derive(Serialize)]
struct SignedByJson<'a> {
    /// The profile; none for a secret from the environment.
    profile: Option<&'a str>,
    /// Which of its secrets.
    secret: &'static str,
}

/// Stream's answer, in JSON.
#[derive(Serialize)]
struct StreamJson {
    /// Whether the token is accepted; null where that cannot be told.
    accepts: Option<bool>,
    /// The HTTP status of a refusal.
    status: Option<u16>,
    /// Stream's code of a refusal.
    code: Option<u16>,
}

/// A check, in JSON.
#[derive(Serialize)]
struct CheckJson<'a> {
    /// Its name.
    name: &'static str,
    /// Whether it was met; null where it was not made.
    ok: Option<bool>,
    /// What was found.
    detail: &'a str,
}

impl<'a> From<&'a SignedBy> for SignedByJson<'a> {
    fn from(by: &'a SignedBy) -> Self {
        Self { profile: by.profile.as_deref(), secret: by.secret.name() }
    }
}

impl<'a> From<&'a Check> for CheckJson<'a> {
    fn from(check: &'a Check) -> Self {
        Self { name: check.name, ok: check.outcome.is_ok(), detail: &check.detail }
    }
}

/// Shows a report as a line of JSON; of a batch with the number of the token's line.
#[must_use]
pub fn verify_json(report: &Report, line: Option<u64>) -> String {
    let StreamAnswer { accepts, status, code } = report.stream;
    let shown = ReportJson {
        line,
        valid: report.verdict == Verdict::Valid,
        verdict: report.verdict.name(),
        customer_id: report.customer.map(crate::token::CustomerId::get),
        user_id: report.user_id.as_deref(),
        expires_at: report.expires_at.map(Timestamp::epoch_seconds),
        issued_at: report.issued_at.map(Timestamp::epoch_seconds),
        signed_by: report.signed_by.as_ref().map(SignedByJson::from),
        stream: StreamJson { accepts, status, code },
        checks: report.checks.iter().map(CheckJson::from).collect(),
        remedy: report.remedy.as_deref(),
    };
    json_line(&shown) + "\n"
}

/// Shows a report for people: the verdict, every check, Stream's answer and the remedy.
#[must_use]
pub fn verify_text(report: &Report, layout: Layout) -> String {
    let verdict = report.verdict;
    let style = if verdict == Verdict::Valid { Style::Good } else { Style::Bad };
    let separator = if verdict == Verdict::Valid { "," } else { ":" };
    let head = headline(&format!("{verdict}{separator} {}", verdict.meaning()), style, layout);
    let mut rows: Vec<[StyledCell; 3]> = report.checks.iter().map(row).collect();
    rows.push(answer(report.stream));
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
    let (word, style) = match check.outcome {
        Outcome::Passed => ("ok", Style::Good),
        Outcome::Failed => ("FAIL", Style::Bad),
        Outcome::Skipped => ("-", Style::Faint),
    };
    let weight = if check.outcome == Outcome::Skipped { Style::Faint } else { Style::Plain };
    [
        (check.name.into(), Style::Name),
        (word.into(), style),
        (escaped_truncated(&check.detail, LONGEST_DETAIL).to_string(), weight),
    ]
}

/// Lays out Stream's answer.
fn answer(stream: StreamAnswer) -> [StyledCell; 3] {
    let (word, style, detail) = match stream {
        StreamAnswer { accepts: Some(true), .. } => {
            ("yes", Style::Good, "an app with this secret accepts it".into())
        }
        StreamAnswer { accepts: None, .. } => {
            ("?", Style::Faint, "what Stream answers cannot be told".into())
        }
        StreamAnswer { status: Some(status), code: Some(code), .. } => {
            ("no", Style::Bad, format!("Stream answers {status}, code {code}"))
        }
        StreamAnswer { .. } => ("no", Style::Bad, "Stream refuses it".into()),
    };
    [("stream".into(), Style::Name), (word.into(), style), (detail, Style::Plain)]
}
