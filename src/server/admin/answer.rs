//! What the admin listener answers: a pure function of a request and what is known.

use super::super::exchange::{Reply, Request};
use super::super::telemetry::{CONTENT_TYPE, Readiness, Status};
use crate::foreign::json_line;

/// The methods that are served.
const METHODS: &str = "GET, HEAD";

/// What the answers depend on beside the request.
pub(super) trait Known {
    /// Tells whether the server is ready.
    fn readiness(&self) -> Readiness;

    /// Gives the metrics as Prometheus reads them.
    fn metrics(&self) -> String;
}

/// Answers a request. To HEAD the gate sends the same without its body.
pub(super) fn answer(request: &Request, known: &dyn Known) -> Reply {
    let reply: fn(&dyn Known) -> Reply = match request.path.as_str() {
        "/healthz" => |_| Reply::json(200, r#"{"status":"ok"}"#.into()),
        "/readyz" => |known| ready(known.readiness()),
        "/metrics" => |known| Reply::text(CONTENT_TYPE, known.metrics()),
        _ => return Reply::refusal(404, "Use GET /healthz, /readyz or /metrics"),
    };
    match request.method.as_str() {
        "GET" | "HEAD" => reply(known),
        _ => Reply::refusal(405, "Use GET").with("Allow", METHODS),
    }
}

/// Tells whether the server is ready.
fn ready(readiness: Readiness) -> Reply {
    let status = if readiness.status == Status::Ready { 200 } else { 503 };
    Reply::json(status, json_line(&readiness))
}

#[cfg(test)]
mod tests {
    use super::super::super::telemetry::{AuditState, SecretState};
    use super::*;

    impl Known for Status {
        fn readiness(&self) -> Readiness {
            let (secret, audit) = (SecretState::Loaded, AuditState::Failing);
            Readiness { status: *self, secret, audit, draining: false }
        }

        fn metrics(&self) -> String {
            "up 1\n".into()
        }
    }

    fn request(method: &str, path: &str) -> Request {
        Request::bare(method, path, [127, 0, 0, 1].into(), "r-1")
    }

    /// Gives the status and the body of the answer.
    fn said(method: &str, path: &str, status: Status) -> (u16, String) {
        let reply = answer(&request(method, path), &status);
        (reply.status(), String::from_utf8(reply.body().to_vec()).unwrap())
    }

    #[test]
    fn it_is_alive_whether_it_is_ready_or_not() {
        for status in [Status::Ready, Status::NotReady] {
            assert_eq!(said("GET", "/healthz", status), (200, r#"{"status":"ok"}"#.into()));
        }
    }

    #[test]
    fn readiness_is_a_status_and_its_reasons() {
        let body = |status: &str| {
            format!(r#"{{"status":"{status}","secret":"loaded","audit":"failing","draining":false}}"#)
        };
        assert_eq!(said("GET", "/readyz", Status::Ready), (200, body("ready")));
        assert_eq!(said("GET", "/readyz", Status::NotReady), (503, body("not_ready")));
    }

    #[test]
    fn metrics_are_text_of_the_form_that_prometheus_reads() {
        let reply = answer(&request("GET", "/metrics"), &Status::Ready);
        assert_eq!((reply.status(), reply.body()), (200, &b"up 1\n"[..]));
        assert_eq!(reply.header("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    }

    #[test]
    fn head_is_answered_as_get_and_other_methods_are_not_allowed() {
        for path in ["/healthz", "/readyz", "/metrics"] {
            let get = answer(&request("GET", path), &Status::Ready);
            assert_eq!(answer(&request("HEAD", path), &Status::Ready), get);
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
                let reply = answer(&request(method, path), &Status::Ready);
                assert_eq!((reply.status(), reply.header("Allow")), (405, Some("GET, HEAD")), "{method}");
                assert_eq!(reply.body(), br#"{"error":"Method Not Allowed","message":"Use GET"}"#);
            }
        }
    }

    #[test]
    fn nothing_is_at_other_paths() {
        let body = r#"{"error":"Not Found","message":"Use GET /healthz, /readyz or /metrics"}"#;
        for path in ["/", "*", "/metrics/", "/healthz/../metrics", "/stream-chat/token"] {
            assert_eq!(said("GET", path, Status::Ready), (404, body.into()), "{path}");
            assert_eq!(said("POST", path, Status::Ready), (404, body.into()), "{path}");
        }
    }
}
