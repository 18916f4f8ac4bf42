//! What to do about a token that is refused, or valid and probably not meant so.

use super::{Examination, SecretAlteration, Verdict};
use crate::token::{ClaimsSet, MalformedToken, UserId, looks_like_a_lifetime, looks_like_millis};

/// Returns the next step to take; none for a valid token without a mistake.
pub(super) fn remedy(verdict: Verdict, examination: &Examination<'_>) -> Option<String> {
    let mint = || format!("mint a new one: {}", issue_command(examination));
    let claims = examination.inspection.claims();
    let is_in_millis = |time: fn(&ClaimsSet) -> crate::token::TimeClaim| {
        claims.and_then(|claims| time(claims).at()).is_some_and(looks_like_millis)
    };
    let divide = |claim: &str| format!("fix the signer: {claim} is in milliseconds, divide it by 1000");
    Some(match verdict {
        Verdict::Valid if is_in_millis(ClaimsSet::expires_at) => divide("exp"),
        Verdict::Valid => return None,
        Verdict::Malformed => malformed(examination),
        Verdict::DevToken => {
            format!("development tokens work only where auth checks are off in Stream's dashboard; {}", mint())
        }
        Verdict::BadSignature => bad_signature(examination),
        Verdict::ServerToken => server_token(examination),
        Verdict::NotACustomer => format!(
            "Stream user ids of customers are customer- and the customer's number: mint one with '{}'",
            command(examination, "issue CUSTOMER")
        ),
        Verdict::WrongCustomer => match examination.validation.customer {
            Some(customer) => format!(
                "mint one for the right customer: {}",
                command(examination, &format!("issue {customer}"))
            ),
            None => mint(),
        },
        Verdict::IssuedInFuture if is_in_millis(ClaimsSet::issued_at) => divide("iat"),
        Verdict::IssuedInFuture => {
            "the signer's clock is ahead: set it right, or let the signer put iat five seconds back".into()
        }
        Verdict::NotYetValid if is_in_millis(ClaimsSet::not_before) => divide("nbf"),
        Verdict::NotYetValid => "wait until nbf, or mint one without it".into(),
        Verdict::Expired
            if claims.and_then(|claims| claims.expires_at().at()).is_some_and(looks_like_a_lifetime) =>
        {
            "fix the signer: exp is a lifetime, and must be the moment of expiry: now in epoch seconds, plus the lifetime"
                .into()
        }
        Verdict::Expired => mint(),
        Verdict::Revoked => format!("{} --issued-at now", mint()),
    })
}

/// Returns what to do about a malformed token.
fn malformed(examination: &Examination<'_>) -> String {
    let error = examination.first_error();
    let hint = error.map_or("", MalformedToken::hint);
    match error {
        // A signer's own mistake, made with the right secret.
        Some(MalformedToken::Time { .. }) => hint.into(),
        _ if examination.signer.is_some() => {
            format!("{hint}; its signature is nevertheless valid: find out who holds the secret")
        }
        _ => hint.into(),
    }
}

/// Returns what to do about a signature that is not this profile's.
fn bad_signature(examination: &Examination<'_>) -> String {
    match (examination.alteration, examination.signer.and_then(|signer| signer.name.profile.as_deref())) {
        (Some(SecretAlteration::ApiKey), _) => {
            "fix the signer: it signs with the API key; use the API secret".into()
        }
        (Some(alteration), _) => format!("fix the signer: it uses this profile's secret with {alteration}"),
        (None, Some(profile)) => {
            format!("it is a token of profile {profile}: verify with --profile {profile}, or use its app")
        }
        (None, None) => format!(
            "it is another app's token, or the API secret was changed since: compare the API keys, then mint a new one: \
             {}",
            issue_command(examination)
        ),
    }
}

/// Returns what to do about a server token.
fn server_token(examination: &Examination<'_>) -> String {
    match examination.inspection.misspelled_user_id() {
        Some(found) => format!(
            "fix the signer: it wrote {found} in place of user_id. Until then each of its tokens administers the whole app: \
             give it to nobody, and change the app's API secret only if one was given away"
        ),
        None => "whoever holds it administers the whole app: find where it leaked, and change the app's API secret in \
                 Stream's dashboard"
            .into(),
    }
}

/// Returns the command that mints for the customer whom the token names. If it names none, the command has a word that
/// nobody runs by mistake.
fn issue_command(examination: &Examination<'_>) -> String {
    let customer = match examination.inspection.claims().map(ClaimsSet::user_id) {
        Some(UserId::Customer(customer)) => customer.to_string(),
        _ => "CUSTOMER".into(),
    };
    command(examination, &format!("issue {customer}"))
}

/// Returns a command for the profile that was verified with.
fn command(examination: &Examination<'_>, arguments: &str) -> String {
    match examination.profile {
        Some(profile) => format!("stream-token --profile {profile} {arguments}"),
        None => format!("stream-token {arguments}"),
    }
}
