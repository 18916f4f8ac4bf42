//! The server's metrics, and their encoding for Prometheus.
//!
//! Label values come from fixed sets and never from a client, so the number of time series does not grow with the number of
//! requests.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::time::Timestamp;

/// The `Content-Type` of the text format.
pub(in crate::server) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// The statuses that are exported from the start, at zero: those of the contract's section 3.
const STATUSES: [u16; 14] = [200, 400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 431, 500, 503];

/// The reasons that are exported from the start, at zero: those that may be worth an alert.
const REASONS: [&str; 12] = [
    "address_too_often",
    "audit_unavailable",
    "backend_busy",
    "backend_response",
    "backend_status",
    "backend_timeout",
    "backend_too_often",
    "backend_unreachable",
    "crowded",
    "customer_too_often",
    "no_answer",
    "sessions_unavailable",
];

/// The bounds of a histogram's buckets, in seconds.
const BUCKETS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of a server.
#[derive(Debug)]
pub(in crate::server) struct Metrics {
    /// The registry of all metrics, which encodes them.
    registry: Registry,
    /// The number of requests, by status.
    requests: Family<[(&'static str, u16); 1], Counter>,
    /// The number of refused requests, by reason.
    refusals: Family<[(&'static str, &'static str); 1], Counter>,
    /// The durations of answers.
    pub(super) answers: Histogram,
    /// The durations of audit log syncs.
    pub(super) syncs: Histogram,
    /// The number of open connections.
    pub(in crate::server) connections: Gauge<u64, AtomicU64>,
    /// When the certificate expires.
    pub(super) certificate: Gauge<u64, AtomicU64>,
}

impl Metrics {
    /// Returns the metrics, all at zero. `started_at` is when the process started; `certificate_expires_at` is `None`
    /// without TLS.
    pub(super) fn new(started_at: Timestamp, certificate_expires_at: Option<Timestamp>) -> Self {
        let mut registry = Registry::default();
        let (requests, refusals) = (Family::default(), Family::default());
        let (answers, syncs) = (Histogram::new(BUCKETS), Histogram::new(BUCKETS));
        let (connections, certificate) = (Gauge::default(), Gauge::default());
        registry.register("stream_token_requests", "Requests answered, by status", requests.clone());
        registry.register("stream_token_refusals", "Requests without a token, by reason", refusals.clone());
        registry.register("stream_token_request_duration_seconds", "Time to answer", answers.clone());
        registry.register("stream_token_audit_sync_duration_seconds", "Time to sync entries", syncs.clone());
        registry.register("stream_token_connections", "Open connections", connections.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("stream_token_build", "The version of the program", build);
        let started: ConstGauge<u64> = ConstGauge::new(started_at.epoch_seconds());
        registry.register("process_start_time_seconds", "Start of the process, in epoch seconds", started);
        if let Some(at) = certificate_expires_at {
            let name = "stream_token_certificate_expiry_timestamp_seconds";
            registry.register(name, "Expiry of the certificate, in epoch seconds", certificate.clone());
            certificate.set(at.epoch_seconds());
        }
        let metrics = Self { registry, requests, refusals, answers, syncs, connections, certificate };
        for status in STATUSES {
            drop(metrics.requests.get_or_create(&[("status", status)]));
        }
        for reason in REASONS {
            drop(metrics.refusals.get_or_create(&[("reason", reason)]));
        }
        metrics
    }

    /// Counts a response by its status, and by the reason if it carries no token.
    pub(super) fn count(&self, status: u16, reason: Option<&'static str>) {
        self.requests.get_or_create(&[("status", status)]).inc();
        if let Some(reason) = reason {
            self.refusals.get_or_create(&[("reason", reason)]).inc();
        }
    }

    /// Returns all metrics in Prometheus' text format.
    pub(in crate::server) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    /// Returns `true` if a text has a line.
    fn has(text: &str, line: &str) -> bool {
        text.lines().any(|found| found == line)
    }

    #[test]
    fn requests_are_counted_by_status_from_zero() {
        let metrics = Metrics::new(at(7), None);
        assert!(STATUSES.iter().all(|status| {
            has(&metrics.encode(), &format!("stream_token_requests_total{{status=\"{status}\"}} 0"))
        }));
        metrics.count(200, None);
        metrics.count(200, None);
        metrics.count(429, Some("customer_too_often"));
        let text = metrics.encode();
        for line in [
            "stream_token_requests_total{status=\"200\"} 2",
            "stream_token_requests_total{status=\"429\"} 1",
            "stream_token_refusals_total{reason=\"customer_too_often\"} 1",
            "process_start_time_seconds 7",
            "stream_token_connections 0",
            concat!("stream_token_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(has(&text, line), "{line}\n{text}");
        }
    }

    #[test]
    fn reasons_exported_from_the_start_exist() {
        use crate::issuer::IssueError;
        use crate::server::contract::RequestError;
        use crate::session::{AuthError, BackendError};
        let unavailable = std::io::Error::other("x");
        let damaged = crate::audit::AuditError::Damaged("x".into());
        let backend = [
            BackendError::Unreachable(String::new()),
            BackendError::TimedOut(Duration::ZERO),
            BackendError::Status(500),
            BackendError::Malformed(String::new()),
            BackendError::Busy,
        ];
        let errors = [
            RequestError::Session(AuthError::TooOften(Duration::ZERO)),
            RequestError::AddressRateLimited(Duration::ZERO),
            RequestError::Issue(IssueError::Audit(damaged)),
            RequestError::CustomerRateLimited(Duration::ZERO),
            RequestError::Session(AuthError::Unavailable(std::sync::Arc::new(unavailable))),
        ];
        let mut reasons: Vec<&str> = errors.iter().filter_map(RequestError::reason).collect();
        reasons.extend(backend.map(|error| AuthError::from(error).reason()));
        // Those of the frontend.
        reasons.extend(["crowded", "no_answer"]);
        reasons.sort_unstable();
        assert_eq!(reasons, REASONS);
    }

    #[test]
    fn times_fall_into_their_buckets() {
        let metrics = Metrics::new(at(7), None);
        metrics.answers.observe(0.000_1);
        metrics.answers.observe(0.03);
        metrics.syncs.observe(11.0);
        let text = metrics.encode();
        for line in [
            "stream_token_request_duration_seconds_bucket{le=\"0.0001\"} 1",
            "stream_token_request_duration_seconds_bucket{le=\"0.025\"} 1",
            "stream_token_request_duration_seconds_bucket{le=\"0.05\"} 2",
            "stream_token_request_duration_seconds_count 2",
            "stream_token_audit_sync_duration_seconds_bucket{le=\"10\"} 0",
            "stream_token_audit_sync_duration_seconds_bucket{le=\"+Inf\"} 1",
            "stream_token_audit_sync_duration_seconds_sum 11.0",
        ] {
            assert!(has(&text, line), "{line}\n{text}");
        }
    }

    #[test]
    fn certificate_metric_is_absent_without_a_certificate() {
        let name = "stream_token_certificate_expiry_timestamp_seconds";
        assert!(!Metrics::new(at(7), None).encode().contains(name));
        let metrics = Metrics::new(at(7), Some(at(1_893_455_000)));
        metrics.certificate.set(1_893_456_000);
        assert!(has(&metrics.encode(), &format!("{name} 1893456000")));
    }
}
