//! The connections to the endpoint, and the requests that wait for one of them.
//!
//! A connection is used only after a round trip over it, one is proven at a time, and one that is lost
//! is followed by another. Few are in use as long as these are answered soon, so that much goes over each of
//! them at once: what wakes somebody wakes him for many. Where no connection can be proven any more, a fresh
//! endpoint is opened beside the one that has gone deaf.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event as Readiness;
use mio::{Registry, Token};

use super::Told;
use super::limits::Limits;
use super::queue::{Queue, Waiting};
use super::upstream::{Asked, Errand, Upstream};
use crate::server::endpoint::{Capacity, Endpoint, Handler};
use crate::server::wire::{self, Key, Passage};

/// How long a failed proof keeps the next from being tried; every further one in a row, twice as long.
const PAUSE: Duration = Duration::from_millis(100);
/// How often in a row that time is doubled.
const MOST_DOUBLINGS: u32 = 5;
/// After how many failed proofs in a row an endpoint counts as deaf.
const DEAF_AFTER: u32 = 2;
/// How many endpoints there may be at once.
const MOST_HOUSES: usize = 3;
/// How many connections are in use at a time, but for those that take long to be answered.
const IN_USE: usize = 2;
/// How many requests may be unanswered at an endpoint for each that may be in flight: those that are, and as
/// many that were given up here and are worked on there all the same.
const UNANSWERED_FOR_EACH: usize = 2;

/// All connections to the endpoint.
#[derive(Debug)]
pub(super) struct Pool {
    /// The bounds.
    limits: Arc<Limits>,
    /// What the connections go through.
    plan: Plan,
    /// The endpoints, the newest last.
    houses: BTreeMap<u64, Endpoint>,
    /// The connections, the oldest first.
    upstreams: BTreeMap<Token, Upstream>,
    /// The one that proves itself.
    proving: Option<Token>,
    /// Requests that wait.
    waiting: Queue,
    /// How many proofs have failed in a row.
    failures: u32,
    /// How many of these count against the newest endpoint.
    doubts: u32,
    /// Before when no proof is tried.
    pause: Option<Instant>,
    /// What is to be told to clients.
    outcomes: Vec<Outcome>,
    /// Before when no connection is late.
    late: Option<Instant>,
    /// When other connections are in use, if nothing is answered.
    turn: Option<Instant>,
}

/// How an endpoint is opened.
pub(super) struct Plan {
    /// Where its directory goes.
    pub(super) parent: PathBuf,
    /// What answers.
    pub(super) handler: Handler,
    /// What proves that requests come from here.
    pub(super) key: Key,
    /// Is told of requests that are refused there.
    pub(super) notice: Told,
}

/// What has become of a request.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The request.
    pub(super) asked: Asked,
    /// The endpoint's reply as it was received; `None` where none came.
    pub(super) reply: Option<Vec<u8>>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plan").field("parent", &self.parent).finish_non_exhaustive()
    }
}

impl Plan {
    /// Opens an endpoint.
    fn open(&self, limits: &Limits) -> io::Result<Endpoint> {
        let capacity = Capacity {
            workers: limits.upstreams,
            unanswered: limits.most_in_flight() * UNANSWERED_FOR_EACH,
            request: limits.head + limits.body,
        };
        let (handler, notice) = (Arc::clone(&self.handler), Arc::clone(&self.notice));
        Endpoint::open(&self.parent, capacity, handler, self.key.clone(), notice)
    }
}

impl Pool {
    /// Opens the first endpoint. Connections come with `tend`.
    pub(super) fn open(limits: Arc<Limits>, plan: Plan) -> io::Result<Self> {
        let houses = BTreeMap::from([(0, plan.open(&limits)?)]);
        Ok(Self {
            limits,
            plan,
            houses,
            upstreams: BTreeMap::new(),
            proving: None,
            waiting: Queue::default(),
            failures: 0,
            doubts: 0,
            pause: None,
            outcomes: Vec::new(),
            late: None,
            turn: None,
        })
    }

    /// Takes a request, which `send` sends on its way.
    pub(super) fn ask(&mut self, asked: Asked, request: &crate::server::Request, now: Instant) {
        let passage = Passage::of(request, &self.plan.key);
        self.waiting.push(Waiting { asked, passage, due: now + self.limits.upstream_wait });
    }

    /// Sends what waits, as much as the connections take. What came together goes together.
    pub(super) fn send(&mut self, registry: &Registry, now: Instant) {
        self.turn = None;
        let mut in_flight: usize = self.upstreams.values().map(Upstream::weight).sum();
        while let Some(weight) = self.waiting.next_weight() {
            let most = if in_flight + weight > self.limits.in_flight { 1 } else { self.limits.pipeline };
            let in_use = self.upstreams.values_mut().filter(|upstream| upstream.takes_until(now).is_some());
            let Some(upstream) = in_use.take(IN_USE).find(|upstream| upstream.load() < most) else {
                let until = self.upstreams.values().filter_map(|upstream| upstream.takes_until(now));
                self.turn = until.min();
                break;
            };
            let Some(Waiting { asked, passage, .. }) = self.waiting.pop() else { break };
            upstream.take(asked, &passage, now + self.limits.reply_time, now);
            in_flight += weight;
            self.late = earlier(self.late, upstream.due(now));
        }
        for upstream in self.upstreams.values_mut() {
            upstream.flush(registry);
            if upstream.is_lost {
                self.late = Some(now);
            }
        }
    }

    /// Drops what waits for a client that has gone. What was passed on already is carried out.
    pub(super) fn forget(&mut self, client: Token) {
        self.waiting.leave(client);
    }

    /// Gives up the largest request that waits, and tells whose it is.
    pub(super) fn give_up_largest(&mut self) -> Option<Token> {
        let Waiting { asked, .. } = self.waiting.pop_largest()?;
        let client = asked.client;
        self.outcomes.push(Outcome { asked, reply: None });
        Some(client)
    }

    /// Tells how many bytes waiting requests hold.
    pub(super) fn held(&self) -> usize {
        self.waiting.held()
    }

    /// Gives what is to be told to clients.
    pub(super) fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// Does what a connection is ready for. Tells whether there is such a connection.
    pub(super) fn note(&mut self, readiness: &Readiness, registry: &Registry, now: Instant) -> bool {
        let token = readiness.token();
        let Some(upstream) = self.upstreams.get_mut(&token) else { return false };
        for (errand, reply) in upstream.go_on(readiness, self.limits.reply, registry) {
            match errand {
                Errand::Request(asked) => self.outcomes.push(Outcome { asked, reply: Some(reply) }),
                Errand::Proof => {
                    self.proving = None;
                    self.failures = 0;
                    self.doubts = 0;
                }
            }
        }
        if upstream.is_lost {
            self.lose(token, registry, now);
        }
        true
    }

    /// Sees to everything that is due. `next_token` gives tokens that were never used.
    pub(super) fn tend(&mut self, registry: &Registry, next_token: &mut usize, now: Instant) {
        while let Some(Waiting { asked, .. }) = self.waiting.pop_late(now) {
            self.outcomes.push(Outcome { asked, reply: None });
        }
        if self.late.is_some_and(|late| late <= now) {
            self.lose_late(registry, now);
        }
        self.renew();
        let is_pausing = self.pause.is_some_and(|pause| now < pause);
        if self.proving.is_none() && !is_pausing && self.upstreams.len() < self.limits.upstreams {
            self.pause = None;
            *next_token += 1;
            if self.prove(registry, Token(*next_token), now).is_err() {
                self.fail(now);
            }
        }
    }

    /// Tells when `tend` is to be called.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let is_short = self.proving.is_none() && self.upstreams.len() < self.limits.upstreams;
        let proof = is_short.then(|| self.pause.unwrap_or(now));
        [self.waiting.due(), self.late, self.turn, proof].into_iter().flatten().min()
    }

    /// Gives up connections that are late or lost, and finds out when the next one will be.
    fn lose_late(&mut self, registry: &Registry, now: Instant) {
        let is_late = |upstream: &Upstream| upstream.due(now).is_some_and(|due| due <= now);
        let late = self.upstreams.iter().filter(|(_, upstream)| is_late(upstream));
        let late: Vec<Token> = late.map(|(token, _)| *token).collect();
        for token in late {
            self.lose(token, registry, now);
        }
        self.late = self.upstreams.values().filter_map(|upstream| upstream.due(now)).min();
    }

    /// Connects to the newest endpoint, and has the connection prove itself.
    fn prove(&mut self, registry: &Registry, token: Token, now: Instant) -> io::Result<()> {
        let Some((house, endpoint)) = self.houses.last_key_value() else { return Ok(()) };
        let (proof, due) = (wire::proof(&self.plan.key), now + self.limits.proof_time);
        let upstream = Upstream::connect(&endpoint.socket(), *house, proof, due, now, registry, token)?;
        self.late = earlier(self.late, upstream.due(now));
        self.upstreams.insert(token, upstream);
        self.proving = Some(token);
        Ok(())
    }

    /// Gives a connection up. Its requests are never sent again: they may have been carried out.
    fn lose(&mut self, token: Token, registry: &Registry, now: Instant) {
        if self.proving == Some(token) {
            self.proving = None;
            self.fail(now);
        }
        let Some(upstream) = self.upstreams.remove(&token) else { return };
        for errand in upstream.leave(registry) {
            if let Errand::Request(asked) = errand {
                self.outcomes.push(Outcome { asked, reply: None });
            }
        }
    }

    /// Takes note that a proof has failed.
    fn fail(&mut self, now: Instant) {
        self.pause = Some(now + PAUSE * 2_u32.pow(self.failures.min(MOST_DOUBLINGS)));
        self.failures += 1;
        self.doubts += 1;
    }

    /// Opens another endpoint where the newest is deaf, and lets those go that nothing leads to any more and
    /// whose workers are free: where they hang, no more are put beside them for ever.
    fn renew(&mut self) {
        if self.doubts >= DEAF_AFTER {
            if self.houses.len() < MOST_HOUSES
                && let Ok(endpoint) = self.plan.open(&self.limits)
            {
                let newest = self.houses.last_key_value().map_or(0, |(house, _)| *house);
                self.houses.insert(newest + 1, endpoint);
            }
            self.doubts = 0;
        }
        if self.houses.len() > 1 {
            let newest = self.houses.last_key_value().map(|(house, _)| *house);
            let upstreams = &self.upstreams;
            let leads_to = |house: u64| upstreams.values().any(|upstream| upstream.house == house);
            self.houses
                .retain(|house, endpoint| Some(*house) == newest || leads_to(*house) || endpoint.is_busy());
        }
    }
}

/// Gives the earlier of two moments, either of which may never come.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    [one, other].into_iter().flatten().min()
}
