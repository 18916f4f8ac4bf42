//! The contract with `tiny_http` alone, for nginx to stand before: 64 workers behind a Unix socket.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use serve_peers::Keys;
use tiny_http::{Header, Request, Response, Server};

/// How many requests are answered at once, as at the endpoint of ours.
const WORKERS: usize = 64;

fn answer(keys: &Keys, mut request: Request) {
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).unwrap();
    let is_right = request.url() == "/stream-chat/token" && request.method().as_str() == "POST";
    let authorization = request.headers().iter().find(|header| header.field.equiv("Authorization"));
    let (status, json) = match is_right {
        true => keys.answer(authorization.map(|header| header.value.as_str()), &body),
        false => (404, "{}".to_owned()),
    };
    let response = Response::from_string(json)
        .with_status_code(status)
        .with_header("Content-Type: application/json".parse::<Header>().unwrap())
        .with_header("Cache-Control: no-store".parse::<Header>().unwrap());
    // Whoever asked has gone.
    let _ = request.respond(response);
}

fn main() {
    let keys = Arc::new(Keys::from_environment());
    let socket = PathBuf::from(std::env::var_os("PEER_SOCKET").unwrap());
    let server = Arc::new(Server::http_unix(&socket).unwrap());
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (keys, server) = (Arc::clone(&keys), Arc::clone(&server));
            thread::spawn(move || server.incoming_requests().for_each(|request| answer(&keys, request)))
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}
