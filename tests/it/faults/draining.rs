//! A server that drains while clients stall.

use std::sync::mpsc::channel;
use std::thread;

use rustix::process::Signal;

use super::many_connections::ManyConnections;
use super::running_server::{RunningServer, assert_token};
use super::well_behaved::ask_until_last;

#[test]
fn stalled_clients_do_not_delay_draining() {
    for target in RunningServer::each() {
        target.calm();
        let opening = "POST / HTTP/1.1\r\nHost: a\r\nX: ";
        let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50);
        let swarms = [
            ManyConnections::of(&target, 300, b""),
            ManyConnections::of(&target, 300, opening.as_bytes()),
            ManyConnections::of(&target, 20, requests.as_bytes()),
        ];
        let mut lines: Vec<_> = (0..20).map(|_| target.connect()).collect();
        for line in &mut lines {
            line.send(target.last_request()).unwrap();
        }
        target.server.signal(Signal::TERM);
        target.server.said().wait_until("draining");
        for line in &mut lines {
            assert_token(line.reply());
        }
        let ended = target.server.wait();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        drop(swarms);
    }
}

/// The number of clients that send one request after the other.
const BUSY: usize = 24;

#[test]
fn requests_on_kept_connections_are_answered_while_draining() {
    for target in RunningServer::each() {
        target.calm();
        let (told, answered) = channel();
        let client = |_| {
            let (way, request, told) = (target.way, target.request(), told.clone());
            thread::spawn(move || assert!(ask_until_last(way, &request, &told)))
        };
        let clients: Vec<_> = (0..BUSY).map(client).collect();
        for _ in 0..BUSY * 20 {
            answered.recv().unwrap();
        }
        target.server.signal(Signal::TERM);
        for client in clients {
            client.join().unwrap();
        }
        let ended = target.server.wait();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    }
}
