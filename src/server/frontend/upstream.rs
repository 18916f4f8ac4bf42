//! The connections to the endpoint, each with one request at a time.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Response;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONNECTION, DATE, SERVER};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::limits::Limits;
use super::request::Rejection;
use crate::server::endpoint::{Endpoint, Handler};
use crate::server::handoff::{self, ForwardingToken};
use crate::server::message::Request;

/// How long a new connection may take to prove that it is served.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait after a connection could not be opened.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All connections to the endpoint.
pub(super) struct Upstreams {
    /// Where the endpoint's socket is created.
    runtime_dir: PathBuf,
    /// Answers requests.
    handler: Arc<dyn Handler>,
    /// What each request carries.
    token: ForwardingToken,
    /// The number of connections, and their timeouts.
    limits: Limits,
    /// The connections without a request.
    idle: Mutex<Vec<Upstream>>,
    /// One permit for each of them.
    available: Semaphore,
    /// One permit for each connection that is to be opened.
    missing: Semaphore,
}

/// A connection to the endpoint.
struct Upstream {
    /// Sends requests over it.
    sender: SendRequest<Full<Bytes>>,
    /// Lives as long as its connections.
    _endpoint: Arc<Endpoint>,
}

/// Opens connections, one after the other: if two connect at the same moment, `tiny_http` may serve only one of
/// them, for good.
struct Opener {
    /// The pool.
    upstreams: Arc<Upstreams>,
    /// The endpoint that new connections lead to.
    endpoint: Arc<Endpoint>,
    /// The number of connections that were opened to it.
    opened: usize,
}

impl Upstreams {
    /// Opens an endpoint and a first connection to it; the others are opened in the background.
    ///
    /// # Errors
    /// The operating system's: no directory, no socket, no thread.
    pub(super) async fn start(
        runtime_dir: PathBuf,
        handler: Arc<dyn Handler>,
        limits: Limits,
    ) -> io::Result<Arc<Self>> {
        let upstreams = Arc::new(Self {
            runtime_dir,
            handler,
            token: ForwardingToken::random()?,
            idle: Mutex::default(),
            available: Semaphore::new(0),
            missing: Semaphore::new(limits.upstreams - 1),
            limits,
        });
        let endpoint = upstreams.open_endpoint()?;
        let mut opener = Opener { upstreams: Arc::clone(&upstreams), endpoint, opened: 0 };
        upstreams.release(opener.open().await?);
        tokio::spawn(opener.run());
        Ok(upstreams)
    }

    /// Sends a request to the endpoint, and returns its response.
    ///
    /// # Errors
    /// [`Rejection::Crowded`] or [`Rejection::NoResponse`].
    pub(super) async fn send(self: &Arc<Self>, request: Request) -> Result<Response<Full<Bytes>>, Rejection> {
        let Ok(Ok(permit)) = timeout(self.limits.upstream_timeout, self.available.acquire()).await else {
            return Err(Rejection::Crowded);
        };
        permit.forget();
        let Some(mut upstream) = self.idle().pop() else { return Err(Rejection::NoResponse) };
        let upstreams = Arc::clone(self);
        // A task of its own: whether or not the client waits, the connection is free only once its worker is.
        let exchange = tokio::spawn(async move {
            let response = upstream.send(handoff::encode(request, &upstreams.token)).await;
            match response {
                Some(_) => upstreams.release(upstream),
                None => upstreams.missing.add_permits(1),
            }
            response
        });
        match timeout(self.limits.response_timeout, exchange).await {
            Ok(Ok(Some(response))) => Ok(response),
            _ => Err(Rejection::NoResponse),
        }
    }

    /// Makes a connection available.
    fn release(&self, upstream: Upstream) {
        self.idle().push(upstream);
        self.available.add_permits(1);
    }

    /// Opens an endpoint.
    fn open_endpoint(&self) -> io::Result<Arc<Endpoint>> {
        let endpoint = Endpoint::open(&self.runtime_dir, Arc::clone(&self.handler), self.token.clone())?;
        Ok(Arc::new(endpoint))
    }

    /// Locks the idle connections.
    fn idle(&self) -> MutexGuard<'_, Vec<Upstream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opener {
    /// Opens connections whenever some are missing.
    async fn run(mut self) {
        let upstreams = Arc::clone(&self.upstreams);
        while let Ok(permit) = upstreams.missing.acquire().await {
            permit.forget();
            loop {
                match self.open().await {
                    Ok(upstream) => break upstreams.release(upstream),
                    Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        }
    }

    /// Opens a connection, with a worker for it.
    async fn open(&mut self) -> io::Result<Upstream> {
        self.endpoint.ensure_workers((self.opened + 1).min(self.upstreams.limits.upstreams))?;
        let connecting = connect(Arc::clone(&self.endpoint), &self.upstreams.token);
        if let Ok(Ok(upstream)) = timeout(PROBE_TIMEOUT, connecting).await {
            self.opened += 1;
            return Ok(upstream);
        }
        // Once the process had no thread or no descriptor for it, tiny_http accepts no more connections. The old
        // endpoint serves those that it has.
        self.endpoint = self.upstreams.open_endpoint()?;
        self.opened = 0;
        Err(io::Error::other("the endpoint does not respond"))
    }
}

/// Opens a connection, and proves that it is served.
async fn connect(endpoint: Arc<Endpoint>, token: &ForwardingToken) -> io::Result<Upstream> {
    let stream = UnixStream::connect(endpoint.socket()).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with an error only if the endpoint does, and the sender says so too.
    tokio::spawn(async move { drop(connection.await) });
    let mut upstream = Upstream { sender, _endpoint: endpoint };
    match upstream.send(handoff::probe(token)).await {
        Some(response) if response.status() == 204 => Ok(upstream),
        _ => Err(io::Error::other("the endpoint does not respond")),
    }
}

impl Upstream {
    /// Sends a request, and receives the whole response; `None` if either failed.
    async fn send(&mut self, request: Option<hyper::Request<Full<Bytes>>>) -> Option<Response<Full<Bytes>>> {
        self.sender.ready().await.ok()?;
        let (mut head, body) = self.sender.send_request(request?).await.ok()?.into_parts();
        // Those of this connection; the client's has its own.
        for name in [CONNECTION, DATE, SERVER] {
            head.headers.remove(name);
        }
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(head, Full::new(body)))
    }
}
