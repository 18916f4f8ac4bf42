//! One client connection: the TLS handshake, then HTTP requests, answered one at a time.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf, copy, sink};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::{TlsAcceptor, rustls};

use super::connections::{Connections, Phase, Slot};
use super::request::{Rejection, client_ip, receive};
use super::upstream::Upstreams;
use crate::fault::Fault;
use crate::server::Reloadable;
use crate::server::admin::Admin;
use crate::server::endpoint::DELAY;
use crate::server::message;
use crate::server::telemetry::Telemetry;
use crate::tls::ServerIdentity;

/// The header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most bytes that are read after a connection's last response.
const MAX_LINGER_BYTES: u64 = 1024 * 1024;

/// How the connections of one listener are served.
pub(super) struct Service {
    /// The open connections, with the limits and the telemetry of the listener.
    pub(super) connections: Arc<Connections>,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub(super) trusted_proxies: Vec<IpNet>,
    /// The certificate and its key; `None` for plain HTTP.
    pub(super) identity: Option<Arc<Reloadable<ServerIdentity>>>,
    /// The component that answers requests.
    pub(super) responder: Responder,
}

/// The component that answers requests.
pub(super) enum Responder {
    /// The endpoint.
    Endpoint(Arc<Upstreams>),
    /// The admin listener.
    Admin(Admin),
}

/// Serves a connection until it ends.
pub(super) async fn serve(service: Arc<Service>, stream: TcpStream, peer: IpAddr, slot: Slot) {
    // Responses are sent at once, however short. A socket on which this fails will soon fail anyway.
    let _ = stream.set_nodelay(true);
    let Some(identity) = &service.identity else {
        return Box::pin(serve_http(service, stream, peer, slot, None)).await;
    };
    let acceptor = TlsAcceptor::from(Arc::clone(&identity.borrow().config));
    let deadline = Instant::now() + service.connections.limits.handshake_timeout;
    let mut first = [0];
    // A client that connects and sends nothing is not logged.
    let Ok(Ok(1)) = timeout_at(deadline, stream.peek(&mut first)).await else { return };
    if first[0].is_ascii_uppercase() {
        // An HTTP method: a TLS record begins with byte 22.
        slot.enter(Phase::Head);
        return Box::pin(serve_http(service, stream, peer, slot, Some(Rejection::UNENCRYPTED))).await;
    }
    match timeout_at(deadline, Box::pin(acceptor.accept(stream))).await {
        Ok(Ok(stream)) => {
            slot.enter(Phase::Head);
            // Acknowledges the end of the handshake at once: many clients hold their request back until then, up to 40 ms.
            #[cfg(target_os = "linux")]
            let _ = stream.get_ref().0.set_quickack(true);
            Box::pin(serve_http(service, stream, peer, slot, None)).await;
        }
        Ok(Err(error)) => service.report(|telemetry| telemetry.tls_failed(peer, tls_reason(&error))),
        Err(_) => service.report(|telemetry| telemetry.tls_failed(peer, "tls_unfinished")),
    }
}

/// Serves HTTP on a connection until it ends. If `rejection` is given, it is the response to the first request.
async fn serve_http<S: AsyncRead + AsyncWrite + Unpin>(
    service: Arc<Service>,
    stream: S,
    peer: IpAddr,
    slot: Slot,
    rejection: Option<Rejection>,
) {
    let slot = Arc::new(slot);
    let mut stream = Tracked { stream, slot: Arc::clone(&slot) };
    let limits = &service.connections.limits;
    let mut http = Builder::new();
    http.half_close(true).title_case_headers(true).header_read_timeout(None);
    http.max_buf_size(limits.head_bytes).max_header_size(limits.head_bytes).max_headers(limits.headers);
    let respond = service_fn(|request| {
        let (service, slot) = (Arc::clone(&service), Arc::clone(&slot));
        Box::pin(async move { service.respond(request, peer, &slot, rejection).await })
    });
    if let Err(error) = http.serve_connection(TokioIo::new(&mut stream), respond).await
        && error.is_parse()
    {
        // hyper has already responded.
        let (status, reason) =
            if error.is_parse_too_large() { (431, "large_head") } else { (400, "malformed_request") };
        service.report(|telemetry| telemetry.rejected(None, peer, status, reason));
    }
    // Closing the socket while the client still sends could destroy the last response (RFC 9112 section 9.6).
    slot.enter(Phase::Lingering);
    let _ = stream.shutdown().await;
    let _ = copy(&mut stream.take(MAX_LINGER_BYTES), &mut sink()).await;
}

impl Service {
    /// Returns the response to a request whose head has arrived.
    async fn respond(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        slot: &Slot,
        rejection: Option<Rejection>,
    ) -> io::Result<Response<Full<Bytes>>> {
        slot.enter(Phase::Body);
        let (id, is_head) = (format!("{:016x}", getrandom::u64()?), request.method() == Method::HEAD);
        let client = client_ip(peer, request.headers(), &self.trusted_proxies).unwrap_or_else(|| {
            let note = "X-Forwarded-For of a trusted proxy cannot be read: the proxy's own address counts";
            self.report(|telemetry| telemetry.note_rarely(note));
            peer
        });
        let answered = async {
            if let Some(rejection) = rejection {
                return Err(rejection);
            }
            let request = receive(request, client, &id, &self.connections.limits).await?;
            slot.enter(Phase::Answering);
            match &self.responder {
                Responder::Endpoint(upstreams) => fail_on_purpose(upstreams.send(request).await?).await,
                Responder::Admin(admin) => Ok(to_http(&admin.respond(&request))),
            }
        };
        let mut response = match answered.await {
            Ok(response) => response,
            // hyper ends the connection without a response.
            Err(Rejection::DISCONNECTED) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Err(rejection) => {
                let Rejection { status, reason, .. } = rejection;
                self.report(|telemetry| telemetry.rejected(Some(&id), peer, status, reason));
                to_http(&rejection.to_response())
            }
        };
        let headers = response.headers_mut();
        // hyper writes the length, except for the body of a response to HEAD, which it does not send.
        if !is_head {
            headers.remove(CONTENT_LENGTH);
        }
        headers.extend(HeaderValue::try_from(id).ok().map(|id| (REQUEST_ID, id)));
        // Each response is then the last of its connection.
        if self
            .connections
            .telemetry
            .as_ref()
            .is_some_and(|telemetry| telemetry.is_draining.load(Ordering::Relaxed))
        {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        slot.enter(Phase::Writing);
        Ok(response)
    }

    /// Reports an event that the endpoint does not see. Events on the admin listener are not reported.
    pub(super) fn report(&self, event: impl Fn(&Telemetry)) {
        self.connections.telemetry.iter().for_each(|telemetry| event(telemetry));
    }
}

/// Applies a fault: delays the response, or rejects it so that the connection is closed without a response.
async fn fail_on_purpose(mut response: Response<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Rejection> {
    if let Some(delay) = response.headers_mut().remove(DELAY) {
        let seconds = delay.to_str().ok().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        sleep(Duration::from_secs(seconds)).await;
    }
    if response.status().as_u16() == Fault::DROPPED { Err(Rejection::DISCONNECTED) } else { Ok(response) }
}

/// Converts a response to hyper's type.
fn to_http(response: &message::Response) -> Response<Full<Bytes>> {
    let mut converted = Response::new(Full::new(Bytes::copy_from_slice(&response.body)));
    *converted.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
    let headers = response.headers.iter();
    converted.headers_mut().extend(headers.filter_map(|(name, value)| {
        Some((HeaderName::try_from(*name).ok()?, HeaderValue::try_from(value).ok()?))
    }));
    converted
}

/// Returns the reason code of a failed handshake.
fn tls_reason(error: &io::Error) -> &'static str {
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(_)) => "tls_alert",
        Some(rustls::Error::PeerIncompatible(_)) => "tls_incompatible",
        Some(rustls::Error::InvalidMessage(_)) => "tls_malformed",
        Some(_) => "tls_misbehaved",
        None => "tls_unfinished",
    }
}

/// A client's stream, which reports to its slot when a request begins and when a response has been sent.
struct Tracked<S> {
    /// The stream.
    stream: S,
    /// The connection's slot in the table.
    slot: Arc<Slot>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tracked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.slot.advance(Some(Phase::Idle), Phase::Head);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tracked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            // hyper flushes only after it has written everything.
            self.slot.advance(Some(Phase::Writing), Phase::Idle);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
