//! How a test of an app controls the server: the faults, which it can change, and the last requests, which it can count.
//!
//! Only a process of this machine is answered, and no page of a browser: neither one of another origin, which sends an
//! `Origin`, nor one whose name was made to point to this machine (DNS rebinding), which sends that name as `Host`.

use std::net::IpAddr;

use hyper::http::uri::Authority;
use serde_json::json;

use super::message::{HeaderValue, Request, Response};
use super::telemetry::Telemetry;
use crate::error::Diagnostic as _;
use crate::escape::json_line;
use crate::fault::{FaultRule, Faults, FaultsError};

/// Returns the response to a request for `/faults` or `/requests`.
pub(super) fn respond(request: &Request, faults: &Faults, telemetry: &Telemetry) -> Response {
    if request.origin != HeaderValue::Absent || !names_this_machine(&request.host) {
        return Response::error(403, "Send a Host that is an IP address or localhost, and no Origin");
    }
    if faults.is_forbidden() {
        return refused(FaultsError::Forbidden);
    }
    match (request.path.as_str(), request.method.as_str()) {
        ("/faults", "GET" | "HEAD") => list(faults),
        ("/faults", "POST") => add(&request.body, faults, telemetry),
        ("/faults", "DELETE") => {
            faults.clear();
            telemetry.note("no request fails on purpose any more");
            list(faults)
        }
        ("/faults", _) => {
            Response::error(405, "Use GET, POST or DELETE").header("Allow", "GET, HEAD, POST, DELETE")
        }
        (_, "GET" | "HEAD") => {
            Response::json(200, json_line(&json!({ "requests": telemetry.recent_requests() })))
        }
        _ => Response::error(405, "Use GET").header("Allow", "GET, HEAD"),
    }
}

/// Adds the faults of a body, one a line, to those that there are. If one is none, no other is added.
fn add(body: &[u8], faults: &Faults, telemetry: &Telemetry) -> Response {
    let lines = String::from_utf8_lossy(body);
    let rules: Result<Vec<FaultRule>, _> = lines.trim().lines().map(|line| line.trim().parse()).collect();
    let rules = match rules {
        Ok(rules) if rules.is_empty() => return Response::error(422, "Send faults, one a line"),
        Ok(rules) => rules,
        Err(error) => return Response::error(422, &error.hint().unwrap_or_default()),
    };
    if let Err(error) = faults.add(&rules) {
        return refused(error);
    }
    for rule in &rules {
        telemetry.note(&format!("requests fail on purpose: {rule}"));
    }
    list(faults)
}

/// Returns the faults that there are now.
fn list(faults: &Faults) -> Response {
    Response::json(200, json_line(&json!({ "faults": faults.list() })))
}

/// Returns the response to faults that are refused.
fn refused(error: FaultsError) -> Response {
    let status = if error == FaultsError::Forbidden { 403 } else { 422 };
    Response::error(status, &error.to_string())
}

/// Returns `true` for a `Host` that no name server decides about.
fn names_this_machine(host: &HeaderValue) -> bool {
    let Some(authority) = host.value().and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_and_localhost_name_this_machine() {
        let names = |host: &str| names_this_machine(&HeaderValue::Single(host.into()));
        for host in ["127.0.0.1", "127.0.0.1:9464", "[::1]:9464", "[::1]", "localhost", "LocalHost:1"] {
            assert!(names(host), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:9464", "127.0.0.1.evil.example", "", "localhost."]
        {
            assert!(!names(host), "{host}");
        }
        assert!(!names_this_machine(&HeaderValue::Absent) && !names_this_machine(&HeaderValue::Invalid));
    }
}
