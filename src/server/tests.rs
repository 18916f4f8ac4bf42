//! The server as it is put together: the contract behind the gate, over sockets.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use super::*;
use crate::audit::{Actor, Journal, Refusals};
use crate::disk::testing::Place;
use crate::mint::{Mint, Record};
use crate::profile::Policy;
use crate::secret::Secret;
use crate::session::{Authenticate, Denial, Register, SessionKey, Signed};
use crate::time::{Clock, Timestamp};
use crate::token::{CustomerId, Rules, Verifier};

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

fn api_secret() -> Secret {
    secret("an-api-secret-for-tests-0123456789abc")
}

fn key() -> SessionKey {
    SessionKey::new(&secret("a-session-key-for-tests-0123456789abc"))
}

/// Makes the handler of a server with its state at a place, which has sessions judged by what `judge` makes.
fn handler(state: &Place, judge: impl FnOnce(Signed) -> Box<dyn Authenticate>) -> Handler {
    let actor = || Actor { user: "serve".into(), sudo_user: None };
    let clock = Clock::System;
    let journal = Arc::new(Journal::open(state.path(), clock).unwrap());
    let refusals = Refusals::start(Arc::clone(&journal), actor(), None, clock).unwrap();
    let signed = Signed::new(key(), Arc::new(Register::open(state.path())));
    let mint = Mint::new(&api_secret(), None, Policy::default(), Record::Shared(journal));
    let till = Till::new(mint, actor(), Lifetime::ByPolicy, clock);
    let service = Service {
        desk: Swap::new(Desk { authenticate: judge(signed), till }),
        quotas: Arc::new(Unlimited),
        refusals: RefusalBook::new(refusals),
        origins: Origins::default(),
        telemetry: Arc::new(Telemetry::new(clock)),
        clock,
    };
    Arc::new(service)
}

/// How long a server is waited for that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Has `ask` done while a server runs within these limits.
fn served<T>(limits: Limits, handler: Handler, ask: impl FnOnce(SocketAddr) -> T) -> T {
    let settings = Settings {
        limits,
        trusted_proxies: Vec::new(),
        socket_parent: env::temp_dir(),
        clock: Clock::System,
        notice: Arc::new(|_| ()),
    };
    let gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
    let (address, stop) = (gate.local_addr().unwrap(), gate.stop());
    let running = thread::spawn(move || gate.run(handler));
    let asked = ask(address);
    stop.ask();
    assert_eq!(running.join().unwrap().unwrap(), Ended::Drained);
    asked
}

/// Reads an answer, and gives its status, head and body.
fn answer(stream: &mut TcpStream) -> (u16, String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

/// Opens a server, has it asked, and gives the status, the head and the body of each answer.
fn answers(requests: &[String]) -> Vec<(u16, String, String)> {
    let state = Place::new();
    served(Limits::default(), handler(&state, |signed| Box::new(signed)), |address| {
        let ask = |request: &String| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            answer(&mut stream)
        };
        requests.iter().map(ask).collect()
    })
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

/// Writes a request with a session of customer 123.
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

#[test]
fn a_session_gets_its_token_over_a_socket_and_nobody_elses() {
    let own = request("POST", r#"{"customer_id": 123}"#);
    let other = request("POST", r#"{"customer_id": 124}"#);
    let without = own.replace("Authorization", "X-Authorization");
    let [granted, forbidden, unauthorized] = answers(&[own, other, without]).try_into().unwrap();
    assert_eq!(granted.0, 200, "{}", granted.1);
    let token = granted.2.strip_prefix(r#"{"token":""#).and_then(|rest| rest.strip_suffix(r#""}"#)).unwrap();
    let rules = Rules::at(Clock::System.now());
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
fn head_is_a_method_that_is_not_allowed_and_gets_no_body() {
    let [(status, head, body)] = answers(&[request("HEAD", "")]).try_into().unwrap();
    assert_eq!((status, body.as_str()), (405, ""));
    assert!(head.to_ascii_lowercase().contains("\r\nallow: post"), "{head}");
}

#[test]
fn what_the_gate_refuses_is_in_the_contracts_shape() {
    let long = request("POST", &" ".repeat(5_000));
    let [(status, _, body)] = answers(&[long]).try_into().unwrap();
    assert_eq!(
        (status, body.as_str()),
        (413, r#"{"error":"Content Too Large","message":"Send a smaller body"}"#)
    );
}

/// How many requests the server answers at once.
const AT_ONCE: usize = 64;

/// How many clients ask at once.
const CLIENTS: usize = 500;

/// Judges sessions as another does, a tenth of a second later. As many as are answered at once wait for
/// each other before.
#[derive(Debug)]
struct Slow {
    /// Judges them.
    signed: Signed,
    /// How many have come.
    come: AtomicUsize,
    /// Where they wait for each other.
    together: Barrier,
}

impl Authenticate for Slow {
    fn authenticate(&self, token: &str, now: Timestamp) -> Result<CustomerId, Denial> {
        // The last ones are too few.
        if self.come.fetch_add(1, Ordering::Relaxed) < CLIENTS / AT_ONCE * AT_ONCE {
            self.together.wait();
        }
        thread::sleep(Duration::from_millis(100));
        self.signed.authenticate(token, now)
    }
}

/// Sixty-four at once take eight tenths of a second for all of them. How long they take on a machine that
/// has other things to do is left open here.
#[test]
fn where_sessions_are_slow_five_hundred_clients_at_once_are_all_answered() {
    let state = Place::new();
    let request = request("POST", r#"{"customer_id": 123}"#);
    let slow = |signed| Slow { signed, come: AtomicUsize::new(0), together: Barrier::new(AT_ONCE) };
    let handler = handler(&state, |signed| Box::new(slow(signed)));
    let limits = Limits { upstream_wait: PATIENCE, reply_time: PATIENCE, ..Limits::default() };
    let statuses = served(limits, handler, |address| {
        let mut streams: Vec<_> = (0..CLIENTS).map(|_| TcpStream::connect(address).unwrap()).collect();
        for stream in &mut streams {
            stream.write_all(request.as_bytes()).unwrap();
        }
        streams.iter_mut().map(|stream| answer(stream).0).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [200; CLIENTS]);
}
