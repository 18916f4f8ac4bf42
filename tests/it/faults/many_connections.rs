//! Thousands of connections of one thread.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::client_stream::ClientStream;
use super::running_server::RunningServer;

/// Non-blocking connections.
pub(super) struct ManyConnections(Vec<ClientStream>);

impl ManyConnections {
    /// Connects `count` clients, each of which sends `opening` at once.
    #[track_caller]
    pub(super) fn of(target: &RunningServer, count: usize, opening: &[u8]) -> Self {
        Self::connect(target, count, opening, |_| ())
    }

    /// Connects clients with the smallest receive buffers.
    #[track_caller]
    pub(super) fn with_small_receive_buffers(target: &RunningServer, count: usize, opening: &[u8]) -> Self {
        Self::connect(target, count, opening, ClientStream::shrink_receive_buffer)
    }

    /// Connects clients after `prepare` changed each.
    #[track_caller]
    fn connect(
        target: &RunningServer,
        count: usize,
        opening: &[u8],
        prepare: impl Fn(&ClientStream),
    ) -> Self {
        allow_descriptors();
        let lines = (0..count).map(|_| {
            let mut line = target.connect();
            prepare(&line);
            // The server may close the connection before everything is sent.
            let _ = line.send(opening);
            line.set_nonblocking();
            line
        });
        Self(lines.collect())
    }

    /// Sends as much of the bytes on each connection as it takes without blocking.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for line in &mut self.0 {
            // Closed connections send no more.
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
