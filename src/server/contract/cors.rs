//! The CORS policy: the origins whose pages may read responses (Fetch standard, CORS protocol).

use hyper::Uri;
use hyper::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN};

use super::error::METHOD;
use crate::error::ErrorReport;
use crate::server::message::{Request, Response};

/// How long a browser may cache a preflight, in seconds.
const MAX_AGE: &str = "600";

/// The request headers that every allowed page may set.
const ALLOWED_HEADERS: [&str; 2] = ["Authorization", "Content-Type"];

/// The response headers that a page may read, in addition to those that every page may read.
const EXPOSED_HEADERS: &str = "Retry-After, X-Request-Id";

/// Parses an origin in the form that browsers send (RFC 6454 section 6.2): scheme and host in lower case, no path, no
/// default port.
///
/// # Errors
/// The text is no such origin.
pub fn parse_origin(text: &str) -> Result<String, ErrorReport> {
    let expected =
        "expected an origin as browsers send it, such as https://app.example.com or http://localhost:3000";
    let origin = Some(text.to_owned()).filter(|text| is_origin(text) == Some(true));
    origin.ok_or_else(|| ErrorReport::usage("not an origin", expected))
}

/// Returns `Some(true)` if a text is an origin.
fn is_origin(text: &str) -> Option<bool> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let default_port = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let (host, port) = (authority.host(), authority.port_u16());
    let port_text = port.map(|port| format!(":{port}")).unwrap_or_default();
    let is_canonical = text == format!("{scheme}://{host}{port_text}") && text == text.to_lowercase();
    let is_valid_port = port.is_none_or(|port| port > 0 && Some(port) != default_port);
    Some(is_canonical && is_valid_port && !scheme.is_empty() && !host.contains('*'))
}

/// The origins whose pages may read responses, and the request headers that they may set. By default there are no origins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors {
    /// The allowed origins; empty if no page may read responses.
    origins: Vec<String>,
    /// The request headers that a page may set, as the value of `Access-Control-Allow-Headers`.
    allowed_headers: String,
}

impl Cors {
    /// Returns a policy that allows these origins, and these request headers in addition to `Authorization` and
    /// `Content-Type`.
    #[must_use]
    pub fn new(origins: Vec<String>, more_headers: &[HeaderName]) -> Self {
        let names = ALLOWED_HEADERS.into_iter().chain(more_headers.iter().map(HeaderName::as_str));
        Self { origins, allowed_headers: names.collect::<Vec<_>>().join(", ") }
    }

    /// Returns the response to a preflight request from an allowed origin; `None` for every other request.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method != "OPTIONS" || request.header(&ACCESS_CONTROL_REQUEST_METHOD).value().is_none() {
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
        let sent = request.header(&ORIGIN).value()?;
        self.origins.iter().map(String::as_str).find(|origin| *origin == sent)
    }
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
            assert!(parse_origin(text).is_ok(), "{text}");
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
            "https://2001:db8::1",
            "://app.example.com",
        ] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }
}
