//! Clients that take their time: each is closed when its time is over, and none before.

use std::thread;
use std::time::{Duration, Instant};

use super::running_server::{RunningServer, assert_token};
use super::speech;

/// How long a handshake, a head and a body may take.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// How long a connection may wait for its next request.
const IDLE: Duration = Duration::from_secs(75);

/// The beginning of a request.
const HEAD: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

#[test]
fn a_client_that_takes_too_long_is_closed_and_a_slow_body_is_told() {
    let targets: Vec<_> = RunningServer::each().collect();
    thread::scope(|scope| {
        for target in &targets {
            for (opening, status) in
                [(HEAD.to_owned() + "X: ", None), (HEAD.to_owned() + "Content-Length: 5\r\n\r\n1", Some(408))]
            {
                scope.spawn(move || {
                    let begun = Instant::now();
                    let mut line = target.connect();
                    line.send(&opening).unwrap();
                    assert_eq!(line.reply().map(|reply| reply.status), status, "{opening}");
                    assert!(begun.elapsed() >= TEN_SECONDS, "{opening}");
                });
            }
            scope.spawn(move || {
                let mut line = target.connect();
                line.send(target.request()).unwrap();
                assert_token(line.reply());
                let begun = Instant::now();
                assert_eq!(line.reply(), None);
                assert!(begun.elapsed() >= IDLE);
            });
        }
        // A handshake that stalls.
        let secured = targets.iter().find(|target| target.is_secured()).unwrap();
        scope.spawn(move || {
            let begun = Instant::now();
            let mut hello = Vec::new();
            speech::client().write_tls(&mut hello).unwrap();
            let mut stream = secured.way.knock();
            std::io::Write::write_all(&mut stream, &hello[..hello.len() - 1]).unwrap();
            let mut rest = Vec::new();
            let _ = std::io::Read::read_to_end(&mut stream, &mut rest);
            assert!(rest.is_empty() && begun.elapsed() >= TEN_SECONDS);
        });
    });
    for target in targets {
        target.ask();
    }
}
