//! The checks behind a verdict, each with what was found.

use super::Examination;
use crate::time::{Timestamp, absolute_and_relative};
use crate::token::{ClaimsSet, MalformedToken, TimeClaim, UserId, Validation};

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// How it went.
    pub result: CheckResult,
    /// What was found. It may quote the token's claims: foreign text.
    pub detail: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// It was met.
    Passed,
    /// It was not.
    Failed,
    /// It could not be made, or was not asked for.
    Skipped,
}

impl CheckResult {
    /// Returns the result as JSON knows it; `None` where the check was not made.
    #[must_use]
    pub const fn is_ok(self) -> Option<bool> {
        match self {
            Self::Passed => Some(true),
            Self::Failed => Some(false),
            Self::Skipped => None,
        }
    }
}

/// Makes a check.
fn check(name: &'static str, result: CheckResult, detail: impl Into<String>) -> Check {
    Check { name, result, detail: detail.into() }
}

/// Makes every check, in the order of the verdicts.
pub(super) fn list(examination: &Examination<'_>) -> Vec<Check> {
    let claims = examination.inspection.claims();
    vec![
        format_check(examination),
        signature(examination),
        user_id(examination),
        customer(claims, examination.validation),
        time("iat", claims.map(ClaimsSet::issued_at), examination.validation),
        time("nbf", claims.map(ClaimsSet::not_before), examination.validation),
        time("exp", claims.map(ClaimsSet::expires_at), examination.validation),
        revocation(claims, examination.validation),
    ]
}

/// Checks the form of the token: everything that needs no secret.
fn format_check(examination: &Examination<'_>) -> Check {
    match examination.first_error() {
        Some(error) => check("form", CheckResult::Failed, error.to_string()),
        None => check("form", CheckResult::Passed, "three segments, HS256, a claims object"),
    }
}

/// Checks the signature.
fn signature(examination: &Examination<'_>) -> Check {
    let Some(signer) = examination.signer else {
        return if let Some(alteration) = examination.alteration {
            check("signature", CheckResult::Failed, format!("by this profile's secret with {alteration}"))
        } else if examination.inspection.is_development() {
            check("signature", CheckResult::Failed, "none: a development token")
        } else if examination.first_error().is_some() {
            check("signature", CheckResult::Skipped, "not checked: the form is broken")
        } else {
            check("signature", CheckResult::Failed, "not made with any secret that was tried")
        };
    };
    let secret = signer.name.secret.name();
    match &signer.name.profile {
        Some(profile) if !signer.is_selected => {
            check("signature", CheckResult::Failed, format!("signed by profile {profile}, not this one"))
        }
        Some(profile) => {
            check("signature", CheckResult::Passed, format!("by the {secret} secret of profile {profile}"))
        }
        None => {
            check("signature", CheckResult::Passed, format!("by the {secret} secret from the environment"))
        }
    }
}

/// Checks whether the user id is a customer's.
fn user_id(examination: &Examination<'_>) -> Check {
    let name = "user_id";
    if examination.first_error() == Some(&MalformedToken::SessionToken) {
        return check(name, CheckResult::Skipped, "a session names its customer in another claim");
    }
    match examination.inspection.claims().map(ClaimsSet::user_id) {
        None => check(name, CheckResult::Skipped, "the claims cannot be read"),
        Some(UserId::Customer(customer)) => check(name, CheckResult::Passed, customer.user_id()),
        Some(UserId::Absent) => match examination.inspection.misspelled_user_id() {
            Some(found) => {
                check(name, CheckResult::Failed, format!("absent: the token has {found} in its place"))
            }
            None => check(name, CheckResult::Failed, "absent: a server token"),
        },
        Some(UserId::Other(text)) => {
            check(name, CheckResult::Failed, format!("expected customer-N, found '{text}'"))
        }
        Some(UserId::NotAString(value)) => check(
            name,
            CheckResult::Failed,
            format!("expected a string such as \"customer-123\", found {value}"),
        ),
    }
}

/// Checks whether the token is the customer's who was asked for.
fn customer(claims: Option<&ClaimsSet>, validation: &Validation) -> Check {
    let name = "customer";
    let Some(expected) = validation.customer else {
        return check(name, CheckResult::Skipped, "not checked (use --customer)");
    };
    match claims.map(ClaimsSet::user_id) {
        Some(UserId::Customer(found)) if found == expected => {
            check(name, CheckResult::Passed, format!("{expected}, as asked"))
        }
        Some(UserId::Customer(found)) => {
            check(name, CheckResult::Failed, format!("customer {found}, expected {expected}"))
        }
        _ => check(name, CheckResult::Failed, format!("no customer, expected {expected}")),
    }
}

/// Checks a time claim against its rule.
fn time(name: &'static str, claim: Option<TimeClaim>, validation: &Validation) -> Check {
    let at = match claim {
        None => return check(name, CheckResult::Skipped, "the claims cannot be read"),
        Some(TimeClaim::Wrong(error)) => {
            return check(name, CheckResult::Failed, format!("{error}, expected integer seconds"));
        }
        Some(TimeClaim::Absent) => return check(name, CheckResult::Passed, skipped_time(name)),
        Some(TimeClaim::At(at)) => at,
    };
    let is_violated = match name {
        "iat" => validation.is_issued_in_future(at),
        "nbf" => validation.is_not_yet_valid(at),
        _ => validation.is_expired(at),
    };
    let result = if is_violated { CheckResult::Failed } else { CheckResult::Passed };
    check(name, result, absolute_and_relative(at, validation.at))
}

/// Says what the absence of a time claim means.
fn skipped_time(name: &str) -> &'static str {
    match name {
        "iat" => "none, so any revocation at Stream also revokes this token",
        "nbf" => "absent: valid from the start",
        _ => "absent: valid until revoked",
    }
}

/// Checks the revocation that was asked about.
fn revocation(claims: Option<&ClaimsSet>, validation: &Validation) -> Check {
    let name = "revocation";
    let Some(before) = validation.revoked_before else {
        return check(name, CheckResult::Skipped, "not checked (use --revoked-before)");
    };
    let Some(claims) = claims else {
        return check(name, CheckResult::Skipped, "the claims cannot be read");
    };
    let issued_at: Option<Timestamp> = claims.issued_at().at();
    let told = absolute_and_relative(before, validation.at);
    match (validation.is_revoked(issued_at), issued_at) {
        (false, _) => check(name, CheckResult::Passed, format!("issued not before {told}")),
        (true, Some(_)) => check(name, CheckResult::Failed, format!("issued before {told}")),
        (true, None) => check(name, CheckResult::Failed, format!("no iat, and revoked before {told}")),
    }
}
