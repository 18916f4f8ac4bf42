//! The gate: the only public socket. It lets whole, valid, bounded requests through and nothing else.
//!
//! One thread carries bytes between sockets and the protocol, which knows neither sockets nor clocks.
//! Requests go over a private socket to the endpoint, several at a time on each connection.

mod client;
mod crowd;
mod door;
mod hall;
mod limits;
mod pool;
pub mod protocol;
mod queue;
mod secured;
mod stamps;
mod stop;
mod timers;
mod transport;
mod upstream;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use mio::Poll;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::door::Door;
use self::hall::{DOOR, Hall, SIGNALS, STOP};
pub use self::limits::Limits;
use self::pool::{Plan, Pool};
use self::protocol::Fault;
pub use self::secured::TlsFault;
use self::stop::Signals;
pub use self::stop::Stop;
use super::endpoint::Handler;
use super::proxies::Network;
use super::swap::Swap;
use super::wire::Key;
use crate::time::Clock;
use crate::tls::Identity;

/// Descriptors that are neither a client's nor an upstream connection's: files, logs, sockets of others.
const OTHER_DESCRIPTORS: u64 = 64;
/// Descriptors of an upstream connection: one here, two at the endpoint.
const DESCRIPTORS_OF_UPSTREAM: u64 = 3;
/// The fewest connections that a server is of any use with.
const FEWEST_CONNECTIONS: usize = 8;

/// How the gate is to behave.
#[derive(Clone)]
pub struct Settings {
    /// What clients may take.
    pub limits: Limits,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where the private directory of the endpoint's socket is made; its path must be short.
    pub socket_parent: PathBuf,
    /// Tells the time for `Date`.
    pub clock: Clock,
    /// Is told what no handler sees.
    pub notice: Told,
}

/// What is told of notices. It is called on the gate's own thread and by the endpoint's workers, and must not
/// block.
pub type Told = Arc<dyn Fn(Notice) + Send + Sync>;

/// Something that happened at the gate or behind it and that no handler sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A request was refused by the gate itself, or by the endpoint because too many wait for their answers.
    Refused {
        /// What it is called.
        id: String,
        /// The peer, which may be a proxy.
        peer: IpAddr,
        /// Why.
        fault: Fault,
    },
    /// TLS with a client came to an end before its time.
    Insecure {
        /// The peer, which may be a proxy.
        peer: IpAddr,
        /// Why.
        fault: TlsFault,
    },
    /// A whole request was answered with 503, because the endpoint did not answer it in time or at all.
    Unanswered {
        /// What it is called.
        id: String,
        /// The peer, which may be a proxy.
        peer: IpAddr,
    },
    /// There were as many connections as there may be, and one had to go.
    Full,
    /// So many connections are there now: others than before.
    Connections(usize),
    /// There was no descriptor for a client, and it was sent away.
    OutOfDescriptors,
    /// It was told to end: nobody is let in any more, and what was received is still answered.
    Draining,
}

/// How a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every request that was received has been answered.
    Drained,
    /// The time for draining was over, with so many requests not answered.
    LeftWork(usize),
    /// It was told to stop at once.
    Stopped,
}

/// A gate that is bound and not yet open.
#[derive(Debug)]
pub struct Gate {
    /// Tells what is ready.
    poll: Poll,
    /// Where clients come in.
    door: Door,
    /// How it is to behave.
    settings: Settings,
    /// Tells of the end.
    stop: Stop,
    /// Tells of signals.
    signals: Option<Signals>,
    /// Who it is to clients, where it speaks TLS.
    identity: Option<Arc<Swap<Identity>>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("limits", &self.limits)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("socket_parent", &self.socket_parent)
            .finish_non_exhaustive()
    }
}

impl Gate {
    /// Binds a gate to an address; port 0 lets the system choose. From now on clients may connect.
    ///
    /// The soft limit of descriptors is raised where it is below what the limits need. Where the hard
    /// one is as well, there are fewer connections, and where it is very low, fewer to the endpoint too.
    ///
    /// # Errors
    /// What the operating system said: the address is in use, is not this machine's, or not allowed.
    pub fn bind(listen: SocketAddr, mut settings: Settings) -> io::Result<Self> {
        afford(&mut settings.limits);
        let poll = Poll::new()?;
        let mut door = Door::open(listen)?;
        door.register(poll.registry(), DOOR)?;
        let stop = Stop::new(poll.registry(), STOP)?;
        Ok(Self { poll, door, settings, stop, signals: None, identity: None })
    }

    /// Gives the address that it is bound to.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.door.address()
    }

    /// Tells how many connections there may be at once.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.settings.limits.connections
    }

    /// Gives a handle that ends it.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Has it speak TLS and nothing else. Clients that come after the identity was exchanged see the new one.
    pub fn speak_tls(&mut self, identity: Arc<Swap<Identity>>) {
        self.identity = Some(identity);
    }

    /// Has SIGTERM and SIGINT end it: the first drains, the second stops at once. When the run has ended,
    /// signals are ignored.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn watch_signals(&mut self) -> io::Result<()> {
        self.signals = Some(Signals::watch(self.poll.registry(), SIGNALS)?);
        Ok(())
    }

    /// Lets requests through to the handler until it is told to end.
    ///
    /// # Errors
    /// What the operating system said, where there can be no endpoint or no waiting for sockets.
    pub fn run(self, handler: Handler) -> io::Result<Ended> {
        let Self { poll, door, settings, stop, signals, identity } = self;
        let (parent, notice) = (settings.socket_parent.clone(), Arc::clone(&settings.notice));
        let plan = Plan { parent, handler, key: Key::new()?, notice };
        let pool = Pool::open(Arc::new(settings.limits.clone()), plan)?;
        Hall::new(poll, settings, door, pool, stop, signals, identity)?.run()
    }
}

/// Lowers limits to what there are descriptors for, after raising their limit where that helps.
fn afford(limits: &mut Limits) {
    let wanted =
        limits.connections as u64 + limits.upstreams as u64 * DESCRIPTORS_OF_UPSTREAM + OTHER_DESCRIPTORS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut there = current.unwrap_or(u64::MAX);
    let possible = wanted.min(maximum.unwrap_or(u64::MAX));
    if there < possible && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).is_ok() {
        there = possible;
    }
    share(there.saturating_sub(OTHER_DESCRIPTORS), limits);
}

/// Shares descriptors out: to connections to the endpoint at most half, the rest to clients.
fn share(there: u64, limits: &mut Limits) {
    let upstreams = (there / 2 / DESCRIPTORS_OF_UPSTREAM).clamp(1, limits.upstreams as u64);
    let connections = there.saturating_sub(upstreams * DESCRIPTORS_OF_UPSTREAM);
    limits.upstreams = usize::try_from(upstreams).unwrap_or(limits.upstreams);
    let most = limits.connections;
    limits.connections =
        usize::try_from(connections).unwrap_or(most).clamp(FEWEST_CONNECTIONS.min(most), most);
}
