//! Which origins' pages may read responses (the Fetch standard's CORS protocol).

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use hyper::header::HeaderName;

use super::error::METHOD;
use crate::foreign::brief;
use crate::server::message::{Request, Response};

/// How long a browser may cache a preflight, in seconds.
const MAX_AGE: &str = "600";

/// The request headers that every allowed page may set.
const ALLOWED_HEADERS: [&str; 2] = ["Authorization", "Content-Type"];

/// The response headers that a page may read, beside those that every page may.
const EXPOSED_HEADERS: &str = "Retry-After, X-Request-Id";

/// An origin as browsers write it: scheme, host and, where it is not the scheme's own, port (RFC 6454
/// section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is not an origin as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError {
    /// The text.
    text: String,
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not an origin as browsers send it, such as https://app.example.com or http://localhost:3000",
            brief(&self.text)
        )
    }
}

impl Error for OriginError {}

impl FromStr for Origin {
    type Err = OriginError;

    /// Reads an origin in the one form in which browsers send it: lower case, no path, no default port.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let is_origin = text.split_once("://").is_some_and(|(scheme, authority)| {
            let (host, port) = split_port(authority);
            is_scheme(scheme) && is_host(host) && port.is_none_or(|port| is_port(port, scheme))
        });
        if is_origin { Ok(Self(text.to_owned())) } else { Err(OriginError { text: text.to_owned() }) }
    }
}

/// Which pages may read responses, and what they may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// The allowed origins; none if no page may read responses.
    origins: Vec<Origin>,
    /// The request headers that a page may set, as a list in one header.
    allowed_headers: String,
}

impl Default for Cors {
    /// Returns a policy by which no page may read responses.
    fn default() -> Self {
        Self::new(Vec::new(), &[])
    }
}

impl Cors {
    /// Returns a policy that allows these origins, and these request headers beside `Authorization` and
    /// `Content-Type`.
    #[must_use]
    pub fn new(origins: Vec<Origin>, more_headers: &[HeaderName]) -> Self {
        let names = ALLOWED_HEADERS.into_iter().chain(more_headers.iter().map(HeaderName::as_str));
        Self { origins, allowed_headers: names.collect::<Vec<_>>().join(", ") }
    }

    /// Returns the response to a preflight of an allowed origin; `None` for every other request.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method != "OPTIONS" || request.requested_method.value().is_none() {
            return None;
        }
        let origin = self.allowed_origin(request)?;
        Some(
            Response::new(204)
                .header("Access-Control-Allow-Origin", origin)
                .header("Access-Control-Allow-Methods", METHOD)
                .header("Access-Control-Allow-Headers", self.allowed_headers.as_str())
                .header("Access-Control-Max-Age", MAX_AGE)
                .header("Vary", "Origin"),
        )
    }

    /// Adds the headers that let a page of an allowed origin read the response.
    pub(super) fn apply(&self, request: &Request, response: Response) -> Response {
        if self.origins.is_empty() {
            return response;
        }
        let response = match self.allowed_origin(request) {
            Some(origin) => response
                .header("Access-Control-Allow-Origin", origin)
                .header("Access-Control-Expose-Headers", EXPOSED_HEADERS),
            None => response,
        };
        response.header("Vary", "Origin")
    }

    /// Returns the origin of a request if it is allowed.
    fn allowed_origin(&self, request: &Request) -> Option<&str> {
        let sent = request.origin.value()?;
        self.origins.iter().map(|Origin(origin)| origin.as_str()).find(|origin| *origin == sent)
    }
}

/// Splits off the port, which follows the last colon outside of brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Returns `true` for a scheme in lower case (RFC 3986 section 3.1).
fn is_scheme(scheme: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_lowercase()) && scheme.bytes().all(is_allowed)
}

/// Returns `true` for a host in lower case: a name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let parsed = address.parse::<std::net::Ipv6Addr>();
        return parsed.is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    !host.is_empty() && host.bytes().all(is_allowed)
}

/// Returns `true` for a port that browsers write out: another than the scheme's own.
fn is_port(port: &str, scheme: &str) -> bool {
    let own = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    port.parse::<u16>().is_ok_and(|number| number.to_string() == port && Some(number) != own && number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_origins_as_browsers_send_them() {
        for text in [
            "https://app.example.com",
            "http://localhost:3000",
            "https://app.example.com:8443",
            "http://127.0.0.1:8080",
            "https://[2001:db8::1]",
            "https://[2001:db8::1]:8443",
            "capacitor://localhost",
        ] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_would_never_match_or_match_too_much() {
        for text in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://app.example.com:0",
            "https://app.example.com:08443",
            "https://app.example.com:65536",
            "https://user@app.example.com",
            "https://app.example.com https://b.example.com",
            "https://[2001:DB8::1]",
            "https://[2001:db8:0::1]",
            "https://2001:db8::1",
            "://app.example.com",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
