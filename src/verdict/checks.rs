//! The checks behind a verdict, each with what was found.

use super::Facts;
use crate::time::{Timestamp, absolute_and_relative};
use crate::token::{ClaimsSet, Rules, TimeClaim, UserId};

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was found. It may quote the token's claims: foreign text.
    pub detail: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was met.
    Passed,
    /// It was not.
    Failed,
    /// It could not be made, or was not asked for.
    Skipped,
}

impl Outcome {
    /// Returns the outcome as JSON knows it; `None` where the check was not made.
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
fn check(name: &'static str, outcome: Outcome, detail: impl Into<String>) -> Check {
    Check { name, outcome, detail: detail.into() }
}

/// Makes every check, in the order of the verdicts.
pub(super) fn list(facts: &Facts<'_>) -> Vec<Check> {
    let claims = facts.inspection.claims();
    vec![
        form(facts),
        signature(facts),
        user_id(claims),
        customer(claims, facts.rules),
        time("iat", claims.map(ClaimsSet::issued_at), facts.rules),
        time("nbf", claims.map(ClaimsSet::not_before), facts.rules),
        time("exp", claims.map(ClaimsSet::expires_at), facts.rules),
        revocation(claims, facts.rules),
    ]
}

/// Checks the form of the token: everything that needs no secret.
fn form(facts: &Facts<'_>) -> Check {
    match super::first_fault(facts) {
        Some(fault) => check("form", Outcome::Failed, fault.to_string()),
        None => check("form", Outcome::Passed, "three segments, HS256, a claims object"),
    }
}

/// Checks the signature.
fn signature(facts: &Facts<'_>) -> Check {
    let Some(signer) = facts.signer else {
        return if facts.inspection.is_development() {
            check("signature", Outcome::Failed, "none: a development token")
        } else if super::first_fault(facts).is_some() {
            check("signature", Outcome::Skipped, "not checked: the form is broken")
        } else {
            check("signature", Outcome::Failed, "not made with any secret that was tried")
        };
    };
    let secret = signer.name.secret.name();
    match &signer.name.profile {
        Some(profile) if !signer.is_chosen => {
            check("signature", Outcome::Failed, format!("signed by profile {profile}, not this one"))
        }
        Some(profile) => {
            check("signature", Outcome::Passed, format!("by the {secret} secret of profile {profile}"))
        }
        None => check("signature", Outcome::Passed, format!("by the {secret} secret from the environment")),
    }
}

/// Checks whether the user id is a customer's.
fn user_id(claims: Option<&ClaimsSet>) -> Check {
    let name = "user_id";
    match claims.map(ClaimsSet::user_id) {
        None => check(name, Outcome::Skipped, "the claims cannot be read"),
        Some(UserId::Customer(customer)) => check(name, Outcome::Passed, customer.user_id()),
        Some(UserId::Absent) => check(name, Outcome::Failed, "absent: a server token"),
        Some(UserId::Other(text)) => {
            check(name, Outcome::Failed, format!("expected customer-N, found '{text}'"))
        }
        Some(UserId::NotAString(value)) => {
            check(name, Outcome::Failed, format!("expected a string such as \"customer-123\", found {value}"))
        }
    }
}

/// Checks whether the token is the customer's who was asked for.
fn customer(claims: Option<&ClaimsSet>, rules: &Rules) -> Check {
    let name = "customer";
    let Some(expected) = rules.customer else {
        return check(name, Outcome::Skipped, "not checked (use --customer)");
    };
    match claims.map(ClaimsSet::user_id) {
        Some(UserId::Customer(found)) if found == expected => {
            check(name, Outcome::Passed, format!("{expected}, as asked"))
        }
        Some(UserId::Customer(found)) => {
            check(name, Outcome::Failed, format!("customer {found}, expected {expected}"))
        }
        _ => check(name, Outcome::Failed, format!("no customer, expected {expected}")),
    }
}

/// Checks a time claim against its rule.
fn time(name: &'static str, claim: Option<TimeClaim>, rules: &Rules) -> Check {
    let at = match claim {
        None => return check(name, Outcome::Skipped, "the claims cannot be read"),
        Some(TimeClaim::Wrong(fault)) => {
            return check(name, Outcome::Failed, format!("{fault}, expected integer seconds"));
        }
        Some(TimeClaim::Absent) => return check(name, Outcome::Passed, absent(name)),
        Some(TimeClaim::At(at)) => at,
    };
    let is_broken = match name {
        "iat" => rules.is_issued_in_future(at),
        "nbf" => rules.is_not_yet_valid(at),
        _ => rules.is_expired(at),
    };
    let outcome = if is_broken { Outcome::Failed } else { Outcome::Passed };
    check(name, outcome, absolute_and_relative(at, rules.at))
}

/// Says what the absence of a time claim means.
fn absent(name: &str) -> &'static str {
    match name {
        "iat" => "none, so any revocation at Stream also revokes this token",
        "nbf" => "absent: valid from the start",
        _ => "absent: valid until revoked",
    }
}

/// Checks the revocation that was asked about.
fn revocation(claims: Option<&ClaimsSet>, rules: &Rules) -> Check {
    let name = "revocation";
    let Some(before) = rules.revoked_before else {
        return check(name, Outcome::Skipped, "not checked (use --revoked-before)");
    };
    let Some(claims) = claims else {
        return check(name, Outcome::Skipped, "the claims cannot be read");
    };
    let issued_at: Option<Timestamp> = claims.issued_at().at();
    let told = absolute_and_relative(before, rules.at);
    match (rules.is_revoked(issued_at), issued_at) {
        (false, _) => check(name, Outcome::Passed, format!("issued not before {told}")),
        (true, Some(_)) => check(name, Outcome::Failed, format!("issued before {told}")),
        (true, None) => check(name, Outcome::Failed, format!("no iat, and revoked before {told}")),
    }
}
