//! The one way to a token: policy, signature, an entry of the audit log on disk, release.
//!
//! No other module refers to the signer; a test reads the sources and enforces it. A signed token is released
//! only with the receipt of its own audit entry.

use std::sync::Arc;

use thiserror::Error;

use crate::audit::{Action, AuditError, AuditLog, Event, IdRanges, Outcome, Receipt};
use crate::error::{Diagnostic, Exit};
use crate::fault::{Fault, TokenFault};
use crate::profile::{Grant, Policy, PolicyError, ProfileName, Reason, TokenRequest};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{Claims, ClaimsError, CustomerId, Fingerprint, Minter, Token};

/// A token whose audit entry is on disk.
#[derive(Debug, Clone, Copy)]
pub struct IssuedToken {
    /// Its claims.
    pub claims: Claims,
    /// The token.
    pub token: Token,
}

impl IssuedToken {
    /// Returns the token's fingerprint, its name in logs and tables.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.token.as_bytes())
    }
}

/// Why no token was issued.
#[derive(Debug, Error)]
pub enum IssueError {
    /// Policy refuses it.
    #[error("{0}")]
    Policy(#[from] PolicyError),
    /// The claims cannot be in a token.
    #[error("{0}")]
    Claims(#[from] ClaimsError),
    /// It cannot be recorded.
    #[error("nothing is minted that cannot be recorded: {0}")]
    Audit(#[from] AuditError),
    /// The receipt is another entry's: a fault of the program, and nothing is released.
    #[error("nothing was minted: the audit log gave the receipt of another entry")]
    Receipt,
}

impl Diagnostic for IssueError {
    fn exit(&self) -> Exit {
        match self {
            Self::Policy(_) | Self::Claims(_) => Exit::Usage,
            Self::Audit(_) | Self::Receipt => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Policy(error) => error.hint(),
            Self::Claims(_) => Some("give a time after the epoch".into()),
            Self::Audit(error) => error.hint(),
            Self::Receipt => Some("this is a fault of the program: please report it".into()),
        }
    }
}

/// Issues tokens signed with one profile's secret, under its policy.
#[derive(Debug)]
pub struct TokenIssuer {
    /// Signs.
    minter: Minter,
    /// The profile's name in the log.
    profile: Option<ProfileName>,
    /// What tokens must be like.
    policy: Policy,
    /// Where issued tokens are recorded; `None` for the demo profile, whose tokens no app accepts.
    audit_log: Option<Arc<AuditLog>>,
}

/// A signed token whose entry is not known to be on disk yet.
struct PendingToken {
    /// The token.
    token: IssuedToken,
    /// The customer for whom it was asked, whose it is unless its fault is to be another's.
    customer: CustomerId,
}

impl PendingToken {
    /// Releases the token for the receipt of an entry that records it, and no other; in the demo there is none.
    fn release(self, receipt: Option<&Receipt>) -> Result<IssuedToken, IssueError> {
        let fingerprint = || self.token.fingerprint().to_string();
        let is_own = receipt.is_none_or(|receipt| receipt.covers(self.customer.get(), fingerprint));
        if is_own { Ok(self.token) } else { Err(IssueError::Receipt) }
    }
}

impl TokenIssuer {
    /// Returns an issuer for a profile's secret and policy. Without an audit log, it is the demo's.
    #[must_use]
    pub fn new(
        secret: &Secret,
        profile: Option<ProfileName>,
        policy: Policy,
        audit_log: Option<Arc<AuditLog>>,
    ) -> Self {
        Self { minter: Minter::new(secret), profile, policy, audit_log }
    }

    /// Evaluates a request, and the reason given for it, against the policy: what tokens get that are issued now. A refusal
    /// is recorded. `caller` is what the log says of the call, to which the issuer adds what becomes of it.
    ///
    /// # Errors
    /// [`IssueError::Policy`]; [`IssueError::Audit`] where the refusal cannot be recorded.
    pub fn evaluate(
        &self,
        token_request: &TokenRequest,
        reason: Option<&Reason>,
        now: Timestamp,
        caller: &Event,
    ) -> Result<Grant, IssueError> {
        let allowed = self.policy.allow_reason(reason);
        let allowed = allowed.and_then(|()| self.policy.evaluate(token_request, now));
        if let Err(refused) = &allowed {
            let event = caller.clone().reason(refused.to_string());
            self.record(Event { action: Action::Refusal, outcome: Outcome::Refused, ..event })?;
        }
        Ok(allowed?)
    }

    /// Issues one token. Blocks until its entry is on disk.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token.
    pub fn issue(
        &self,
        customer: CustomerId,
        grant: &Grant,
        caller: &Event,
    ) -> Result<IssuedToken, IssueError> {
        let pending = self.sign(customer, grant)?;
        let receipt = self.record(Event {
            customer: Some(customer.get()),
            expires_at: pending.token.claims.expires_at(),
            fingerprint: Some(pending.token.fingerprint().to_string()),
            ..mint_event(Action::Mint, grant, caller)
        })?;
        pending.release(receipt.as_ref())
    }

    /// Issues one token for a client of the endpoint, as [`TokenIssuer::issue`] does.
    ///
    /// What policy refuses is not recorded here: the endpoint records refusals without waiting for them.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token.
    pub fn issue_for_client(
        &self,
        customer: CustomerId,
        token_request: &TokenRequest,
        now: Timestamp,
        caller: &Event,
    ) -> Result<IssuedToken, IssueError> {
        self.issue(customer, &self.policy.evaluate(token_request, now)?, caller)
    }

    /// Records that a client's request for a customer's token fails on purpose. Blocks until the entry is on disk.
    ///
    /// # Errors
    /// [`IssueError`], and the request must not fail so: policy forbids it, or it is not recorded.
    pub fn record_fault(&self, customer: CustomerId, fault: Fault, caller: &Event) -> Result<(), IssueError> {
        self.policy.allow_fault()?;
        let event = caller.clone().customer(customer.get()).reason(fault.to_string());
        self.record(Event { action: Action::Fault, ..event }).map(drop)
    }

    /// Returns `true` if the policy allows what fails on purpose.
    pub fn allows_faults(&self) -> bool {
        self.policy.allow_fault().is_ok()
    }

    /// Issues a token for every customer of a batch, in order, under one entry that names them all.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token of this batch.
    pub fn issue_batch(
        &self,
        batch: &Batch,
        grant: &Grant,
        caller: &Event,
    ) -> Result<Vec<IssuedToken>, IssueError> {
        let pending = batch.customers.iter().map(|customer| self.sign(*customer, grant));
        let pending = pending.collect::<Result<Vec<_>, _>>()?;
        let receipt = self.record(Event {
            customers: Some(batch.ranges.clone()),
            count: Some(batch.customers.len() as u64),
            expires_at: pending.first().and_then(|pending| pending.token.claims.expires_at()),
            ..mint_event(Action::MintBatch, grant, caller)
        })?;
        pending.into_iter().map(|pending| pending.release(receipt.as_ref())).collect()
    }

    /// Signs one token, which may have a fault: then its signature or its claims fail, and it is a customer's all the same.
    fn sign(&self, customer: CustomerId, grant: &Grant) -> Result<PendingToken, IssueError> {
        let mut claims = Claims::new(customer);
        if let Some(at) = grant.expires_at() {
            claims = claims.with_exp(at)?;
        }
        if let Some(at) = grant.issued_at() {
            claims = claims.with_iat(at)?;
        }
        if let Some((fault, now)) = grant.fault() {
            claims = fault.claims(claims, now)?;
        }
        let token = match grant.fault() {
            Some((TokenFault::BadSignature, _)) => Minter::with_wrong_key().mint(&claims),
            Some((TokenFault::Malformed, _)) => self.minter.mint(&claims).without_signature(),
            _ => self.minter.mint(&claims),
        };
        Ok(PendingToken { token: IssuedToken { claims, token }, customer })
    }

    /// Records an event of this profile. Returns the receipt once the entry is on disk; `None` for the demo.
    fn record(&self, event: Event) -> Result<Option<Receipt>, IssueError> {
        let Some(audit_log) = &self.audit_log else { return Ok(None) };
        let profile = self.profile.as_ref().map(ToString::to_string);
        Ok(Some(audit_log.record(Event { profile, ..event })?))
    }
}

/// Returns the event of a mint; of a fault, if the tokens are to have one.
fn mint_event(action: Action, grant: &Grant, caller: &Event) -> Event {
    match grant.fault() {
        None => Event { action, ..caller.clone() },
        Some((fault, _)) => Event { action: Action::Fault, ..caller.clone() }.reason(fault.to_string()),
    }
}

/// Customers whose tokens are issued under one entry.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The customers, in order.
    customers: Vec<CustomerId>,
    /// The same, as the entry names them.
    ranges: IdRanges,
}

impl Batch {
    /// The most customers in a batch.
    pub const MAX: usize = 4096;

    /// Adds a customer; returns `false` if the batch is full and must be issued first.
    pub fn push(&mut self, customer: CustomerId) -> bool {
        let has_room = self.customers.len() < Self::MAX && self.ranges.insert_next(customer.get());
        if has_room {
            self.customers.push(customer);
        }
        has_room
    }

    /// Returns `true` if no customer is in it.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }
}

#[cfg(test)]
mod tests;
