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

use super::limits::Limits;
use super::request::Rejection;
use crate::server::endpoint::{Endpoint, ForwardingToken, Handler, encode};
use crate::server::message;

/// The timeout for opening a connection and proving that it is served.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before another attempt to open a connection.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All connections to the endpoint.
pub(super) struct Upstreams {
    /// The token that each request carries.
    token: ForwardingToken,
    /// The limits.
    limits: Limits,
    /// The idle connections.
    idle: Mutex<UnboundedReceiver<Upstream>>,
    /// The sender that returns a connection to `idle`.
    release: UnboundedSender<Upstream>,
    /// The sender that requests a replacement for a connection.
    replace: UnboundedSender<()>,
}

/// A connection to the endpoint.
struct Upstream {
    /// The sender of requests.
    sender: SendRequest<Full<Bytes>>,
    /// The endpoint, which lives as long as its connections.
    _endpoint: Arc<Endpoint>,
}

/// The opener of connections. It opens one at a time: if two connect at the same moment, `tiny_http` may never serve one of
/// them.
struct Opener<F> {
    /// The function that opens an endpoint.
    open_endpoint: F,
    /// The endpoint for new connections; `None` after a failure.
    endpoint: Option<Arc<Endpoint>>,
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
        let (token, workers) = (ForwardingToken::random()?, limits.upstreams);
        let endpoint_token = token.clone();
        let open_endpoint =
            move || Endpoint::open(&runtime_dir, Arc::clone(&handler), endpoint_token.clone(), workers);
        let mut opener = Opener { open_endpoint, endpoint: None };
        let first = opener.open().await?;
        let (release, idle) = unbounded_channel();
        let (replace, missing) = unbounded_channel();
        let upstreams = Arc::new(Self { token, limits, idle: Mutex::new(idle), release, replace });
        upstreams.take_back(Some(first));
        (1..workers).for_each(|_| upstreams.take_back(None));
        tokio::spawn(opener.run(missing, upstreams.release.clone()));
        Ok(upstreams)
    }

    /// Sends a request to the endpoint, and returns its response.
    ///
    /// # Errors
    /// [`Rejection::Crowded`] or [`Rejection::NoResponse`].
    pub(super) async fn send(
        self: &Arc<Self>,
        request: message::Request,
    ) -> Result<Response<Full<Bytes>>, Rejection> {
        let idle = async { self.idle.lock().await.recv().await };
        let Ok(Some(mut upstream)) = timeout(self.limits.upstream_timeout, idle).await else {
            return Err(Rejection::Crowded);
        };
        let upstreams = Arc::clone(self);
        // A separate task: even if the client stops waiting, the connection is idle only once its worker is.
        let exchange = tokio::spawn(async move {
            let response = match encode(request, &upstreams.token) {
                Some(request) => upstream.send(request).await,
                None => None,
            };
            upstreams.take_back(response.is_some().then_some(upstream));
            response
        });
        match timeout(self.limits.response_timeout, exchange).await {
            Ok(Ok(Some(response))) => Ok(response),
            _ => Err(Rejection::NoResponse),
        }
    }

    /// Returns a connection to the idle ones, or requests a replacement if it is `None`.
    fn take_back(&self, upstream: Option<Upstream>) {
        // Sending fails only while the server shuts down.
        match upstream {
            Some(upstream) => _ = self.release.send(upstream),
            None => _ = self.replace.send(()),
        }
    }
}

impl<F: Fn() -> io::Result<Endpoint>> Opener<F> {
    /// Opens a connection for each message on `missing`, with retries until it succeeds.
    async fn run(mut self, mut missing: UnboundedReceiver<()>, release: UnboundedSender<Upstream>) {
        while missing.recv().await.is_some() {
            loop {
                match self.open().await {
                    Ok(upstream) => break drop(release.send(upstream)),
                    Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        }
    }

    /// Opens a connection. After a failure, the next connection goes to a new endpoint: once `tiny_http` had no thread or
    /// no descriptor for a connection, it accepts no more. The old endpoint continues to serve its existing connections.
    async fn open(&mut self) -> io::Result<Upstream> {
        let endpoint = match self.endpoint.take() {
            Some(endpoint) => endpoint,
            None => Arc::new((self.open_endpoint)()?),
        };
        let upstream = timeout(PROBE_TIMEOUT, connect(Arc::clone(&endpoint))).await??;
        self.endpoint = Some(endpoint);
        Ok(upstream)
    }
}

/// Opens a connection, and proves that it is served: even a request without the token gets a response.
async fn connect(endpoint: Arc<Endpoint>) -> io::Result<Upstream> {
    let stream = UnixStream::connect(endpoint.socket()).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // The connection fails only if the endpoint does, and the sender reports that too.
    tokio::spawn(async move { drop(connection.await) });
    let mut upstream = Upstream { sender, _endpoint: endpoint };
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
