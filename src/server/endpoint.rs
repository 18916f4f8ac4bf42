//! The endpoint: worker threads over `tiny_http` on a private socket. Each answers one request at a time.
//!
//! Only the frontend reaches it, so nothing here depends on how well `tiny_http` treats what clients send.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tiny_http::{Header, Server, StatusCode};

use super::handoff::{self, ForwardingToken, Incoming};
use super::message::{Request, Response};
use super::runtime_dir::SocketDir;

/// The stack of a worker, in bytes.
const WORKER_STACK: usize = 256 * 1024;

/// Answers requests. It is called by many threads at once, and may block.
pub trait Handler: Send + Sync {
    /// Returns the response to a request.
    fn handle(&self, request: &Request) -> Response;
}

/// Worker threads behind one socket.
pub(super) struct Endpoint {
    /// What the workers share.
    shared: Arc<Shared>,
    /// The directory of the socket.
    directory: SocketDir,
}

/// What the workers share.
struct Shared {
    /// Receives requests.
    server: Server,
    /// Answers them.
    handler: Arc<dyn Handler>,
    /// The token that requests must carry.
    token: ForwardingToken,
    /// Whether the workers are to end.
    is_closed: AtomicBool,
    /// The number of workers that were started.
    workers: Mutex<usize>,
}

impl Endpoint {
    /// Opens a socket in a new directory in `parent`. It has no workers yet.
    ///
    /// # Errors
    /// The operating system's: no directory, no socket, no thread.
    pub(super) fn open(parent: &Path, handler: Arc<dyn Handler>, token: ForwardingToken) -> io::Result<Self> {
        let directory = SocketDir::create_in(parent)?;
        let server = bind(&directory.socket())?;
        let (is_closed, workers) = (AtomicBool::new(false), Mutex::new(0));
        Ok(Self { shared: Arc::new(Shared { server, handler, token, is_closed, workers }), directory })
    }

    /// Starts workers until there are at least `count`.
    ///
    /// # Errors
    /// The operating system's, if it has no thread.
    pub(super) fn ensure_workers(&self, count: usize) -> io::Result<()> {
        let mut workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
        while *workers < count {
            let shared = Arc::clone(&self.shared);
            let worker = thread::Builder::new().name("worker".into()).stack_size(WORKER_STACK);
            worker.spawn(move || shared.work())?;
            *workers += 1;
        }
        Ok(())
    }

    /// Returns the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.socket()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
        for _ in 0..*self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner) {
            self.shared.server.unblock();
        }
    }
}

impl Shared {
    /// Answers requests until the endpoint is closed.
    fn work(&self) {
        while !self.is_closed.load(Ordering::Acquire) {
            // It fails when it is unblocked, and once when the socket accepts no more connections.
            if let Ok(incoming) = self.server.recv() {
                self.answer(incoming);
            }
        }
    }

    /// Answers one request. A handler that panics costs its own request a 500 and nothing else.
    fn answer(&self, mut incoming: tiny_http::Request) {
        let response = match handoff::decode(&incoming, &self.token) {
            Incoming::Unauthenticated => Response::new(404),
            Incoming::Probe => Response::new(204),
            Incoming::Request(mut request) => match incoming.as_reader().read_to_end(&mut request.body) {
                Ok(_) => catch_unwind(AssertUnwindSafe(|| self.handler.handle(&request)))
                    .unwrap_or_else(|_| Response::error(500, "Try again, and report it if it happens again")),
                Err(_) => Response::new(400),
            },
        };
        // It fails only if the frontend has gone.
        let _ = incoming.respond(encode(&response));
    }
}

/// Encodes a response for `tiny_http`.
fn encode(response: &Response) -> tiny_http::Response<&[u8]> {
    let headers = response.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Header::from_bytes(*name, value.as_bytes()).ok()).collect();
    let (status, body) = (StatusCode(response.status()), response.body());
    tiny_http::Response::new(status, headers, body, Some(body.len()), None).with_chunked_threshold(usize::MAX)
}

/// Binds the socket. `tiny_http` panics if there is no thread.
fn bind(socket: &Path) -> io::Result<Server> {
    match catch_unwind(|| Server::http_unix(socket)) {
        Ok(opened) => opened.map_err(io::Error::other),
        Err(_) => Err(io::Error::other("no thread can be started")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicUsize;

    use tempfile::TempDir;

    use super::*;

    /// Returns all that an endpoint sends back on one connection.
    fn exchange(endpoint: &Endpoint, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
        stream.write_all(bytes).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_request_that_does_not_come_from_the_frontend_reaches_no_handler() {
        let parent = TempDir::new().unwrap();
        let handled = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&handled);
        let answer = move |_: &Request| {
            counter.fetch_add(1, Ordering::Relaxed);
            Response::new(200)
        };
        let token = ForwardingToken::random().unwrap();
        let endpoint = Endpoint::open(parent.path(), Arc::new(answer), token).unwrap();
        endpoint.ensure_workers(1).unwrap();
        let wrong = format!("X-Stream-Token-Forwarded: {} 127.0.0.1 1\r\n", "0".repeat(32));
        for forged in ["", "X-Stream-Token-Forwarded: 127.0.0.1 1\r\n", &wrong] {
            let request = format!("POST /stream-chat/token HTTP/1.1\r\nConnection: close\r\n{forged}\r\n");
            assert!(exchange(&endpoint, request.as_bytes()).starts_with("HTTP/1.1 404 "), "{forged}");
        }
        assert_eq!(handled.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn its_directory_is_removed_at_the_end() {
        let parent = TempDir::new().unwrap();
        let token = ForwardingToken::random().unwrap();
        let handler = |_: &Request| Response::new(200);
        let endpoint = Endpoint::open(parent.path(), Arc::new(handler), token).unwrap();
        endpoint.ensure_workers(2).unwrap();
        let socket = endpoint.socket();
        drop(endpoint);
        assert!(!socket.exists());
    }
}
