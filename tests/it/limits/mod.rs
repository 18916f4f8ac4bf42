//! Rate limits, and the admin listener with its probes and metrics.

mod admin;
mod metrics;
mod rates;
mod readiness;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::cli::watchdog::WAIT_TIMEOUT;
use crate::serve::Server;
use crate::serve::http::{Answer, Ask};
use crate::serve::test_server_home::TestServerHome;

/// A server with an admin listener on a port that the kernel chose.
pub(crate) struct Watched {
    /// The server.
    pub(crate) server: Server,
    /// The address of its admin listener.
    admin: SocketAddr,
}

impl Watched {
    /// Starts a server at a site, with these extra flags.
    #[track_caller]
    fn at(site: &TestServerHome, flags: &[&str]) -> Self {
        Self::over(site.serve(&[&["--admin-listen", "127.0.0.1:0"], flags].concat()))
    }

    /// Finds the admin listener of a server that has one.
    #[track_caller]
    pub(crate) fn over(server: Server) -> Self {
        let admin = server.admin();
        Self { server, admin }
    }

    /// Connects to the admin listener.
    #[track_caller]
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.admin).unwrap();
        stream.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
        stream
    }

    /// Sends a request to the admin listener and returns its response.
    #[track_caller]
    pub(crate) fn tell(&self, method: &str, path: &str) -> Answer {
        let mut stream = self.connect();
        let ask = Ask::of(1).method(method).path(path).without("Content-Type").body("");
        stream.write_all(&ask.bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Answer::parse(&text)
    }

    /// Sends a request with this body and these further headers to the admin listener and returns its response.
    #[track_caller]
    pub(crate) fn control(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = self.connect();
        let mut ask = Ask::of(1).method(method).path(path).without("Content-Type").body(body);
        for (name, value) in headers {
            ask = ask.without(name).with(name, value);
        }
        stream.write_all(&ask.bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Answer::parse(&text)
    }

    /// Returns the status and the body of the readiness probe.
    #[track_caller]
    pub(crate) fn ready(&self) -> (u16, String) {
        let answer = self.tell("GET", "/readyz");
        (answer.status, answer.body)
    }
}
