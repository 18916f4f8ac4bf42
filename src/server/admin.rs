//! The admin listener: health, readiness and metrics. If only this machine can reach it, tests of an app can also change
//! the injected faults and count the recent requests.
//!
//! No web page can control the faults: a page of another origin sends an `Origin`, and a page whose host name was made to
//! resolve to this machine (DNS rebinding) sends that name as `Host`.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::{HOST, ORIGIN};
use hyper::http::uri::Authority;
use serde_json::json;

use super::message::{Request, Response};
use super::telemetry::{METRICS_CONTENT_TYPE, Telemetry};
use crate::escape::json_line;
use crate::fault::{FaultRule, Faults};

/// The admin listener.
pub(super) struct Admin {
    /// The log, metrics and readiness.
    pub(super) telemetry: Arc<Telemetry>,
    /// The injected faults.
    pub(super) faults: Arc<Faults>,
    /// Whether only this machine can reach the listener, and so may control the faults.
    pub(super) is_local: bool,
}

impl Admin {
    /// Returns the response to a request. For HEAD, the frontend sends it without the body.
    pub(super) fn respond(&self, request: &Request) -> Response {
        let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
        match request.path.as_str() {
            "/faults" | "/requests" if self.is_local => self.control(request),
            "/healthz" | "/readyz" | "/metrics" if !is_read => not_allowed("Use GET", "GET, HEAD"),
            "/healthz" => Response::json(200, r#"{"status":"ok"}"#.into()),
            "/readyz" => self.ready(),
            "/metrics" => Response::with_body(200, METRICS_CONTENT_TYPE, self.telemetry.metrics.encode()),
            _ => Response::error(404, "Use GET /healthz, /readyz or /metrics"),
        }
    }

    /// Returns 200 if the server is ready for requests, and 503 if not.
    fn ready(&self) -> Response {
        let (is_ready, mut body) = self.telemetry.readiness();
        let faults = self.faults.list();
        if !faults.is_empty() {
            body["faults"] = faults.into();
        }
        Response::json(if is_ready { 200 } else { 503 }, json_line(&body))
    }

    /// Returns the response to a request for `/faults` or `/requests`.
    fn control(&self, request: &Request) -> Response {
        if request.headers.contains_key(ORIGIN) || !names_this_machine(request.header(&HOST)) {
            return Response::error(403, "Send a Host that is an IP address or localhost, and no Origin");
        }
        if self.faults.is_forbidden() {
            return Response::error(403, Faults::FORBIDDEN);
        }
        match (request.path.as_str(), request.method.as_str()) {
            ("/faults", "GET" | "HEAD") => self.list_faults(),
            ("/faults", "POST") => self.add_faults(&request.body),
            ("/faults", "DELETE") => {
                self.faults.clear();
                self.telemetry.note("no request fails on purpose any more");
                self.list_faults()
            }
            ("/faults", _) => not_allowed("Use GET, POST or DELETE", "GET, HEAD, POST, DELETE"),
            (_, "GET" | "HEAD") => {
                Response::json(200, json_line(&json!({ "requests": self.telemetry.recent_requests() })))
            }
            _ => not_allowed("Use GET", "GET, HEAD"),
        }
    }

    /// Adds the faults in a body, one per line. If one of them is invalid, none is added.
    fn add_faults(&self, body: &[u8]) -> Response {
        let lines = String::from_utf8_lossy(body);
        let rules: Result<Vec<FaultRule>, _> = lines.trim().lines().map(|line| line.trim().parse()).collect();
        let rules = match rules {
            Ok(rules) if rules.is_empty() => return Response::error(422, "Send faults, one a line"),
            Ok(rules) => rules,
            Err(error) => return Response::error(422, &error.hint.unwrap_or_default()),
        };
        if let Err(error) = self.faults.add(&rules) {
            return Response::error(422, &error.message);
        }
        for rule in &rules {
            self.telemetry.note(&format!("requests fail on purpose: {rule}"));
        }
        self.list_faults()
    }

    /// Returns the current faults.
    fn list_faults(&self) -> Response {
        Response::json(200, json_line(&json!({ "faults": self.faults.list() })))
    }
}

/// Returns the response to a method that is not allowed.
fn not_allowed(message: &str, allowed: &str) -> Response {
    Response::error(405, message).header("Allow", allowed)
}

/// Returns `true` if a `Host` is an IP address or `localhost`, which do not depend on DNS.
fn names_this_machine(host: Option<&str>) -> bool {
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_and_localhost_name_this_machine() {
        let names = |host: &str| names_this_machine(Some(host));
        for host in ["127.0.0.1", "127.0.0.1:9464", "[::1]:9464", "[::1]", "localhost", "LocalHost:1"] {
            assert!(names(host), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:9464", "127.0.0.1.evil.example", "", "localhost."]
        {
            assert!(!names(host), "{host}");
        }
        assert!(!names_this_machine(None));
    }
}
