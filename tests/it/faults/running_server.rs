//! A server under attack, and a well-behaved client of it.

use std::io::{self, Write as _};
use std::thread;
use std::time::Instant;

use super::client_stream::{ClientStream, Reply, ServerAddress};
use super::server_stats::ServerStats;
use super::speech;
use crate::cli::token::signed;
use crate::cli::watchdog::WAIT_TIMEOUT;
use crate::serve::Server;
use crate::serve::http::Ask;
use crate::serve::test_server_home::TestServerHome;

/// The customer of the well-behaved client.
const CUSTOMER: u64 = 123;

/// The descriptors of the connections from the frontend to the endpoint: three for each of 64.
const UPSTREAM_DESCRIPTORS: usize = 64 * 3;

/// The number of requests without new resources after which a server counts as settled.
const ENOUGH_UNCHANGED: usize = 20;

/// The protocol that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP over TCP.
    Plain,
    /// HTTP over TLS.
    Tls,
}

impl Protocol {
    /// Every protocol.
    pub(super) const ALL: [Self; 2] = [Self::Plain, Self::Tls];
}

/// Prints which server address was in use when a test failed.
struct EventRecorder(ServerAddress);

/// A server, its state, and its address.
pub(super) struct RunningServer {
    /// The server.
    pub(super) server: Server,
    /// Its home directory.
    pub(super) site: TestServerHome,
    /// Its address.
    pub(super) way: ServerAddress,
    /// The session of the well-behaved customer.
    session: String,
    /// Prints the address if the test fails.
    _told: EventRecorder,
}

impl RunningServer {
    /// Starts a server for each protocol, one after the other.
    pub(super) fn each() -> impl Iterator<Item = Self> {
        Self::each_with(&[])
    }

    /// Starts a server for each protocol with these extra flags.
    pub(super) fn each_with(flags: &[&str]) -> impl Iterator<Item = Self> {
        Protocol::ALL.into_iter().map(|spoken| Self::with(spoken, flags))
    }

    /// Starts a server that speaks this protocol.
    #[track_caller]
    pub(super) fn speaking(spoken: Protocol) -> Self {
        Self::with(spoken, &[])
    }

    /// Starts a server that speaks this protocol, with these extra flags.
    #[track_caller]
    fn with(spoken: Protocol, flags: &[&str]) -> Self {
        Self::of(spoken, TestServerHome::in_memory(), |site, own| site.serve(&[own, flags].concat()))
    }

    /// Starts a server with `start`, which gets the flags that the protocol needs.
    #[track_caller]
    pub(super) fn of(
        spoken: Protocol,
        site: TestServerHome,
        start: impl FnOnce(&TestServerHome, &[&str]) -> Server,
    ) -> Self {
        let session = site.session(&CUSTOMER.to_string());
        let flags = if spoken == Protocol::Tls { speech::flags(site.home()).to_vec() } else { Vec::new() };
        let server = start(&site, &flags.iter().map(String::as_str).collect::<Vec<_>>());
        let address = server.address();
        let way = if spoken == Protocol::Tls {
            ServerAddress::Secured(address)
        } else {
            ServerAddress::Plain(address)
        };
        Self { server, site, way, session, _told: EventRecorder(way) }
    }

    /// Returns `true` if it speaks TLS.
    pub(super) fn is_secured(&self) -> bool {
        matches!(self.way, ServerAddress::Secured(_))
    }

    /// Connects a client.
    #[track_caller]
    pub(super) fn connect(&self) -> ClientStream {
        self.way.connect()
    }

    /// Returns a request for a token that keeps its connection.
    pub(super) fn request(&self) -> Vec<u8> {
        Ask::of(CUSTOMER).bearer(&self.session).kept_alive().bytes()
    }

    /// Returns a request for a token that is the last on its connection.
    pub(super) fn last_request(&self) -> Vec<u8> {
        Ask::of(CUSTOMER).bearer(&self.session).bytes()
    }

    /// Asks for a token on a new connection and checks the response.
    #[track_caller]
    pub(super) fn ask(&self) {
        let mut line = self.connect();
        line.send(self.last_request()).unwrap();
        assert_token(line.reply());
    }

    /// Reads the process's statistics.
    #[track_caller]
    pub(super) fn stats(&self) -> ServerStats {
        ServerStats::of(self.server.pid())
    }

    /// Waits until the server needs no new resources, and returns the most that it held until then.
    #[track_caller]
    pub(super) fn calm(&self) -> ServerStats {
        let mut most = self.wait_until(|stats| stats.descriptors > UPSTREAM_DESCRIPTORS);
        let mut unchanged = 0;
        // The last connections to the endpoint are made between requests, and the last client may still be connected.
        self.wait_until(|now| {
            unchanged = if now.is_back_to(&most) { unchanged + 1 } else { 0 };
            most = most.or(now);
            unchanged == ENOUGH_UNCHANGED
        });
        most
    }

    /// Waits until the server has released everything that it did not hold before, and checks that its
    /// memory stayed within its bound.
    #[track_caller]
    pub(super) fn recover(&self, before: &ServerStats) {
        self.wait_until(|stats| stats.is_back_to(before)).assert_within_bounds();
    }

    /// Asks for tokens until the process's statistics are as they should be.
    #[track_caller]
    fn wait_until(&self, mut is_so: impl FnMut(&ServerStats) -> bool) -> ServerStats {
        let until = Instant::now() + WAIT_TIMEOUT;
        loop {
            self.ask();
            let stats = self.stats();
            if is_so(&stats) {
                return stats;
            }
            assert!(Instant::now() < until, "waited in vain: {stats:?}");
        }
    }
}

impl Drop for EventRecorder {
    fn drop(&mut self) {
        if thread::panicking() {
            // Bypasses the test harness, as the panic message does.
            let _ = writeln!(io::stderr(), "the server was reached by {:?}", self.0);
        }
    }
}

/// Checks that a response has the token of the well-behaved customer.
#[track_caller]
pub(super) fn assert_token(reply: Option<Reply>) {
    let reply = reply.unwrap_or_else(|| panic!("a well-behaved client was not answered"));
    let token = signed(&format!(r#"{{"user_id":"customer-{CUSTOMER}"}}"#));
    assert_eq!((reply.status, reply.body), (200, format!(r#"{{"token":"{token}"}}"#)));
}
