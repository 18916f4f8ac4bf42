//! The whole server, over sockets.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::audit::{Actor, AuditLog, RefusalRecorder};
use crate::issuer::TokenIssuer;
use crate::profile::{Expiry, Policy};
use crate::secret::Secret;
use crate::session::{AuthError, Authenticate, Authenticated, RevocationList, SessionKey, SessionVerifier};
use crate::time::{Clock, Timestamp};
use crate::token::{CustomerId, Validation, Verifier};

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

fn api_secret() -> Secret {
    secret("an-api-secret-for-tests-0123456789abc")
}

fn key() -> SessionKey {
    SessionKey::new(&secret("a-session-key-for-tests-0123456789abc"))
}

fn telemetry() -> Arc<Telemetry> {
    let log = ServerLog::start(false, Clock::System, |_| ()).unwrap();
    Arc::new(Telemetry::new(log, Clock::System, None, None))
}

/// Returns the handler of a server with this state directory, whose sessions are checked by the result of `wrap`.
fn handler(state: &TempDir, wrap: impl FnOnce(SessionVerifier) -> Box<dyn Authenticate>) -> Arc<Handler> {
    let actor = || Actor { user: "serve".into(), sudo_user: None };
    let clock = Clock::System;
    let audit_log = Arc::new(AuditLog::open(state.path(), clock).unwrap());
    let refusals = RefusalRecorder::start(Arc::clone(&audit_log), actor(), None, clock).unwrap();
    let revocations = Some(Arc::new(RevocationList::open(state.path()).unwrap()));
    let signed = SessionVerifier { key: key(), revocations };
    let issuer = TokenIssuer::new(&api_secret(), None, Policy::default(), Some(audit_log));
    let service = TokenService {
        profile: Reloadable::new(Arc::new(ActiveProfile {
            authenticate: wrap(signed),
            issuer,
            lifetime: Expiry::PolicyDefault,
        })),
        actor: actor(),
        customer_limiter: RateLimiter::new(Rate::OFF),
        address_limiter: RateLimiter::new(Rate::OFF),
        refusals: Some(refusals),
        faults: Arc::default(),
        cors: Cors::default(),
        telemetry: telemetry(),
        clock,
    };
    Arc::new(move |request: &Request| service.handle(request))
}

/// The timeout of a test's waits. No test depends on its being short.
const PATIENCE: Duration = Duration::from_mins(1);

/// Calls `ask` while a server runs within these limits. It must drain in the end.
fn served<T>(limits: Limits, handler: Arc<Handler>, ask: impl FnOnce(SocketAddr) -> T) -> T {
    let (asked, ended) = run(limits, handler, |address, stop| {
        let asked = ask(address);
        stop.request();
        asked
    });
    assert_eq!(ended, Ended::Drained);
    asked
}

/// Calls `ask` while a server runs within these limits. Also returns how the server ended.
fn run<T>(limits: Limits, handler: Arc<Handler>, ask: impl FnOnce(SocketAddr, Stop) -> T) -> (T, Ended) {
    let runtime_dir = env::temp_dir();
    let settings = Settings {
        limits,
        trusted_proxies: Vec::new(),
        identity: None,
        runtime_dir,
        telemetry: telemetry(),
        faults: Arc::default(),
    };
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
    let (address, stop) = (server.local_addr().unwrap(), server.stop());
    let running = thread::spawn(move || server.run(handler));
    let asked = ask(address, stop);
    (asked, running.join().unwrap().unwrap())
}

/// Connects a client.
fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads a response until the connection ends. Returns its status, head and body.
fn response(stream: &mut TcpStream) -> (u16, String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {text:?}"));
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

/// Sends requests to a server, each on a connection of its own. Returns the responses.
fn responses(requests: &[String]) -> Vec<(u16, String, String)> {
    let state = TempDir::new().unwrap();
    served(Limits::default(), handler(&state, |signed| Box::new(signed)), |address| {
        let ask = |request: &String| {
            let mut stream = connect(address);
            stream.write_all(request.as_bytes()).unwrap();
            response(&mut stream)
        };
        requests.iter().map(ask).collect()
    })
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

/// Returns a request with a session of customer 123.
fn request(method: &str, body: &str) -> String {
    let now = Clock::System.now();
    let (_, session) = key().issue(customer(123), now, Duration::from_hours(1)).unwrap();
    format!(
        "{method} {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        session.expose(),
        body.len()
    )
}

/// A request that every handler here answers with 200.
const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn session_gets_a_token_for_its_own_customer_only() {
    let own = request("POST", r#"{"customer_id": 123}"#);
    let other = request("POST", r#"{"customer_id": 124}"#);
    let without = own.replace("Authorization", "X-Authorization");
    let [granted, forbidden, unauthorized] = responses(&[own, other, without]).try_into().unwrap();
    assert_eq!(granted.0, 200, "{}", granted.1);
    let token = granted.2.strip_prefix(r#"{"token":""#).and_then(|rest| rest.strip_suffix(r#""}"#)).unwrap();
    let rules = Validation::new(Clock::System.now());
    assert_eq!(Verifier::new(&api_secret()).verify(token, &rules), Ok(customer(123)));
    let headers = granted.1.to_ascii_lowercase();
    assert!(headers.contains("\r\ncache-control: no-store"), "{headers}");
    assert!(headers.contains("\r\nx-request-id: "), "{headers}");
    assert_eq!(
        (forbidden.0, forbidden.2.as_str()),
        (403, r#"{"error":"Forbidden","message":"Customer ID does not match authenticated user"}"#)
    );
    assert_eq!(
        (unauthorized.0, unauthorized.2.as_str()),
        (401, r#"{"error":"Unauthorized","message":"Invalid or expired session token"}"#)
    );
    assert!(unauthorized.1.to_ascii_lowercase().contains("\r\nwww-authenticate: bearer"));
}

#[test]
fn head_gets_405_without_a_body() {
    let [(status, head, body)] = responses(&[request("HEAD", "")]).try_into().unwrap();
    assert_eq!((status, body.as_str()), (405, ""));
    let head = head.to_ascii_lowercase();
    assert!(head.contains("\r\nallow: post") && head.contains("\r\ncontent-length: "), "{head}");
}

#[test]
fn panicking_handler_fails_its_request_only() {
    let handler = |request: &Request| {
        assert_ne!(request.path, "/panic", "as it was told to");
        Response::new(200)
    };
    let statuses = served(Limits { upstreams: 1, ..Limits::default() }, Arc::new(handler), |address| {
        [GET.replace(" / ", " /panic "), GET.into()].map(|request| {
            let mut stream = connect(address);
            stream.write_all(request.as_bytes()).unwrap();
            response(&mut stream).0
        })
    });
    assert_eq!(statuses, [500, 200]);
}

/// A gate that blocks handlers until it is opened.
#[derive(Debug, Default)]
struct Gate {
    /// Whether the gate is open.
    is_open: Mutex<bool>,
    /// Notified when it is opened.
    opened: Condvar,
}

impl Gate {
    /// Waits until the gate is open.
    fn pass(&self) {
        let _open = self.opened.wait_while(self.is_open.lock().unwrap(), |is_open| !*is_open).unwrap();
    }

    /// Opens the gate.
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Returns a handler that waits at a gate for requests to `/held`, and sends a message when it does.
fn held_at(gate: &Arc<Gate>) -> (Arc<Handler>, std::sync::mpsc::Receiver<()>) {
    let (entered, is_entered) = channel();
    let gate = Arc::clone(gate);
    let handler = move |request: &Request| {
        if request.path == "/held" {
            entered.send(()).unwrap();
            gate.pass();
        }
        Response::new(200)
    };
    (Arc::new(handler), is_entered)
}

#[test]
fn hanging_handler_gets_503_and_its_worker_recovers() {
    let gate = Arc::new(Gate::default());
    let (handler, is_entered) = held_at(&gate);
    let short = Duration::from_millis(200);
    let limits =
        Limits { upstreams: 2, upstream_timeout: short, response_timeout: short, ..Limits::default() };
    served(limits, handler, |address| {
        let ask = |path: &str| {
            let mut stream = connect(address);
            stream.write_all(GET.replace(" / ", &format!(" {path} ")).as_bytes()).unwrap();
            response(&mut stream).0
        };
        // Both workers hang, and the third request finds none.
        assert_eq!([ask("/held"), ask("/held"), ask("/")], [503, 503, 503]);
        assert_eq!(is_entered.try_iter().count(), 2);
        gate.open();
        while ask("/") != 200 {}
    });
}

#[test]
fn abandoned_request_keeps_its_worker_until_done() {
    let gate = Arc::new(Gate::default());
    let (handler, is_entered) = held_at(&gate);
    let limits = Limits { upstreams: 1, upstream_timeout: PATIENCE, ..Limits::default() };
    served(limits, handler, |address| {
        let mut leaving = connect(address);
        leaving.write_all(GET.replace(" / ", " /held ").as_bytes()).unwrap();
        is_entered.recv_timeout(PATIENCE).unwrap();
        drop(leaving);
        let mut next = connect(address);
        next.write_all(GET.as_bytes()).unwrap();
        gate.open();
        assert_eq!(response(&mut next).0, 200);
    });
}

#[test]
fn unfinished_work_after_draining_is_counted() {
    let gate = Arc::new(Gate::default());
    let (handler, is_entered) = held_at(&gate);
    let limits = Limits { drain_timeout: Duration::from_millis(100), ..Limits::default() };
    let ((), ended) = run(limits, handler, |address, stop| {
        for _ in 0..3 {
            let mut stream = connect(address);
            stream.write_all(GET.replace(" / ", " /held ").as_bytes()).unwrap();
            is_entered.recv_timeout(PATIENCE).unwrap();
            // The connection stays open.
            std::mem::forget(stream);
        }
        stop.request();
    });
    gate.open();
    assert_eq!(ended, Ended::Unanswered(3));
}

#[test]
fn second_stop_request_stops_at_once() {
    let gate = Arc::new(Gate::default());
    let (handler, is_entered) = held_at(&gate);
    let ((), ended) = run(Limits::default(), handler, |address, stop| {
        let mut stream = connect(address);
        stream.write_all(GET.replace(" / ", " /held ").as_bytes()).unwrap();
        is_entered.recv_timeout(PATIENCE).unwrap();
        stop.request();
        stop.request();
        // The connection ends without a response.
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    });
    gate.open();
    assert_eq!(ended, Ended::Stopped);
}

#[test]
fn slow_connections_time_out_and_slow_bodies_get_408() {
    let short = Duration::from_millis(100);
    let limits =
        Limits { head_timeout: short, body_timeout: short, idle_timeout: short, ..Limits::default() };
    served(limits, Arc::new(|_: &Request| Response::new(200)), |address| {
        for opening in ["", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
            let mut stream = connect(address);
            stream.write_all(opening.as_bytes()).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "{opening}");
        }
        let mut slow = connect(address);
        slow.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n1").unwrap();
        assert_eq!(response(&mut slow).0, 408);
        // A kept connection is closed after its response.
        let mut idle = connect(address);
        idle.write_all(GET.replace("Connection: close\r\n", "").as_bytes()).unwrap();
        assert_eq!(response(&mut idle).0, 200);
    });
}

#[test]
fn slow_reader_of_a_response_is_disconnected() {
    let short = Duration::from_millis(100);
    let limits = Limits { write_timeout: short, ..Limits::default() };
    // More than all buffers between client and server hold.
    let handler = |_: &Request| Response::with_body(200, "text/plain", "x".repeat(16 << 20));
    served(limits, Arc::new(handler), |address| {
        let mut stream = connect(address);
        stream.write_all(GET.as_bytes()).unwrap();
        // Reading the whole response this slowly would take seconds.
        let (mut received, mut piece) = (0, vec![0; 64 * 1024]);
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            received += count;
            thread::sleep(Duration::from_millis(20));
        }
        assert!(received < 16 << 20);
    });
}

/// The number of requests that the server answers at once.
const AT_ONCE: usize = 64;

/// The number of concurrent clients.
const CLIENTS: usize = 500;

/// Checks sessions after a tenth of a second. As many as are answered at once first wait for each other.
#[derive(Debug)]
struct Slow {
    /// The verifier of sessions.
    signed: SessionVerifier,
    /// The number of checks so far.
    come: AtomicUsize,
    /// The barrier at which checks wait for each other.
    together: Barrier,
}

impl Authenticate for Slow {
    fn authenticate(&self, token: &str, id: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        // The last clients are too few for the barrier.
        if self.come.fetch_add(1, Ordering::Relaxed) < CLIENTS / AT_ONCE * AT_ONCE {
            self.together.wait();
        }
        thread::sleep(Duration::from_millis(100));
        self.signed.authenticate(token, id, now)
    }
}

/// Sixty-four at once take eight tenths of a second for all of them. How long they take on a machine that
/// is busy is not tested here.
#[test]
fn slow_sessions_still_serve_500_clients_at_once() {
    let state = TempDir::new().unwrap();
    let request = request("POST", r#"{"customer_id": 123}"#);
    let slow = |signed| Slow { signed, come: AtomicUsize::new(0), together: Barrier::new(AT_ONCE) };
    let handler = handler(&state, |signed| Box::new(slow(signed)));
    let limits = Limits { upstream_timeout: PATIENCE, response_timeout: PATIENCE, ..Limits::default() };
    let statuses = served(limits, handler, |address| {
        let mut streams: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
        for stream in &mut streams {
            stream.write_all(request.as_bytes()).unwrap();
        }
        streams.iter_mut().map(|stream| response(stream).0).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [200; CLIENTS]);
}

/// Checks the sessions of one client at a gate, and all others at once.
#[derive(Debug)]
struct Blocking {
    /// The verifier of sessions.
    signed: SessionVerifier,
    /// Blocks the session check of customer 124.
    gate: Arc<Gate>,
}

impl Authenticate for Blocking {
    fn authenticate(&self, token: &str, id: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        let session = self.signed.authenticate(token, id, now)?;
        if session.customer.get() == 124 {
            self.gate.pass();
        }
        Ok(session)
    }
}

#[test]
fn blocked_session_checks_delay_no_other_client() {
    let (state, gate) = (TempDir::new().unwrap(), Arc::new(Gate::default()));
    let blocking = |signed| Box::new(Blocking { signed, gate: Arc::clone(&gate) }) as Box<dyn Authenticate>;
    let handler = handler(&state, blocking);
    let now = Clock::System.now();
    let (_, session) = key().issue(customer(124), now, Duration::from_hours(1)).unwrap();
    let own = request("POST", r#"{"customer_id": 123}"#);
    let bearer = own.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
    let held = own.replace(bearer, &format!("Authorization: Bearer {}", session.expose()));
    let held = held.replace(r#""customer_id": 123"#, r#""customer_id": 124"#);
    served(Limits::default(), handler, |address| {
        let mut blocked: Vec<_> = (0..8).map(|_| connect(address)).collect();
        for stream in &mut blocked {
            stream.write_all(held.as_bytes()).unwrap();
        }
        // Sixteen others are answered repeatedly while all eight wait.
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let mut stream = connect(address);
                        stream.write_all(own.as_bytes()).unwrap();
                        assert_eq!(response(&mut stream).0, 200);
                    }
                });
            }
        });
        gate.open();
        for stream in &mut blocked {
            assert_eq!(response(stream).0, 200);
        }
    });
}
