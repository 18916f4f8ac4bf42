//! Receives a complete request within the limits, or rejects it before it reaches the endpoint; and finds the client's
//! address: the peer's, or the one that a trusted proxy reports.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Version};
use ipnet::IpNet;
use tokio::time::timeout;

use super::Limits;
use crate::error::ErrorReport;
use crate::server::endpoint::needed_headers;
use crate::server::message::{Request, Response};

/// The header in which proxies report the addresses of their peers.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// Why a request does not reach the endpoint, or gets no response from it. It holds nothing that the client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rejection {
    /// The status.
    pub(super) status: u16,
    /// The reason code for the access log and the metrics.
    pub(super) reason: &'static str,
    /// What the client can do.
    message: &'static str,
}

impl Rejection {
    /// The target is not a path of visible ASCII.
    const INVALID_TARGET: Self = Self::new(400, "malformed_target", "Request a path that starts with /");
    /// `Host` is missing, repeated or malformed.
    const INVALID_HOST: Self =
        Self::new(400, "malformed_host", "Send exactly one Host header with a host and perhaps a port");
    /// The framing of the body is malformed.
    const INVALID_BODY: Self =
        Self::new(400, "malformed_framing", "Send the body with a Content-Length, or in well-formed chunks");
    /// The body took too long.
    const SLOW_BODY: Self = Self::new(408, "slow_body", "Send the whole request without delay");
    /// The body is too large.
    const LARGE_BODY: Self = Self::new(413, "large_body", "Send a smaller body");
    /// The request was sent without TLS to a port that accepts only TLS.
    pub(super) const UNENCRYPTED: Self =
        Self::new(400, "unencrypted", "Use https: this port accepts HTTPS only");
    /// No worker was free in time.
    pub(super) const CROWDED: Self = Self::new(503, "crowded", "Try again in a moment");
    /// The endpoint did not respond in time, or at all.
    pub(super) const NO_RESPONSE: Self = Self::new(503, "no_answer", "Try again in a moment");
    /// The client disconnected within the body, so no response is sent.
    pub(super) const DISCONNECTED: Self = Self::new(400, "disconnected", "Send the whole request");

    /// Returns a rejection with these parts.
    const fn new(status: u16, reason: &'static str, message: &'static str) -> Self {
        Self { status, reason, message }
    }

    /// Returns the response. It closes the connection if it is unclear where the next request would begin.
    pub(super) fn to_response(self) -> Response {
        let (name, value) = if self.status == 503 { ("Retry-After", "1") } else { ("Connection", "close") };
        Response::error(self.status, self.message).header(name, value)
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
        return Err(Rejection::INVALID_HOST);
    }
    if !has_known_coding(&head) {
        return Err(Rejection::INVALID_BODY);
    }
    let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
    if !(path.starts_with('/') || path == "*") || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Rejection::INVALID_TARGET);
    }
    let headers = needed_headers(&head.headers);
    // The head takes up to 8 KiB, which is not needed while the body arrives.
    drop(head);
    let body = timeout(limits.body_timeout, read_body(body, limits.body_bytes));
    let body = body.await.unwrap_or(Err(Rejection::SLOW_BODY))?;
    Ok(Request { method, path, peer: client, id: id.to_owned(), headers, body })
}

/// Reads a body of at most `max` bytes. The bytes are copied, so that many small chunks take no more memory.
async fn read_body(mut body: Incoming, max: usize) -> Result<Vec<u8>, Rejection> {
    if body.size_hint().lower() > max as u64 {
        return Err(Rejection::LARGE_BODY);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body_error(&error))?;
        // Trailers are ignored.
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > max {
            return Err(Rejection::LARGE_BODY);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Returns the rejection of a body that cannot be read: its framing is malformed, or the client disconnected.
fn body_error(error: &hyper::Error) -> Rejection {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Rejection::INVALID_BODY,
        _ => Rejection::DISCONNECTED,
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

/// Parses a network of trusted proxies: an address, or one with a prefix length and no bits set after it.
///
/// # Errors
/// The text is neither.
pub fn parse_network(text: &str) -> Result<IpNet, ErrorReport> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let expected = "expected a network such as 10.0.0.0/8, without bits after its prefix, or an address";
    let network = network.filter(|network| network.trunc() == *network);
    network.ok_or_else(|| ErrorReport::usage("not a network", expected))
}

/// Returns the address of the client that sent a request.
///
/// The lines of `X-Forwarded-For`, joined by commas, are used only if the peer is trusted. Their entries are read from the
/// right, where the peer added its own, and the first address that is not a trusted proxy's is the client's. If all are
/// trusted, the client's is the leftmost. Returns `None` if an entry that is read is not an address.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(&client) {
        return Some(client);
    }
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).into_iter().collect();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        client = address(entry.trim_ascii())?;
        if !is_trusted(&client) {
            break;
        }
    }
    Some(client)
}

/// Parses an entry: an address, optionally in brackets, optionally with a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?;
    let alone = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    alone.or_else(with_port).or_else(|| in_brackets().map(IpAddr::V6)).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the client's address for this peer and these lines, with `10.0.0.0/8` and `::1` trusted.
    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let trusted = ["10.0.0.0/8", "::1"].map(|text| parse_network(text).unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        client_ip(peer.parse().unwrap(), &headers, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn untrusted_peer_is_the_client() {
        assert_eq!(client("1.2.3.4", &["9.9.9.9"]).unwrap(), "1.2.3.4");
        assert_eq!(client("1.2.3.4", &["unknown"]).unwrap(), "1.2.3.4");
        assert_eq!(client("::ffff:1.2.3.4", &[]).unwrap(), "1.2.3.4");
        assert_eq!(client("10.0.0.1", &[]).unwrap(), "10.0.0.1");
    }

    #[test]
    fn rightmost_untrusted_address_is_the_client() {
        assert_eq!(client("10.0.0.1", &["9.9.9.9"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 9.9.9.9,10.1.2.3 , 10.0.0.2"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "9.9.9.9, 10.1.2.3"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["garbage, 9.9.9.9"]).unwrap(), "9.9.9.9");
        assert_eq!(client("::1", &["2001:db8::1"]).unwrap(), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", &["9.9.9.9"]).unwrap(), "9.9.9.9");
    }

    #[test]
    fn leftmost_address_counts_if_all_are_proxies() {
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]).unwrap(), "10.0.0.3");
    }

    #[test]
    fn unreadable_entry_is_reported() {
        for line in ["", "unknown", "9.9.9.9, ", "9.9.9.9, x, 10.0.0.2", "\u{fc}"] {
            assert_eq!(client("10.0.0.1", &[line]), None, "{line}");
        }
    }

    #[test]
    fn ports_and_brackets_are_skipped() {
        assert_eq!(client("10.0.0.1", &["9.9.9.9:1234"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:1234"]).unwrap(), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"]).unwrap(), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:9.9.9.9"]).unwrap(), "9.9.9.9");
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix_without_host_bits() {
        for text in ["10.0.0.0/8", "::1", "1.2.3.4", "0.0.0.0/0", "2001:db8::/33"] {
            assert!(parse_network(text).is_ok(), "{text}");
        }
        for text in ["localhost", "", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.1/8"] {
            assert!(parse_network(text).is_err(), "{text}");
        }
    }
}
