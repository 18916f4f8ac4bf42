//! Issues tokens to the endpoint's clients, through the one way to a token.

use std::time::Duration;

use super::contract::IssueToken;
use super::message::Request;
use crate::audit::Actor;
use crate::issuer::{ClientRequest, IssueError, TokenIssuer};
use crate::profile::{Expiry, Wish};
use crate::time::{Clock, Timestamp};
use crate::token::{CustomerId, Token};

/// How long the tokens live that the endpoint issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As the policy says by default.
    PolicyDefault,
    /// Until they are revoked.
    Never,
    /// For this long.
    For(Duration),
}

impl Lifetime {
    /// Returns the expiry to ask for at a time.
    fn expiry(self, now: Timestamp) -> Expiry {
        match self {
            Self::PolicyDefault => Expiry::Unsaid,
            Self::Never => Expiry::Never,
            Self::For(lifetime) => Expiry::At(now.after(lifetime)),
        }
    }
}

/// Issues tokens to clients with one profile's issuer.
#[derive(Debug)]
pub struct RequestIssuer<'a> {
    /// Signs and records.
    issuer: TokenIssuer<'a>,
    /// The user that runs the endpoint.
    actor: Actor,
    /// How long tokens live.
    lifetime: Lifetime,
    /// The clock.
    clock: Clock,
}

impl<'a> RequestIssuer<'a> {
    /// Returns an issuer whose audit entries name the user that runs the endpoint.
    #[must_use]
    pub fn new(issuer: TokenIssuer<'a>, actor: Actor, lifetime: Lifetime, clock: Clock) -> Self {
        Self { issuer, actor, lifetime, clock }
    }
}

impl IssueToken for RequestIssuer<'_> {
    fn issue(&self, customer: CustomerId, request: &Request) -> Result<Token, IssueError> {
        let now = self.clock.now();
        let client = ClientRequest { actor: &self.actor, peer: request.peer, request_id: &request.id };
        let wish = Wish { expiry: self.lifetime.expiry(now), issued_at: None };
        Ok(self.issuer.issue_for_client(&client, customer, &wish, now)?.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_counts_from_the_time_of_issue() {
        let now = Timestamp::from_epoch_seconds(1_000).unwrap();
        let hour = Duration::from_hours(1);
        assert_eq!(Lifetime::For(hour).expiry(now), Expiry::At(now.after(hour)));
        assert_eq!(Lifetime::Never.expiry(now), Expiry::Never);
        assert_eq!(Lifetime::PolicyDefault.expiry(now), Expiry::Unsaid);
    }
}
