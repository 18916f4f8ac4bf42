//! Says what Stream would answer to a token, whose secret signed it, and what to do about it.
//!
//! Every check is made and listed, whatever the first that fails. What is said of an unsigned
//! token's claims is what they claim, and no more.

mod answer;
mod checks;
mod remedy;

use std::fmt;

pub use answer::StreamAnswer;
pub use checks::{Check, Outcome};

use crate::error::Exit;
use crate::time::Timestamp;
use crate::token::{CustomerId, Inspection, Malformed, Refusal, Rules, Signed, UserId, Verifier};

/// The one word for a token, the first that fits in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is no token.
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
    /// Its `exp` is reached.
    Expired,
    /// It falls under the revocation that was asked about.
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

impl From<&Refusal> for Verdict {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Malformed(_) => Self::Malformed,
            Refusal::BadSignature => Self::BadSignature,
            Refusal::ServerToken => Self::ServerToken,
            Refusal::NotACustomer { .. } => Self::NotACustomer,
            Refusal::WrongCustomer { .. } => Self::WrongCustomer,
            Refusal::IssuedInFuture { .. } => Self::IssuedInFuture,
            Refusal::NotYetValid { .. } => Self::NotYetValid,
            Refusal::Expired { .. } => Self::Expired,
            Refusal::Revoked { .. } => Self::Revoked,
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
pub struct Candidate {
    /// Whose it is.
    pub name: SignedBy,
    /// Whether it belongs to the profile that was asked about.
    pub is_chosen: bool,
    /// The secret itself, ready to verify.
    pub verifier: Verifier,
}

/// Everything there is to say about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The one word.
    pub verdict: Verdict,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// Whose secret signed it.
    pub signed_by: Option<SignedBy>,
    /// Whose token it is; only of a signed one.
    pub customer: Option<CustomerId>,
    /// The user id; only of a signed token.
    pub user_id: Option<String>,
    /// When it ends; only of a signed token.
    pub expires_at: Option<Timestamp>,
    /// When it was issued; only of a signed token.
    pub issued_at: Option<Timestamp>,
    /// What Stream would answer.
    pub stream: StreamAnswer,
    /// The next step to take; none for a valid token.
    pub remedy: Option<String>,
}

/// What the verdict is built from.
#[derive(Debug)]
struct Facts<'a> {
    /// What can be read without a secret.
    inspection: Inspection,
    /// The claims, where a candidate signed them and they could be read.
    signed: Option<Signed>,
    /// Who signed it.
    signer: Option<&'a Candidate>,
    /// What it is held against.
    rules: &'a Rules,
}

impl Facts<'_> {
    /// Returns `true` if a secret of the chosen profile signed the token.
    fn is_signed_by_chosen(&self) -> bool {
        self.signer.is_some_and(|signer| signer.is_chosen)
    }

    /// Returns the first refusal in the verdict's order.
    fn refusal(&self) -> Option<Refusal> {
        let malformed = || self.inspection.faults().first().cloned().map(Refusal::Malformed);
        match &self.signed {
            // A signed token without a user_id is an incident before it is anything else.
            Some(signed) if self.is_signed_by_chosen() => signed.judge(self.rules).err(),
            _ => Some(malformed().unwrap_or(Refusal::BadSignature)),
        }
    }
}

/// Examines one exact token against the secrets that may have signed it.
#[must_use]
pub fn examine(token: &str, candidates: &[Candidate], rules: &Rules) -> Report {
    let inspection = Inspection::read(token);
    let (signer, authenticated) = signer_of(token, candidates).unzip();
    let facts = Facts { inspection, signed: authenticated.flatten(), signer, rules };
    let refusal = facts.refusal();
    let verdict = match &refusal {
        Some(Refusal::BadSignature) if facts.inspection.is_development() => Verdict::DevToken,
        Some(refusal) => Verdict::from(refusal),
        None => Verdict::Valid,
    };
    let trusted = facts.signed.as_ref();
    let user_id = trusted.map(Signed::user_id);
    Report {
        verdict,
        checks: checks::list(&facts),
        signed_by: facts.signer.map(|signer| signer.name.clone()),
        customer: match user_id {
            Some(UserId::Customer(customer)) => Some(customer),
            _ => None,
        },
        user_id: match user_id {
            Some(UserId::Customer(customer)) => Some(customer.user_id()),
            Some(UserId::Other(text)) => Some(text),
            _ => None,
        },
        expires_at: trusted.and_then(|signed| signed.expires_at().at()),
        issued_at: trusted.and_then(|signed| signed.issued_at().at()),
        stream: answer::of(&facts),
        remedy: remedy::of(verdict, &facts),
    }
}

/// Finds the first candidate that signed a token, with the claims where they can be read.
fn signer_of<'a>(token: &str, candidates: &'a [Candidate]) -> Option<(&'a Candidate, Option<Signed>)> {
    candidates.iter().find_map(|candidate| match candidate.verifier.authenticate(token) {
        Ok(signed) => Some((candidate, Some(signed))),
        Err(Refusal::Malformed(_)) if candidate.verifier.has_signed(token) => Some((candidate, None)),
        Err(_) => None,
    })
}

/// Returns the faults of form that are told as such: a development token's signature is none.
fn first_fault<'a>(facts: &'a Facts<'_>) -> Option<&'a Malformed> {
    facts.inspection.faults().first()
}

#[cfg(test)]
mod tests;
