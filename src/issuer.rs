//! Issues tokens, in this order: policy, signature, audit entry on disk, release.
//!
//! No other module refers to the signer; a test reads the sources and enforces it. A signed token is released only
//! with the receipt of its own audit entry.

use std::sync::Arc;

use thiserror::Error;

use crate::audit::{Action, AuditError, AuditLog, Event, IdRanges, Outcome, Receipt};
use crate::error::{Diagnostic, Exit};
use crate::fault::Fault;
use crate::profile::{Grant, Policy, PolicyError, ProfileName, Reason, TokenRequest};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{Claims, ClaimsError, CustomerId, Fingerprint, Minter, Token};

/// A token whose audit entry is on disk.
#[derive(Debug, Clone, Copy)]
pub struct IssuedToken {
    /// The token's claims.
    pub claims: Claims,
    /// The token.
    pub token: Token,
}

impl IssuedToken {
    /// Returns the token's fingerprint, which identifies it in logs and tables.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.token.as_bytes())
    }
}

/// An error from issuing a token.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The policy refuses the request.
    #[error("{0}")]
    Policy(#[from] PolicyError),
    /// The claims cannot be represented in a token.
    #[error("{0}")]
    Claims(#[from] ClaimsError),
    /// The entry cannot be recorded.
    #[error("nothing is minted that cannot be recorded: {0}")]
    Audit(#[from] AuditError),
    /// The receipt belongs to another entry, which is a bug; nothing is released.
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
    /// The signer.
    minter: Minter,
    /// The profile's name in the audit log.
    profile: Option<ProfileName>,
    /// The policy for issued tokens.
    policy: Policy,
    /// The audit log; `None` for the demo profile, whose tokens no app accepts.
    audit_log: Option<Arc<AuditLog>>,
}

/// A signed token whose audit entry is not yet known to be on disk.
struct PendingToken {
    /// The token.
    token: IssuedToken,
    /// The requested customer; the token is for another user if its fault is [`Fault::WrongUser`].
    customer: CustomerId,
}

impl PendingToken {
    /// Releases the token if the receipt's entry records it. The demo profile has no receipts.
    fn release(self, receipt: Option<&Receipt>) -> Result<IssuedToken, IssueError> {
        let fingerprint = || self.token.fingerprint().to_string();
        let is_own = receipt.is_none_or(|receipt| receipt.covers(self.customer.get(), fingerprint));
        if is_own { Ok(self.token) } else { Err(IssueError::Receipt) }
    }
}

impl TokenIssuer {
    /// Returns an issuer for a profile's secret and policy. Without an audit log, it is the demo profile's issuer.
    #[must_use]
    pub fn new(
        secret: &Secret,
        profile: Option<ProfileName>,
        policy: Policy,
        audit_log: Option<Arc<AuditLog>>,
    ) -> Self {
        Self { minter: Minter::new(secret), profile, policy, audit_log }
    }

    /// Evaluates a request and its reason against the policy, and returns the grant for tokens issued now. A refusal
    /// is recorded. `caller` is the event of the call, which the issuer completes with the outcome.
    ///
    /// # Errors
    /// [`IssueError::Policy`] if the policy refuses the request, or [`IssueError::Audit`] if the refusal cannot be
    /// recorded.
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

    /// Issues one token. Blocks until its audit entry is on disk.
    ///
    /// # Errors
    /// [`IssueError`] if no token was issued.
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

    /// Issues one token for a client of the endpoint, like [`TokenIssuer::issue`].
    ///
    /// Policy refusals are not recorded here, because the endpoint records refusals without blocking.
    ///
    /// # Errors
    /// [`IssueError`] if no token was issued.
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
    /// [`IssueError`] if the policy forbids faults or the entry cannot be recorded; the request must then not fail on
    /// purpose.
    pub fn record_fault(&self, customer: CustomerId, fault: Fault, caller: &Event) -> Result<(), IssueError> {
        self.policy.allow_fault()?;
        let event = caller.clone().customer(customer.get()).reason(fault.to_string());
        self.record(Event { action: Action::Fault, ..event }).map(drop)
    }

    /// Returns `true` if the policy allows deliberate faults.
    pub fn allows_faults(&self) -> bool {
        self.policy.allow_fault().is_ok()
    }

    /// Issues a token for every customer of a batch, in order, under one audit entry that names all customers.
    ///
    /// # Errors
    /// [`IssueError`] if no token of the batch was issued.
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

    /// Signs one token. A fault of the grant makes its signature or its claims invalid; the token still counts as issued
    /// for `customer`.
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
            Some((Fault::BadSignature, _)) => Minter::with_wrong_key().mint(&claims),
            Some((Fault::Malformed, _)) => self.minter.mint(&claims).without_signature(),
            _ => self.minter.mint(&claims),
        };
        Ok(PendingToken { token: IssuedToken { claims, token }, customer })
    }

    /// Records an event of this profile, and returns the receipt once the entry is on disk; `None` for the demo
    /// profile.
    fn record(&self, event: Event) -> Result<Option<Receipt>, IssueError> {
        let Some(audit_log) = &self.audit_log else { return Ok(None) };
        let profile = self.profile.as_ref().map(ToString::to_string);
        Ok(Some(audit_log.record(Event { profile, ..event })?))
    }
}

/// Returns the event of a mint, or of a fault if the grant has one.
fn mint_event(action: Action, grant: &Grant, caller: &Event) -> Event {
    match grant.fault() {
        None => Event { action, ..caller.clone() },
        Some((fault, _)) => Event { action: Action::Fault, ..caller.clone() }.reason(fault.to_string()),
    }
}

/// Customers whose tokens are issued under one audit entry.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The customers, in order.
    customers: Vec<CustomerId>,
    /// The same customers, as ranges for the entry.
    ranges: IdRanges,
}

impl Batch {
    /// The maximum number of customers in a batch.
    pub const MAX: usize = 4096;

    /// Adds a customer. Returns `false` if the batch is full and must be issued first.
    pub fn push(&mut self, customer: CustomerId) -> bool {
        let has_room = self.customers.len() < Self::MAX && self.ranges.insert_next(customer.get());
        if has_room {
            self.customers.push(customer);
        }
        has_room
    }

    /// Returns `true` if the batch has no customers.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }
}

#[cfg(test)]
mod tests;
