//! What people and programs see: tables, JSON, and the streams and prompts of the terminal.

mod audit;
mod doctor;
mod issue;
mod profiles;
mod table;
pub mod terminal;
mod token;

pub use audit::{
    AuditDay, AuditSummary, audit_day_json, audit_days_text, audit_found_json, audit_found_text,
    audit_heading, audit_json, audit_line, audit_verified_json, audit_verified_text, count_tokens,
};
pub use doctor::{Diagnosis, Health, doctor_json, doctor_text};
pub use issue::{CSV, CSV_HEADER, ENV, HEADER, copy, curl, fill_template, issue_json, qr_code, session_json};
pub use profiles::{profile_changes, profile_json, profile_list, profile_text, secret_json, secret_list};
pub use token::{
    decode_json, decode_text, secret_check_json, secret_check_text, verify_json, verify_line, verify_text,
};

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// How wide it may be; `None` leaves every line as long as it is.
    pub width: Option<u16>,
    /// Whether it is in colour.
    pub has_color: bool,
}
