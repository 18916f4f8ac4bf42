//! The one way to a token: policy, signature, an entry of the audit log on disk, release.
//!
//! No other module refers to the signer; a test reads the sources and enforces it. A signed token is released
//! only with the receipt of its own audit entry.

use std::net::IpAddr;
use std::sync::Arc;

use thiserror::Error;

use crate::audit::{
    Action, Actor, AuditError, AuditLog, Channel, Event, EventId, IdRanges, Outcome, Receipt,
};
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
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.token.as_bytes())
    }
}

/// Why no token was issued.
#[derive(Debug, Error)]
pub enum IssueError {
    /// Policy refuses it.
    #[error("{0}")]
    Policy(PolicyError),
    /// The claims cannot be in a token.
    #[error("{0}")]
    Claims(ClaimsError),
    /// It cannot be recorded.
    #[error("nothing is minted that cannot be recorded: {0}")]
    Audit(#[source] AuditError),
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

/// The person or service that asks for tokens.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is.
    pub actor: Actor,
    /// How the request came in.
    pub channel: Channel,
    /// Why they need the tokens.
    pub reason: Option<Reason>,
    /// The name of the program that gets the token.
    pub program: Option<String>,
}

impl Caller {
    /// Returns what the tokens are for, as the audit log has it.
    fn purpose(&self) -> Option<&str> {
        self.reason.as_ref().map(Reason::as_str)
    }
}

/// A request over the network whose session was found valid, for which one token is issued.
#[derive(Debug, Clone, Copy)]
pub struct ClientRequest<'a> {
    /// Who runs the endpoint.
    pub actor: &'a Actor,
    /// The client's address.
    pub peer: IpAddr,
    /// The request's id.
    pub request_id: &'a str,
    /// The client's session, as the audit log names it.
    pub session: &'a str,
}

/// Where issued tokens are recorded.
#[derive(Debug, Clone)]
pub enum AuditSink<'a> {
    /// The audit log of one call.
    Borrowed(&'a AuditLog),
    /// An audit log that a server shares among its threads and reloads.
    Shared(Arc<AuditLog>),
    /// Nowhere: no app accepts the demo profile's tokens.
    Demo,
}

impl AuditSink<'_> {
    /// Returns the audit log; `None` for the demo.
    fn audit_log(&self) -> Option<&AuditLog> {
        match self {
            Self::Borrowed(audit_log) => Some(audit_log),
            Self::Shared(audit_log) => Some(audit_log),
            Self::Demo => None,
        }
    }
}

/// Issues tokens signed with one profile's secret, under its policy.
#[derive(Debug)]
pub struct TokenIssuer<'a> {
    /// Signs.
    minter: Minter,
    /// The profile's name in the log.
    profile: Option<ProfileName>,
    /// What tokens must be like.
    policy: Policy,
    /// Where issued tokens are recorded.
    sink: AuditSink<'a>,
}

/// A signed token whose entry is not known to be on disk yet.
struct PendingToken {
    /// The token.
    token: IssuedToken,
    /// The customer for whom it was asked, whose it is unless its fault is to be another's.
    customer: CustomerId,
    /// The id of the event that must be on disk before the token is released.
    event: EventId,
}

impl PendingToken {
    /// Releases the token for the receipt of its own entry, and no other.
    fn release(self, receipt: &Receipt) -> Result<IssuedToken, IssueError> {
        let is_own = receipt.covers_event(self.event) && receipt.covers_customer(self.customer.get());
        if is_own { Ok(self.token) } else { Err(IssueError::Receipt) }
    }
}

impl<'a> TokenIssuer<'a> {
    /// Returns an issuer for a profile's secret and policy.
    #[must_use]
    pub fn new(secret: &Secret, profile: Option<ProfileName>, policy: Policy, sink: AuditSink<'a>) -> Self {
        Self { minter: Minter::new(secret), profile, policy, sink }
    }

    /// Evaluates a request against the policy: what tokens get that are issued now. A refusal is recorded.
    ///
    /// # Errors
    /// [`IssueError::Policy`]; [`IssueError::Audit`] where the refusal cannot be recorded.
    pub fn evaluate(
        &self,
        token_request: &TokenRequest,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Grant, IssueError> {
        let allowed = self.policy.allow_reason(caller.reason.as_ref());
        let refused = match allowed.and_then(|()| self.policy.evaluate(token_request, now)) {
            Ok(grant) => return Ok(grant),
            Err(refused) => refused,
        };
        if let Some(audit_log) = self.sink.audit_log() {
            let event = self.audit_event(Action::Refusal, Outcome::Refused, caller.channel, &caller.actor);
            let event = event.reason(refused.to_string()).purpose(caller.purpose());
            audit_log.record(event).map_err(IssueError::Audit)?;
        }
        Err(IssueError::Policy(refused))
    }

    /// Issues one token. Blocks until its entry is on disk.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token.
    pub fn issue(
        &self,
        customer: CustomerId,
        grant: &Grant,
        caller: &Caller,
    ) -> Result<IssuedToken, IssueError> {
        let mut event = self.mint_event(Action::Mint, grant, caller.channel, &caller.actor);
        if let Some(program) = &caller.program {
            event = event.reason(format!("exec {program}"));
        }
        self.release_after_audit(customer, &self.sign(customer, grant)?, event.purpose(caller.purpose()))
    }

    /// Issues one token for a client of the endpoint. Blocks until its entry, with the client's address and the
    /// request's id, is on disk.
    ///
    /// What policy refuses is not recorded here: the endpoint records refusals without waiting for them.
    ///
    /// # Errors
    /// [`IssueError`], and there is no token.
    pub fn issue_for_client(
        &self,
        request: &ClientRequest<'_>,
        customer: CustomerId,
        token_request: &TokenRequest,
        now: Timestamp,
    ) -> Result<IssuedToken, IssueError> {
        let grant = self.policy.evaluate(token_request, now).map_err(IssueError::Policy)?;
        let token = self.sign(customer, &grant)?;
        let event = self.mint_event(Action::Mint, &grant, Channel::Serve, request.actor);
        let event =
            event.peer(request.peer.to_string()).request_id(request.request_id).session(request.session);
        self.release_after_audit(customer, &token, event)
    }

    /// Records that a client's request for a customer's token fails on purpose. Blocks until the entry is on disk.
    ///
    /// # Errors
    /// [`IssueError`], and the request must not fail so: policy forbids it, or it is not recorded.
    pub fn record_fault(
        &self,
        request: &ClientRequest<'_>,
        customer: CustomerId,
        fault: Fault,
    ) -> Result<(), IssueError> {
        self.policy.allow_fault().map_err(IssueError::Policy)?;
        let Some(audit_log) = self.sink.audit_log() else { return Ok(()) };
        let event = self.audit_event(Action::Fault, Outcome::Ok, Channel::Serve, request.actor);
        let event = event.customer(customer.get()).reason(fault.to_string());
        let event =
            event.peer(request.peer.to_string()).request_id(request.request_id).session(request.session);
        audit_log.record(event).map(drop).map_err(IssueError::Audit)
    }

    /// Returns `true` if the policy allows what fails on purpose.
    #[must_use]
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
        caller: &Caller,
    ) -> Result<Vec<IssuedToken>, IssueError> {
        let tokens = batch.customers.iter().map(|customer| self.sign(*customer, grant));
        let tokens = tokens.collect::<Result<Vec<_>, _>>()?;
        let Some(audit_log) = self.sink.audit_log() else { return Ok(tokens) };
        let event = self.mint_event(Action::MintBatch, grant, caller.channel, &caller.actor);
        let event = event
            .expires_at(tokens.first().and_then(|token| token.claims.expires_at()))
            .customers(batch.ranges.clone())
            .purpose(caller.purpose())
            .count(batch.customers.len() as u64);
        let event_id = event.id();
        let receipt = audit_log.record(event).map_err(IssueError::Audit)?;
        let pending = tokens.into_iter().zip(&batch.customers);
        let pending =
            pending.map(|(token, customer)| PendingToken { token, customer: *customer, event: event_id });
        pending.map(|pending| pending.release(&receipt)).collect()
    }

    /// Signs one token, which may have a fault: then its signature or its claims fail, and it is a customer's all the same.
    fn sign(&self, customer: CustomerId, grant: &Grant) -> Result<IssuedToken, IssueError> {
        let mut claims = Claims::new(customer);
        if let Some(at) = grant.expires_at() {
            claims = claims.with_exp(at).map_err(IssueError::Claims)?;
        }
        if let Some(at) = grant.issued_at() {
            claims = claims.with_iat(at).map_err(IssueError::Claims)?;
        }
        let Some((fault, now)) = grant.fault() else {
            return Ok(IssuedToken { claims, token: self.minter.mint(&claims) });
        };
        let claims = fault.claims(claims, now).map_err(IssueError::Claims)?;
        let token = match fault {
            TokenFault::BadSignature => Minter::with_wrong_key().mint(&claims),
            TokenFault::Malformed => self.minter.mint(&claims).without_signature(),
            _ => self.minter.mint(&claims),
        };
        Ok(IssuedToken { claims, token })
    }

    /// Records that a token was issued, and releases it once the entry is on disk.
    fn release_after_audit(
        &self,
        customer: CustomerId,
        token: &IssuedToken,
        event: Event,
    ) -> Result<IssuedToken, IssueError> {
        let Some(audit_log) = self.sink.audit_log() else { return Ok(*token) };
        let event = event
            .expires_at(token.claims.expires_at())
            .customer(customer.get())
            .fingerprint(token.fingerprint().to_string());
        let pending = PendingToken { token: *token, customer, event: event.id() };
        pending.release(&audit_log.record(event).map_err(IssueError::Audit)?)
    }

    /// Returns the event of a mint; of a fault, if the tokens are to have one.
    fn mint_event(&self, action: Action, grant: &Grant, channel: Channel, actor: &Actor) -> Event {
        match grant.fault() {
            None => self.audit_event(action, Outcome::Ok, channel, actor),
            Some((fault, _)) => {
                self.audit_event(Action::Fault, Outcome::Ok, channel, actor).reason(fault.to_string())
            }
        }
    }

    /// Returns an event of this profile.
    fn audit_event(&self, action: Action, outcome: Outcome, channel: Channel, actor: &Actor) -> Event {
        let event = Event::new(action, channel, actor.clone(), outcome);
        match &self.profile {
            Some(profile) => event.profile(profile.as_str()),
            None => event,
        }
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
    #[must_use]
    pub fn push(&mut self, customer: CustomerId) -> bool {
        let has_room = self.customers.len() < Self::MAX && self.ranges.insert_next(customer.get());
        if has_room {
            self.customers.push(customer);
        }
        has_room
    }

    /// Returns `true` if no customer is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }
}

#[cfg(test)]
mod tests;
