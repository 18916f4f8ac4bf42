//! Answers requests behind the gate: workers over `tiny_http` on a private socket.
//!
//! A handler that panics costs its own request a 500 and nothing else; a worker that comes to an end is
//! replaced by another. A handler need not wait for its answer: whoever has the responder gives it.

mod responder;
mod seats;

use std::fmt;
use std::io::{self, Read as _};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tiny_http::Server;

use self::seats::Seats;
use super::exchange::{Reply, Request};
use super::gate::protocol::Fault;
use super::private::Private;
use super::wire::{self, Arrived, Key};

pub use self::responder::{Responder, at_once};

/// What answers requests, there and then or later. It may block, and is called by many threads at once.
pub type Handler = Arc<dyn Fn(Request, Responder) + Send + Sync>;

/// The stack of a worker.
const STACK: usize = 256 * 1024;
/// How many requests may wait for their answers, for each worker: those that are in flight, and as many that
/// the gate has given up and that hold a connection until they are answered all the same.
const MOST_UNANSWERED: usize = 2;
/// How many workers take requests at a time at least.
const LEAST_SEATS: usize = 2;
/// How long the end is waited for of workers that have nothing left to do.
const FAREWELL: Duration = Duration::from_secs(1);

/// Workers behind one socket.
pub(super) struct Endpoint {
    /// What they share.
    shared: Arc<Shared>,
    /// Gives seats to others.
    usher: Option<JoinHandle<()>>,
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
    /// How many requests are not answered yet, whoever is to do it.
    unanswered: Arc<AtomicUsize>,
    /// Who of them takes the next one.
    seats: Seats,
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
            unanswered: Arc::default(),
            seats: Seats::new(seats(workers)),
            is_over: AtomicBool::new(false),
            longest_body: longest_body as u64,
            farewell: Mutex::new(()),
            left: Condvar::new(),
        });
        let mut endpoint = Self { shared, usher: None, private };
        endpoint.shared.fill_up()?;
        let shared = Arc::clone(&endpoint.shared);
        let usher = thread::Builder::new().name("usher".into()).stack_size(STACK);
        endpoint.usher = Some(usher.spawn(move || shared.seats.usher())?);
        Ok(endpoint)
    }

    /// Tells whether a worker has a request, so that its end would have to be waited for, or one is to be
    /// answered later.
    pub(super) fn is_busy(&self) -> bool {
        let Shared { busy, unanswered, .. } = &*self.shared;
        busy.load(Ordering::Acquire) > 0 || unanswered.load(Ordering::Acquire) > 0
    }

    /// Gives the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.private.socket()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.seats.close();
        if let Some(usher) = self.usher.take() {
            // It has nothing to tell.
            let _ = usher.join();
        }
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

    /// Has a request answered. One that does not come through the gate is told nothing.
    fn serve(&self, mut arrived: tiny_http::Request) {
        let reply = match wire::decode(&arrived, &self.key) {
            Arrived::Stranger => Reply::new(404),
            Arrived::Proof => Reply::new(204),
            Arrived::Request(_) if self.is_full() => {
                Reply::refusal(503, Fault::Crowded.message()).with("Retry-After", "1")
            }
            Arrived::Request(mut request) => {
                let read = arrived.as_reader().take(self.longest_body).read_to_end(&mut request.body);
                if read.is_ok() {
                    let responder = Responder::to(arrived, &self.unanswered);
                    // A panic has dropped the responder, which has said so.
                    let _ = catch_unwind(AssertUnwindSafe(|| (self.handler)(*request, responder)));
                }
                return;
            }
        };
        Responder::to(arrived, &self.unanswered).answer(&reply);
    }

    /// Tells whether so many requests wait for answers that the gate must have given most of them up.
    fn is_full(&self) -> bool {
        self.unanswered.load(Ordering::Acquire) >= self.wanted * MOST_UNANSWERED
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
        while let Some(mut seat) = self.shared.seats.take() {
            while !self.shared.is_over.load(Ordering::Acquire) {
                // It fails when it is told of the end, and when nothing more is accepted; connections that
                // are there go on then, and are served.
                let is_seated = self.shared.server.recv().map_or(true, |request| {
                    let _busy = Busy::with(&self.shared.busy);
                    seat.begin();
                    self.shared.serve(request);
                    seat.end()
                });
                // Without a thread now, one of the others tries again after its next request.
                let _ = self.shared.fill_up();
                if !is_seated {
                    break;
                }
            }
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

/// Tells how many of so many workers take requests at a time: each processor has one to run, and where one
/// is held up, another goes on.
fn seats(workers: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    processors.max(LEAST_SEATS).min(workers)
}

#[cfg(test)]
mod tests;
