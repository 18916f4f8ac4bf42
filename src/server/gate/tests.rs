//! The gate over real sockets, with a handler of the test's own behind it.

mod crowded;
mod draining;
mod faults;
mod secure;
mod serving;

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;
use crate::server::at_once;
use crate::server::{Reply, Request};

#[test]
fn descriptors_are_shared_so_that_there_are_clients_and_ways_to_the_endpoint() {
    let shared = |there| {
        let mut limits = Limits::default();
        share(there, &mut limits);
        (limits.connections, limits.upstreams)
    };
    assert_eq!(shared(u64::MAX), (4096, 64));
    assert_eq!(shared(4096 + 192), (4096, 64));
    assert_eq!(shared(4096 + 191), (4095, 64));
    assert_eq!(shared(384), (192, 64));
    assert_eq!(shared(100), (52, 16));
    assert_eq!(shared(0), (8, 1));
}

/// How long a test waits for what must happen. None depends on its being short.
const PATIENCE: Duration = Duration::from_mins(1);

/// A gate that runs, and what it has told of.
struct Running {
    /// Where it is reached.
    address: SocketAddr,
    /// Ends it.
    stop: Stop,
    /// How it ended.
    ended: Option<JoinHandle<io::Result<Ended>>>,
    /// What it has told of.
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl Running {
    /// Runs a gate within these limits.
    fn within(limits: Limits, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::speaking(None, limits, handler)
    }

    /// Runs a gate within these limits that speaks TLS, where it has an identity.
    fn speaking(
        identity: Option<Arc<Swap<Identity>>>,
        limits: Limits,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        let settings = Settings {
            limits,
            trusted_proxies: Vec::new(),
            socket_parent: env::temp_dir(),
            clock: Clock::System,
            notice: Arc::new(move |notice| told.lock().unwrap().push(notice)),
        };
        let mut gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
        if let Some(identity) = identity {
            gate.speak_tls(identity);
        }
        let (address, stop) = (gate.local_addr().unwrap(), gate.stop());
        let ended = std::thread::spawn(move || gate.run(at_once(handler)));
        Self { address, stop, ended: Some(ended), notices }
    }

    /// Runs a gate whose handler tells the path.
    fn echoing() -> Self {
        Self::within(patient(), |request| Reply::json(200, request.path.clone()))
    }

    /// Connects a client.
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Waits for the end.
    fn end(mut self) -> Ended {
        self.ended.take().unwrap().join().unwrap().unwrap()
    }

    /// Gives what it has told of so far, but for how many connections there were.
    fn notices(&self) -> Vec<Notice> {
        let is_asked_for = |notice: &Notice| !matches!(notice, Notice::Connections(_));
        self.notices.lock().unwrap().iter().filter(|notice| is_asked_for(notice)).cloned().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.ask();
        self.stop.ask();
        if let Some(ended) = self.ended.take() {
            drop(ended.join());
        }
    }
}

/// Limits whose times no slow machine runs into.
fn patient() -> Limits {
    Limits {
        handshake_time: PATIENCE,
        head_time: PATIENCE,
        body_time: PATIENCE,
        idle_time: PATIENCE,
        write_time: PATIENCE,
        upstream_wait: PATIENCE,
        reply_time: PATIENCE,
        proof_time: PATIENCE,
        drain_time: PATIENCE,
        upstreams: 4,
        ..Limits::default()
    }
}

/// A request for a path.
fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// Reads one reply: its head, and its body.
fn read_reply(stream: &mut impl io::Read) -> (String, String) {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Reads everything until the end. A reset counts as one.
fn read_all(stream: &mut impl io::Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Sends a request and reads its reply.
fn ask(stream: &mut (impl io::Read + io::Write), request: &str) -> (String, String) {
    stream.write_all(request.as_bytes()).unwrap();
    read_reply(stream)
}
