//! The checks behind a verdict, each with its finding.

use serde::Serialize;

use super::Examination;
use crate::time::absolute_and_relative;
use crate::token::{ClaimsSet, TIME_CLAIMS, TimeClaim, UserId, Validation};

/// A check and its finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The stable name.
    pub name: &'static str,
    /// Whether the check passed; `None` if it could not be made or was not requested.
    pub ok: Option<bool>,
    /// The finding. It may quote the token's claims, which are untrusted.
    pub detail: String,
}

/// The detail of a claim's check if the claims cannot be read.
const UNREADABLE: &str = "the claims cannot be read";

/// Whether a check passed, and the detail.
type Finding = (Option<bool>, String);

/// Returns the finding of a check that passed.
fn passed(detail: impl Into<String>) -> Finding {
    (Some(true), detail.into())
}

/// Returns the finding of a check that failed.
fn failed(detail: impl Into<String>) -> Finding {
    (Some(false), detail.into())
}

/// Returns the finding of a check that was skipped.
fn skipped(detail: impl Into<String>) -> Finding {
    (None, detail.into())
}

/// Runs every check, in the order of the verdicts.
pub(super) fn list(examination: &Examination<'_>) -> Vec<Check> {
    let claims = examination.inspection.claims.as_ref();
    let validation = examination.validation;
    let [exp, iat, nbf] = TIME_CLAIMS;
    let findings = [
        ("form", form(examination)),
        ("signature", signature(examination)),
        ("user_id", user_id(examination)),
        ("customer", customer(claims, validation)),
        (iat, time(iat, claims.map(|claims| claims.issued_at), validation)),
        (nbf, time(nbf, claims.map(|claims| claims.not_before), validation)),
        (exp, time(exp, claims.map(|claims| claims.expires_at), validation)),
        ("revocation", revocation(claims, validation)),
    ];
    findings.map(|(name, (ok, detail))| Check { name, ok, detail }).into()
}

/// Checks the form of the token: everything that needs no secret.
fn form(examination: &Examination<'_>) -> Finding {
    match examination.inspection.errors.first() {
        Some(error) => failed(error.to_string()),
        None => passed("three segments, HS256, a claims object"),
    }
}

/// Checks the signature.
fn signature(examination: &Examination<'_>) -> Finding {
    match (examination.signer, examination.alteration) {
        (Some(signer), _) => match (&signer.name.profile, signer.name.secret) {
            (Some(profile), _) if !signer.is_selected => {
                failed(format!("signed by profile {profile}, not this one"))
            }
            (Some(profile), secret) => passed(format!("by the {secret} secret of profile {profile}")),
            (None, secret) => passed(format!("by the {secret} secret from the environment")),
        },
        (None, Some(alteration)) => failed(format!("by this profile's secret with {alteration}")),
        _ if examination.inspection.is_development => failed("none: a development token"),
        _ if examination.inspection.errors.is_empty() => failed("not made with any secret that was tried"),
        _ => skipped("not checked: the form is broken"),
    }
}

/// Checks whether the user id is a customer's.
fn user_id(examination: &Examination<'_>) -> Finding {
    let Some(claims) = &examination.inspection.claims else {
        return skipped(UNREADABLE);
    };
    match (&claims.user_id, examination.inspection.misspelled_user_id()) {
        _ if examination.inspection.is_session() => skipped("a session names its customer in another claim"),
        (UserId::Customer(customer), _) => passed(customer.user_id()),
        (UserId::Absent, Some(found)) => failed(format!("absent: the token has {found} in its place")),
        (UserId::Absent, None) => failed("absent: a server token"),
        (UserId::Other(text), _) => failed(format!("expected customer-N, found '{text}'")),
        (UserId::NotAString, _) => {
            let found = examination.inspection.payload.as_ref().and_then(|payload| payload.get("user_id"));
            let found = found.map(ToString::to_string).unwrap_or_default();
            failed(format!("expected a string such as \"customer-123\", found {found}"))
        }
    }
}

/// Checks whether the token belongs to the requested customer.
fn customer(claims: Option<&ClaimsSet>, validation: &Validation) -> Finding {
    let Some(expected) = validation.customer else {
        return skipped("not checked (use --customer)");
    };
    match claims.map(|claims| &claims.user_id) {
        Some(UserId::Customer(found)) if *found == expected => passed(format!("{expected}, as asked")),
        Some(UserId::Customer(found)) => failed(format!("customer {found}, expected {expected}")),
        _ => failed(format!("no customer, expected {expected}")),
    }
}

/// Checks a time claim: `exp` must not have passed, and `iat` and `nbf` must not be in the future.
fn time(name: &str, claim: Option<TimeClaim>, validation: &Validation) -> Finding {
    let is_exp = name == "exp";
    match claim {
        None => skipped(UNREADABLE),
        Some(Err(error)) => failed(format!("{error}, expected integer seconds")),
        Some(Ok(None)) => passed(match name {
            "iat" => "none, so any revocation at Stream also revokes this token",
            "nbf" => "absent: valid from the start",
            _ => "absent: valid until revoked",
        }),
        Some(Ok(Some(at))) => {
            let is_met = if is_exp { !validation.is_expired(at) } else { !validation.is_in_future(at) };
            (Some(is_met), absolute_and_relative(at, validation.at))
        }
    }
}

/// Checks whether the requested revocation applies to the token.
fn revocation(claims: Option<&ClaimsSet>, validation: &Validation) -> Finding {
    let (Some(before), Some(claims)) = (validation.revoked_before, claims) else {
        let is_asked = validation.revoked_before.is_some();
        return skipped(if is_asked { UNREADABLE } else { "not checked (use --revoked-before)" });
    };
    let before = absolute_and_relative(before, validation.at);
    match claims.issued_at.unwrap_or_default() {
        issued_at if !validation.is_revoked(issued_at) => passed(format!("issued not before {before}")),
        Some(_) => failed(format!("issued before {before}")),
        None => failed(format!("no iat, and revoked before {before}")),
    }
}
