//! What a server reports about itself while it runs: the log, the metrics, readiness. It outlives every reload.
//!
//! Nothing of a request is in the log but its peer, and its method and path if these are known here: neither tokens
//! nor bodies, nor anything else that a client wrote.

mod health;
mod log;
mod metrics;
mod recent;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use self::health::Health;
pub use self::health::Readiness;
pub use self::log::{Fields, LogFormat, ServerLog};
pub(super) use self::metrics::CONTENT_TYPE as METRICS_CONTENT_TYPE;
use self::metrics::Metrics;
use self::recent::{RecentRequest, RecentRequests};
use super::contract::{LoggedResponse, PATH, RequestError};
use super::message::Request;
use crate::audit::AuditLog;
use crate::time::{Clock, Timestamp};
use crate::token::CustomerId;

/// The methods that are logged by their names (RFC 9110 section 9, RFC 5789).
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
/// Stands for every method and path that a client made up.
const OTHER: &str = "other";

/// All that is told about a server.
pub struct Telemetry {
    /// The log.
    log: ServerLog,
    /// The metrics.
    metrics: Metrics,
    /// Readiness.
    health: Health,
    /// The last requests.
    recent: RecentRequests,
    /// Notes about too many connections.
    crowded: Throttle,
    /// Notes about missing descriptors.
    starved: Throttle,
    /// Notes about headers of trusted proxies that cannot be read.
    unreadable: Throttle,
}

/// Lets a note pass once in an interval.
struct Throttle {
    /// The interval.
    interval: Duration,
    /// When a note passed last.
    last: Mutex<Option<Instant>>,
}

impl Throttle {
    /// Returns one that lets a note pass once in so many seconds.
    const fn new(seconds: u64) -> Self {
        Self { interval: Duration::from_secs(seconds), last: Mutex::new(None) }
    }

    /// Returns `true` if a note may pass now.
    fn allows(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last) >= self.interval);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

impl Telemetry {
    /// Returns the telemetry of a server that starts now, with the expiry of its TLS certificate if it has one.
    #[must_use]
    pub fn new(log: ServerLog, clock: Clock, certificate_expires_at: Option<Timestamp>) -> Self {
        Self {
            log,
            metrics: Metrics::new(clock.now(), certificate_expires_at),
            health: Health::new(clock),
            recent: RecentRequests::new(clock),
            crowded: Throttle::new(1),
            starved: Throttle::new(1),
            unreadable: Throttle::new(60),
        }
    }

    /// Returns the log.
    #[must_use]
    pub fn log(&self) -> &ServerLog {
        &self.log
    }

    /// Watches the audit log: its syncs are measured, and its failures make the server not ready.
    pub fn watch_audit_log(&self, audit_log: &Arc<AuditLog>) {
        audit_log.observe_syncs(self.metrics.sync_observer());
        self.health.watch_audit_log(Arc::clone(audit_log));
    }

    /// Records when the TLS certificate expires.
    pub fn certificate_expires(&self, at: Timestamp) {
        self.metrics.certificate_expires(at);
    }

    /// Records whether a reload could read the secret. If not, the old one stays in use, and the server stays ready.
    pub fn record_reload(&self, is_read: bool) {
        self.health.record_reload(is_read);
    }

    /// Records a response of the endpoint, and how long it took.
    pub(super) fn responded(&self, request: &Request, logged: &LoggedResponse, took: Duration) {
        let (status, error) = (logged.response.status(), logged.error.as_ref());
        let reason = error.and_then(RequestError::reason);
        let method = METHODS.into_iter().find(|method| *method == request.method).unwrap_or(OTHER);
        self.log.event(&[
            ("request_id", request.id.as_str().into()),
            ("peer", request.peer.to_string().into()),
            ("method", method.into()),
            ("path", if request.path == PATH { PATH } else { OTHER }.into()),
            ("status", status.into()),
            ("ms", milliseconds(took).into()),
            ("customer", logged.customer.map(CustomerId::get).into()),
            ("fault", logged.fault.map(|fault| fault.to_string()).into()),
            ("reason", reason.into()),
            ("error", error.and_then(RequestError::fault).into()),
        ]);
        self.recent.add(RecentRequest {
            request_id: Some(request.id.clone()),
            customer: logged.customer.map(CustomerId::get),
            status,
            fault: logged.fault.map(|fault| fault.to_string()),
            reason,
            ..RecentRequest::default()
        });
        self.metrics.count_response(status);
        self.metrics.observe_duration(took);
        if let Some(reason) = reason {
            self.metrics.count_refusal(reason);
        }
    }

    /// Records a request that did not reach the endpoint, or got no response from it.
    pub(super) fn rejected(&self, id: Option<&str>, peer: IpAddr, status: u16, reason: &'static str) {
        let peer = peer.to_string().into();
        self.log.event(&[
            ("request_id", id.into()),
            ("peer", peer),
            ("status", status.into()),
            ("reason", reason.into()),
        ]);
        let request_id = id.map(str::to_owned);
        self.recent.add(RecentRequest {
            request_id,
            status,
            reason: Some(reason),
            ..RecentRequest::default()
        });
        self.metrics.count_response(status);
        self.metrics.count_refusal(reason);
    }

    /// Records a TLS handshake that failed.
    pub(super) fn tls_failed(&self, peer: IpAddr, reason: &'static str) {
        self.log.event(&[("peer", peer.to_string().into()), ("reason", reason.into())]);
    }

    /// Records the number of connections.
    pub(super) fn set_connections(&self, count: usize) {
        self.metrics.set_connections(count);
    }

    /// Records that a connection was closed for a new one.
    pub(super) fn too_many_connections(&self) {
        self.throttled(&self.crowded, "the most connections are open: one is closed for each new one");
    }

    /// Records that the system had no descriptor for a connection.
    pub(super) fn out_of_descriptors(&self) {
        self.throttled(&self.starved, "no descriptor for a connection: another is closed");
    }

    /// Records that a trusted proxy sent an `X-Forwarded-For` that cannot be read.
    pub(super) fn unreadable_forwarded_for(&self, peer: IpAddr) {
        let note =
            format!("X-Forwarded-For of the trusted proxy {peer} cannot be read: its own address counts");
        self.throttled(&self.unreadable, &note);
    }

    /// Reports to systemd, if it started the server, that it is ready for requests.
    pub fn ready(&self) {
        notify_systemd(&[NotifyState::Ready]);
    }

    /// Reports to systemd that the server reloads. Call [`Telemetry::ready`] afterwards.
    pub fn reloading(&self) {
        // systemd wants to know since when (sd_notify(3)).
        let now = NotifyState::monotonic_usec_now().ok();
        notify_systemd(&[NotifyState::Reloading].into_iter().chain(now).collect::<Vec<_>>());
    }

    /// Records that the server drains.
    pub(super) fn draining(&self) {
        notify_systemd(&[NotifyState::Stopping]);
        self.health.drain();
        self.note("draining: what was received is still answered");
    }

    /// Logs a note.
    pub fn note(&self, note: &str) {
        self.log.event(&[("note", note.into())]);
    }

    /// Returns whether the server is ready, and why.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.health.readiness()
    }

    /// Returns the last requests, oldest first.
    #[must_use]
    pub(super) fn recent_requests(&self) -> Vec<RecentRequest> {
        self.recent.list()
    }

    /// Returns the metrics in Prometheus' text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.metrics.encode()
    }

    /// Logs a note, unless the same was logged a short time ago.
    fn throttled(&self, throttle: &Throttle, note: &str) {
        if throttle.allows(Instant::now()) {
            self.note(note);
        }
    }
}

/// Sends the server's state to systemd. Without systemd there is no socket in the environment, and nothing to do.
fn notify_systemd(state: &[NotifyState<'_>]) {
    // A socket that nobody listens on is not worth failing for.
    let _ = sd_notify::notify(state);
}

/// Returns a time in milliseconds, to the microsecond.
fn milliseconds(time: Duration) -> f64 {
    let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_microsecond() {
        assert!((milliseconds(Duration::from_nanos(1_234_567)) - 1.234).abs() < 1e-9);
    }

    #[test]
    fn a_note_passes_once_in_its_interval() {
        let (start, throttle) = (Instant::now(), Throttle::new(60));
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(throttle.allows(start) && !throttle.allows(start) && !throttle.allows(after(59)));
        assert!(throttle.allows(after(60)) && !throttle.allows(after(61)));
    }
}
