//! Well-behaved clients, which run beside hostile ones.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};

use super::client_stream::ServerAddress;
use super::running_server::{RunningServer, assert_token};
use crate::cli::watchdog::WAIT_TIMEOUT;

/// Two clients that send requests repeatedly: one on a kept connection, one on a new connection each time. Each
/// request must get its token.
pub(super) struct WellBehavedClients {
    /// Receives a message for each answer.
    answered: Receiver<()>,
    /// The clients.
    clients: Vec<JoinHandle<()>>,
}

impl WellBehavedClients {
    /// Starts both clients. They stop when this value is dropped.
    pub(super) fn beside(target: &RunningServer) -> Self {
        let (told, answered) = channel();
        let clients = vec![keep_connection(target, told.clone()), reconnect(target, told)];
        Self { answered, clients }
    }

    /// Starts only the client that reconnects: where connections are few, the server may close a kept one.
    pub(super) fn newcomers_beside(target: &RunningServer) -> Self {
        let (told, answered) = channel();
        Self { answered, clients: vec![reconnect(target, told)] }
    }

    /// Waits until `count` more requests have been answered.
    #[track_caller]
    pub(super) fn wait_for(&self, count: usize) {
        while self.answered.try_recv().is_ok() {}
        for _ in 0..count {
            match self.answered.recv_timeout(WAIT_TIMEOUT) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => panic!("well-behaved clients are no longer answered"),
                Err(RecvTimeoutError::Disconnected) => panic!("no well-behaved client is left"),
            }
        }
        let has_failed = self.clients.iter().any(JoinHandle::is_finished);
        assert!(!has_failed, "a well-behaved client got a wrong answer");
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

/// Sends requests on one connection until a reply is marked as the last. Each must have the token. Returns
/// `false` if the receiver is gone.
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

/// Starts the client that keeps its connection as long as the server allows.
fn keep_connection(target: &RunningServer, told: Sender<()>) -> JoinHandle<()> {
    let (way, request) = (target.way, target.request());
    thread::spawn(move || while ask_until_last(way, &request, &told) {})
}

/// Starts the client that reconnects for each request.
fn reconnect(target: &RunningServer, told: Sender<()>) -> JoinHandle<()> {
    let (way, request) = (target.way, target.last_request());
    thread::spawn(move || {
        let ask = || {
            let mut line = way.connect();
            line.send(&request).ok()?;
            line.reply()
        };
        loop {
            // The oldest connection of a crowd may be closed before its request is sent, if this
            // thread is not scheduled meanwhile: then the client retries once, as real clients do.
            assert_token(ask().or_else(ask));
            if told.send(()).is_err() {
                return;
            }
        }
    })
}
