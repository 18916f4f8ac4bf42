//! TLS on one connection, as a state machine without I/O: bytes of the network on one side, the client's
//! and the gate's on the other.
//!
//! It holds what is needed to go on and nothing more: at most one record that is not whole, one that was
//! decrypted, and what is to be sent. All of it is counted.

use std::fmt;
use std::sync::Arc;

use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus,
};
use rustls::{Error, ServerConfig};

/// How many bytes may come without one for the gate among them: a handshake, or a record (RFC 8446 section
/// 5.2) with some small ones around it.
const MOST_FRUITLESS: usize = 32 * 1024;
/// How many bytes are encrypted at once.
const PIECE: usize = 4 * 1024;
/// What a piece may grow by in encryption.
const OVERHEAD: usize = 64;

/// Why TLS with a client came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// It speaks HTTP without TLS.
    Unencrypted,
    /// It left, or was sent away, before the handshake was over.
    Unfinished,
    /// It does not take what the server is, or what it says.
    Alert,
    /// It knows no version, cipher suite or protocol that is known here.
    Incompatible,
    /// What it sends is no TLS, or was changed on its way.
    Malformed,
    /// It does what the protocol forbids, or sends much that means nothing.
    Misbehaved,
}

/// TLS with one client.
pub(super) struct Secured {
    /// The protocol.
    connection: UnbufferedServerConnection,
    /// What was received and not been used.
    incoming: Vec<u8>,
    /// What was decrypted and not been taken.
    plain: Vec<u8>,
    /// What is to be sent.
    outgoing: Vec<u8>,
    /// How many bytes have come since the last that meant something.
    fruitless: usize,
    /// How far the handshake is.
    stage: Stage,
    /// Whether the client said that it sends no more.
    has_ended: bool,
    /// Whether the client was told that nothing more is sent.
    is_closed: bool,
    /// Why it cannot go on.
    fault: Option<TlsFault>,
}

/// How far a handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was received.
    Silent,
    /// It goes on.
    Handshaking,
    /// It is over.
    Established,
}

/// What to go on for.
#[derive(Clone, Copy)]
enum Aim<'a> {
    /// To have something for the gate.
    Receive,
    /// To have this encrypted.
    Send(&'a [u8]),
    /// To have the client told that nothing more is sent.
    Close,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Secured {
    /// Begins with a client; `None` where the library cannot.
    pub(super) fn new(config: Arc<ServerConfig>) -> Option<Self> {
        Some(Self {
            connection: UnbufferedServerConnection::new(config).ok()?,
            incoming: Vec::new(),
            plain: Vec::new(),
            outgoing: Vec::new(),
            fruitless: 0,
            stage: Stage::Silent,
            has_ended: false,
            is_closed: false,
            fault: None,
        })
    }

    /// Takes bytes off the network.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), TlsFault> {
        // No record of TLS begins like a method of HTTP (RFC 8446 section 5.1).
        if self.stage == Stage::Silent && bytes.first().is_some_and(u8::is_ascii_uppercase) {
            let fault = self.fail(TlsFault::Unencrypted);
            self.plain = bytes.to_vec();
            return Err(fault);
        }
        if self.stage == Stage::Silent {
            self.stage = Stage::Handshaking;
        }
        self.incoming.extend_from_slice(bytes);
        self.fruitless += bytes.len();
        self.go_on(Aim::Receive)?;
        if self.fruitless > MOST_FRUITLESS { Err(self.fail(TlsFault::Misbehaved)) } else { Ok(()) }
    }

    /// Gives bytes of the client's, as many as there is room for and are there.
    pub(super) fn take(&mut self, room: &mut [u8]) -> Result<usize, TlsFault> {
        self.go_on(Aim::Receive)?;
        let count = room.len().min(self.plain.len());
        room[..count].copy_from_slice(&self.plain[..count]);
        use_up(&mut self.plain, count);
        Ok(count)
    }

    /// Encrypts the beginning of these bytes, and tells how many.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<usize, TlsFault> {
        if self.is_handshaking() {
            return Err(self.fail(TlsFault::Misbehaved));
        }
        let piece = &bytes[..bytes.len().min(PIECE)];
        self.go_on(Aim::Send(piece))?;
        Ok(piece.len())
    }

    /// Tells the client that nothing more is sent, where it can be told.
    pub(super) fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            if !self.is_handshaking() && self.fault.is_none() {
                // A client that cannot be told is one that has gone.
                let _ = self.go_on(Aim::Close);
            }
        }
    }

    /// Gives what the client said without TLS.
    pub(super) fn unencrypted(self) -> Vec<u8> {
        self.plain
    }

    /// Drops what the client sent and nobody will read.
    pub(super) fn forget(&mut self) {
        self.incoming = Vec::new();
        self.plain = Vec::new();
    }

    /// Gives back room that what waits does not need.
    pub(super) fn shrink(&mut self) {
        self.incoming.shrink_to_fit();
        self.plain.shrink_to_fit();
    }

    /// Gives what is to be sent over the network.
    pub(super) fn output(&self) -> &[u8] {
        &self.outgoing
    }

    /// Takes note that so many of these bytes were sent.
    pub(super) fn wrote(&mut self, count: usize) {
        use_up(&mut self.outgoing, count);
    }

    /// Tells whether the handshake is not over.
    pub(super) fn is_handshaking(&self) -> bool {
        self.stage != Stage::Established
    }

    /// Tells whether the client said that it sends no more, and everything before was taken.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended && self.plain.is_empty()
    }

    /// Tells how many bytes of the client's wait.
    pub(super) fn waiting(&self) -> usize {
        self.incoming.len() + self.plain.len()
    }

    /// Tells how many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.incoming.capacity() + self.plain.capacity() + self.outgoing.capacity()
    }

    /// Tells why it came to an end, where that is worth telling: whoever only connects says nothing.
    pub(super) fn fault(&self) -> Option<TlsFault> {
        self.fault.or((self.stage == Stage::Handshaking).then_some(TlsFault::Unfinished))
    }

    /// Goes as far as what was received reaches, or until the aim is reached.
    fn go_on(&mut self, aim: Aim<'_>) -> Result<(), TlsFault> {
        loop {
            if matches!(aim, Aim::Receive) && (!self.plain.is_empty() || self.has_ended) {
                return Ok(());
            }
            if let Some(fault) = self.fault {
                return Err(fault);
            }
            let is_there = self.step(aim);
            if !self.connection.is_handshaking() {
                self.stage = Stage::Established;
            }
            if !self.plain.is_empty() {
                self.fruitless = 0;
            }
            if is_there.map_err(|error| self.break_off(&error))? {
                return Ok(());
            }
        }
    }

    /// Goes one step, and tells whether there is nothing more to do for the aim.
    fn step(&mut self, aim: Aim<'_>) -> Result<bool, Error> {
        let Self { connection, incoming, plain, outgoing, .. } = self;
        let UnbufferedStatus { mut discard, state } = connection.process_tls_records(incoming);
        let is_there = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(record) = traffic.next_record() {
                    let record = record?;
                    discard += record.discard;
                    plain.extend_from_slice(record.payload);
                }
                Ok(false)
            }
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                append(outgoing, 0, |room| data.encode(room).map_err(|error| needed_to_encode(&error)))
                    .map(|()| false)
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                // What was encoded goes before anything that is encrypted later.
                data.done();
                Ok(false)
            }
            Ok(ConnectionState::PeerClosed) => {
                self.has_ended = true;
                Ok(false)
            }
            Ok(ConnectionState::WriteTraffic(mut traffic)) => match aim {
                Aim::Receive => Ok(true),
                Aim::Send(bytes) => {
                    let guess = bytes.len() + OVERHEAD;
                    append(outgoing, guess, |room| {
                        traffic.encrypt(bytes, room).map_err(|error| needed_to_encrypt(&error))
                    })
                    .map(|()| true)
                }
                Aim::Close => append(outgoing, OVERHEAD, |room| {
                    traffic.queue_close_notify(room).map_err(|error| needed_to_encrypt(&error))
                })
                .map(|()| true),
            },
            Ok(_) => Ok(true),
            Err(error) => Err(error),
        };
        use_up(&mut self.incoming, discard);
        is_there
    }

    /// Ends with a fault, and has the client told of it where the protocol tells.
    fn break_off(&mut self, error: &Error) -> TlsFault {
        let fault = match error {
            Error::AlertReceived(_) => TlsFault::Alert,
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => TlsFault::Incompatible,
            Error::InvalidMessage(_) | Error::DecryptError | Error::PeerSentOversizedRecord => {
                TlsFault::Malformed
            }
            _ => TlsFault::Misbehaved,
        };
        let Self { connection, plain, outgoing, .. } = self;
        // What is left to send comes out first. The library must not be asked for more than that: it would
        // read on, and panics where it has failed before.
        while connection.wants_write() {
            let told = match connection.process_tls_records(&mut []).state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(outgoing, 0, |room| data.encode(room).map_err(|error| needed_to_encode(&error)))
                }
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while traffic.next_record().is_some() {}
                    Ok(())
                }
                _ => break,
            };
            if told.is_err() {
                break;
            }
        }
        plain.clear();
        self.fail(fault)
    }

    /// Takes note of why it cannot go on.
    fn fail(&mut self, fault: TlsFault) -> TlsFault {
        self.fault = Some(fault);
        self.forget();
        fault
    }
}

/// Why nothing was written: so much room is needed, or it cannot be done.
type Needed = Option<usize>;

/// Reads what encoding wants.
fn needed_to_encode(error: &EncodeError) -> Needed {
    match error {
        EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => Some(*required_size),
        EncodeError::AlreadyEncoded => None,
    }
}

/// Reads what encryption wants.
fn needed_to_encrypt(error: &EncryptError) -> Needed {
    match error {
        EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => Some(*required_size),
        EncryptError::EncryptExhausted => None,
    }
}

/// Appends what is written into as much room as it needs.
fn append(
    bytes: &mut Vec<u8>,
    guess: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Needed>,
) -> Result<(), Error> {
    let start = bytes.len();
    let mut room = guess;
    // What said how much it needs is asked once more.
    for _ in 0..2 {
        bytes.resize(start + room, 0);
        match write(&mut bytes[start..]) {
            Ok(written) => {
                bytes.truncate(start + written);
                return Ok(());
            }
            Err(Some(needed)) => room = needed,
            Err(None) => break,
        }
    }
    bytes.truncate(start);
    Err(Error::EncryptError)
}

/// Drops bytes that were used, and their place once it is empty.
fn use_up(bytes: &mut Vec<u8>, count: usize) {
    if count >= bytes.len() {
        *bytes = Vec::new();
    } else {
        bytes.drain(..count);
    }
}

#[cfg(test)]
mod tests;
