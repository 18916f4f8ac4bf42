//! Issues tokens to the endpoint's clients, through the one way to a token.

use super::contract::IssueToken;
use super::message::Request;
use crate::audit::Actor;
use crate::fault::{Fault, TokenFault};
use crate::issuer::{ClientRequest, IssueError, TokenIssuer};
use crate::profile::{Lifetime, TokenRequest};
use crate::session::Authenticated;
use crate::time::Clock;
use crate::token::Token;

/// Issues tokens to clients with one profile's issuer.
pub struct RequestIssuer<'a> {
    /// Signs and records.
    pub issuer: TokenIssuer<'a>,
    /// The user that runs the endpoint.
    pub actor: Actor,
    /// How long tokens live.
    pub lifetime: Lifetime,
    /// The clock.
    pub clock: Clock,
}

impl IssueToken for RequestIssuer<'_> {
    fn issue(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Option<TokenFault>,
    ) -> Result<Token, IssueError> {
        let now = self.clock.now();
        let token_request = TokenRequest { expiry: self.lifetime.expiry(now), issued_at: None, fault };
        Ok(self
            .issuer
            .issue_for_client(&self.client(session, request), session.customer, &token_request, now)?
            .token)
    }

    fn record_fault(
        &self,
        session: &Authenticated,
        request: &Request,
        fault: Fault,
    ) -> Result<(), IssueError> {
        self.issuer.record_fault(&self.client(session, request), session.customer, fault)
    }
}

impl RequestIssuer<'_> {
    /// Returns the request as the issuer knows it.
    fn client<'a>(&'a self, session: &'a Authenticated, request: &'a Request) -> ClientRequest<'a> {
        ClientRequest {
            actor: &self.actor,
            peer: request.peer,
            request_id: &request.id,
            session: &session.session,
        }
    }
}
