//! The end of a server amid clients that hold it up.

use std::sync::mpsc::channel;
use std::thread;

use rustix::process::Signal;

use super::many_connections::ManyConnections;
use super::running_server::{RunningServer, assert_token};
use super::well_behaved::ask_until_last;

#[test]
fn however_many_hold_it_up_it_drains_in_time_and_answers_what_it_has_received() {
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

/// How many clients send one request after the other.
const BUSY: usize = 24;

#[test]
fn every_request_that_was_sent_on_a_kept_connection_is_answered() {
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
