//! The admin listener: health, readiness and metrics, for whoever watches over the server from the same
//! machine.
//!
//! It is a second gate, as strict as the first and much smaller, with a handler of its own, on a thread of
//! its own. Its requests are in no log and no metric. It watches no signals, and ends when it is told to.

mod answer;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::answer::Known;
use super::endpoint::at_once;
use super::gate::{Ended, Gate, Limits, Settings, Stop};
use super::telemetry::{Readiness, Telemetry};
use crate::time::Clock;

/// An admin listener that is bound and does not answer yet.
#[derive(Debug)]
pub struct Admin(Gate);

/// An admin listener that answers.
#[derive(Debug)]
pub struct AdminRun {
    /// Ends it.
    stop: Stop,
    /// Where it runs.
    thread: JoinHandle<io::Result<Ended>>,
}

impl Known for Telemetry {
    fn readiness(&self) -> Readiness {
        Self::readiness(self)
    }

    fn metrics(&self) -> String {
        Self::metrics(self)
    }
}

impl Admin {
    /// Binds it to an address; port 0 lets the system choose. Whether others may reach the address is for
    /// the caller to judge: whoever does is not asked who they are.
    ///
    /// # Errors
    /// What the operating system said: the address is in use, is not this machine's, or not allowed.
    pub fn bind(listen: SocketAddr, socket_parent: PathBuf, clock: Clock) -> io::Result<Self> {
        let limits = limits();
        let settings =
            Settings { limits, trusted_proxies: Vec::new(), socket_parent, clock, notice: Arc::new(drop) };
        Gate::bind(listen, settings).map(Self)
    }

    /// Gives the address that it is bound to.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Begins to answer, on a thread of its own.
    ///
    /// # Errors
    /// What the operating system said, where there is no thread.
    pub fn start(self, telemetry: Arc<Telemetry>) -> io::Result<AdminRun> {
        let Self(gate) = self;
        let stop = gate.stop();
        let run = move || gate.run(at_once(move |request| answer::answer(request, telemetry.as_ref())));
        Ok(AdminRun { stop, thread: thread::Builder::new().name("admin".into()).spawn(run)? })
    }
}

impl AdminRun {
    /// Has it end once what it was asked is answered, or at once, and waits until it has.
    ///
    /// # Errors
    /// What made it end before it was told to.
    pub fn end(self, is_at_once: bool) -> io::Result<()> {
        self.stop.ask();
        if is_at_once {
            self.stop.ask();
        }
        let ended = self.thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked")));
        ended.map(drop)
    }
}

/// What watchers may take: little of everything, so that with the server's own the process stays within
/// its bounds. Its descriptors are among those that the server's own gate leaves to others.
fn limits() -> Limits {
    Limits {
        connections: 16,
        budget: 512 * 1024,
        body: 1024,
        reply: 32 * 1024,
        upstreams: 2,
        reply_time: Duration::from_secs(5),
        drain_time: Duration::from_secs(1),
        ..Limits::default()
    }
}
