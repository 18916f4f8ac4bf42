//! What the admin listener answers: health, readiness and metrics.

use super::message::{Request, Response};
use super::telemetry::{METRICS_CONTENT_TYPE, Telemetry};
use crate::escape::json_line;

/// Returns the response to a request. The frontend sends the same to HEAD, without the body.
pub(super) fn respond(request: &Request, telemetry: &Telemetry) -> Response {
    let response: fn(&Telemetry) -> Response = match request.path.as_str() {
        "/healthz" => |_| Response::json(200, r#"{"status":"ok"}"#.into()),
        "/readyz" => ready,
        "/metrics" => |telemetry| Response::with_body(200, METRICS_CONTENT_TYPE, telemetry.metrics()),
        _ => return Response::error(404, "Use GET /healthz, /readyz or /metrics"),
    };
    match request.method.as_str() {
        "GET" | "HEAD" => response(telemetry),
        _ => Response::error(405, "Use GET").header("Allow", "GET, HEAD"),
    }
}

/// Returns 200 if the server is ready for requests, and 503 if not.
fn ready(telemetry: &Telemetry) -> Response {
    let readiness = telemetry.readiness();
    let status = if readiness.status == "ready" { 200 } else { 503 };
    Response::json(status, json_line(&readiness))
}
