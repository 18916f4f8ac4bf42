//! The bytes of one client, as they come off its socket and go onto it.
//!
//! Whatever changes bytes on their way, TLS above all, has its place in here: the rest of the gate knows
//! only what may be read, what may be written, and when the client has been told of the end.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// A client's socket.
#[derive(Debug)]
pub(super) struct Transport {
    /// The socket.
    stream: TcpStream,
}

impl Transport {
    /// Takes a socket over. Replies leave at once, however short.
    pub(super) fn new(mut stream: TcpStream, registry: &Registry, token: Token) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream })
    }

    /// Reads what is there, at most as much as there is room for. 0 is the end.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.stream.read(room)
    }

    /// Writes as much as goes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
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

    /// Tells the client that nothing more will be sent.
    pub(super) fn finish(&mut self) {
        // A client that has gone needs no telling.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Gives the socket up.
    pub(super) fn leave(mut self, registry: &Registry) {
        // Closing it does the same.
        let _ = registry.deregister(&mut self.stream);
    }
}
