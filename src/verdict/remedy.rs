//! The remedy for a token that is refused, or that is valid but contains a likely mistake.

use super::{Examination, SecretAlteration};
use crate::token::{
    ClaimsSet, CustomerId, MalformedToken, TimeClaim, VerifyError, looks_like_a_lifetime, looks_like_millis,
};

/// Returns the next step to take; `None` for a valid token without a mistake.
pub(super) fn remedy(examination: &Examination<'_>) -> Option<String> {
    let Examination { inspection, validation, .. } = examination;
    let time_of = |time: fn(&ClaimsSet) -> TimeClaim| {
        inspection.claims.as_ref().and_then(|claims| time(claims).ok()?)
    };
    let expires_at = time_of(|claims| claims.expires_at);
    let is_in_millis = |time| looks_like_millis(time_of(time));
    let divide = |claim: &str| format!("fix the signer: {claim} is in milliseconds, divide it by 1000");
    let profile = examination.profile.map_or_else(String::new, |profile| format!("--profile {profile} "));
    // Without a customer, the command has a placeholder that cannot be run by mistake.
    let issue = |customer: Option<CustomerId>| {
        let customer = customer.map_or_else(|| "CUSTOMER".into(), |customer| customer.to_string());
        format!("stream-token {profile}issue {customer}")
    };
    let claimed = inspection.claims.as_ref().and_then(|claims| claims.user_id.customer());
    let mint = format!("mint a new one: {}", issue(claimed));
    Some(match &examination.verdict {
        Ok(_) if looks_like_millis(expires_at) => divide("exp"),
        Ok(_) => return None,
        Err(VerifyError::Malformed(error)) => match error {
            // A signer's own mistake, made with the right secret.
            MalformedToken::Time(..) => error.hint().into(),
            _ if examination.signer.is_some() => {
                format!("{}; its signature is nevertheless valid: find out who holds the secret", error.hint())
            }
            _ => error.hint().into(),
        },
        Err(VerifyError::DevToken) => {
            format!("development tokens work only where auth checks are off in Stream's dashboard; {mint}")
        }
        Err(VerifyError::BadSignature) => bad_signature(examination, &mint),
        Err(VerifyError::ServerToken) => match inspection.misspelled_user_id() {
            Some(found) => format!(
                "fix the signer: it wrote {found} in place of user_id. Until then each of its tokens administers the whole \
                 app: give it to no one, and change the app's API secret only if one was given away"
            ),
            None => "anyone who holds it administers the whole app: find where it leaked, and change the app's API secret in \
                     Stream's dashboard"
                .into(),
        },
        Err(VerifyError::NotACustomer) => format!(
            "Stream user ids of customers are customer- and the customer's number: mint one with '{}'",
            issue(None)
        ),
        Err(VerifyError::WrongCustomer) => {
            format!("mint one for the right customer: {}", issue(validation.customer))
        }
        Err(VerifyError::IssuedInFuture) if is_in_millis(|claims| claims.issued_at) => divide("iat"),
        Err(VerifyError::IssuedInFuture) => {
            "the signer's clock is ahead: set it right, or let the signer put iat five seconds back".into()
        }
        Err(VerifyError::NotYetValid) if is_in_millis(|claims| claims.not_before) => divide("nbf"),
        Err(VerifyError::NotYetValid) => "wait until nbf, or mint one without it".into(),
        Err(VerifyError::Expired) if looks_like_a_lifetime(expires_at) => {
            "fix the signer: exp is a lifetime, and must be the moment of expiry: now in epoch seconds, plus the lifetime"
                .into()
        }
        Err(VerifyError::Expired) => mint,
        Err(VerifyError::Revoked) => format!("{mint} --issued-at now"),
    })
}

/// Returns the remedy for a signature that the selected profile's secret did not make.
fn bad_signature(examination: &Examination<'_>, mint: &str) -> String {
    match (examination.alteration, examination.signer.and_then(|signer| signer.name.profile.as_deref())) {
        (Some(SecretAlteration::ApiKey), _) => {
            "fix the signer: it signs with the API key; use the API secret".into()
        }
        (Some(alteration), _) => format!("fix the signer: it uses this profile's secret with {alteration}"),
        (None, Some(profile)) => {
            format!("it is a token of profile {profile}: verify with --profile {profile}, or use its app")
        }
        (None, None) => format!(
            "it is another app's token, or the API secret was changed since: compare the API keys, then {mint}"
        ),
    }
}
