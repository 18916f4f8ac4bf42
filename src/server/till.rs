//! Where tokens come from that the endpoint gives out: the one mint path, for a visitor.

use std::time::Duration;

use super::contract::{Released, Tokens};
use super::exchange::Request;
use crate::audit::Actor;
use crate::mint::{Mint, Minted, Visit};
use crate::profile::{Expiry, Wish};
use crate::time::{Clock, Timestamp};
use crate::token::CustomerId;

/// How long the tokens live that the endpoint gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As policy has it where nobody says anything.
    ByPolicy,
    /// Until they are revoked.
    Endless,
    /// For so long.
    For(Duration),
}

impl Lifetime {
    /// Gives what to wish for at a moment.
    fn expiry(self, now: Timestamp) -> Expiry {
        match self {
            Self::ByPolicy => Expiry::Unsaid,
            Self::Endless => Expiry::Never,
            Self::For(lifetime) => Expiry::At(now.after(lifetime)),
        }
    }
}

/// Mints for visitors with one profile's mint.
#[derive(Debug)]
pub struct Till<'a> {
    /// Mints and records.
    mint: Mint<'a>,
    /// Who runs the endpoint.
    actor: Actor,
    /// How long tokens live.
    lifetime: Lifetime,
    /// Tells the time.
    clock: Clock,
}

impl<'a> Till<'a> {
    /// Gives out what `mint` makes, in the name of who runs the endpoint.
    #[must_use]
    pub fn new(mint: Mint<'a>, actor: Actor, lifetime: Lifetime, clock: Clock) -> Self {
        Self { mint, actor, lifetime, clock }
    }
}

impl Tokens for Till<'_> {
    fn mint(&self, customer: CustomerId, request: Request, then: Released) {
        let now = self.clock.now();
        let (peer, id) = (request.peer, request.id.clone());
        let visit = Visit { actor: &self.actor, peer, request_id: &id };
        let wish = Wish { expiry: self.lifetime.expiry(now), issued_at: None };
        let release = move |minted: Result<Minted, _>| then(request, minted.map(|minted| minted.token));
        self.mint.mint_for(&visit, customer, &wish, now, release);
    }

    fn settle(&self) -> bool {
        self.mint.settle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_counts_from_the_moment_of_minting() {
        let now = Timestamp::from_epoch_seconds(1_000).unwrap();
        let hour = Duration::from_hours(1);
        assert_eq!(Lifetime::For(hour).expiry(now), Expiry::At(now.after(hour)));
        assert_eq!(Lifetime::Endless.expiry(now), Expiry::Never);
        assert_eq!(Lifetime::ByPolicy.expiry(now), Expiry::Unsaid);
    }
}
