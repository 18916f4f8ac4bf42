//! The end: what was received is answered, and the status tells how it went.

use std::io::{Read as _, Write as _};

use rustix::process::Signal;

use super::http::{Answer, Ask};
use super::site::Site;

#[test]
fn a_request_that_is_under_way_when_the_end_comes_is_answered() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::new();
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
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let answer = Answer::parse(&text);
        assert_eq!((answer.status, answer.header("Connection")), (200, Some("close")), "{answer:?}");
        assert_eq!(server.wait().status, Some(0));
        assert_eq!(site.entries("mint").len(), 1);
    }
}
