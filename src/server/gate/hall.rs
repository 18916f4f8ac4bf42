//! The event loop: sockets and time on one side, protocols and the endpoint on the other.

mod ending;
mod places;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event as Readiness;
use mio::{Events, Poll, Token};

use super::client::Client;
use super::crowd::Crowd;
use super::door::Door;
use super::limits::Limits;
use super::pool::{Outcome, Pool};
use super::protocol::{Answer, Event, Fault, Received};
use super::stamps::Stamps;
use super::stop::{Signals, Stop};
use super::timers::Timers;
use super::upstream::{Asked, parse};
use super::{Ended, Notice, Settings};
use crate::server::{Request, Swap, origin};
use crate::tls::Identity;

/// Tells of clients at the door.
pub(super) const DOOR: Token = Token(0);
/// Tells that somebody asked for the end.
pub(super) const STOP: Token = Token(1);
/// Tells of signals.
pub(super) const SIGNALS: Token = Token(2);
/// The last of these; connections come after it.
const LAST: usize = 2;
/// How much is read at once, and so the most that a client who sends ahead has waiting here while its
/// request is answered: 4,096 of them hold two thirds of the budget.
const SCRATCH: usize = 2 * 1024;
/// How many events are taken at once.
const EVENTS: usize = 256;

/// Everything that the loop looks after.
pub(super) struct Hall {
    /// Tells what is ready.
    poll: Poll,
    /// The bounds.
    limits: Arc<Limits>,
    /// How the gate is to behave.
    settings: Settings,
    /// Where clients come in; closed once it drains.
    door: Option<Door>,
    /// The clients.
    clients: HashMap<Token, Client>,
    /// When each of them is due.
    timers: Timers,
    /// How long each of them has been at what it does.
    crowd: Crowd,
    /// The way to the endpoint.
    way: Pool,
    /// Names and dates.
    stamps: Stamps,
    /// Tells of the end.
    stop: Stop,
    /// Tells of signals.
    signals: Option<Signals>,
    /// When draining is over.
    drained_by: Option<Instant>,
    /// Who it is to clients, where it speaks TLS.
    identity: Option<Arc<Swap<Identity>>>,
    /// What sockets are read into.
    scratch: Vec<u8>,
    /// The last token in use.
    last_token: usize,
    /// How many clients were told of last.
    told: usize,
}

impl Hall {
    /// Makes everything ready.
    pub(super) fn new(
        poll: Poll,
        settings: Settings,
        door: Door,
        way: Pool,
        stop: Stop,
        signals: Option<Signals>,
        identity: Option<Arc<Swap<Identity>>>,
    ) -> io::Result<Self> {
        Ok(Self {
            poll,
            limits: Arc::new(settings.limits.clone()),
            stamps: Stamps::new(settings.clock)?,
            settings,
            door: Some(door),
            clients: HashMap::new(),
            timers: Timers::default(),
            crowd: Crowd::default(),
            way,
            stop,
            signals,
            drained_by: None,
            identity,
            scratch: vec![0; SCRATCH],
            last_token: LAST,
            told: 0,
        })
    }

    /// Runs until the end.
    pub(super) fn run(mut self) -> io::Result<Ended> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let timeout = self.due(Instant::now()).map(|due| due.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut events, timeout.map(round_up)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for readiness in &events {
                self.note(readiness, now);
            }
            self.welcome(now);
            self.expire(now);
            self.way.tend(self.poll.registry(), &mut self.last_token, now);
            self.deliver(now);
            let ended = self.end(now);
            self.way.send(self.poll.registry(), now);
            self.tell();
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// Tells how many clients are there, if it is another number than before.
    fn tell(&mut self) {
        let count = self.clients.len();
        if self.told != count {
            self.told = count;
            (self.settings.notice)(Notice::Connections(count));
        }
    }

    /// Tells when something is to be done even if nothing happens.
    fn due(&self, now: Instant) -> Option<Instant> {
        let door = self.door.as_ref().and_then(|door| door.due(now));
        [door, self.timers.next(), self.way.due(now), self.drained_by].into_iter().flatten().min()
    }

    /// Takes note of what is ready.
    fn note(&mut self, readiness: &Readiness, now: Instant) {
        match readiness.token() {
            DOOR => self.door.iter_mut().for_each(Door::knock),
            STOP => {}
            SIGNALS => self.signals.iter_mut().for_each(|signals| signals.pass_on(&self.stop)),
            token => {
                if let Some(client) = self.clients.get_mut(&token) {
                    client.note(readiness);
                    self.serve(token, now);
                } else if self.way.note(readiness, self.poll.registry(), now) {
                    self.deliver(now);
                }
            }
        }
    }

    /// Does for a client what can be done now.
    fn serve(&mut self, token: Token, now: Instant) {
        self.carry(token, now);
        while self.crowd.held() + self.way.held() > self.limits.budget && self.make_room(now) {}
    }

    /// Carries a client's bytes, and sees to what comes of them.
    fn carry(&mut self, token: Token, now: Instant) {
        while let Some(client) = self.clients.get_mut(&token) {
            match client.go_on(&mut self.scratch, now) {
                None => break,
                Some(Event::Request(received)) => self.pass_on(token, *received, now),
                Some(Event::Refusal(fault)) => {
                    let (reply, id) = (fault.reply(), self.stamps.next_id());
                    client.protocol.reply(&Answer::from(&reply), self.stamps.stamp(&id), now);
                    (self.settings.notice)(Notice::Refused { id, peer: client.peer, fault });
                }
            }
        }
        self.settle(token, now);
    }

    /// Passes a request on to the endpoint.
    fn pass_on(&mut self, token: Token, received: Received, now: Instant) {
        let Some(client) = self.clients.get(&token) else { return };
        let Received { head, body } = received;
        let id = self.stamps.next_id();
        let asked = Asked { client: token, id: id.clone(), is_head: head.method == "HEAD" };
        let request = Request {
            peer: origin(client.peer, head.forwarded_for.as_deref(), &self.settings.trusted_proxies),
            method: head.method,
            path: head.path,
            authorization: head.authorization,
            content_type: head.content_type,
            origin: head.origin,
            requested_method: head.requested_method,
            requested_headers: head.requested_headers,
            body,
            id,
        };
        self.way.ask(asked, &request, now);
    }

    /// Tells clients what has become of their requests.
    fn deliver(&mut self, now: Instant) {
        loop {
            let outcomes = self.way.take_outcomes();
            if outcomes.is_empty() {
                return;
            }
            for outcome in outcomes {
                self.answer(&outcome, now);
                self.serve(outcome.asked.client, now);
            }
        }
    }

    /// Answers a client, if it is still there.
    fn answer(&mut self, outcome: &Outcome, now: Instant) {
        let Outcome { asked, reply } = outcome;
        let is_awaited = self.is_full() && self.door.as_ref().is_some_and(Door::is_knocked);
        let Some(client) = self.clients.get_mut(&asked.client) else { return };
        if is_awaited {
            // Whoever sends one request after the other would keep its place for ever.
            client.protocol.end_with_reply();
        }
        let parsed = reply.as_deref().and_then(|reply| parse(reply, asked.is_head).ok().flatten());
        let stamp = self.stamps.stamp(&asked.id);
        if let Some((answer, _)) = parsed {
            client.protocol.reply(&answer, stamp, now);
        } else {
            (self.settings.notice)(Notice::Unanswered { id: asked.id.clone(), peer: client.peer });
            let reply = Fault::Crowded.reply().with("Retry-After", "1");
            client.protocol.reply(&Answer::from(&reply), stamp, now);
        }
    }

    /// Sees to everybody whose time has come.
    fn expire(&mut self, now: Instant) {
        while let Some(token) = self.timers.take(now) {
            let Some(client) = self.clients.get_mut(&token) else { continue };
            client.timer = None;
            client.protocol.elapse(now);
            self.serve(token, now);
        }
    }

    /// Puts a client where it belongs now, or out.
    fn settle(&mut self, token: Token, now: Instant) {
        let Some(client) = self.clients.get_mut(&token) else { return };
        if client.protocol.is_closed() {
            self.timers.leave(token, &mut client.timer);
            self.crowd.leave(token, client.place);
            self.way.forget(token);
            if let Some(client) = self.clients.remove(&token) {
                if let Some(fault) = client.transport.fault() {
                    (self.settings.notice)(Notice::Insecure { peer: client.peer, fault });
                }
                client.transport.leave(self.poll.registry());
            }
        } else {
            self.timers.change(token, &mut client.timer, client.protocol.due());
            let (standing, held) = (client.standing(), client.held());
            self.crowd.update(token, &mut client.place, standing, held, now);
        }
    }
}

/// Rounds a wait up to whole milliseconds, which is what a poll counts in: none comes back too early.
fn round_up(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}
