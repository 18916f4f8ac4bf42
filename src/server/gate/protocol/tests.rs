//! What the state machine makes of bytes and time.

mod any_bytes;
// The fuzz targets have the same one, and see the crate from outside.
#[path = "../../../../fuzz/bodies/connection.rs"]
mod connection;
mod course;
mod refusals;

use std::iter;
use std::time::Duration;

use super::*;
use connection::{Connection, STAMP};

/// A head that is complete but for its empty line.
const POST: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

impl Connection {
    /// Sends bytes as large pieces as are taken.
    fn send_whole(&mut self, bytes: impl AsRef<[u8]>) {
        self.send(bytes.as_ref(), iter::repeat(usize::MAX));
    }

    /// Lets time pass, and lets the machine know.
    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.protocol.elapse(self.now);
        self.answer();
    }

    /// Gives what was sent as text.
    fn text(&self) -> String {
        String::from_utf8(self.sent.clone()).unwrap()
    }

    /// Gives the requests that came out.
    fn requests(&self) -> Vec<&Received> {
        let requests = self.events.iter().filter_map(|event| match event {
            Event::Request(received) => Some(&**received),
            Event::Refusal(_) => None,
        });
        requests.collect()
    }

    /// Gives the refusal that the connection ended with.
    fn refusal(&self) -> Option<Fault> {
        self.events.iter().find_map(|event| match event {
            Event::Refusal(fault) => Some(*fault),
            Event::Request(_) => None,
        })
    }
}

/// Tells how a whole input is refused; `None` where it is not.
fn refusal_of(input: impl AsRef<[u8]>) -> Option<Fault> {
    let mut connection = Connection::new();
    connection.send_whole(input);
    connection.refusal()
}
