//! A backend of the app, over real sockets, that the session token controls.
//!
//! A token such as `200:{"id":5}` gets this status and body; `429;Retry-After=7:` also a header. `held:…`
//! is answered according to its rest once the gate is opened. [`Backend::start`] lists the other words.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::cli::watchdog::WAIT_TIMEOUT;
use crate::tls::Made;

/// A running backend. It ends when it is dropped, and its port can then be used again.
pub(crate) struct Backend {
    /// The listener's address.
    pub(crate) address: SocketAddr,
    /// The state shared by its threads.
    shared: Arc<Shared>,
    /// Accepts connections.
    thread: Option<thread::JoinHandle<()>>,
}

/// The state shared by the threads of a backend.
#[derive(Default)]
struct Shared {
    /// The heads of all requests so far.
    heads: Mutex<Vec<String>>,
    /// Notified of each request and of the gate.
    changed: Condvar,
    /// Whether the gate is open.
    is_open: AtomicBool,
    /// Whether the backend is to end.
    is_over: AtomicBool,
    /// The answer to requests without a session.
    published: Mutex<String>,
    /// The TLS configuration, if any.
    tls: Option<Arc<ServerConfig>>,
}

/// A connection, plain or over TLS.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Backend {
    /// Starts a backend without TLS. Tokens other than statuses: `hangup` (no answer), `silent` (no answer for long),
    /// `half` (a head, and then nothing for long), `huge` (a body of a megabyte), `endless` (a body without an end).
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), None)
    }

    /// Starts a backend with TLS and a certificate.
    pub(crate) fn with_tls(made: &Made) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::start_at("127.0.0.1:0".parse().unwrap(), Some(Arc::new(config)))
    }

    /// Starts a backend at an address.
    pub(crate) fn start_at(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { tls, ..Shared::default() });
        let accepting = Arc::clone(&shared);
        let accept = move || {
            for stream in listener.incoming().map(Result::unwrap) {
                if accepting.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.serve(stream));
            }
        };
        Self { address, shared, thread: Some(thread::spawn(accept)) }
    }

    /// Returns the lines of a profile's configuration that use this backend.
    pub(crate) fn sessions(&self, more: &str) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!(
            "\n[profiles.staging.sessions]\ncheck_url = \"{scheme}://localhost:{}/v1/me?x=1\"\ncustomer_from = \"/data/id\"\n{more}",
            self.address.port()
        )
    }

    /// Sets the answer to requests without a session.
    pub(crate) fn publish(&self, answer: &str) {
        answer.clone_into(&mut self.shared.published.lock().unwrap());
    }

    /// Returns the heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().unwrap().clone()
    }

    /// Waits until this many requests were received.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) {
        let heads = self.shared.heads.lock().unwrap();
        let waited =
            self.shared.changed.wait_timeout_while(heads, WAIT_TIMEOUT, |heads| heads.len() < count).unwrap();
        assert!(!waited.1.timed_out(), "waited in vain for {count} requests");
    }

    /// Opens the gate for held requests.
    pub(crate) fn open(&self) {
        let _heads = self.shared.heads.lock().unwrap();
        self.shared.is_open.store(true, Ordering::Relaxed);
        self.shared.changed.notify_all();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.open();
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

impl Shared {
    /// Answers a connection.
    fn serve(&self, stream: TcpStream) {
        // A client that leaves early is no fault of this backend's.
        let _ = match &self.tls {
            None => self.answer(stream),
            Some(config) => {
                let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                self.answer(StreamOwned::new(connection, stream))
            }
        };
    }

    /// Answers one request.
    fn answer(&self, stream: impl Stream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let token = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.rsplit(' ').next().unwrap().to_owned())
        });
        self.heads.lock().unwrap().push(head);
        self.changed.notify_all();
        let token = token.unwrap_or_else(|| self.published.lock().unwrap().clone());
        let token = match token.strip_prefix("held:") {
            Some(rest) => {
                self.wait_until(|| self.is_open.load(Ordering::Relaxed));
                rest
            }
            None => &token,
        };
        let mut out = stream.into_inner();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
        match token {
            "hangup" => return Ok(()),
            "silent" => self.wait_until(|| false),
            "half" => {
                write!(out, "{head}Content-Length: 100\r\n\r\n{{\"data\":")?;
                out.flush()?;
                self.wait_until(|| false);
            }
            "huge" => {
                write!(
                    out,
                    "{head}Content-Length: 1048576\r\n\r\n{{\"data\":{{\"id\":123}},\"x\":\"{}",
                    "x".repeat(1 << 20)
                )?;
            }
            "endless" => {
                write!(out, "{head}Transfer-Encoding: chunked\r\n\r\n")?;
                for _ in 0..1000 {
                    write!(out, "400\r\n{}\r\n", "x".repeat(1024))?;
                }
            }
            token => {
                let (head, body) = token.split_once(':').unwrap_or((token, ""));
                let mut parts = head.split(';');
                write!(out, "HTTP/1.1 {} Word\r\nConnection: close\r\n", parts.next().unwrap())?;
                for part in parts {
                    write!(out, "{}\r\n", part.replace('=', ": "))?;
                }
                write!(out, "Content-Length: {}\r\n\r\n{body}", body.len())?;
            }
        }
        out.flush()
    }

    /// Waits until a condition holds, or the backend ends.
    fn wait_until(&self, is_met: impl Fn() -> bool) {
        let heads = self.heads.lock().unwrap();
        let is_waiting = |_: &mut Vec<String>| !is_met() && !self.is_over.load(Ordering::Relaxed);
        drop(self.changed.wait_timeout_while(heads, Duration::from_mins(1), is_waiting));
    }
}
