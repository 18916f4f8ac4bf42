//! Answers requests behind the gate: workers over `tiny_http` on a private socket.
//!
//! A handler that panics costs its own request a 500 and nothing else; a worker that comes to an end is
//! replaced by another.

use std::fmt;
use std::io::{self, Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::{Header, Response, Server, StatusCode};

use super::exchange::{Reply, Request};
use super::private::Private;
use super::wire::{self, Arrived, Key};

/// What answers requests. It may block, and is called by many threads at once.
pub type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The stack of a worker.
const STACK: usize = 256 * 1024;
/// How long the end is waited for of workers that have nothing left to do.
const FAREWELL: Duration = Duration::from_secs(1);

/// Workers behind one socket.
pub(super) struct Endpoint {
    /// What they share.
    shared: Arc<Shared>,
    /// Where the socket is. Dropped last.
    private: Private,
}

/// What the workers share.
struct Shared {
    /// Takes requests off the socket.
    server: Server,
    /// Answers them.
    handler: Handler,
    /// What they must carry.
    key: Key,
    /// How many workers there are to be.
    wanted: usize,
    /// How many there are.
    alive: AtomicUsize,
    /// How many of them have a request.
    busy: AtomicUsize,
    /// Whether they are to end.
    is_over: AtomicBool,
    /// The most bytes of a body that are read.
    longest_body: u64,
    /// Guards nothing; whoever waits for workers to end waits here.
    farewell: Mutex<()>,
    /// Told when a worker ends.
    left: Condvar,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Endpoint").field("private", &self.private).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Opens a socket in a fresh directory under `parent`, and puts so many workers behind it.
    ///
    /// # Errors
    /// What the operating system said: no directory, no socket, not even one thread.
    pub(super) fn open(
        parent: &Path,
        workers: usize,
        longest_body: usize,
        handler: Handler,
        key: Key,
    ) -> io::Result<Self> {
        let private = Private::under(parent)?;
        let server = listen(&private.socket())?;
        let shared = Arc::new(Shared {
            server,
            handler,
            key,
            wanted: workers,
            alive: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            longest_body: longest_body as u64,
            farewell: Mutex::new(()),
            left: Condvar::new(),
        });
        let endpoint = Self { shared, private };
        endpoint.shared.fill_up()?;
        Ok(endpoint)
    }

    /// Tells whether a worker has a request, so that its end would have to be waited for.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.busy.load(Ordering::Acquire) > 0
    }

    /// Gives the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.private.socket()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        for _ in 0..self.shared.wanted {
            self.shared.server.unblock();
        }
        let until = Instant::now() + FAREWELL;
        let mut held = self.shared.farewell.lock().unwrap_or_else(PoisonError::into_inner);
        while self.shared.alive.load(Ordering::Acquire) > 0 {
            let Some(rest) = until.checked_duration_since(Instant::now()) else { return };
            held = self.shared.left.wait_timeout(held, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    /// Starts workers until there are as many as there are to be.
    fn fill_up(self: &Arc<Self>) -> io::Result<()> {
        while !self.is_over.load(Ordering::Acquire) {
            let is_one_more = self
                .alive
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |alive| {
                    (alive < self.wanted).then_some(alive + 1)
                })
                .is_ok();
            if !is_one_more {
                break;
            }
            let post = Post { shared: Arc::clone(self) };
            thread::Builder::new().name("worker".into()).stack_size(STACK).spawn(move || post.work())?;
        }
        Ok(())
    }

    /// Answers the next request. One that does not come through the gate is told nothing.
    fn serve(&self, mut arrived: tiny_http::Request) {
        let reply = match wire::decode(&arrived, &self.key) {
            Arrived::Stranger => Reply::new(404),
            Arrived::Proof => Reply::new(204),
            Arrived::Request(mut request) => {
                let read = arrived.as_reader().take(self.longest_body).read_to_end(&mut request.body);
                if read.is_err() {
                    return;
                }
                self.answer(&request)
            }
        };
        // Whoever asked has gone; there is nobody to be told.
        let _ = arrived.respond(response(&reply));
    }

    /// Has a request answered, and answers it itself where that panics.
    fn answer(&self, request: &Request) -> Reply {
        catch_unwind(AssertUnwindSafe(|| (self.handler)(request)))
            .unwrap_or_else(|_| Reply::refusal(500, "Try again, and report it if it happens again"))
    }
}

/// The place of one worker. Left by a panic too, it is filled again.
struct Post {
    /// What the workers share.
    shared: Arc<Shared>,
}

impl Post {
    /// Answers requests until the end.
    fn work(self) {
        while !self.shared.is_over.load(Ordering::Acquire) {
            // It fails when it is told of the end, and when nothing more is accepted; connections that
            // are there go on then, and are served.
            if let Ok(request) = self.shared.server.recv() {
                let _busy = Busy::with(&self.shared.busy);
                self.shared.serve(request);
            }
            // Without a thread now, one of the others tries again after its next request.
            let _ = self.shared.fill_up();
        }
    }
}

/// Counts a worker as busy until it is dropped.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    /// Counts one more.
    fn with(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.shared.alive.fetch_sub(1, Ordering::AcqRel);
        if thread::panicking() {
            // As above.
            let _ = self.shared.fill_up();
        }
        let _held = self.shared.farewell.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.left.notify_all();
    }
}

/// Listens on a socket. Without a thread to be had, `tiny_http` panics, which must not end who asked.
fn listen(socket: &Path) -> io::Result<Server> {
    match catch_unwind(|| Server::http_unix(socket)) {
        Ok(opened) => opened.map_err(io::Error::other),
        Err(_) => Err(io::Error::other("no thread can be started")),
    }
}

/// Writes a reply in the terms of `tiny_http`.
fn response(reply: &Reply) -> Response<Cursor<Vec<u8>>> {
    let headers = reply.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Header::from_bytes(*name, value.as_bytes()).ok()).collect();
    let body = reply.body().to_vec();
    let length = body.len();
    Response::new(StatusCode(reply.status()), headers, Cursor::new(body), Some(length), None)
        .with_chunked_threshold(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::Write as _;
    use std::net::{IpAddr, Ipv4Addr};
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::channel;

    use super::super::exchange::Field;
    use super::*;

    /// Opens an endpoint with this handler.
    fn endpoint(workers: usize, key: &Key, handler: Handler) -> Endpoint {
        Endpoint::open(&env::temp_dir(), workers, 4096, handler, key.clone()).unwrap()
    }

    /// Sends bytes, and gives what comes until the connection ends.
    fn ask(endpoint: &Endpoint, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(endpoint.socket()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// A request with every kind of header.
    fn request() -> Request {
        Request {
            method: "POST".into(),
            path: "/stream-chat/token".into(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            authorization: Field::Unclear,
            content_type: Field::Once(String::new()),
            origin: Field::Absent,
            requested_method: Field::Once("?".into()),
            requested_headers: Field::Once("= a".into()),
            body: b"{\"a\": 1}\r\n".to_vec(),
            id: "7-1".into(),
        }
    }

    #[test]
    fn a_request_arrives_as_it_was_passed_on() {
        let key = Key::new().unwrap();
        let (sender, seen) = channel();
        let endpoint = endpoint(
            1,
            &key,
            Arc::new(move |request| {
                sender.send(request.clone()).unwrap();
                Reply::json(201, "{}".into()).with("Vary", "Origin")
            }),
        );
        let text = ask(&endpoint, &wire::encode(&request(), &key));
        assert_eq!(seen.recv().unwrap(), request());
        assert!(text.starts_with("HTTP/1.1 201 ") && text.ends_with("\r\n\r\n{}"), "{text}");
        assert!(text.contains("Vary: Origin\r\n") && text.contains("Content-Length: 2\r\n"), "{text}");
    }

    #[test]
    fn whoever_lacks_the_key_is_told_nothing() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        let endpoint = endpoint(1, &key, Arc::new(|_| Reply::json(200, "secret".into())));
        let text = ask(&endpoint, &wire::encode(&request(), &other));
        assert!(text.starts_with("HTTP/1.1 404 ") && !text.contains("secret"), "{text}");
        let text = ask(&endpoint, b"GET / HTTP/1.1\r\n\r\n");
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
        assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
    }

    #[test]
    fn a_handler_that_panics_costs_its_request_a_500_and_no_worker() {
        let key = Key::new().unwrap();
        let endpoint = endpoint(
            2,
            &key,
            Arc::new(|request| {
                assert!(request.id != "7-1", "as it was told to");
                Reply::new(200)
            }),
        );
        for _ in 0..5 {
            let text = ask(&endpoint, &wire::encode(&request(), &key));
            assert!(text.starts_with("HTTP/1.1 500 "), "{text}");
            assert!(text.contains(r#"{"error":"Internal Server Error","message":"#), "{text}");
        }
        let calm = Request { id: "7-2".into(), ..request() };
        assert!(ask(&endpoint, &wire::encode(&calm, &key)).starts_with("HTTP/1.1 200 "));
    }

    #[test]
    fn a_worker_that_ends_is_replaced() {
        let key = Key::new().unwrap();
        let endpoint = endpoint(1, &key, Arc::new(|_| Reply::new(200)));
        let shared = Arc::clone(&endpoint.shared);
        let died = thread::spawn(move || {
            shared.alive.fetch_add(1, Ordering::AcqRel);
            let _post = Post { shared: Arc::clone(&shared) };
            shared.alive.fetch_sub(1, Ordering::AcqRel);
            panic!("as it was told to");
        });
        assert!(died.join().is_err());
        assert_eq!(endpoint.shared.alive.load(Ordering::Acquire), 1);
        assert!(ask(&endpoint, &wire::proof(&key)).starts_with("HTTP/1.1 204 "));
    }

    #[test]
    fn the_socket_and_its_directory_are_gone_at_the_end() {
        let endpoint = endpoint(4, &Key::new().unwrap(), Arc::new(|_| Reply::new(200)));
        let socket = endpoint.socket();
        assert!(socket.exists());
        drop(endpoint);
        assert!(!socket.parent().unwrap().exists());
    }
}
