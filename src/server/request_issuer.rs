//! Issues tokens to the endpoint's clients, through the one way to a token.

use super::contract::IssueToken;
use super::message::Request;
use crate::audit::{Action, Actor, Channel, Event, Outcome};
use crate::fault::{Fault, TokenFault};
use crate::issuer::{IssueError, TokenIssuer};
use crate::profile::{Lifetime, TokenRequest};
use crate::session::Authenticated;
use crate::time::Clock;
use crate::token::Token;

/// Issues tokens to clients with one profile's issuer.
pub struct RequestIssuer {
    /// Signs and records.
    pub issuer: TokenIssuer,
    /// The user that runs the endpoint.
    pub actor: Actor,
    /// How long tokens live.
    pub lifetime: Lifetime,
    /// The clock.
    pub clock: Clock,
}

impl IssueToken for RequestIssuer {
    fn issue(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Option<TokenFault>,
    ) -> Result<Token, IssueError> {
        let now = self.clock.now();
        let token_request = TokenRequest { expiry: self.lifetime.expiry(now), issued_at: None, fault };
        let client = self.client(session, request);
        Ok(self.issuer.issue_for_client(session.customer, &token_request, now, &client)?.token)
    }

    fn record_fault(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Fault,
    ) -> Result<(), IssueError> {
        self.issuer.record_fault(session.customer, fault, &self.client(session, request))
    }
}

impl RequestIssuer {
    /// Returns what the audit log says of a client and its request.
    fn client(&self, session: &Authenticated, request: &Request) -> Event {
        Event {
            peer: Some(request.peer.to_string()),
            request_id: Some(request.id.clone()),
            session: Some(session.session.clone()),
            ..Event::new(Action::Mint, Channel::Serve, self.actor.clone(), Outcome::Ok)
        }
    }
}
