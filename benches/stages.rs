//! Measures what each step of the endpoint costs: the gate with a handler that answers at once, then with a
//! session to check, with a token to sign, and with each token recorded in memory and on disk.
//!
//! Everybody is asked in turns, over 64 connections by one thread of this same process. What counts is the
//! processor's time for a request, the asking included, and by how much each step adds to it: that is steadier
//! than the rate where others use the machine.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports, and stops at a failure")]

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use stream_token::audit::{Actor, Journal};
use stream_token::mint::{Mint, Record};
use stream_token::profile::Policy;
use stream_token::secret::Secret;
use stream_token::server::{
    Contract, Ended, Gate, Handle, Handler, Lifetime, Limits, METHOD, Origins, PATH, RefusalBook, Released,
    Reply, Request, Responder, Settings, Stop, Till, Tokens, Unlimited, at_once,
};
use stream_token::session::{Register, SessionKey, Signed};
use stream_token::time::Clock;
use stream_token::token::{CustomerId, Token};

/// How many rounds are measured.
const ROUNDS: usize = 7;
/// How long each step is asked in a round.
const SPAN: Duration = Duration::from_millis(700);
/// How many connections ask.
const CONNECTIONS: usize = 64;
/// How many clock ticks a second `/proc` counts in.
const TICKS: f64 = 100.0;
/// The customer whose tokens are asked for.
const CUSTOMER: u64 = 123;

/// A server with the steps up to one.
struct Step {
    /// What was added last.
    name: &'static str,
    /// Where it listens.
    address: SocketAddr,
    /// Ends it.
    stop: Stop,
    /// Runs it.
    running: JoinHandle<std::io::Result<Ended>>,
    /// Microseconds of the processor for a request, a figure a round.
    costs: Vec<f64>,
    /// Requests a second, a figure a round.
    rates: Vec<f64>,
}

/// Gives everybody one token that was signed before.
struct Same(Token);

impl Tokens for Same {
    fn mint(&self, _: CustomerId, request: Request, then: Released) {
        then(request, Ok(self.0));
    }

    fn settle(&self) -> bool {
        false
    }
}

/// Makes a secret.
fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

/// Makes the key of sessions.
fn key() -> SessionKey {
    SessionKey::new(&secret("a-session-key-for-benchmarks-0123456789"))
}

/// Makes who runs the endpoint.
fn actor() -> Actor {
    Actor { user: "serve".into(), sudo_user: None }
}

/// Makes an empty state directory under another.
fn state(parent: &Path) -> PathBuf {
    let path = parent.join(format!("stream-token-stages-{}", std::process::id()));
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    path
}

/// Answers by the contract.
struct Counter<T> {
    /// Judges sessions.
    signed: Signed,
    /// Takes refusals for nobody.
    refusals: RefusalBook,
    /// No origins.
    origins: Origins,
    /// Where tokens come from.
    tokens: T,
}

impl<T> Counter<T> {
    /// Gives the contract.
    fn contract(&self) -> Contract<'_> {
        Contract {
            authenticate: &self.signed,
            quotas: &Unlimited,
            witness: &self.refusals,
            origins: &self.origins,
            clock: Clock::System,
        }
    }
}

impl<T: Tokens + 'static> Handle for Counter<T> {
    fn answer(self: Arc<Self>, request: Request, responder: Responder) {
        match self.contract().admit(&request) {
            Ok(customer) => {
                let later = Arc::clone(&self);
                let conclude = move |request: Request, minted| {
                    responder.answer(&later.contract().conclude(&request, customer, minted).reply);
                };
                self.tokens.mint(customer, request, Box::new(conclude));
            }
            Err(answer) => responder.answer(&answer.reply),
        }
    }

    fn settle(&self) -> bool {
        self.tokens.settle()
    }
}

/// Answers by the contract, with tokens from here.
fn contract(state: &Path, tokens: impl Tokens + 'static) -> Handler {
    let signed = Signed::new(key(), Arc::new(Register::open(state)));
    Arc::new(Counter { signed, refusals: RefusalBook::default(), origins: Origins::default(), tokens })
}

/// Mints under a record.
fn till(record: Record<'static>) -> Till<'static> {
    let mint = Mint::new(&secret("an-api-secret-for-benchmarks-0123456789"), None, Policy::default(), record);
    Till::new(mint, actor(), Lifetime::ByPolicy, Clock::System)
}

/// Records in a log under a state directory.
fn recorded(state: &Path) -> Handler {
    let journal = Arc::new(Journal::open(state, Clock::System).unwrap());
    contract(state, till(Record::Shared(journal)))
}

/// Opens a server.
fn open(name: &'static str, handler: Handler) -> Step {
    let settings = Settings {
        limits: Limits::default(),
        trusted_proxies: Vec::new(),
        socket_parent: env::temp_dir(),
        clock: Clock::System,
        notice: Arc::new(|_| ()),
    };
    let gate = Gate::bind((Ipv4Addr::LOCALHOST, 0).into(), settings).unwrap();
    let (address, stop) = (gate.local_addr().unwrap(), gate.stop());
    let running = thread::spawn(move || gate.run(handler));
    Step { name, address, stop, running, costs: Vec::new(), rates: Vec::new() }
}

/// Gives the processor's time that this process has used.
fn used() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}

/// Reads a reply, which must be 200.
fn read_reply(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut there = 0;
    loop {
        there += stream.read(&mut buffer[there..]).unwrap();
        let text = str::from_utf8(&buffer[..there]).unwrap();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 200") || there < 12, "{text}");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return;
        }
    }
}

/// Asks a server for a while.
fn ask(step: &mut Step, request: &[u8]) {
    let mut streams: Vec<TcpStream> =
        (0..CONNECTIONS).map(|_| TcpStream::connect(step.address).unwrap()).collect();
    let mut buffer = [0; 4096];
    let (begun, before) = (Instant::now(), used());
    let mut count = 0.0;
    while begun.elapsed() < SPAN {
        for stream in &mut streams {
            stream.write_all(request).unwrap();
        }
        for stream in &mut streams {
            read_reply(stream, &mut buffer);
        }
        count += 64.0;
    }
    step.costs.push((used() - before) * 1e6 / count);
    step.rates.push(count / begun.elapsed().as_secs_f64());
}

/// Gives the median.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let customer = CustomerId::new(CUSTOMER).unwrap();
    let (_, session) = key().issue(customer, Clock::System.now(), Duration::from_hours(1)).unwrap();
    let request = format!(
        "{METHOD} {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{\"customer_id\": {CUSTOMER}}}",
        session.expose()
    );
    let memory = state(Path::new("/dev/shm"));
    let disk = state(&env::current_dir().unwrap().join("target"));
    let same = Same(signed(customer));
    let mut steps = [
        open("gate and tiny_http", at_once(|_| Reply::json(200, "{}".into()))),
        open("and session, body", contract(&memory, same)),
        open("and signing", contract(&memory, till(Record::Demo))),
        open("and audit in memory", recorded(&memory)),
        open("and audit on disk", recorded(&disk)),
    ];
    for round in 0..=ROUNDS {
        for step in &mut steps {
            ask(step, request.as_bytes());
            // The first round warms up.
            if round == 0 {
                (step.costs, step.rates) = (Vec::new(), Vec::new());
            }
        }
    }
    let mut before = 0.0;
    println!("medians of {ROUNDS} rounds, {CONNECTIONS} connections, the asking included");
    for step in steps {
        let (cost, rate) = (median(step.costs), median(step.rates));
        println!("{:<20} {cost:>6.1} µs of processor {:>+6.1} {rate:>8.0}/s", step.name, cost - before);
        before = cost;
        step.stop.ask();
        step.stop.ask();
        let _ = step.running.join().unwrap();
    }
    let _ = (fs::remove_dir_all(memory), fs::remove_dir_all(disk));
}

/// Signs a token once.
fn signed(customer: CustomerId) -> Token {
    let visit = Request::bare(METHOD, PATH, Ipv4Addr::LOCALHOST.into(), "0-0");
    let (release, released) = channel();
    till(Record::Demo).mint(
        customer,
        visit,
        Box::new(move |_, minted| release.send(minted.unwrap()).unwrap()),
    );
    released.try_recv().unwrap()
}
