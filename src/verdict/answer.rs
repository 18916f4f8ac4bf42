//! What Stream's servers would answer (contract section 2). They know no leeway.

use super::{Facts, Generation, first_fault};
use crate::token::{ClaimsSet, Encoding, Leeway, Malformed, Rules, TimeClaim, UserId};

/// Stream's answer to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamAnswer {
    /// Whether it is accepted; `None` where that cannot be told from here.
    pub accepts: Option<bool>,
    /// The HTTP status of a refusal, where it is known.
    pub status: Option<u16>,
    /// Stream's own code of a refusal, where it is known.
    pub code: Option<u16>,
}

impl StreamAnswer {
    /// Accepted.
    const ACCEPTED: Self = Self { accepts: Some(true), status: None, code: None };
    /// Nobody documents what Stream makes of it.
    const UNKNOWN: Self = Self { accepts: None, status: None, code: None };
    /// Refused, with a code that is not documented.
    const REFUSED: Self = Self { accepts: Some(false), status: Some(401), code: None };

    /// Refused with status 401 and this code.
    const fn refused(code: u16) -> Self {
        Self { accepts: Some(false), status: Some(401), code: Some(code) }
    }
}

/// Stream's codes (contract section 2).
mod code {
    /// Not a token, or no sound user id.
    pub(super) const MALFORMED: u16 = 5;
    /// Expired or revoked.
    pub(super) const EXPIRED: u16 = 40;
    /// `nbf` in the future.
    pub(super) const NOT_YET_VALID: u16 = 41;
    /// `iat` in the future.
    pub(super) const ISSUED_IN_FUTURE: u16 = 42;
    /// Signed with another secret.
    pub(super) const BAD_SIGNATURE: u16 = 43;
}

/// Returns what the chosen profile's app at Stream would answer.
pub(super) fn of(facts: &Facts<'_>) -> StreamAnswer {
    if let Some(fault) = first_fault(facts)
        && !matches!(fault, Malformed::Time { .. })
    {
        return to_malformed(fault);
    }
    if facts.inspection.is_development() {
        return StreamAnswer::UNKNOWN;
    }
    if !facts.is_signed_by_chosen() {
        return StreamAnswer::refused(code::BAD_SIGNATURE);
    }
    let answer =
        facts.inspection.claims().map_or(StreamAnswer::UNKNOWN, |claims| to_signed(claims, facts.rules));
    let is_previous = facts.signer.is_some_and(|signer| signer.name.secret == Generation::Previous);
    match answer.accepts {
        // Whether Stream still knows the secret, it alone can tell; and it would say so first.
        Some(true) if is_previous => StreamAnswer::UNKNOWN,
        Some(false) if is_previous => StreamAnswer::REFUSED,
        _ => answer,
    }
}

/// Returns the answer to a token of broken form. Where only we are strict, it cannot be told.
fn to_malformed(fault: &Malformed) -> StreamAnswer {
    match fault {
        Malformed::Empty
        | Malformed::Segments { .. }
        | Malformed::NotJson { .. }
        | Malformed::NotAnObject { .. }
        | Malformed::Encoding {
            fault: Encoding::Padding | Encoding::WhiteSpace | Encoding::Alphabet(_),
            ..
        } => StreamAnswer::refused(code::MALFORMED),
        Malformed::AlgorithmMissing | Malformed::AlgorithmMismatch { .. } => StreamAnswer::REFUSED,
        Malformed::Encoding { fault: Encoding::NotCanonical, .. }
        | Malformed::TooLong { .. }
        | Malformed::DuplicateKey { .. }
        | Malformed::TooDeep { .. }
        | Malformed::TypeMismatch { .. }
        | Malformed::HeaderParameter { .. }
        | Malformed::Time { .. } => StreamAnswer::UNKNOWN,
    }
}

/// Returns the answer to a signed token, by the rules without leeway.
fn to_signed(claims: &ClaimsSet, rules: &Rules) -> StreamAnswer {
    let rules = Rules { leeway: Leeway::default(), ..*rules };
    let times = [claims.expires_at(), claims.not_before(), claims.issued_at()];
    if times.iter().any(|time| matches!(time, TimeClaim::Wrong(_))) {
        return StreamAnswer::UNKNOWN;
    }
    let [expires_at, not_before, issued_at] = times.map(TimeClaim::at);
    if expires_at.is_some_and(|at| rules.is_expired(at)) {
        return StreamAnswer::refused(code::EXPIRED);
    }
    if not_before.is_some_and(|at| rules.is_not_yet_valid(at)) {
        return StreamAnswer::refused(code::NOT_YET_VALID);
    }
    if issued_at.is_some_and(|at| rules.is_issued_in_future(at)) {
        return StreamAnswer::refused(code::ISSUED_IN_FUTURE);
    }
    match claims.user_id() {
        UserId::NotAString(_) => StreamAnswer::refused(code::MALFORMED),
        UserId::Other(text) if !is_user_id(&text) => StreamAnswer::refused(code::MALFORMED),
        UserId::Other(_) | UserId::Customer(_) if rules.is_revoked(issued_at) => {
            StreamAnswer::refused(code::EXPIRED)
        }
        // A server token belongs to no user whose tokens could be revoked.
        UserId::Absent | UserId::Other(_) | UserId::Customer(_) => StreamAnswer::ACCEPTED,
    }
}

/// Returns `true` if Stream takes a text for a user id (contract section 2).
fn is_user_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte))
}
