//! How the gate is told to end: first to drain, then at once, by a handle or by a signal.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream as Pipe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use mio::net::UnixStream;
use mio::{Interest, Registry, Token, Waker};
use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};

/// Nothing was asked for.
const GO_ON: u8 = 0;
/// It is to drain.
const DRAIN: u8 = 1;
/// It is to end at once.
const STOP: u8 = 2;

/// Ends a gate from elsewhere. All clones are one.
#[derive(Debug, Clone)]
pub struct Stop {
    /// What was asked for.
    wanted: Arc<AtomicU8>,
    /// Wakes the gate.
    waker: Arc<Waker>,
}

impl Stop {
    /// Makes a handle that wakes a poll under this token.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Arc::new(Waker::new(registry, token)?);
        Ok(Self { wanted: Arc::new(AtomicU8::new(GO_ON)), waker })
    }

    /// Asks for the end: the first time to drain, the second time to stop at once.
    pub fn ask(&self) {
        if self.wanted.compare_exchange(GO_ON, DRAIN, Ordering::AcqRel, Ordering::Acquire).is_err() {
            self.wanted.store(STOP, Ordering::Release);
        }
        // It fails where the gate has ended already.
        let _ = self.waker.wake();
    }

    /// Tells whether it is to drain, or more than that.
    pub(super) fn wants_drain(&self) -> bool {
        self.wanted.load(Ordering::Acquire) >= DRAIN
    }

    /// Tells whether it is to end at once.
    pub(super) fn wants_stop(&self) -> bool {
        self.wanted.load(Ordering::Acquire) >= STOP
    }
}

/// SIGTERM and SIGINT as a socket. Once it is dropped, both have no effect.
#[derive(Debug)]
pub(super) struct Signals {
    /// Has a byte for each signal.
    received: UnixStream,
    /// What is to be undone.
    handlers: Vec<SigId>,
}

impl Signals {
    /// Has both signals received here from now on.
    pub(super) fn watch(registry: &Registry, token: Token) -> io::Result<Self> {
        let (received, sender) = Pipe::pair()?;
        received.set_nonblocking(true)?;
        let mut signals = Self { received: UnixStream::from_std(received), handlers: Vec::new() };
        for signal in [SIGTERM, SIGINT] {
            signals.handlers.push(pipe::register(signal, sender.try_clone()?)?);
        }
        registry.register(&mut signals.received, token, Interest::READABLE)?;
        Ok(signals)
    }

    /// Asks for the end once for each signal that has come.
    pub(super) fn pass_on(&mut self, stop: &Stop) {
        let mut bytes = [0; 16];
        while let Ok(count @ 1..) = self.received.read(&mut bytes) {
            (0..count).for_each(|_| stop.ask());
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            unregister(handler);
        }
    }
}
