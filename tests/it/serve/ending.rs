//! Shutdown: received requests are answered, and the exit status reports the outcome.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use super::http::{Answer, Ask};
use super::test_server_home::TestServerHome;

/// Reads an answer that its connection ends with.
#[track_caller]
fn last_answer(stream: &mut TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let answer = Answer::parse(&text);
    assert_eq!(answer.header("Connection"), Some("close"), "{answer:?}");
    answer
}

#[test]
fn request_in_progress_at_shutdown_is_answered() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = TestServerHome::new();
        let server = site.serve(&[]);
        let request = Ask::of(123).bearer(&site.session("123")).kept_alive().bytes();
        let (first, rest) = request.split_at(request.len() - 1);
        let mut stream = server.connect();
        stream.write_all(first).unwrap();
        // Another request's answer shows that the bytes before it were read.
        assert_eq!(server.ask(&Ask::of(123)).status, 401);
        server.signal(signal);
        server.said().wait_until("draining");
        stream.write_all(rest).unwrap();
        assert_eq!(last_answer(&mut stream).status, 200);
        drop(stream);
        assert_eq!(server.wait().status, Some(0));
        assert_eq!(site.entries("mint").len(), 1);
    }
}

#[test]
fn requests_sent_before_shutdown_get_tokens() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let request = Ask::of(123).bearer(&site.session("123")).kept_alive().bytes();
    // While another process holds the log's lock, no request is answered.
    let lock = File::open(site.state().join("audit/lock")).unwrap();
    lock.lock().unwrap();
    let mut idle = server.connect();
    let mut streams: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&request).unwrap();
    }
    server.signal(Signal::TERM);
    server.said().wait_until("draining");
    drop(lock);
    for stream in &mut streams {
        last_answer(stream).token();
    }
    // An idle connection is closed without an answer.
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    drop((idle, streams));
    let address = server.address();
    let ended = server.wait();
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(ended.stderr.matches(" status=200 ").count(), 50);
    assert_eq!(site.entries("mint").len(), 50);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn second_signal_stops_at_once() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let request = Ask::of(123).bearer(&site.session("123")).bytes();
    // As above.
    let lock = File::open(site.state().join("audit/lock")).unwrap();
    lock.lock().unwrap();
    let mut stream = server.connect();
    stream.write_all(&request).unwrap();
    server.signal(Signal::TERM);
    server.said().wait_until("draining");
    server.signal(Signal::INT);
    let ended = server.wait();
    let error = "stream-token: error: stopped at once, before what was received was answered\n";
    assert_eq!(ended.status, Some(1), "{ended}");
    assert!(ended.stderr.ends_with(error) && !ended.stderr.contains("status="), "{ended}");
    drop(lock);
    assert_eq!(site.entries("mint").len(), 0);
}
