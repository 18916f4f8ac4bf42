//! Where clients come in, and how the door stays open when no descriptor is left.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use rustix::io::Errno;

/// How many clients may stand before the door, where the system allows as many.
const BACKLOG: i32 = 4096;
/// How long the door rests when the system has no more to give.
const REST: Duration = Duration::from_millis(100);

/// How long clients stand before it when everybody inside is being served.
const DELAY: Duration = Duration::from_millis(10);

/// The listener.
#[derive(Debug)]
pub(super) struct Door {
    /// The socket.
    listener: TcpListener,
    /// A descriptor kept for the moment when no other is left.
    spare: Option<File>,
    /// Whether somebody may stand before it.
    is_knocked: bool,
    /// Until when it rests.
    rest: Option<Instant>,
}

/// Who was at the door.
#[derive(Debug)]
pub(super) enum Caller {
    /// Nobody.
    Nobody,
    /// A client.
    Client(TcpStream, SocketAddr),
    /// A client for whom there was no descriptor. It was sent away.
    SentAway,
}

impl Door {
    /// Opens the door.
    pub(super) fn open(listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        // Without this it would be 128, and in a rush everybody else would have to knock again a second later.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(Self { listener, spare: spare(), is_knocked: false, rest: None })
    }

    /// Has knocks told under this token.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.listener, token, Interest::READABLE)
    }

    /// Gives the address that clients reach.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes note that somebody knocked.
    pub(super) fn knock(&mut self) {
        self.is_knocked = true;
    }

    /// Tells when it is to be looked at again: at once, later, or when somebody knocks.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.is_knocked.then(|| self.rest.map_or(now, |rest| rest.max(now)))
    }

    /// Tells whether somebody may stand before it.
    pub(super) fn is_knocked(&self) -> bool {
        self.is_knocked
    }

    /// Has those who stand before it wait a little.
    pub(super) fn delay(&mut self, now: Instant) {
        self.rest = Some(now + DELAY);
    }

    /// Lets the next client in.
    pub(super) fn answer(&mut self, now: Instant) -> Caller {
        if !self.is_knocked || self.rest.is_some_and(|rest| now < rest) {
            return Caller::Nobody;
        }
        self.rest = None;
        match self.listener.accept() {
            Ok((stream, peer)) => Caller::Client(stream, peer),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_knocked = false;
                Caller::Nobody
            }
            // The client left before it was let in, or a signal came: the door is looked at again at once.
            Err(error) if is_passing(&error) => Caller::Nobody,
            Err(error) => self.send_away(&error, now),
        }
    }

    /// Sends a client away with the spare descriptor; rests where that cannot be done either.
    fn send_away(&mut self, error: &io::Error, now: Instant) -> Caller {
        let is_out = [Errno::MFILE, Errno::NFILE].iter().any(|errno| is(error, *errno));
        let has_spare = is_out && self.spare.take().is_some();
        let caller = has_spare.then(|| self.listener.accept().map(drop));
        if self.spare.is_none() {
            self.spare = spare();
        }
        match caller {
            Some(Ok(())) if self.spare.is_some() => Caller::SentAway,
            // The system asks for a descriptor before it looks who is there.
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_knocked = false;
                Caller::Nobody
            }
            _ => {
                self.rest = Some(now + REST);
                Caller::Nobody
            }
        }
    }
}

/// Gives a descriptor that is of no other use.
fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Tells whether an error concerns one client and not the door.
fn is_passing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
        || [Errno::CONNABORTED, Errno::PROTO, Errno::NETDOWN, Errno::HOSTUNREACH, Errno::NETUNREACH]
            .iter()
            .any(|errno| is(error, *errno))
}

/// Tells whether an error has this number.
fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}
