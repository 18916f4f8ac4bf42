//! Well-behaved clients, which run beside hostile ones.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};

use super::client_stream::ServerAddress;
use super::running_server::{RunningServer, assert_token};
use crate::cli::watchdog::WAIT_TIMEOUT;

/// Two clients that ask again and again: one on a connection that it keeps, one on a new one each time. Each
/// must get its token each time.
pub(super) struct WellBehavedClients {
    /// Told of each answer.
    answered: Receiver<()>,
    /// The clients.
    clients: Vec<JoinHandle<()>>,
}

impl WellBehavedClients {
    /// Starts both clients. They stop when this value is dropped.
    pub(super) fn beside(target: &RunningServer) -> Self {
        let (told, answered) = channel();
        let clients = vec![keeping(target, told.clone()), coming_anew(target, told)];
        Self { answered, clients }
    }

    /// Starts only the client that reconnects: where connections are few, the server may close a kept one.
    pub(super) fn newcomers_beside(target: &RunningServer) -> Self {
        let (told, answered) = channel();
        Self { answered, clients: vec![coming_anew(target, told)] }
    }

    /// Waits until so many requests more have been answered.
    #[track_caller]
    pub(super) fn wait_for(&self, count: usize) {
        while self.answered.try_recv().is_ok() {}
        for _ in 0..count {
            match self.answered.recv_timeout(WAIT_TIMEOUT) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => panic!("clients that behave are not answered any more"),
                Err(RecvTimeoutError::Disconnected) => panic!("no client that behaves is left"),
            }
        }
        let has_failed = self.clients.iter().any(JoinHandle::is_finished);
        assert!(!has_failed, "a client that behaves was not answered as it should be");
    }

    /// Stops the clients, and fails if one of them was not answered.
    #[track_caller]
    pub(super) fn end(self) {
        self.wait_for(2);
        drop(self.answered);
        for client in self.clients {
            client.join().unwrap();
        }
    }
}

/// Asks again and again on one connection, until a reply says that it is the last. Each must bring the token. Returns
/// `false` if nobody listens any more.
pub(super) fn ask_until_last(way: ServerAddress, request: &[u8], told: &Sender<()>) -> bool {
    let mut line = way.connect();
    loop {
        line.send(request).unwrap();
        let reply = line.reply();
        let is_last = reply.as_ref().is_some_and(|reply| reply.is_last);
        assert_token(reply);
        if told.send(()).is_err() {
            return false;
        }
        if is_last {
            return true;
        }
    }
}

/// Starts the client that keeps its connection for as long as the server lets it.
fn keeping(target: &RunningServer, told: Sender<()>) -> JoinHandle<()> {
    let (way, request) = (target.way, target.request());
    thread::spawn(move || while ask_until_last(way, &request, &told) {})
}

/// Starts the client that comes anew each time.
fn coming_anew(target: &RunningServer, told: Sender<()>) -> JoinHandle<()> {
    let (way, request) = (target.way, target.last_request());
    thread::spawn(move || {
        let ask = || {
            let mut line = way.connect();
            line.send(&request).ok()?;
            line.reply()
        };
        loop {
            // A connection that is older than all others of a crowd may be closed before its request is sent, if this
            // thread does not run meanwhile: then it connects once more, as such clients do.
            assert_token(ask().or_else(ask));
            if told.send(()).is_err() {
                return;
            }
        }
    })
}
