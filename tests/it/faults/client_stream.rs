//! A client's connection over TCP or TLS, which can send anything: the only file that
//! distinguishes the two.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustls::{ClientConnection, StreamOwned};

use super::speech;
use crate::cli::watchdog::WAIT_TIMEOUT;

/// The address of a server, and whether it speaks TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ServerAddress {
    /// Plain TCP.
    Plain(SocketAddr),
    /// TLS.
    Secured(SocketAddr),
}

/// A TCP socket, or a TLS session over one.
#[derive(Debug)]
enum Socket {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS. The handshake happens with the first bytes that are sent or awaited.
    Secured(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct ClientStream {
    /// The socket.
    socket: Socket,
    /// The received bytes that were not taken yet.
    received: Vec<u8>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// Whether the connection ends with this reply.
    pub(crate) is_last: bool,
    /// The body.
    pub(crate) body: String,
}

impl ServerAddress {
    /// Connects a client.
    #[track_caller]
    pub(crate) fn connect(self) -> ClientStream {
        match self {
            Self::Plain(_) => {
                ClientStream { socket: Socket::Plain(self.connect_tcp()), received: Vec::new() }
            }
            Self::Secured(_) => ClientStream::speaking(speech::client(), self.connect_tcp()),
        }
    }

    /// Opens a TCP connection and sends nothing.
    #[track_caller]
    pub(crate) fn connect_tcp(self) -> TcpStream {
        let (Self::Plain(address) | Self::Secured(address)) = self;
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
        stream.set_write_timeout(Some(WAIT_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

impl ClientStream {
    /// Continues with TLS at any stage of the handshake.
    pub(crate) fn speaking(client: ClientConnection, stream: TcpStream) -> Self {
        Self { socket: Socket::Secured(Box::new(StreamOwned::new(client, stream))), received: Vec::new() }
    }

    /// Sends bytes on the socket itself, without TLS.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self.tcp();
        stream.write_all(bytes)
    }

    /// Runs `act` on the TLS session and sends the records that it produces.
    pub(crate) fn speak(&mut self, act: impl FnOnce(&mut ClientConnection)) -> io::Result<()> {
        let Socket::Secured(stream) = &mut self.socket else { panic!("no TLS is spoken") };
        complete_handshake(stream)?;
        act(&mut stream.conn);
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut stream.sock)?;
        }
        Ok(())
    }

    /// Sends all of the bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.socket {
            Socket::Plain(stream) => stream.write_all(bytes.as_ref()),
            Socket::Secured(stream) => {
                complete_handshake(stream)?;
                stream.write_all(bytes.as_ref())
            }
        }
    }

    /// Sends as much as the socket takes at once, and returns the number of bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.socket {
            Socket::Plain(stream) => stream.write(bytes),
            Socket::Secured(stream) => stream.write(bytes),
        };
        written.or_else(|error| if error.kind() == ErrorKind::WouldBlock { Ok(0) } else { Err(error) })
    }

    /// Receives the available bytes, waiting for them if the socket blocks. Returns `true` if more may arrive.
    pub(crate) fn receive(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        let read = match &mut self.socket {
            Socket::Plain(stream) => stream.read(&mut piece),
            Socket::Secured(stream) => read_plaintext(stream, &mut piece),
        };
        match read {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&piece[..count]);
                true
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// Waits for a reply; `None` if the connection ends before.
    #[track_caller]
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some(reply) = self.take_reply() {
                return Some(reply);
            }
            if !self.receive() {
                return None;
            }
        }
    }

    /// Returns the statuses of all replies until the end of the connection, which may be a reset.
    #[track_caller]
    pub(crate) fn statuses(&mut self) -> Vec<u16> {
        std::iter::from_fn(|| self.reply()).map(|reply| reply.status).collect()
    }

    /// Returns everything received until the end, as text.
    pub(crate) fn text(&mut self) -> String {
        while self.receive() {}
        String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned()
    }

    /// Shuts down the sending side, with a TLS `close_notify` first.
    pub(crate) fn finish(&mut self) {
        // The server may have ended it already.
        if let Socket::Secured(stream) = &mut self.socket {
            stream.conn.send_close_notify();
            let _ = stream.conn.write_tls(&mut stream.sock);
        }
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Shuts down the sending side without a TLS `close_notify`.
    pub(crate) fn shut_down_abruptly(&mut self) {
        // The server may have ended it already.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Resets the connection.
    pub(crate) fn reset(self) {
        set_socket_linger(self.tcp(), Some(Duration::ZERO)).unwrap();
    }

    /// Makes the socket non-blocking.
    pub(crate) fn set_nonblocking(&self) {
        self.tcp().set_nonblocking(true).unwrap();
    }

    /// Shrinks the receive buffer as far as possible.
    pub(crate) fn shrink_receive_buffer(&self) {
        set_socket_recv_buffer_size(self.tcp(), 2048).unwrap();
    }

    /// Returns the socket below.
    fn tcp(&self) -> &TcpStream {
        match &self.socket {
            Socket::Plain(stream) => stream,
            Socket::Secured(stream) => &stream.sock,
        }
    }

    /// Removes a complete response from the received bytes.
    #[track_caller]
    fn take_reply(&mut self) -> Option<Reply> {
        let end = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let head = str::from_utf8(&self.received[..end]).unwrap().to_owned();
        let (version, rest) = head.split_at("HTTP/1.1 ".len());
        assert!(["HTTP/1.1 ", "HTTP/1.0 "].contains(&version), "{head}");
        let status: u16 = rest[..3].parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let end_of_body = end + length.map_or(0, |length| length.parse::<usize>().unwrap());
        if self.received.len() < end_of_body {
            return None;
        }
        let body = String::from_utf8(self.received[end..end_of_body].to_vec()).unwrap();
        self.received.drain(..end_of_body);
        Some(Reply { status, is_last: head.contains("\r\nConnection: close\r\n"), body })
    }
}

/// Finishes the handshake, unless it was done.
fn complete_handshake(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> io::Result<()> {
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(())
}

/// Reads from the server, even if it no longer accepts input.
fn read_plaintext(
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    room: &mut [u8],
) -> io::Result<usize> {
    complete_handshake(stream)?;
    loop {
        match stream.conn.reader().read(room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return read,
        }
        stream.conn.read_tls(&mut stream.sock)?;
        stream.conn.process_new_packets().map_err(io::Error::other)?;
    }
}
