//! One client: its bytes carried between its socket and the protocol.

use std::io;
use std::net::IpAddr;
use std::time::Instant;

use mio::event::Event as Readiness;

use super::crowd::{Place, Standing};
use super::protocol::{Event, Fault, Protocol};
use super::transport::Transport;

/// A connection with all that belongs to it.
#[derive(Debug)]
pub(super) struct Client {
    /// Its socket.
    pub(super) transport: Transport,
    /// What is said on it.
    pub(super) protocol: Protocol,
    /// Its address.
    pub(super) peer: IpAddr,
    /// Its place among all others.
    pub(super) place: Place,
    /// When it is looked at, its deadline at the latest.
    pub(super) timer: Option<Instant>,
    /// Whether something may be there to be read.
    is_readable: bool,
    /// Whether something may be written.
    is_writable: bool,
    /// Whether it was told that nothing more will be sent.
    is_told: bool,
}

impl Client {
    /// Begins with a client.
    pub(super) fn new(transport: Transport, protocol: Protocol, peer: IpAddr, place: Place) -> Self {
        Self {
            transport,
            protocol,
            peer,
            place,
            timer: None,
            is_readable: false,
            is_writable: true,
            is_told: false,
        }
    }

    /// Takes note of what its socket is ready for.
    pub(super) fn note(&mut self, readiness: &Readiness) {
        self.transport.note(readiness);
        self.is_readable |= readiness.is_readable() || readiness.is_read_closed();
        self.is_writable |= readiness.is_writable() || readiness.is_write_closed();
        if readiness.is_error() {
            self.protocol.abandon();
        }
    }

    /// Has its socket looked at, whatever was noted.
    pub(super) fn look_again(&mut self) {
        self.transport.look_again();
        self.is_readable = true;
    }

    /// Carries bytes until something is to be answered, or nothing more can be done now.
    pub(super) fn go_on(&mut self, scratch: &mut [u8], now: Instant) -> Option<Event> {
        loop {
            let has_written = self.write(now);
            if let Some(event) = self.protocol.next_event() {
                self.bound_what_waits(scratch.len());
                return Some(event);
            }
            if self.protocol.has_finished() && !self.is_told {
                self.is_told = !self.transport.finish();
            }
            if !self.read(scratch, now) && !has_written {
                return None;
            }
        }
    }

    /// Tells what it is about.
    pub(super) fn standing(&self) -> Standing {
        if self.transport.is_handshaking() {
            Standing::Handshaking
        } else if self.protocol.is_receiving() || (self.protocol.is_idle() && self.transport.held() > 0) {
            Standing::Receiving
        } else if !self.protocol.is_at_work() {
            Standing::Idle
        } else if self.protocol.output().is_empty() {
            Standing::Served
        } else {
            Standing::Replying
        }
    }

    /// Tells how many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.protocol.held() + self.transport.held()
    }

    /// Ends with the next reply where more than `most` bytes wait behind a request: a record of TLS may
    /// bring eight times as much as is read at once, and it would be held for as long as the reply takes.
    fn bound_what_waits(&mut self, most: usize) {
        if self.transport.waiting() > most {
            self.protocol.end_with_reply();
            self.transport.turn_deaf();
        }
    }

    /// Writes what goes. Tells whether anything did.
    fn write(&mut self, now: Instant) -> bool {
        let mut has_written = false;
        while self.is_writable && (self.transport.is_owing() || !self.protocol.output().is_empty()) {
            match self.transport.write(self.protocol.output()) {
                Ok(count) => {
                    if count > 0 {
                        self.protocol.wrote(count, now);
                    }
                    has_written = true;
                }
                Err(error) => self.judge(&error, |client| client.is_writable = false),
            }
        }
        has_written
    }

    /// Reads what there is room for. Tells whether anything came.
    fn read(&mut self, scratch: &mut [u8], now: Instant) -> bool {
        let room = self.protocol.room().min(scratch.len());
        // While the client does not take what TLS has to say, nothing more of it is heard.
        if !self.is_readable || room == 0 || self.transport.is_owing() {
            return false;
        }
        let was_handshaking = self.transport.is_handshaking();
        let read = self.transport.read(&mut scratch[..room]);
        if was_handshaking && !self.transport.is_handshaking() {
            self.protocol.greet(now);
            // Many a client holds its request back until its part of the handshake has been acknowledged.
            self.transport.acknowledge();
        }
        match read {
            Ok(0) => {
                self.is_readable = false;
                self.protocol.end(now);
            }
            Ok(count) => {
                self.protocol.receive(&scratch[..count], now);
                if self.protocol.is_receiving() {
                    self.transport.acknowledge();
                }
            }
            Err(error) => {
                if let Some(asked) = self.transport.turn_plain() {
                    self.protocol.turn_away(asked, Fault::Unencrypted);
                    return true;
                }
                self.judge(&error, |client| client.is_readable = false);
                return error.kind() == io::ErrorKind::Interrupted;
            }
        }
        true
    }

    /// Waits where that is what an error means, and ends with the client where it is not.
    fn judge(&mut self, error: &io::Error, wait: impl FnOnce(&mut Self)) {
        match error.kind() {
            io::ErrorKind::WouldBlock => wait(self),
            io::ErrorKind::Interrupted => {}
            _ => {
                // What TLS still has to say is not tried again.
                (self.is_readable, self.is_writable) = (false, false);
                self.protocol.abandon();
            }
        }
    }
}
