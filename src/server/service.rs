//! The endpoint put together: the contract with all that its answers depend on, and a line in the log
//! for each answer.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use super::access;
use super::contract::{Contract, Origins, Unlimited, Witness};
use super::endpoint::Handler;
use super::exchange::{Reply, Request};
use super::till::Till;
use crate::audit;
use crate::session::Authenticate;
use crate::time::Clock;

/// All that requests are answered with, for as long as the server runs.
pub struct Service {
    /// Judges sessions.
    pub authenticate: Box<dyn Authenticate>,
    /// Mints.
    pub till: Till<'static>,
    /// Takes refusals.
    pub refusals: RefusalBook,
    /// The origins whose pages may read replies.
    pub origins: Origins,
    /// Tells the time.
    pub clock: Clock,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Service").field("authenticate", &self.authenticate).finish_non_exhaustive()
    }
}

impl Service {
    /// Gives what answers requests.
    #[must_use]
    pub fn handler(self: &Arc<Self>) -> Handler {
        let service = Arc::clone(self);
        Arc::new(move |request| service.answer(request))
    }

    /// Answers a request, and has it logged.
    fn answer(&self, request: &Request) -> Reply {
        let contract = Contract {
            authenticate: self.authenticate.as_ref(),
            quotas: &Unlimited,
            tokens: &self.till,
            witness: &self.refusals,
            origins: &self.origins,
            clock: self.clock,
        };
        let begun = Instant::now();
        let answer = contract.answer(request);
        access::answered(request, &answer, begun.elapsed());
        answer.reply
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

    /// Has recorded what waits and sums up the rest. Later refusals are passed over.
    pub fn close(&self) {
        let refusals = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        // Its end is waited for here.
        drop(refusals);
    }
}

impl Witness for RefusalBook {
    fn refuse(&self, refusal: audit::Refusal) {
        if let Some(refusals) = self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            refusals.refuse(refusal);
        }
    }
}
