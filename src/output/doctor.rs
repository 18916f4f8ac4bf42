//! Output of the `doctor` command, one line for each result.

use serde::Serialize;
use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, cell, table};
use crate::error::ErrorReport;
use crate::profile::Profile;

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Everything works.
    Ok,
    /// Everything works, but the user should know about the result.
    Note,
    /// Something does not work.
    Fail,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The name of the check.
    pub check: &'static str,
    /// The profile that the result is about.
    pub profile: Option<String>,
    /// The outcome.
    pub status: Health,
    /// A description of the result.
    pub detail: String,
    /// The next step to take.
    pub hint: Option<String>,
}

impl Diagnosis {
    /// Creates a result that everything works.
    #[must_use]
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, profile: None, status: Health::Ok, detail: detail.into(), hint: None }
    }

    /// Creates a result that the user should know about, with the next step to take.
    #[must_use]
    pub fn note(check: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Health::Note, hint: Some(hint.into()), ..Self::ok(check, detail) }
    }

    /// Creates a result that something does not work, with the next step to take.
    #[must_use]
    pub fn fail(check: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Health::Fail, ..Self::note(check, detail, hint) }
    }

    /// Creates the result that a check ended with an error.
    #[must_use]
    pub fn error(check: &'static str, error: impl Into<ErrorReport>) -> Self {
        let ErrorReport { message, hint, .. } = error.into();
        Self { status: Health::Fail, hint, ..Self::ok(check, message) }
    }

    /// Adds the profile that the result is about.
    #[must_use]
    pub fn of(self, profile: &Profile) -> Self {
        Self { profile: profile.name.as_ref().map(ToString::to_string), ..self }
    }
}

/// Returns a result as JSON.
pub fn doctor_json(found: &Diagnosis) -> Value {
    json!(found)
}

/// Returns the results as a table.
pub fn doctor_text(found: &[Diagnosis], layout: Layout) -> String {
    let row = |found: &Diagnosis| {
        let (word, style) = match found.status {
            Health::Ok => ("ok", Style::Good),
            Health::Note => ("note", Style::Name),
            Health::Fail => ("FAIL", Style::Bad),
        };
        let name = [Some(found.check), found.profile.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        let text = [Some(&*found.detail), found.hint.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        [cell(name.join(" "), Style::Name), cell(word, style), cell(text.join("; "), Style::Plain)]
    };
    table(found.iter().map(row), layout)
}
