//! The endpoint's handler: the contract with everything that its responses depend on.

use std::fmt;
use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::contract::{Cors, RateLimiter, RefusalSink, TokenEndpoint};
use super::endpoint::Handler;
use super::message::{Request, Response};
use super::reloadable::Reloadable;
use super::request_issuer::RequestIssuer;
use super::telemetry::Telemetry;
use crate::audit;
use crate::session::Authenticate;
use crate::time::Clock;

/// How long the end of a server waits for the last refusals to be recorded.
const REFUSAL_DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What the profile and its secrets decide; a reload replaces it as one.
pub struct ActiveProfile {
    /// Says whose session a token is.
    pub authenticate: Box<dyn Authenticate>,
    /// Issues tokens.
    pub issuer: RequestIssuer<'static>,
}

impl fmt::Debug for ActiveProfile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ActiveProfile")
            .field("authenticate", &self.authenticate)
            .finish_non_exhaustive()
    }
}

/// Everything that requests are answered with, for as long as the server runs.
pub struct TokenService {
    /// The profile. A request keeps the one that it began with.
    pub profile: Reloadable<ActiveProfile>,
    /// Limits how often clients may ask.
    pub rate_limiter: Box<dyn RateLimiter>,
    /// Takes refusals for the audit log.
    pub refusals: RefusalLog,
    /// Which pages may read responses.
    pub cors: Cors,
    /// Told about every response.
    pub telemetry: Arc<Telemetry>,
    /// The clock.
    pub clock: Clock,
}

impl fmt::Debug for TokenService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenService").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Handler for TokenService {
    fn handle(&self, request: &Request) -> Response {
        let (started, profile) = (Instant::now(), self.profile.load());
        let endpoint = TokenEndpoint {
            authenticate: profile.authenticate.as_ref(),
            rate_limiter: self.rate_limiter.as_ref(),
            issuer: &profile.issuer,
            refusals: &self.refusals,
            cors: &self.cors,
            clock: self.clock,
        };
        let logged = endpoint.respond(request);
        self.telemetry.responded(request, &logged, started.elapsed());
        logged.response
    }
}

/// Takes refusals for the audit log until it is closed. The demo's records nothing.
#[derive(Debug, Default)]
pub struct RefusalLog(RwLock<Option<audit::Refusals>>);

impl RefusalLog {
    /// Returns a log that passes refusals on.
    #[must_use]
    pub fn new(refusals: audit::Refusals) -> Self {
        Self(RwLock::new(Some(refusals)))
    }

    /// Records all refusals that wait, and the counts of the others. Returns `false` if that took too long, because
    /// the audit log cannot be written. Later refusals are dropped.
    #[must_use]
    pub fn close(&self) -> bool {
        self.close_within(REFUSAL_DRAIN_TIMEOUT)
    }

    /// Closes it, but waits no longer than this. Returns `true` if everything was recorded.
    fn close_within(&self, timeout: Duration) -> bool {
        let refusals = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        let (done, is_done) = channel();
        // Dropping them waits until all are recorded.
        let close = move || {
            drop(refusals);
            // Nobody waits any more if it took too long.
            let _ = done.send(());
        };
        Builder::new().name("refusals".into()).spawn(close).is_ok() && is_done.recv_timeout(timeout).is_ok()
    }
}

impl RefusalSink for RefusalLog {
    fn refuse(&self, refusal: audit::Refusal) {
        if let Some(refusals) = self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            refusals.refuse(refusal);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::audit::{Actor, AuditLog, Refusals};
    use crate::disk::testing::Place;

    #[test]
    fn an_audit_log_that_cannot_be_written_does_not_hold_up_the_end() {
        let state = Place::new();
        let audit_log = Arc::new(AuditLog::open(state.path(), Clock::System).unwrap());
        let actor = Actor { user: "serve".into(), sudo_user: None };
        let refusals = RefusalLog::new(Refusals::start(audit_log, actor, None, Clock::System).unwrap());
        let lock = File::open(state.path().join("audit/lock")).unwrap();
        lock.lock().unwrap();
        let peer = [127, 0, 0, 1].into();
        refusals.refuse(audit::Refusal { reason: "no_session", peer, request_id: None, customer: None });
        assert!(!refusals.close_within(Duration::from_millis(1)));
    }
}
