//! Receives a complete request within the limits, or rejects it before it reaches the endpoint.

use std::error::Error as _;
use std::io;
use std::net::IpAddr;

use http_body_util::BodyExt as _;
use hyper::Version;
use hyper::body::{Body as _, Incoming};
use hyper::header::{HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use tokio::time::timeout;

use super::limits::Limits;
use crate::server::endpoint::needed_headers;
use crate::server::message::{Request, Response};

/// Why a request does not reach the endpoint, or gets no response from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    /// The target is not a path of visible ASCII.
    InvalidTarget,
    /// `Host` is missing, repeated or malformed.
    InvalidHost,
    /// The framing of the body is malformed.
    InvalidBody,
    /// The body took too long.
    SlowBody,
    /// The body is too large.
    LargeBody,
    /// The request was sent without TLS to a port that accepts only TLS.
    Unencrypted,
    /// No worker was free in time.
    Crowded,
    /// The endpoint did not respond in time, or at all.
    NoResponse,
    /// The client disconnected within the body, so no response is sent.
    Disconnected,
}

impl Rejection {
    /// Returns the status, the reason code for the access log and the metrics, and what the client can do. They hold
    /// nothing that the client sent.
    pub(super) const fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidTarget => (400, "malformed_target", "Request a path that starts with /"),
            Self::InvalidHost => {
                (400, "malformed_host", "Send exactly one Host header with a host and perhaps a port")
            }
            Self::InvalidBody => {
                (400, "malformed_framing", "Send the body with a Content-Length, or in well-formed chunks")
            }
            Self::SlowBody => (408, "slow_body", "Send the whole request without delay"),
            Self::LargeBody => (413, "large_body", "Send a smaller body"),
            Self::Unencrypted => (400, "unencrypted", "Use https: this port accepts HTTPS only"),
            Self::Crowded => (503, "crowded", "Try again in a moment"),
            Self::NoResponse => (503, "no_answer", "Try again in a moment"),
            Self::Disconnected => (400, "disconnected", "Send the whole request"),
        }
    }

    /// Returns the response. It closes the connection if it is unclear where the next request would begin.
    pub(super) fn to_response(self) -> Response {
        let (status, _, message) = self.parts();
        let response = Response::error(status, message);
        if status == 503 {
            response.header("Retry-After", "1")
        } else {
            response.header("Connection", "close")
        }
    }
}

/// Receives a request whose head has arrived.
///
/// # Errors
/// The reason for the rejection.
pub(super) async fn receive(
    request: hyper::Request<Incoming>,
    client: IpAddr,
    id: &str,
    limits: &Limits,
) -> Result<Request, Rejection> {
    let (head, body) = request.into_parts();
    if !has_valid_host(&head) {
        return Err(Rejection::InvalidHost);
    }
    if !has_known_coding(&head) {
        return Err(Rejection::InvalidBody);
    }
    let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
    if !(path.starts_with('/') || path == "*") || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Rejection::InvalidTarget);
    }
    let headers = needed_headers(&head.headers);
    // The head takes up to 8 KiB, which is not needed while the body arrives.
    drop(head);
    let body = timeout(limits.body_timeout, read_body(body, limits.body_bytes));
    let body = body.await.unwrap_or(Err(Rejection::SlowBody))?;
    Ok(Request { method, path, peer: client, id: id.to_owned(), headers, body })
}

/// Reads a body of at most `max` bytes. The bytes are copied, so that many small chunks take no more memory.
async fn read_body(mut body: Incoming, max: usize) -> Result<Vec<u8>, Rejection> {
    if body.size_hint().lower() > max as u64 {
        return Err(Rejection::LargeBody);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body_error(&error))?;
        // Trailers are ignored.
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > max {
            return Err(Rejection::LargeBody);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Returns the rejection of a body that cannot be read: its framing is malformed, or the client disconnected.
fn body_error(error: &hyper::Error) -> Rejection {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Rejection::InvalidBody,
        _ => Rejection::Disconnected,
    }
}

/// Returns `true` if the body has no transfer coding, or only `chunked` (RFC 9112 section 6.1). hyper accepts every list of
/// codings that ends with `chunked`.
fn has_known_coding(head: &Parts) -> bool {
    let mut lines = head.headers.get_all(TRANSFER_ENCODING).into_iter();
    let is_chunked = lines.next().is_none_or(|line| line.as_bytes().eq_ignore_ascii_case(b"chunked"));
    is_chunked && lines.next().is_none()
}

/// Returns `true` if there is exactly one `Host`, and it names a host (RFC 9112 section 3.2); HTTP/1.0 needs none.
fn has_valid_host(head: &Parts) -> bool {
    let mut lines = head.headers.get_all(HOST).into_iter();
    match (lines.next(), lines.next()) {
        (None, _) => head.version == Version::HTTP_10,
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|authority| {
            // The text after the host must be a valid port.
            let rest = &authority.as_str()[authority.host().len()..];
            !authority.host().is_empty() && (rest.is_empty() || authority.port_u16().is_some())
        }),
        _ => false,
    }
}
