//! The endpoint: worker threads over `tiny_http` on a private socket. Each worker answers one request at a time.
//!
//! The frontend forwards each request as an HTTP request of its own: the client's method, path and body, the headers that a
//! response depends on, the client's address, the request's id, and a random token of this run that proves that the request
//! comes from the frontend.
//!
//! Only the frontend reaches the endpoint, so nothing here depends on how well `tiny_http` handles input from clients.

use std::fs::{DirBuilder, remove_dir, remove_file};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use http_body_util::Full;
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName,
    HeaderValue, ORIGIN,
};
use subtle::ConstantTimeEq as _;
use tiny_http::{Server, StatusCode};

use super::message::{Request, Response};

/// The stack size of a worker, in bytes.
const WORKER_STACK: usize = 256 * 1024;

/// The name of the socket in its directory.
const SOCKET: &str = "s";

/// The header with the token, the client's address and the request's id. One header is faster to read than
/// three.
static FORWARDED: HeaderName = HeaderName::from_static("x-stream-token-forwarded");

/// The response header with the seconds by which the frontend delays the response: a fault that occupies no worker.
pub(super) const DELAY: &str = "X-Stream-Token-Delay";

/// The headers of a client's request that are forwarded.
static PASSED_ON: [HeaderName; 5] =
    [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING, ORIGIN, ACCESS_CONTROL_REQUEST_METHOD];

/// A function that answers requests. It is called by many threads at once, and may block.
pub type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// Worker threads behind one socket.
pub(super) struct Endpoint {
    /// The state that the workers share.
    shared: Arc<Shared>,
    /// The number of workers.
    workers: usize,
    /// The private directory of the socket, removed on drop.
    directory: PathBuf,
}

/// The state that the workers share.
struct Shared {
    /// The server that receives requests.
    server: Server,
    /// The handler that answers requests.
    handler: Arc<Handler>,
    /// The token that every request from the frontend carries: 16 random bytes.
    token: String,
    /// Whether the workers must end.
    is_closed: AtomicBool,
}

impl Endpoint {
    /// Opens a socket in a new directory in `parent`, with `workers` workers, or as many as can be started.
    ///
    /// # Errors
    /// The operating system's error: no directory, socket or thread can be created.
    pub(super) fn open(parent: &Path, handler: Arc<Handler>, workers: usize) -> io::Result<Self> {
        let token = format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?);
        let directory = parent.join(format!("stream-token-{:016x}", getrandom::u64()?));
        DirBuilder::new().mode(0o700).create(&directory)?;
        let server = bind(&directory.join(SOCKET)).inspect_err(|_| remove(&directory))?;
        let shared = Arc::new(Shared { server, handler, token, is_closed: AtomicBool::new(false) });
        let mut endpoint = Self { shared, workers: 0, directory };
        while endpoint.workers < workers {
            let shared = Arc::clone(&endpoint.shared);
            let worker = thread::Builder::new().name("worker".into()).stack_size(WORKER_STACK);
            match worker.spawn(move || shared.work()) {
                Err(error) if endpoint.workers == 0 => return Err(error),
                Err(_) => break,
                Ok(_) => endpoint.workers += 1,
            }
        }
        Ok(endpoint)
    }

    /// Returns the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join(SOCKET)
    }

    /// Encodes a client's request for the endpoint. Returns `None` if it has a value that HTTP cannot carry.
    pub(super) fn encode(&self, mut request: Request) -> Option<hyper::Request<Full<Bytes>>> {
        let body = Full::from(std::mem::take(&mut request.body));
        let mut builder = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(request.path.as_str())
            .header(&FORWARDED, format!("{} {} {}", self.shared.token, request.peer, request.id));
        for name in &PASSED_ON {
            builder = match request.header(name) {
                Some(value) => builder.header(name, value),
                // A header without a usable value is sent as two lines, which the endpoint finds unusable too.
                None if request.headers.contains_key(name) => builder.header(name, "").header(name, ""),
                None => builder,
            };
        }
        builder.body(body).ok()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
        (0..self.workers).for_each(|_| self.shared.server.unblock());
        remove(&self.directory);
    }
}

impl Shared {
    /// Answers requests until the endpoint is closed.
    fn work(&self) {
        while !self.is_closed.load(Ordering::Acquire) {
            // `recv` fails when it is unblocked, and once when the socket accepts no more connections.
            if let Ok(incoming) = self.server.recv() {
                self.answer(incoming);
            }
        }
    }

    /// Answers one request. If the handler panics, only this request fails, with status 500.
    fn answer(&self, mut incoming: tiny_http::Request) {
        let response = match self.decode(&incoming) {
            None => Response::new(404),
            Some(mut request) => match incoming.as_reader().read_to_end(&mut request.body) {
                Ok(_) => catch_unwind(AssertUnwindSafe(|| (self.handler)(&request)))
                    .unwrap_or_else(|_| Response::error(500, "Try again, and report it if it happens again")),
                Err(_) => Response::new(400),
            },
        };
        // Responding fails only if the frontend is gone.
        let _ = incoming.respond(encode_response(&response));
    }

    /// Decodes a request that arrived at the endpoint, without its body. Returns `None` if it is not from the frontend.
    fn decode(&self, incoming: &tiny_http::Request) -> Option<Request> {
        let lines = |name: &'static HeaderName| {
            let lines = incoming.headers().iter().filter(move |header| header.field.equiv(name.as_str()));
            lines.map(|header| header.value.as_str())
        };
        let mut parts = lines(&FORWARDED).next()?.split(' ');
        if !bool::from(self.token.as_bytes().ct_eq(parts.next()?.as_bytes())) {
            return None;
        }
        let (peer, id) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
        let mut headers = HeaderMap::new();
        for name in &PASSED_ON {
            for value in lines(name) {
                headers.append(name, value.parse().ok()?);
            }
        }
        let (method, path) = (incoming.method().to_string(), incoming.url().to_owned());
        Some(Request { method, path, peer, id, headers, body: Vec::new() })
    }
}

/// Removes the directory of a socket. What is already gone needs no removal.
fn remove(directory: &Path) {
    let _ = remove_file(directory.join(SOCKET));
    let _ = remove_dir(directory);
}

/// Encodes a response for `tiny_http`.
fn encode_response(response: &Response) -> tiny_http::Response<&[u8]> {
    let encode = |(name, value): &(&str, String)| tiny_http::Header::from_bytes(*name, value.as_bytes()).ok();
    let headers = response.headers.iter().filter_map(encode).collect();
    let (status, body) = (StatusCode(response.status), response.body.as_slice());
    tiny_http::Response::new(status, headers, body, Some(body.len()), None).with_chunked_threshold(usize::MAX)
}

/// Binds the socket. `tiny_http` panics if it cannot start a thread.
fn bind(socket: &Path) -> io::Result<Server> {
    match catch_unwind(|| Server::http_unix(socket)) {
        Ok(opened) => opened.map_err(io::Error::other),
        Err(_) => Err(io::Error::other("no thread can be started")),
    }
}

/// Returns copies of the headers that a response can depend on, so that the memory of the others can be freed.
pub(super) fn needed_headers(all: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in PASSED_ON.iter().chain([&HOST]) {
        let lines = all.get_all(name).into_iter();
        for value in lines.filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicUsize;

    use tempfile::TempDir;

    use super::*;

    /// Returns everything that an endpoint sends on one connection.
    fn exchange(endpoint: &Endpoint, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
        stream.write_all(bytes).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn only_requests_of_the_frontend_reach_a_handler() {
        let parent = TempDir::new().unwrap();
        let handled = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&handled);
        let answer = move |_: &Request| {
            counter.fetch_add(1, Ordering::Relaxed);
            Response::new(200)
        };
        let endpoint = Endpoint::open(parent.path(), Arc::new(answer), 1).unwrap();
        let wrong = format!("X-Stream-Token-Forwarded: {} 127.0.0.1 1\r\n", "0".repeat(32));
        let empty = "X-Stream-Token-Forwarded:  127.0.0.1 1\r\n";
        for forged in ["", "X-Stream-Token-Forwarded: 127.0.0.1 1\r\n", &wrong, empty] {
            let request = format!("POST /stream-chat/token HTTP/1.1\r\nConnection: close\r\n{forged}\r\n");
            assert!(exchange(&endpoint, request.as_bytes()).starts_with("HTTP/1.1 404 "), "{forged}");
        }
        assert_eq!(handled.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn socket_directory_is_private_and_removed_at_the_end() {
        let parent = TempDir::new().unwrap();
        let handler = |_: &Request| Response::new(200);
        let endpoint = Endpoint::open(parent.path(), Arc::new(handler), 2).unwrap();
        let directory = endpoint.directory.clone();
        assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        drop(endpoint);
        assert!(!directory.exists());
    }
}
