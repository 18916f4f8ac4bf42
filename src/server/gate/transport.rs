//! The bytes of one client, as they come off its socket and go onto it: as they are, or through TLS.
//!
//! Whatever changes bytes on their way has its place in here: the rest of the gate knows only what may be
//! read, what may be written, whether a handshake is still to be finished, and when the client has been
//! told of the end.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;

use mio::event::Event as Readiness;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::secured::{Secured, TlsFault};

/// How much is read off the network at once where it is encrypted.
const PIECE: usize = 2 * 1024;

/// A client's socket.
#[derive(Debug)]
pub(super) struct Transport {
    /// The socket.
    stream: TcpStream,
    /// Whether everything that was there has been read off the socket. More is told of by the poll.
    is_drained: bool,
    /// Whether the client sends no more.
    has_ended: bool,
    /// TLS, where it is spoken.
    secured: Option<Box<Secured>>,
    /// How many bytes that were given to be written are on their way through TLS.
    owed: usize,
    /// Whether what comes is not understood any more.
    is_deaf: bool,
}

impl Transport {
    /// Takes a socket over. Replies leave at once, however short.
    pub(super) fn new(
        mut stream: TcpStream,
        secured: Option<Box<Secured>>,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, is_drained: false, has_ended: false, secured, owed: 0, is_deaf: false })
    }

    /// Takes note of what the socket is ready for.
    pub(super) fn note(&mut self, readiness: &Readiness) {
        self.has_ended |= readiness.is_read_closed();
        self.is_drained &= !(readiness.is_readable() || readiness.is_read_closed());
    }

    /// Has the socket looked at, whatever was noted.
    pub(super) fn look_again(&mut self) {
        self.is_drained = false;
    }

    /// Reads what is there, at most as much as there is room for. 0 is the end, and an interruption that
    /// something came which is not the client's own.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let Some(secured) = self.secured.as_deref_mut().filter(|_| !self.is_deaf) else {
            return self.hear(room);
        };
        let mut taken = secured.take(room).map_err(broken)?;
        let mut has_ended = secured.has_ended();
        if taken == 0 && !has_ended {
            let mut piece = [0; PIECE];
            let count = self.hear(&mut piece)?;
            let Some(secured) = self.secured.as_deref_mut().filter(|_| count > 0) else { return Ok(0) };
            secured.receive(&piece[..count]).map_err(broken)?;
            taken = secured.take(room).map_err(broken)?;
            has_ended = secured.has_ended();
        }
        if taken == 0 && !has_ended { Err(io::ErrorKind::Interrupted.into()) } else { Ok(taken) }
    }

    /// Reads off the socket; where all has been read, it is not asked again before more is told of.
    fn hear(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.is_drained {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(room)?;
        // What leaves room was all there was (epoll(7)), unless the end follows, which was told of already.
        self.is_drained = count < room.len() && !self.has_ended;
        Ok(count)
    }

    /// Writes as much as goes. With TLS these bytes must be given again until they count as written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(secured) = self.secured.as_deref_mut() else {
            return match self.stream.write(bytes)? {
                0 => Err(io::ErrorKind::WriteZero.into()),
                count => Ok(count),
            };
        };
        if self.owed == 0 && !bytes.is_empty() {
            self.owed = secured.send(bytes).map_err(broken)?;
        }
        self.flush()?;
        Ok(std::mem::take(&mut self.owed))
    }

    /// Tells whether something is to be written that was not given to be.
    pub(super) fn is_owing(&self) -> bool {
        self.secured.as_ref().is_some_and(|secured| !secured.output().is_empty())
    }

    /// Tells whether a handshake is still to be finished.
    pub(super) fn is_handshaking(&self) -> bool {
        self.secured.as_ref().is_some_and(|secured| secured.is_handshaking())
    }

    /// Tells how many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.secured.as_ref().map_or(0, |secured| secured.held())
    }

    /// Tells how many bytes it holds that the client sent ahead, in no more room than they need.
    pub(super) fn waiting(&mut self) -> usize {
        self.secured.as_mut().map_or(0, |secured| {
            secured.shrink();
            secured.waiting()
        })
    }

    /// Tells why TLS came to an end before its time.
    pub(super) fn fault(&self) -> Option<TlsFault> {
        self.secured.as_ref().and_then(|secured| secured.fault())
    }

    /// Goes on without TLS where the client never began with it, so that it can be told. Gives what it said
    /// instead.
    pub(super) fn turn_plain(&mut self) -> Option<Vec<u8>> {
        let secured = self.secured.take_if(|secured| secured.fault() == Some(TlsFault::Unencrypted))?;
        Some(secured.unencrypted())
    }

    /// Understands no more of what the client sends.
    pub(super) fn turn_deaf(&mut self) {
        self.is_deaf = true;
        self.secured.iter_mut().for_each(|secured| secured.forget());
    }

    /// Acknowledges what was read without waiting: many a client holds the body back until its head has
    /// been acknowledged.
    #[cfg(target_os = "linux")]
    pub(super) fn acknowledge(&self) {
        // It only makes things faster.
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.stream, true);
    }

    /// Does nothing: only Linux can be told to.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn acknowledge(&self) {}

    /// Tells the client that nothing more will be sent. Tells whether it is to be called again, once more
    /// can be written.
    pub(super) fn finish(&mut self) -> bool {
        self.turn_deaf();
        self.secured.iter_mut().for_each(|secured| secured.close());
        let is_waiting = self.flush().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if !is_waiting {
            // A client that has gone needs no telling.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        is_waiting
    }

    /// Gives the socket up.
    pub(super) fn leave(mut self, registry: &Registry) {
        self.secured.iter_mut().for_each(|secured| secured.close());
        // What cannot be sent at once is not waited for.
        let _ = self.flush();
        // Closing it does the same.
        let _ = registry.deregister(&mut self.stream);
    }

    /// Sends what TLS has to send.
    fn flush(&mut self) -> io::Result<()> {
        let Some(secured) = self.secured.as_deref_mut() else { return Ok(()) };
        while !secured.output().is_empty() {
            match self.stream.write(secured.output())? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => secured.wrote(count),
            }
        }
        Ok(())
    }
}

/// Tells of TLS that cannot go on.
fn broken(_: TlsFault) -> io::Error {
    io::ErrorKind::InvalidData.into()
}
