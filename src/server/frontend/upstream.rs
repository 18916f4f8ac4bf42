//! The connections to the endpoint, each with one request at a time.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONNECTION, DATE, SERVER};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use super::Limits;
use super::request::Rejection;
use crate::server::endpoint::{Endpoint, Handler};
use crate::server::message;

/// The timeout for opening a connection and proving that it is served.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before another attempt to open a connection.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All connections to the endpoint.
pub(super) struct Upstreams {
    /// The directory for the endpoint's own.
    runtime_dir: PathBuf,
    /// The handler that answers requests.
    handler: Arc<Handler>,
    /// The limits.
    limits: Limits,
    /// The endpoint for new connections; `None` after a failure. The lock is held while a connection is opened: if two
    /// connect at the same moment, `tiny_http` may never serve one of them.
    endpoint: Mutex<Option<Arc<Endpoint>>>,
    /// The idle connections.
    idle: Mutex<UnboundedReceiver<Upstream>>,
    /// The sender that returns a connection to `idle`.
    release: UnboundedSender<Upstream>,
}

/// A connection to the endpoint, which lives as long as its connections.
struct Upstream {
    /// The sender of requests.
    sender: SendRequest<Full<Bytes>>,
    /// The endpoint.
    endpoint: Arc<Endpoint>,
}

impl Upstreams {
    /// Opens an endpoint and a first connection to it; the others are opened in the background.
    ///
    /// # Errors
    /// The operating system's error: no directory, socket or thread can be created.
    pub(super) async fn start(
        runtime_dir: PathBuf,
        handler: Arc<Handler>,
        limits: Limits,
    ) -> io::Result<Arc<Self>> {
        let (release, idle) = unbounded_channel();
        let (endpoint, idle) = (Mutex::default(), Mutex::new(idle));
        let upstreams = Arc::new(Self { runtime_dir, handler, limits, endpoint, idle, release });
        let first = upstreams.open(&mut *upstreams.endpoint.lock().await).await?;
        upstreams.release(first);
        for _ in 1..upstreams.limits.upstreams {
            tokio::spawn(Arc::clone(&upstreams).add());
        }
        Ok(upstreams)
    }

    /// Sends a request to the endpoint, and returns its response.
    ///
    /// # Errors
    /// [`Rejection::CROWDED`] or [`Rejection::NO_RESPONSE`].
    pub(super) async fn send(
        self: &Arc<Self>,
        request: message::Request,
    ) -> Result<Response<Full<Bytes>>, Rejection> {
        let idle = async { self.idle.lock().await.recv().await };
        let Ok(Some(mut upstream)) = timeout(self.limits.upstream_timeout, idle).await else {
            return Err(Rejection::CROWDED);
        };
        let upstreams = Arc::clone(self);
        // A separate task: even if the client stops waiting, the connection is idle only once its worker is.
        let exchange = tokio::spawn(async move {
            let response = match upstream.endpoint.encode(request) {
                Some(request) => upstream.send(request).await,
                None => None,
            };
            if response.is_some() {
                upstreams.release(upstream);
            } else {
                tokio::spawn(upstreams.add());
            }
            response
        });
        match timeout(self.limits.response_timeout, exchange).await {
            Ok(Ok(Some(response))) => Ok(response),
            _ => Err(Rejection::NO_RESPONSE),
        }
    }

    /// Opens a connection, with retries until it succeeds, and adds it to the idle ones.
    async fn add(self: Arc<Self>) {
        let mut endpoint = self.endpoint.lock().await;
        loop {
            match self.open(&mut endpoint).await {
                Ok(upstream) => return self.release(upstream),
                Err(_) => sleep(RETRY_INTERVAL).await,
            }
        }
    }

    /// Opens a connection. After a failure, the next connection goes to a new endpoint: once `tiny_http` had no thread or
    /// no descriptor for a connection, it accepts no more. The old endpoint continues to serve its existing connections.
    async fn open(&self, current: &mut Option<Arc<Endpoint>>) -> io::Result<Upstream> {
        let handler = Arc::clone(&self.handler);
        let endpoint = match current.take() {
            Some(endpoint) => endpoint,
            None => Arc::new(Endpoint::open(&self.runtime_dir, handler, self.limits.upstreams)?),
        };
        let upstream = timeout(PROBE_TIMEOUT, connect(Arc::clone(&endpoint))).await??;
        *current = Some(endpoint);
        Ok(upstream)
    }

    /// Returns a connection to the idle ones.
    fn release(&self, upstream: Upstream) {
        // This fails only while the server shuts down.
        let _ = self.release.send(upstream);
    }
}

/// Opens a connection, and proves that it is served: even a request without the token gets a response.
async fn connect(endpoint: Arc<Endpoint>) -> io::Result<Upstream> {
    let stream = UnixStream::connect(endpoint.socket()).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // The connection fails only if the endpoint does, and the sender reports that too.
    tokio::spawn(async move { drop(connection.await) });
    let mut upstream = Upstream { sender, endpoint };
    let response = upstream.send(Request::default()).await;
    response.map(|_| upstream).ok_or_else(|| io::Error::other("the endpoint does not respond"))
}

impl Upstream {
    /// Sends a request and returns the complete response, or `None` if either fails.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Option<Response<Full<Bytes>>> {
        self.sender.ready().await.ok()?;
        let (mut head, body) = self.sender.send_request(request).await.ok()?.into_parts();
        // These headers belong to this connection; the client's connection has its own.
        for name in [CONNECTION, DATE, SERVER] {
            head.headers.remove(name);
        }
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(head, Full::new(body)))
    }
}
