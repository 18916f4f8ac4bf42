//! What the admin listener answers: health, readiness and metrics; on loopback also `controls`.

use std::sync::Arc;

use serde::Serialize;

use super::controls;
use super::message::{Request, Response};
use super::telemetry::{METRICS_CONTENT_TYPE, Readiness, Telemetry};
use crate::escape::json_line;
use crate::fault::Faults;

/// The admin listener.
pub(super) struct Admin {
    /// Knows the server's state.
    pub(super) telemetry: Arc<Telemetry>,
    /// Which requests fail on purpose.
    pub(super) faults: Arc<Faults>,
    /// Whether only this machine reaches it, which may then control the faults.
    pub(super) is_local: bool,
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct ReadyBody {
    /// Whether the server is ready, and why.
    #[serde(flatten)]
    readiness: Readiness,
    /// The faults, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
}

impl Admin {
    /// Returns the response to a request. The frontend sends the same to HEAD, without the body.
    pub(super) fn respond(&self, request: &Request) -> Response {
        let response: fn(&Self) -> Response = match request.path.as_str() {
            "/healthz" => |_| Response::json(200, r#"{"status":"ok"}"#.into()),
            "/readyz" => Self::ready,
            "/metrics" => |admin| Response::with_body(200, METRICS_CONTENT_TYPE, admin.telemetry.metrics()),
            "/faults" | "/requests" if self.is_local => {
                return controls::respond(request, &self.faults, &self.telemetry);
            }
            _ => return Response::error(404, "Use GET /healthz, /readyz or /metrics"),
        };
        match request.method.as_str() {
            "GET" | "HEAD" => response(self),
            _ => Response::error(405, "Use GET").header("Allow", "GET, HEAD"),
        }
    }

    /// Returns 200 if the server is ready for requests, and 503 if not.
    fn ready(&self) -> Response {
        let readiness = self.telemetry.readiness();
        let status = if readiness.status == "ready" { 200 } else { 503 };
        Response::json(status, json_line(&ReadyBody { readiness, faults: self.faults.list() }))
    }
}
