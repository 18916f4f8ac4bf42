//! Says what Stream would answer to a token, whose secret signed it, and what to do about it.
//!
//! Every check is made and listed, whatever the first that fails. What is said of an unsigned
//! token's claims is what they claim, and no more.

mod checks;
mod remedy;
mod secret_alteration;
mod stream;

use std::fmt;

pub use checks::{Check, CheckResult};
pub use secret_alteration::SecretAlteration;
pub use stream::{ExpectedResponse, StreamError, stream_error};

use crate::error::Exit;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{
    CustomerId, Fingerprint, Inspection, Lint, MalformedToken, UserId, Validation, VerifiedToken, Verifier,
    VerifyError,
};
use secret_alteration::alterations;

/// The lints that none of the checks repeats.
const NOTED_LINTS: [&str; 6] = ["milliseconds", "lifetime", "never_valid", "power", "server", "anonymous"];

/// The one word for a token, the first that fits in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not a token.
    Malformed,
    /// A development token, which nobody signed.
    DevToken,
    /// No readable secret of the chosen profile signed it.
    BadSignature,
    /// Signed, without a `user_id`: a leaked admin credential.
    ServerToken,
    /// Signed, for a user who is no customer.
    NotACustomer,
    /// Signed, for another customer than was asked for.
    WrongCustomer,
    /// Its `iat` is in the future.
    IssuedInFuture,
    /// Its `nbf` is in the future.
    NotYetValid,
    /// Its `exp` has passed.
    Expired,
    /// It was issued before the given revocation.
    Revoked,
    /// Valid, unless revoked or its user deleted at Stream.
    Valid,
}

impl Verdict {
    /// Returns the verdict's name in JSON and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::DevToken => "dev_token",
            Self::BadSignature => "bad_signature",
            Self::ServerToken => "server_token",
            Self::NotACustomer => "not_a_customer",
            Self::WrongCustomer => "wrong_customer",
            Self::IssuedInFuture => "issued_in_future",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Valid => "valid",
        }
    }

    /// Returns how the process ends.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Valid => Exit::Success,
            Self::Malformed => Exit::Malformed,
            Self::BadSignature | Self::DevToken => Exit::BadSignature,
            Self::Expired | Self::NotYetValid | Self::IssuedInFuture | Self::Revoked => Exit::TimeInvalid,
            Self::ServerToken | Self::NotACustomer | Self::WrongCustomer => Exit::WrongSubject,
        }
    }

    /// Returns what the verdict means, in a clause.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Malformed => "this is not a token",
            Self::DevToken => "a development token, which nobody signed",
            Self::BadSignature => "this profile's secret did not sign it",
            Self::ServerToken => "an admin credential for the whole app, not a user's token",
            Self::NotACustomer => "signed, but for a user who is not a customer",
            Self::WrongCustomer => "signed, but for another customer",
            Self::IssuedInFuture => "it says that it was issued in the future",
            Self::NotYetValid => "it is not valid yet",
            Self::Expired => "exp has passed",
            Self::Revoked => "it was issued before the revocation, or does not say when",
            Self::Valid => "unless Stream revoked it or deleted the user",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<&VerifyError> for Verdict {
    fn from(error: &VerifyError) -> Self {
        match error {
            VerifyError::Malformed(_) => Self::Malformed,
            VerifyError::BadSignature => Self::BadSignature,
            VerifyError::ServerToken => Self::ServerToken,
            VerifyError::NotACustomer { .. } => Self::NotACustomer,
            VerifyError::WrongCustomer { .. } => Self::WrongCustomer,
            VerifyError::IssuedInFuture { .. } => Self::IssuedInFuture,
            VerifyError::NotYetValid { .. } => Self::NotYetValid,
            VerifyError::Expired { .. } => Self::Expired,
            VerifyError::Revoked { .. } => Self::Revoked,
        }
    }
}

/// Which of a profile's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The one that signs.
    Current,
    /// One that was rotated away, and is still kept.
    Previous,
}

impl Generation {
    /// Returns its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

/// Whose secret signed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The one word.
    pub verdict: Verdict,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// What its reader should know beyond the checks.
    pub lints: Vec<Lint>,
    /// The secret that signed it.
    pub signed_by: Option<SignedBy>,
    /// How the selected profile's secret was altered before it signed.
    pub alteration: Option<SecretAlteration>,
    /// The customer; only of a signed token.
    pub customer: Option<CustomerId>,
    /// The user id; only of a signed token.
    pub user_id: Option<String>,
    /// When it ends; only of a signed token.
    pub expires_at: Option<Timestamp>,
    /// When it was issued; only of a signed token.
    pub issued_at: Option<Timestamp>,
    /// What Stream would answer.
    pub stream: ExpectedResponse,
    /// The next step to take; none for a valid token.
    pub remedy: Option<String>,
    /// The token's fingerprint, as the audit log has it; none if there is no token.
    pub fingerprint: Option<Fingerprint>,
}

impl Report {
    /// Returns the report on a text without a token: `error` says so, and `remedy` what to do. Nothing is said of Stream.
    #[must_use]
    pub fn without_token(error: String, remedy: Option<String>) -> Self {
        Self {
            verdict: Verdict::Malformed,
            checks: vec![Check { name: "form", result: CheckResult::Failed, detail: error }],
            lints: Vec::new(),
            signed_by: None,
            alteration: None,
            customer: None,
            user_id: None,
            expires_at: None,
            issued_at: None,
            stream: ExpectedResponse::UNKNOWN,
            remedy,
            fingerprint: None,
        }
    }
}

/// What the verdict is built from.
#[derive(Debug)]
struct Examination<'a> {
    /// What can be read without a secret.
    inspection: Inspection,
    /// The claims, if a candidate signed them and they could be read.
    verified: Option<VerifiedToken>,
    /// The key that signed it.
    signer: Option<&'a CandidateKey>,
    /// The alteration of the selected profile's secret that signed it, if no candidate did.
    alteration: Option<SecretAlteration>,
    /// The selected profile.
    profile: Option<&'a str>,
    /// What it is validated against.
    validation: &'a Validation,
}

impl Examination<'_> {
    /// Returns `true` if a secret of the selected profile signed the token.
    fn is_signed_by_selected(&self) -> bool {
        self.signer.is_some_and(|signer| signer.is_selected)
    }

    /// Returns the first error of form.
    fn first_error(&self) -> Option<&MalformedToken> {
        self.inspection.errors().first()
    }

    /// Returns the first error in the verdict's order.
    fn verify_error(&self) -> Option<VerifyError> {
        match &self.verified {
            // A signed token without a user_id is an incident before it is anything else.
            Some(verified) if self.is_signed_by_selected() => verified.validate(self.validation).err(),
            _ => Some(self.first_error().cloned().map_or(VerifyError::BadSignature, VerifyError::Malformed)),
        }
    }
}

/// Examines one exact token with the secrets that may have signed it.
#[must_use]
pub fn examine(token: &str, candidates: &[CandidateKey], validation: &Validation) -> Report {
    let inspection = Inspection::read(token);
    let (signer, verified) = find_signer(token, candidates).unzip();
    let mut altered = candidates.iter().flat_map(|candidate| &candidate.altered);
    let altered = altered.find(|(_, verifier)| signer.is_none() && verifier.has_signed(token));
    let selected = candidates.iter().find(|candidate| candidate.is_selected);
    let profile = selected.and_then(|candidate| candidate.name.profile.as_deref());
    let alteration = altered.map(|(alteration, _)| *alteration);
    let examination =
        Examination { inspection, verified: verified.flatten(), signer, alteration, profile, validation };
    let verdict = match examination.verify_error() {
        Some(VerifyError::BadSignature) if examination.inspection.is_development() => Verdict::DevToken,
        Some(error) => Verdict::from(&error),
        None => Verdict::Valid,
    };
    let trusted = examination.verified.as_ref();
    let user_id = trusted.map(VerifiedToken::user_id);
    let mut lints = examination.inspection.lints();
    lints.retain(|lint| NOTED_LINTS.contains(&lint.name));
    Report {
        verdict,
        checks: checks::list(&examination),
        lints,
        signed_by: examination.signer.map(|signer| signer.name.clone()),
        alteration,
        customer: match user_id {
            Some(UserId::Customer(customer)) => Some(customer),
            _ => None,
        },
        user_id: match user_id {
            Some(UserId::Customer(customer)) => Some(customer.user_id()),
            Some(UserId::Other(text)) => Some(text),
            _ => None,
        },
        expires_at: trusted.and_then(|verified| verified.expires_at().at()),
        issued_at: trusted.and_then(|verified| verified.issued_at().at()),
        stream: stream::expected_response(&examination),
        remedy: remedy::remedy(verdict, &examination),
        fingerprint: Some(Fingerprint::of(token.as_bytes())),
    }
}

/// Finds the first candidate that signed a token, with the claims if they can be read.
fn find_signer<'a>(
    token: &str,
    candidates: &'a [CandidateKey],
) -> Option<(&'a CandidateKey, Option<VerifiedToken>)> {
    candidates.iter().find_map(|candidate| match candidate.verifier.verify_signature(token) {
        Ok(verified) => Some((candidate, Some(verified))),
        Err(VerifyError::Malformed(_)) if candidate.verifier.has_signed(token) => Some((candidate, None)),
        Err(_) => None,
    })
}

#[cfg(test)]
mod tests;
