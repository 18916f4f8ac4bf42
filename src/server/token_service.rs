//! The endpoint's handler: the contract with everything that its responses depend on.

use std::sync::Arc;
use std::time::Instant;

use super::contract::{Cors, RateLimiter, TokenEndpoint};
use super::endpoint::Handler;
use super::message::{Request, Response};
use super::reloadable::Reloadable;
use super::request_issuer::RequestIssuer;
use super::telemetry::Telemetry;
use crate::audit;
use crate::fault::Faults;
use crate::session::Authenticate;
use crate::time::Clock;

/// What the profile and its secrets decide; a reload replaces it as one.
pub struct ActiveProfile {
    /// Says whose session a token is.
    pub authenticate: Box<dyn Authenticate>,
    /// Issues tokens.
    pub issuer: RequestIssuer,
}

/// Everything that requests are answered with, for as long as the server runs.
pub struct TokenService {
    /// The profile. A request keeps the one that it began with.
    pub profile: Reloadable<ActiveProfile>,
    /// Limits how often clients may ask.
    pub rate_limiter: Box<dyn RateLimiter>,
    /// Takes refusals for the audit log; the demo records none.
    pub refusals: Option<audit::RefusalRecorder>,
    /// Which requests fail on purpose.
    pub faults: Arc<Faults>,
    /// Which pages may read responses.
    pub cors: Cors,
    /// Told about every response.
    pub telemetry: Arc<Telemetry>,
    /// The clock.
    pub clock: Clock,
}

impl Handler for TokenService {
    fn handle(&self, request: &Request) -> Response {
        let (started, profile) = (Instant::now(), self.profile.load());
        let endpoint = TokenEndpoint {
            authenticate: profile.authenticate.as_ref(),
            rate_limiter: self.rate_limiter.as_ref(),
            issuer: &profile.issuer,
            refusals: &self.refusals,
            faults: &self.faults,
            cors: &self.cors,
            clock: self.clock,
        };
        let logged = endpoint.respond(request);
        self.telemetry.responded(request, &logged, started.elapsed());
        logged.response
    }
}
