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

/// How long a new connection may take to prove that it is served.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait after a connection could not be opened.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All connections to the endpoint.
pub(super) struct Upstreams {
    /// What each request carries.
    token: ForwardingToken,
    /// How long requests wait.
    limits: Limits,
    /// The connections without a request.
    idle: Mutex<UnboundedReceiver<Upstream>>,
    /// Makes a connection one of those.
    release: UnboundedSender<Upstream>,
    /// Has another one opened.
    replace: UnboundedSender<()>,
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
struct Opener<F> {
    /// Opens an endpoint.
    open_endpoint: F,
    /// The endpoint that new connections lead to.
    endpoint: Option<Arc<Endpoint>>,
}

impl Upstreams {
    /// Opens an endpoint and a first connection to it; the others are opened in the background.
    ///
    /// # Errors
    /// The operating system's: no directory, no socket, no thread.
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
        // A task of its own: whether or not the client waits, the connection is free only once its worker is.
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

    /// Makes a connection idle, or has another one opened in its place.
    fn take_back(&self, upstream: Option<Upstream>) {
        // Sending fails only while the server ends.
        match upstream {
            Some(upstream) => _ = self.release.send(upstream),
            None => _ = self.replace.send(()),
        }
    }
}

impl<F: Fn() -> io::Result<Endpoint>> Opener<F> {
    /// Opens connections whenever some are missing.
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

    /// Opens a connection. After a failure the next one leads to a new endpoint: once the process had no thread or no
    /// descriptor for a connection, `tiny_http` accepts no more. The old endpoint serves those that it has.
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

/// Opens a connection, and proves that it is served: a request without the token gets a response too.
async fn connect(endpoint: Arc<Endpoint>) -> io::Result<Upstream> {
    let stream = UnixStream::connect(endpoint.socket()).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with an error only if the endpoint does, and the sender says so too.
    tokio::spawn(async move { drop(connection.await) });
    let mut upstream = Upstream { sender, _endpoint: endpoint };
    let response = upstream.send(Request::default()).await;
    response.map(|_| upstream).ok_or_else(|| io::Error::other("the endpoint does not respond"))
}

impl Upstream {
    /// Sends a request, and receives the whole response; `None` if either failed.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Option<Response<Full<Bytes>>> {
        self.sender.ready().await.ok()?;
        let (mut head, body) = self.sender.send_request(request).await.ok()?.into_parts();
        // Those of this connection; the client's has its own.
        for name in [CONNECTION, DATE, SERVER] {
            head.headers.remove(name);
        }
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(head, Full::new(body)))
    }
}
