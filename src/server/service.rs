//! The endpoint put together: the contract with all that its answers depend on, and a line in the log
//! for each answer.

use std::fmt;
use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::Builder;
use std::time::{Duration, Instant};

use tracing::warn;

use super::access;
use super::contract::{Answer, Contract, Origins, Quotas, Tokens as _, Witness};
use super::endpoint::{Handle, Responder};
use super::exchange::Request;
use super::swap::Swap;
use super::telemetry::Telemetry;
use super::till::Till;
use crate::audit;
use crate::session::Authenticate;
use crate::time::Clock;

/// How long the end of what records refusals is waited for.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a profile and its secrets decide; it is exchanged as one when they are loaded again.
pub struct Desk {
    /// Judges sessions.
    pub authenticate: Box<dyn Authenticate>,
    /// Mints.
    pub till: Till<'static>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Desk").field("authenticate", &self.authenticate).finish_non_exhaustive()
    }
}

/// All that requests are answered with, for as long as the server runs.
pub struct Service {
    /// Judges sessions, and mints. A request keeps the one that it began with.
    pub desk: Swap<Desk>,
    /// Tells who asks too often.
    pub quotas: Arc<dyn Quotas>,
    /// Takes refusals.
    pub refusals: RefusalBook,
    /// The origins whose pages may read replies.
    pub origins: Origins,
    /// Is told of every answer.
    pub telemetry: Arc<Telemetry>,
    /// Tells the time.
    pub clock: Clock,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Service").field("desk", &self.desk).finish_non_exhaustive()
    }
}

impl Service {
    /// Puts the contract together with what is in use at a desk.
    fn contract<'a>(&'a self, desk: &'a Desk) -> Contract<'a> {
        Contract {
            authenticate: desk.authenticate.as_ref(),
            quotas: self.quotas.as_ref(),
            witness: &self.refusals,
            origins: &self.origins,
            clock: self.clock,
        }
    }

    /// Has an answer logged, and gives it.
    fn give(&self, request: &Request, answer: &Answer, begun: Instant, responder: Responder) {
        let took = begun.elapsed();
        access::answered(request, answer, took);
        self.telemetry.answered(answer, took);
        responder.answer(&answer.reply);
    }
}

impl Handle for Service {
    /// Answers a request as soon as it is judged and, where it is to get a token, that is recorded.
    fn answer(self: Arc<Self>, request: Request, responder: Responder) {
        let (begun, desk) = (Instant::now(), self.desk.current());
        let customer = match self.contract(&desk).admit(&request) {
            Ok(customer) => customer,
            Err(answer) => return self.give(&request, &answer, begun, responder),
        };
        let (service, kept) = (Arc::clone(&self), Arc::clone(&desk));
        let conclude = move |request: Request, minted| {
            let answer = service.contract(&kept).conclude(&request, customer, minted);
            service.give(&request, &answer, begun, responder);
        };
        desk.till.mint(customer, request, Box::new(conclude));
    }

    fn settle(&self) -> bool {
        // All desks record in one journal.
        self.desk.current().till.settle()
    }
}

/// Takes refusals for the audit log until it is closed; or for nobody, where nothing is recorded.
#[derive(Debug, Default)]
pub struct RefusalBook(RwLock<Option<audit::Refusals>>);

impl RefusalBook {
    /// Hands refusals in here.
    #[must_use]
    pub fn new(refusals: audit::Refusals) -> Self {
        Self(RwLock::new(Some(refusals)))
    }

    /// Has recorded what waits and sums up the rest; not for ever: a log that cannot be written holds
    /// nobody's end up. Later refusals are passed over.
    pub fn close(&self) {
        if !self.close_within(FAREWELL) {
            warn!(note = "the last refusals are not in the audit log, which cannot be written");
        }
    }

    /// Tells whether all was recorded within a time.
    fn close_within(&self, time: Duration) -> bool {
        let refusals = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        let (done, is_done) = channel();
        // What is dropped here ends when all of it is recorded.
        let closing = move || {
            drop(refusals);
            // Nobody waits any more where it took too long.
            let _ = done.send(());
        };
        Builder::new().name("farewell".into()).spawn(closing).is_ok() && is_done.recv_timeout(time).is_ok()
    }
}

impl Witness for RefusalBook {
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
    use crate::audit::{Actor, Journal, Refusals};
    use crate::disk::testing::Place;

    #[test]
    fn a_log_that_cannot_be_written_does_not_hold_up_the_end() {
        let state = Place::new();
        let journal = Arc::new(Journal::open(state.path(), Clock::System).unwrap());
        let actor = Actor { user: "serve".into(), sudo_user: None };
        let book = RefusalBook::new(Refusals::start(journal, actor, None, Clock::System).unwrap());
        let lock = File::open(state.path().join("audit/lock")).unwrap();
        lock.lock().unwrap();
        let peer = [127, 0, 0, 1].into();
        book.refuse(audit::Refusal { reason: "no_session", peer, request_id: None, customer: None });
        assert!(!book.close_within(Duration::from_millis(1)));
    }
}
