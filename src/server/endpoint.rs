//! Answers requests behind the gate: workers over `tiny_http` on a private socket.
//!
//! A handler that panics costs its own request a 500 and nothing else; a worker that comes to an end is
//! replaced by another. A handler need not wait for its answer: whoever has the responder gives it.

mod lines;
mod responder;
mod seat;

use std::fmt;
use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tiny_http::Server;

use self::lines::{Lines, Place};
use self::responder::response;
use self::seat::{Seat, Seated};
use super::exchange::{Reply, Request};
use super::gate::protocol::Fault;
use super::gate::{Notice, Told};
use super::private::Private;
use super::wire::{self, Arrived, Key};

pub use self::responder::{Responder, at_once};

/// What answers requests. It is called by many threads at once.
pub trait Handle: Send + Sync {
    /// Answers a request: there and then, later, or when this thread settles. It may block.
    fn answer(self: Arc<Self>, request: Request, responder: Responder);

    /// Does what this thread has put off, or a part of it, and tells whether there is more: no further request
    /// is there for it now, or enough were. Answers leave when it returns. It may block.
    fn settle(&self) -> bool {
        false
    }
}

/// What answers requests, for all who need it.
pub type Handler = Arc<dyn Handle>;

impl<F: Fn(Request, Responder) + Send + Sync> Handle for F {
    fn answer(self: Arc<Self>, request: Request, responder: Responder) {
        self(request, responder);
    }
}

/// The stack of a worker.
const STACK: usize = 256 * 1024;
/// After how many requests in a row a worker settles, though more are there.
const MOST_AT_ONCE: usize = 64;
/// How long the end is waited for of workers that have nothing left to do.
const FAREWELL: Duration = Duration::from_secs(1);

/// What an endpoint takes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    /// How many workers there are, and so handlers that block at once.
    pub(super) workers: usize,
    /// How many requests may wait for their answers. One more is refused.
    pub(super) unanswered: usize,
    /// The most bytes of a request that are read: of its headers and its body.
    pub(super) request: usize,
}

/// Workers behind one socket.
pub(super) struct Endpoint {
    /// What they share.
    shared: Arc<Shared>,
    /// Gives the seat to others.
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
    /// Is told of those that are refused here.
    notice: Told,
    /// What they take on.
    capacity: Capacity,
    /// How many there are.
    alive: AtomicUsize,
    /// How many of them have a request.
    busy: AtomicUsize,
    /// The requests that are not answered yet, whoever is to do it.
    lines: Arc<Lines>,
    /// Who of them takes the next one.
    seat: Seat,
    /// Whether they are to end.
    is_over: AtomicBool,
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
    /// Opens a socket in a fresh directory under `parent`, and puts workers behind it.
    ///
    /// # Errors
    /// What the operating system said: no directory, no socket, not even one thread.
    pub(super) fn open(
        parent: &Path,
        capacity: Capacity,
        handler: Handler,
        key: Key,
        notice: Told,
    ) -> io::Result<Self> {
        let private = Private::under(parent)?;
        let server = listen(&private.socket())?;
        let shared = Arc::new(Shared {
            server,
            handler,
            key,
            notice,
            capacity,
            alive: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            lines: Arc::default(),
            seat: Seat::default(),
            is_over: AtomicBool::new(false),
            farewell: Mutex::new(()),
            left: Condvar::new(),
        });
        let mut endpoint = Self { shared, usher: None, private };
        endpoint.shared.fill_up()?;
        let shared = Arc::clone(&endpoint.shared);
        let usher = thread::Builder::new().name("usher".into()).stack_size(STACK);
        endpoint.usher = Some(usher.spawn(move || shared.seat.usher())?);
        Ok(endpoint)
    }

    /// Tells whether a worker has a request, so that its end would have to be waited for, or one is to be
    /// answered later.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.busy.load(Ordering::Acquire) > 0 || self.shared.lines.unanswered() > 0
    }

    /// Gives the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.private.socket()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.seat.close();
        if let Some(usher) = self.usher.take() {
            // It has nothing to tell.
            let _ = usher.join();
        }
        for _ in 0..self.shared.capacity.workers {
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
                    (alive < self.capacity.workers).then_some(alive + 1)
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

    /// Does what was put off, and has the replies of each connection leave together.
    fn settle(&self) {
        loop {
            let _cork = self.lines.cork();
            if !self.handler.settle() {
                return;
            }
        }
    }

    /// Receives what has come: whoever has the seat, so that each request gets its place in line.
    fn receive(&self, arrived: tiny_http::Request) -> Received {
        match wire::decode(&arrived, &self.key) {
            Arrived::Stranger => Received::Other(arrived, 404),
            Arrived::Proof => Received::Other(arrived, 204),
            Arrived::Request(request, way) => {
                Received::Request { arrived, request, place: self.lines.join(way) }
            }
        }
    }

    /// Has a request answered. One that does not come through the gate is told nothing.
    fn serve(&self, received: Received) {
        match received {
            Received::Other(arrived, status) => {
                // Where whoever asked has gone, there is nobody to be told.
                let _ = arrived.respond(response(&Reply::new(status)));
            }
            Received::Request { arrived, request, place } if self.is_full() => {
                let Request { id, peer, .. } = *request;
                (self.notice)(Notice::Refused { id, peer, fault: Fault::Crowded });
                let refusal = Fault::Crowded.reply().with("Retry-After", "1");
                Responder::to(arrived, place, &self.lines).answer(&refusal);
            }
            Received::Request { mut arrived, mut request, place } => {
                let mut rest =
                    Vec::with_capacity(arrived.body_length().unwrap_or(0).min(self.capacity.request));
                let read = arrived.as_reader().take(self.capacity.request as u64).read_to_end(&mut rest);
                let responder = Responder::to(arrived, place, &self.lines);
                if read.is_ok() && wire::complete(&mut request, rest).is_some() {
                    let handler = Arc::clone(&self.handler);
                    // A panic has dropped the responder, which has said so.
                    let _ = catch_unwind(AssertUnwindSafe(|| handler.answer(*request, responder)));
                }
            }
        }
    }

    /// Tells whether more requests wait for their answers than may, the one that is at hand among them.
    fn is_full(&self) -> bool {
        self.lines.unanswered() > self.capacity.unanswered
    }
}

/// What has come over the socket.
enum Received {
    /// A request, which has its place in line.
    Request {
        /// What it is answered through.
        arrived: tiny_http::Request,
        /// The request, without its headers and its body.
        request: Box<Request>,
        /// Its place.
        place: Place,
    },
    /// Something that is answered with a status and nothing else.
    Other(tiny_http::Request, u16),
}

/// The place of one worker. Left by a panic too, it is filled again.
struct Post {
    /// What the workers share.
    shared: Arc<Shared>,
}

impl Post {
    /// Answers requests until the end.
    fn work(self) {
        while let Some(mut seat) = self.shared.seat.take() {
            // What somebody has put off whose request takes long is not to wait for it.
            let mut is_seated = self.settle(&mut seat);
            while is_seated && !self.shared.is_over.load(Ordering::Acquire) {
                is_seated = self.answer(&mut seat);
                // Without a thread now, one of the others tries again after its next request.
                let _ = self.shared.fill_up();
            }
        }
    }

    /// Waits for a request, answers it and those that are there behind it, and settles. Tells whether the seat
    /// is still this worker's.
    fn answer(&self, seat: &mut Seated<'_>) -> bool {
        // It fails when it is told of the end, and when nothing more is accepted; connections that are there go
        // on then, and are served.
        let Ok(first) = self.shared.server.recv() else { return true };
        let _busy = Busy::with(&self.shared.busy);
        let (mut next, mut is_seated, mut count) = (Some(first), true, 0);
        while let Some(arrived) = next {
            let received = self.shared.receive(arrived);
            seat.begin();
            self.shared.serve(received);
            is_seated = seat.end();
            count += 1;
            let goes_on = is_seated && count < MOST_AT_ONCE;
            next = if goes_on { self.shared.server.try_recv().ok().flatten() } else { None };
        }
        if is_seated {
            return self.settle(seat);
        }
        self.shared.settle();
        false
    }

    /// Settles. Tells whether the seat is still this worker's.
    fn settle(&self, seat: &mut Seated<'_>) -> bool {
        seat.begin();
        self.shared.settle();
        seat.end()
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

#[cfg(test)]
mod tests;
