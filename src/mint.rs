//! The one way to a token: policy, signature, an entry of the audit log on disk, release.
//!
//! No other room names the minter; a test reads the sources and holds them to it. A signed token is
//! sealed, and opens only against the receipt of its own entry.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::audit::{Action, Actor, AuditError, Channel, Event, Journal, Outcome, Ranges, Receipt, Ticket};
use crate::profile::{Policy, PolicyError, ProfileName, Terms, Wish};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{Claims, ClaimsError, CustomerId, Fingerprint, Minter, Token};

/// A token that was minted and released, and what to call it.
#[derive(Debug, Clone, Copy)]
pub struct Minted {
    /// What it claims.
    pub claims: Claims,
    /// The token.
    pub token: Token,
}

impl Minted {
    /// Gives the token's name in logs and tables.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.token.as_bytes())
    }
}

/// Why nothing was minted.
#[derive(Debug)]
pub enum MintError {
    /// Policy refuses it.
    Policy(PolicyError),
    /// The claims cannot be minted.
    Claims(ClaimsError),
    /// It cannot be recorded.
    Audit(AuditError),
    /// The receipt is another entry's: a fault of the program, and nothing is released.
    Receipt,
}

impl fmt::Display for MintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(error) => error.fmt(f),
            Self::Claims(error) => error.fmt(f),
            Self::Audit(error) => write!(f, "nothing is minted that cannot be recorded: {error}"),
            Self::Receipt => {
                f.write_str("nothing was minted: the audit log gave the receipt of another entry")
            }
        }
    }
}

impl Error for MintError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Audit(error) => error.source(),
            Self::Policy(_) | Self::Claims(_) | Self::Receipt => None,
        }
    }
}

/// Who mints, and by which way they came.
#[derive(Debug, Clone)]
pub struct Requester {
    /// Who it is.
    pub actor: Actor,
    /// The way.
    pub channel: Channel,
}

/// A request over the network whose session was found valid, for which one token is minted.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Who runs the endpoint.
    pub actor: &'a Actor,
    /// The client's address.
    pub peer: IpAddr,
    /// The request's id.
    pub request_id: &'a str,
}

/// Where mints are recorded.
#[derive(Debug, Clone)]
pub enum Record<'a> {
    /// In the audit log.
    Journal(&'a Journal),
    /// In an audit log that others write to as well, for as long as anybody does.
    Shared(Arc<Journal>),
    /// Nowhere: the demo profile's tokens open nothing.
    Demo,
}

impl Record<'_> {
    /// Gives the audit log; nothing for the demo.
    fn journal(&self) -> Option<&Journal> {
        match self {
            Self::Journal(journal) => Some(journal),
            Self::Shared(journal) => Some(journal),
            Self::Demo => None,
        }
    }
}

/// Mints tokens with one profile's secret, under its policy.
#[derive(Debug)]
pub struct Mint<'a> {
    /// Signs.
    minter: Minter,
    /// The profile's name in the log.
    profile: Option<ProfileName>,
    /// What tokens must be like.
    policy: Policy,
    /// Where mints are recorded.
    record: Record<'a>,
}

/// A signed token that nobody has seen yet.
struct Sealed {
    /// The token.
    minted: Minted,
    /// The mark of the event that must be on disk before it opens.
    ticket: Ticket,
}

impl Sealed {
    /// Opens against the receipt of the token's own entry, and no other.
    fn open(self, receipt: &Receipt) -> Result<Minted, MintError> {
        let is_own = receipt.is_for(self.ticket)
            && receipt.is_for_a_mint()
            && receipt.covers_customer(self.minted.claims.customer().get());
        if is_own { Ok(self.minted) } else { Err(MintError::Receipt) }
    }
}

impl<'a> Mint<'a> {
    /// Opens the mint with a profile's secret and policy.
    #[must_use]
    pub fn new(secret: &Secret, profile: Option<ProfileName>, policy: Policy, record: Record<'a>) -> Self {
        Self { minter: Minter::new(secret), profile, policy, record }
    }

    /// Decides by policy what tokens get that are minted now. A refusal is recorded.
    ///
    /// # Errors
    /// [`MintError::Policy`]; [`MintError::Audit`] where the refusal cannot be recorded.
    pub fn decide(&self, wish: &Wish, now: Timestamp, requester: &Requester) -> Result<Terms, MintError> {
        let refused = match self.policy.decide(wish, now) {
            Ok(terms) => return Ok(terms),
            Err(refused) => refused,
        };
        if let Some(journal) = self.record.journal() {
            let event = self.event(Action::Refusal, Outcome::Refused, requester.channel, &requester.actor);
            journal.record(event.reason(refused.to_string())).map_err(MintError::Audit)?;
        }
        Err(MintError::Policy(refused))
    }

    /// Mints one token. Its entry is on disk before this returns it.
    ///
    /// # Errors
    /// [`MintError`], and there is no token.
    pub fn mint(
        &self,
        customer: CustomerId,
        terms: &Terms,
        requester: &Requester,
    ) -> Result<Minted, MintError> {
        let event = self.event(Action::Mint, Outcome::Ok, requester.channel, &requester.actor);
        self.release(self.sign(customer, terms)?, event)
    }

    /// Mints one token for a visitor of the endpoint, and hands it over once its entry, with the visitor's
    /// address and the request's id, is on disk: when this thread settles, or earlier and by another.
    ///
    /// What policy refuses is not recorded here: the endpoint records refusals without waiting for them.
    pub fn mint_for(
        &self,
        visit: &Visit<'_>,
        customer: CustomerId,
        wish: &Wish,
        now: Timestamp,
        then: impl FnOnce(Result<Minted, MintError>) + Send + 'static,
    ) {
        let terms = self.policy.decide(wish, now).map_err(MintError::Policy);
        let minted = match terms.and_then(|terms| self.sign(customer, &terms)) {
            Ok(minted) => minted,
            Err(refused) => return then(Err(refused)),
        };
        let Some(journal) = self.record.journal() else { return then(Ok(minted)) };
        let event = self.event(Action::Mint, Outcome::Ok, Channel::Serve, visit.actor);
        let event = event.peer(visit.peer.to_string()).request_id(visit.request_id);
        let (sealed, event) = seal(minted, event);
        let release = |receipt: Result<Receipt, AuditError>| {
            then(receipt.map_err(MintError::Audit).and_then(|receipt| sealed.open(&receipt)));
        };
        journal.put_off(event, Box::new(release));
    }

    /// Has entries written that were put off, and the tokens handed over. Tells whether there are more; then it
    /// is to be called again.
    pub fn settle(&self) -> bool {
        self.record.journal().is_some_and(Journal::settle)
    }

    /// Mints a token for every customer of a chunk, in order, under one entry that names them all.
    ///
    /// # Errors
    /// [`MintError`], and there is no token of this chunk.
    pub fn mint_chunk(
        &self,
        chunk: &Chunk,
        terms: &Terms,
        requester: &Requester,
    ) -> Result<Vec<Minted>, MintError> {
        let minted = chunk.customers.iter().map(|customer| self.sign(*customer, terms));
        let minted = minted.collect::<Result<Vec<_>, _>>()?;
        let Some(journal) = self.record.journal() else {
            return Ok(minted);
        };
        let event = self.event(Action::MintBatch, Outcome::Ok, requester.channel, &requester.actor);
        let event = with_expiry(event, terms.expires_at())
            .customers(chunk.ranges.clone())
            .count(chunk.customers.len() as u64);
        let ticket = event.ticket();
        let receipt = journal.record(event).map_err(MintError::Audit)?;
        minted.into_iter().map(|minted| Sealed { minted, ticket }.open(&receipt)).collect()
    }

    /// Signs one token.
    fn sign(&self, customer: CustomerId, terms: &Terms) -> Result<Minted, MintError> {
        let mut claims = Claims::new(customer);
        if let Some(at) = terms.expires_at() {
            claims = claims.expiring(at).map_err(MintError::Claims)?;
        }
        if let Some(at) = terms.issued_at() {
            claims = claims.issued(at).map_err(MintError::Claims)?;
        }
        Ok(Minted { claims, token: self.minter.mint(&claims) })
    }

    /// Gives a signed token out, once `event` says that it was minted and is on disk.
    fn release(&self, minted: Minted, event: Event) -> Result<Minted, MintError> {
        let Some(journal) = self.record.journal() else {
            return Ok(minted);
        };
        let (sealed, event) = seal(minted, event);
        sealed.open(&journal.record(event).map_err(MintError::Audit)?)
    }

    /// Makes an event of this profile.
    fn event(&self, action: Action, outcome: Outcome, channel: Channel, actor: &Actor) -> Event {
        let event = Event::new(action, channel, actor.clone(), outcome);
        match &self.profile {
            Some(profile) => event.profile(profile.as_str()),
            None => event,
        }
    }
}

/// Seals a signed token until `event`, which is made to say what was signed, is on disk.
fn seal(minted: Minted, event: Event) -> (Sealed, Event) {
    let event = with_expiry(event, minted.claims.expires_at())
        .customer(minted.claims.customer().get())
        .fingerprint(minted.fingerprint().to_string());
    (Sealed { minted, ticket: event.ticket() }, event)
}

/// Adds when the tokens end.
fn with_expiry(event: Event, expires_at: Option<Timestamp>) -> Event {
    match expires_at {
        Some(at) => event.expires_at(at),
        None => event,
    }
}

/// Customers whose tokens are minted under one entry.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    /// The customers, in order.
    customers: Vec<CustomerId>,
    /// The same, as the entry names them.
    ranges: Ranges,
}

impl Chunk {
    /// How many customers a chunk has at most.
    pub const MOST: usize = 4096;

    /// Adds a customer; false where the chunk is full and must be minted first.
    #[must_use]
    pub fn push(&mut self, customer: CustomerId) -> bool {
        let has_room = self.customers.len() < Self::MOST && self.ranges.push(customer.get());
        if has_room {
            self.customers.push(customer);
        }
        has_room
    }

    /// Tells whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }
}

#[cfg(test)]
mod tests;
