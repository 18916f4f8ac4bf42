//! Reports on a token: Stream's expected response, the secret that signed it, and the remedy.
//!
//! Every check is made and listed, even after one fails. The claims of an unsigned token are shown as claims, not as facts.

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

/// The lints that no check repeats.
const NOTED_LINTS: [&str; 6] = ["milliseconds", "lifetime", "never_valid", "power", "server", "anonymous"];

/// The generation of a profile's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// The secret that signs tokens.
    #[error("current")]
    Current,
    /// A secret that was rotated out and is still kept.
    #[error("previous")]
    Previous,
}

/// The secret that signed a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedBy {
    /// The profile; `None` for a secret from the environment.
    pub profile: Option<String>,
    /// The generation of the secret.
    pub secret: Generation,
}

/// A secret that may have signed the token.
#[derive(Debug)]
pub struct CandidateKey {
    /// The profile and the generation of the secret.
    pub name: SignedBy,
    /// Whether it belongs to the selected profile.
    pub is_selected: bool,
    /// The verifier with the secret.
    pub verifier: Verifier,
    /// The verifiers with altered forms of the secret; empty for every key but the current one of the selected profile.
    altered: Vec<(SecretAlteration, Verifier)>,
}

impl CandidateKey {
    /// Prepares a secret for verifying.
    #[must_use]
    pub fn new(name: SignedBy, is_selected: bool, secret: &Secret) -> Self {
        Self { name, is_selected, verifier: Verifier::new(secret), altered: Vec::new() }
    }

    /// Adds the altered forms of the secret that signers use by mistake, and `api_key`, used in place of the secret.
    pub fn add_altered(&mut self, secret: &Secret, api_key: Option<&str>) {
        self.altered = alterations(secret, api_key);
    }
}

/// A report on a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The customer of a valid token, or the first reason to refuse it.
    pub verdict: Result<CustomerId, VerifyError>,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// The lints that no check repeats.
    pub lints: Vec<Lint>,
    /// The secret that signed the token.
    pub signed_by: Option<SignedBy>,
    /// The alteration of the selected profile's secret that signed the token.
    pub alteration: Option<SecretAlteration>,
    /// The claims, if a known secret signed the token.
    pub signed: Option<VerifiedToken>,
    /// Stream's expected response.
    pub stream: ExpectedResponse,
    /// The next step to take; `None` for a valid token without a mistake.
    pub remedy: Option<String>,
    /// The token's fingerprint, as in the audit log; `None` if there is no token.
    pub fingerprint: Option<String>,
}

impl Report {
    /// Returns the report on a text without a token, with `error` as its finding. Stream's response is unknown.
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

    /// Returns the verdict in one word, and the exit status.
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

    /// Returns the user id of a signed token, if it is a string.
    pub fn user_id(&self) -> Option<String> {
        match &self.signed.as_ref()?.claims().user_id {
            UserId::Customer(customer) => Some(customer.user_id()),
            UserId::Other(text) => Some(text.clone()),
            UserId::Absent | UserId::NotAString => None,
        }
    }
}

/// The findings from which a report is built.
#[derive(Debug)]
struct Examination<'a> {
    /// The parts of the token that can be read without a secret.
    inspection: Inspection<'a>,
    /// The verdict.
    verdict: Result<CustomerId, VerifyError>,
    /// The key that signed the token.
    signer: Option<&'a CandidateKey>,
    /// The alteration of the selected profile's secret that signed the token, if no candidate did.
    alteration: Option<SecretAlteration>,
    /// The name of the selected profile.
    profile: Option<&'a str>,
    /// The requirements for the token's claims.
    validation: &'a Validation,
}

/// Examines an exact token with the secrets that may have signed it.
pub fn examine(token: &str, candidates: &[CandidateKey], validation: &Validation) -> Report {
    let inspection = Inspection::read(token);
    let signer = candidates.iter().find(|candidate| candidate.verifier.has_signed(&inspection));
    let altered = candidates.iter().filter(|_| signer.is_none()).flat_map(|candidate| &candidate.altered);
    let alteration = altered.into_iter().find(|(_, verifier)| verifier.has_signed(&inspection));
    let mut selected = signer.into_iter().chain(candidates).filter(|candidate| candidate.is_selected);
    let judge = selected.next();
    // Every key that did not sign the token gives the same error.
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
