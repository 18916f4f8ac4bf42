//! Thousands of connections in the hand of one thread.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::client_stream::ClientStream;
use super::running_server::RunningServer;

/// Connections that never wait for the server.
pub(super) struct ManyConnections(Vec<ClientStream>);

impl ManyConnections {
    /// Connects so many clients, each of which sends this at once.
    #[track_caller]
    pub(super) fn of(target: &RunningServer, count: usize, opening: &[u8]) -> Self {
        Self::prepared(target, count, opening, |_| ())
    }

    /// Connects clients that take as little as can be, before they read anything.
    #[track_caller]
    pub(super) fn of_stingy(target: &RunningServer, count: usize, opening: &[u8]) -> Self {
        Self::prepared(target, count, opening, ClientStream::take_little)
    }

    /// Connects clients that are prepared first.
    #[track_caller]
    fn prepared(
        target: &RunningServer,
        count: usize,
        opening: &[u8],
        prepare: impl Fn(&ClientStream),
    ) -> Self {
        allow_descriptors();
        let lines = (0..count).map(|_| {
            let mut line = target.connect();
            prepare(&line);
            // It may be sent away before it has sent everything.
            let _ = line.send(opening);
            line.never_block();
            line
        });
        Self(lines.collect())
    }

    /// Sends as much of the bytes on each connection as it takes without blocking.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for line in &mut self.0 {
            // Those that were sent away send no more.
            let _ = line.push(bytes);
        }
    }

    /// Returns the number of open connections.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Raises the limit of descriptors of this process as far as it may.
fn allow_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}
