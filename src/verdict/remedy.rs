//! What to do about a token that is refused.

use super::{Facts, Verdict};
use crate::token::{ClaimsSet, Malformed, UserId};

/// Returns the next step to take; none for a valid token.
pub(super) fn of(verdict: Verdict, facts: &Facts<'_>) -> Option<String> {
    let mint = || format!("mint a new one: stream-token issue {}", customer_of(facts));
    Some(match verdict {
        Verdict::Valid => return None,
        Verdict::Malformed => of_malformed(facts),
        Verdict::DevToken => format!(
            "development tokens work only where auth checks are off in Stream's dashboard; {}",
            mint()
        ),
        Verdict::BadSignature => of_signature(facts),
        Verdict::ServerToken => {
            "whoever holds it administers the whole app: find where it leaked, and change \
             the app's API secret in Stream's dashboard"
                .into()
        }
        Verdict::NotACustomer => "Stream user ids of customers are customer- and the customer's number: \
             mint one with 'stream-token issue CUSTOMER'"
            .into(),
        Verdict::WrongCustomer => match facts.rules.customer {
            Some(customer) => format!("mint one for the right customer: stream-token issue {customer}"),
            None => mint(),
        },
        Verdict::IssuedInFuture => {
            "the signer's clock is ahead: set it right, or let the signer put iat five \
             seconds back"
                .into()
        }
        Verdict::NotYetValid => "wait until nbf, or mint one without it".into(),
        Verdict::Expired => mint(),
        Verdict::Revoked => format!("{} --issued-at now", mint()),
    })
}

/// Says what to do about a broken form.
fn of_malformed(facts: &Facts<'_>) -> String {
    let hint = super::first_fault(facts).map_or("", Malformed::hint);
    if facts.signer.is_some() {
        format!("{hint}; its signature is nevertheless valid: find out who holds the secret")
    } else {
        hint.into()
    }
}

/// Says what to do about a signature that is not this profile's.
fn of_signature(facts: &Facts<'_>) -> String {
    match facts.signer.and_then(|signer| signer.name.profile.as_deref()) {
        Some(profile) => {
            format!("it is a token of profile {profile}: verify with --profile {profile}, or use its app")
        }
        None => format!(
            "it is another app's token, or the API secret was changed since: compare the API keys, then \
             mint a new one: stream-token issue {}",
            customer_of(facts)
        ),
    }
}

/// Returns the customer whom the token names; where it names none, a word in whose place nobody is
/// minted for by mistake.
fn customer_of(facts: &Facts<'_>) -> String {
    match facts.inspection.claims().map(ClaimsSet::user_id) {
        Some(UserId::Customer(customer)) => customer.to_string(),
        _ => "CUSTOMER".into(),
    }
}
