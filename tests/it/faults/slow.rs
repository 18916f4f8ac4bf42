//! Slow clients: each is disconnected at its timeout, and none before.

use std::thread;
use std::time::{Duration, Instant};

use super::running_server::{RunningServer, assert_token};
use super::speech;

/// The timeout of a handshake, a head and a body.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// The timeout of an idle connection.
const IDLE: Duration = Duration::from_secs(75);

/// The beginning of a request.
const HEAD: &str = "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n";

#[test]
fn slow_clients_time_out_and_slow_bodies_get_408() {
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
            let mut stream = secured.way.connect_tcp();
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
