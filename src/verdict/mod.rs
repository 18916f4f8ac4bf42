//! Says what Stream would answer to a token, whose secret signed it, and what to do about it.
//!
//! Every check is made and listed, whatever the first that fails. What is said of an unsigned
//! token's claims is what they claim, and no more.

mod checks;
mod remedy;
mod secret_alteration;
mod stream;

use serde::Serialize;
use thiserror::Error;

pub use checks::Check;
pub use secret_alteration::SecretAlteration;
pub use stream::{ExpectedResponse, StreamError, stream_error};

use crate::error::Exit;
use crate::secret::Secret;
use crate::token::{
    CustomerId, Fingerprint, Inspection, Lint, MalformedToken, UserId, Validation, VerifiedToken, Verifier,
    VerifyError,
};
use secret_alteration::alterations;

/// The lints that none of the checks repeats.
const NOTED_LINTS: [&str; 6] = ["milliseconds", "lifetime", "never_valid", "power", "server", "anonymous"];

/// Which of a profile's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// The one that signs.
    #[error("current")]
    Current,
    /// One that was rotated away, and is still kept.
    #[error("previous")]
    Previous,
}

/// Whose secret signed a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedBy {
    /// The profile; `None` for a secret from the environment.
    pub profile: Option<String>,
    /// Which of its secrets.
    pub secret: Generation,
}

/// A secret that may have signed the token.
#[derive(Debug)]
pub struct CandidateKey {
    /// The profile and the generation of the secret.
    pub name: SignedBy,
    /// Whether it belongs to the selected profile.
    pub is_selected: bool,
    /// The secret itself, ready to verify.
    pub verifier: Verifier,
    /// What a signer may have made of the secret; empty for every key but the current one of the selected profile.
    altered: Vec<(SecretAlteration, Verifier)>,
}

impl CandidateKey {
    /// Prepares a secret for verifying.
    #[must_use]
    pub fn new(name: SignedBy, is_selected: bool, secret: &Secret) -> Self {
        Self { name, is_selected, verifier: Verifier::new(secret), altered: Vec::new() }
    }

    /// Looks for the mistakes that a signer makes with this secret, too; with `api_key` also for that in its place.
    pub fn add_altered(&mut self, secret: &Secret, api_key: Option<&str>) {
        self.altered = alterations(secret, api_key);
    }
}

/// Everything there is to say about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The customer whose token it is, or the first reason for which it is refused.
    pub verdict: Result<CustomerId, VerifyError>,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// What its reader should know beyond the checks.
    pub lints: Vec<Lint>,
    /// The secret that signed it.
    pub signed_by: Option<SignedBy>,
    /// How the selected profile's secret was altered before it signed.
    pub alteration: Option<SecretAlteration>,
    /// Its claims; only of a signed token.
    pub signed: Option<VerifiedToken>,
    /// What Stream would answer.
    pub stream: ExpectedResponse,
    /// The next step to take; none for a valid token.
    pub remedy: Option<String>,
    /// The token's fingerprint, as the audit log has it; none if there is no token.
    pub fingerprint: Option<String>,
}

impl Report {
    /// Returns the report on a text without a token: `error` says so, and `remedy` what to do. Nothing is said of Stream.
    #[must_use]
    pub fn without_token(error: String, remedy: Option<String>) -> Self {
        Self {
            verdict: Err(MalformedToken::Empty.into()),
            checks: vec![Check { name: "form", ok: Some(false), detail: error }],
            lints: Vec::new(),
            signed_by: None,
            alteration: None,
            signed: None,
            stream: ExpectedResponse::UNKNOWN,
            remedy,
            fingerprint: None,
        }
    }

    /// Returns the verdict in one word, and how the process ends.
    pub const fn word_and_exit(&self) -> (&'static str, Exit) {
        match &self.verdict {
            Ok(_) => ("valid", Exit::Success),
            Err(VerifyError::Malformed(_)) => ("malformed", Exit::Malformed),
            Err(VerifyError::DevToken) => ("dev_token", Exit::BadSignature),
            Err(VerifyError::BadSignature) => ("bad_signature", Exit::BadSignature),
            Err(VerifyError::ServerToken) => ("server_token", Exit::WrongSubject),
            Err(VerifyError::NotACustomer) => ("not_a_customer", Exit::WrongSubject),
            Err(VerifyError::WrongCustomer) => ("wrong_customer", Exit::WrongSubject),
            Err(VerifyError::IssuedInFuture) => ("issued_in_future", Exit::TimeInvalid),
            Err(VerifyError::NotYetValid) => ("not_yet_valid", Exit::TimeInvalid),
            Err(VerifyError::Expired) => ("expired", Exit::TimeInvalid),
            Err(VerifyError::Revoked) => ("revoked", Exit::TimeInvalid),
        }
    }

    /// Returns the user id of a signed token, if it is a text.
    pub fn user_id(&self) -> Option<String> {
        match &self.signed.as_ref()?.claims().user_id {
            UserId::Customer(customer) => Some(customer.user_id()),
            UserId::Other(text) => Some(text.clone()),
            UserId::Absent | UserId::NotAString(_) => None,
        }
    }
}

/// What a report is built from.
#[derive(Debug)]
struct Examination<'a> {
    /// What can be read without a secret.
    inspection: Inspection<'a>,
    /// The verdict.
    verdict: Result<CustomerId, VerifyError>,
    /// The key that signed it.
    signer: Option<&'a CandidateKey>,
    /// The alteration of the selected profile's secret that signed it, if no candidate did.
    alteration: Option<SecretAlteration>,
    /// The selected profile.
    profile: Option<&'a str>,
    /// What it is validated against.
    validation: &'a Validation,
}

/// Examines one exact token with the secrets that may have signed it.
pub fn examine(token: &str, candidates: &[CandidateKey], validation: &Validation) -> Report {
    let inspection = Inspection::read(token);
    let signer = candidates.iter().find(|candidate| candidate.verifier.has_signed(&inspection));
    let altered = candidates.iter().filter(|_| signer.is_none()).flat_map(|candidate| &candidate.altered);
    let alteration = altered.into_iter().find(|(_, verifier)| verifier.has_signed(&inspection));
    let mut selected = signer.into_iter().chain(candidates).filter(|candidate| candidate.is_selected);
    let judge = selected.next();
    // A key that did not sign it has the same to say as every other.
    let verified =
        judge.map_or(Err(VerifyError::BadSignature), |key| key.verifier.verify_inspected(&inspection));
    let examination = Examination {
        verdict: verified.and_then(|verified| verified.validate(validation)),
        signer,
        alteration: alteration.map(|(alteration, _)| *alteration),
        profile: judge.and_then(|key| key.name.profile.as_deref()),
        validation,
        inspection,
    };
    let mut lints = examination.inspection.lints();
    lints.retain(|lint| NOTED_LINTS.contains(&lint.name));
    Report {
        checks: checks::list(&examination),
        lints,
        signed_by: signer.map(|signer| signer.name.clone()),
        alteration: examination.alteration,
        signed: signer.and_then(|signer| signer.verifier.verify_inspected(&examination.inspection).ok()),
        stream: stream::expected_response(&examination),
        remedy: remedy::remedy(&examination),
        fingerprint: Some(Fingerprint::of(token.as_bytes()).to_string()),
        verdict: examination.verdict,
    }
}

#[cfg(test)]
mod tests;
