//! What a running server reports about itself: the log, the metrics and readiness. Reloads do not reset it.
//!
//! Of a request, the log holds only the peer, and the method and path if they are known ones: no token, no body, nothing
//! else that the client wrote.

mod log;
mod metrics;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use serde_json::{Value, json};

pub use self::log::{Fields, ServerLog};
pub(super) use self::metrics::CONTENT_TYPE as METRICS_CONTENT_TYPE;
use self::metrics::Metrics;
use super::message::{PATH, Request};
use crate::audit::{AuditLog, LastAppend};
use crate::time::{Clock, Timestamp, utc};

/// The methods that are logged by their names (RFC 9110 section 9, RFC 5789).
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
/// The placeholder for every other method or path.
const OTHER: &str = "other";

/// The maximum number of recent requests kept, with which tests of an app count its requests.
const MAX_RECENT: usize = 100;

/// How long a failure of the audit log makes the server not ready. A server that is not ready receives no requests, so it
/// would never find out that the log works again; after this time it is ready again.
const FAILURE_WINDOW: Duration = Duration::from_mins(1);

/// How long a note that was logged rarely is not logged again.
const NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// The state of an audit log whose last entry could not be written.
const FAILING: &str = "failing";

/// The log, metrics and readiness of a server.
pub struct Telemetry {
    /// The log.
    pub log: ServerLog,
    /// The clock.
    clock: Clock,
    /// The metrics.
    pub(super) metrics: Metrics,
    /// Whether the server is draining.
    pub(super) is_draining: AtomicBool,
    /// Whether the last reload failed to read the secret.
    has_stale_secret: AtomicBool,
    /// The audit log; `None` if nothing is recorded.
    audit_log: Option<Arc<AuditLog>>,
    /// The most recent requests, newest first. They hold nothing that a client wrote.
    recent: Mutex<VecDeque<Value>>,
    /// When each note that is logged rarely was last logged.
    noted: Mutex<HashMap<&'static str, Instant>>,
}

/// The outcome of an answered request, for the log and the metrics. It holds nothing that the client wrote.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The status.
    pub(super) status: u16,
    /// The session's customer, if the session was valid.
    pub(super) customer: Option<u64>,
    /// The injected fault.
    pub(super) fault: Option<String>,
    /// The reason code, if no token was issued.
    pub(super) reason: Option<&'static str>,
    /// The server-side error.
    pub(super) error: Option<String>,
}

impl Telemetry {
    /// Returns the telemetry of a server that starts now, with the expiry of its TLS certificate if it has one. The syncs
    /// of the audit log are measured, and its failures make the server not ready.
    #[must_use]
    pub fn new(
        log: ServerLog,
        clock: Clock,
        certificate_expires_at: Option<Timestamp>,
        audit_log: Option<Arc<AuditLog>>,
    ) -> Self {
        let metrics = Metrics::new(clock.now(), certificate_expires_at);
        if let Some(audit_log) = &audit_log {
            let syncs = metrics.syncs.clone();
            audit_log.observe_syncs(move |took| syncs.observe(took.as_secs_f64()));
        }
        Self {
            log,
            clock,
            metrics,
            is_draining: AtomicBool::new(false),
            has_stale_secret: AtomicBool::new(false),
            audit_log,
            recent: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    /// Records when the TLS certificate expires.
    pub fn certificate_expires(&self, at: Timestamp) {
        self.metrics.certificate.set(at.epoch_seconds());
    }

    /// Records whether a reload could read the secret. If not, the old secret stays in use, and the server stays ready.
    pub fn record_reload(&self, is_read: bool) {
        self.has_stale_secret.store(!is_read, Ordering::Relaxed);
    }

    /// Records a response of the endpoint, and how long it took.
    pub(super) fn responded(&self, request: &Request, answered: &Answered, took: Duration) {
        self.metrics.answers.observe(took.as_secs_f64());
        let method = METHODS.into_iter().find(|method| *method == request.method).unwrap_or(OTHER);
        let path = if request.path == PATH { PATH } else { OTHER };
        // To the microsecond.
        let milliseconds = (took.as_secs_f64() * 1e6).trunc() / 1e3;
        let call = Some((method, path, milliseconds));
        self.record(Some(&request.id), request.peer, call, answered);
    }

    /// Records a request that did not reach the endpoint, or got no response from it.
    pub(super) fn rejected(&self, id: Option<&str>, peer: IpAddr, status: u16, reason: &'static str) {
        let answered = Answered { status, reason: Some(reason), ..Answered::default() };
        self.record(id, peer, None, &answered);
    }

    /// Logs and counts an answered request, and adds it to the recent ones. `call` is its method and path, and how many
    /// milliseconds it took.
    fn record(&self, id: Option<&str>, peer: IpAddr, call: Option<(&str, &str, f64)>, answered: &Answered) {
        let Answered { status, customer, fault, reason, error } = answered;
        let fields = [
            ("request_id", id.into()),
            ("peer", peer.to_string().into()),
            ("method", call.map(|(method, ..)| method).into()),
            ("path", call.map(|(_, path, _)| path).into()),
            ("status", (*status).into()),
            ("ms", call.map(|(.., ms)| ms).into()),
            ("customer", (*customer).into()),
            ("fault", fault.clone().into()),
            ("reason", (*reason).into()),
            ("error", error.clone().into()),
        ];
        self.log.event(&fields);
        self.metrics.count(*status, *reason);
        let time = ("time", utc(self.clock.now()).into());
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.truncate(MAX_RECENT - 1);
        recent.push_front([time].into_iter().chain(fields).collect());
    }

    /// Returns the recent requests, oldest first.
    pub(super) fn recent_requests(&self) -> Vec<Value> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Records a TLS handshake that failed.
    pub(super) fn tls_failed(&self, peer: IpAddr, reason: &'static str) {
        self.log.event(&[("peer", peer.to_string().into()), ("reason", reason.into())]);
    }

    /// Notifies systemd, if it started the server, that the server is ready for requests.
    pub fn ready(&self) {
        notify_systemd(&[NotifyState::Ready]);
    }

    /// Notifies systemd that the server is reloading. Call [`Telemetry::ready`] afterwards.
    pub fn reloading(&self) {
        // systemd requires the time at which the reload began (sd_notify(3)).
        let now = NotifyState::monotonic_usec_now().ok();
        notify_systemd(&[NotifyState::Reloading].into_iter().chain(now).collect::<Vec<_>>());
    }

    /// Records that the server is draining.
    pub(super) fn draining(&self) {
        notify_systemd(&[NotifyState::Stopping]);
        self.is_draining.store(true, Ordering::Relaxed);
        self.note("draining: what was received is still answered");
    }

    /// Logs a note.
    pub fn note(&self, note: &str) {
        self.log.event(&[("note", note.into())]);
    }

    /// Returns whether the server is ready, and its state in JSON, without trying anything: `status` is `ready`, or
    /// `not_ready` if requests should go elsewhere; `secret` is `loaded`, or `stale` if the last reload could not read it
    /// and the old one is in use; `audit` is the result of `audit_state`; `draining` is whether the server is draining.
    pub(super) fn readiness(&self) -> (bool, Value) {
        let last = self.audit_log.as_ref().map(|audit_log| audit_log.last_append());
        let audit = audit_state(last, self.clock.now());
        let draining = self.is_draining.load(Ordering::Relaxed);
        let secret = if self.has_stale_secret.load(Ordering::Relaxed) { "stale" } else { "loaded" };
        let is_ready = !draining && audit != FAILING;
        let status = if is_ready { "ready" } else { "not_ready" };
        (is_ready, json!({ "status": status, "secret": secret, "audit": audit, "draining": draining }))
    }

    /// Logs a note, unless the same was logged within the last minute.
    pub(super) fn note_rarely(&self, note: &'static str) {
        let now = Instant::now();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(note).is_none_or(|last| now.duration_since(*last) >= NOTE_INTERVAL) {
            noted.insert(note, now);
            self.note(note);
        }
    }
}

/// Returns the state of the audit log, by its last append: `off` if nothing is recorded (the demo), `untried` before the
/// first entry, `ok`, `failing`, or `retrying` some time after a failure, when the next request tries again.
fn audit_state(last: Option<LastAppend>, now: Timestamp) -> &'static str {
    match last {
        None => "off",
        Some(LastAppend::None) => "untried",
        Some(LastAppend::Succeeded) => "ok",
        Some(LastAppend::Failed(at)) if now < at.after(FAILURE_WINDOW) => FAILING,
        Some(LastAppend::Failed(_)) => "retrying",
    }
}

/// Sends the server's state to systemd. Does nothing without systemd, which names its socket in the environment.
fn notify_systemd(state: &[NotifyState<'_>]) {
    // A notification that cannot be delivered is no reason to fail.
    let _ = sd_notify::notify(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    fn telemetry() -> Telemetry {
        let clock = Clock::Fixed(at(1_000));
        Telemetry::new(ServerLog::start(false, clock, |_| ()).unwrap(), clock, None, None)
    }

    #[test]
    fn a_note_that_is_logged_rarely_is_not_logged_again_at_once() {
        let lines = Arc::new(Mutex::new(String::new()));
        let page = Arc::clone(&lines);
        let write = move |text: &str| page.lock().unwrap().push_str(text);
        let log = ServerLog::start(false, Clock::Fixed(at(0)), write).unwrap();
        let telemetry = Telemetry::new(log, Clock::Fixed(at(0)), None, None);
        for _ in 0..3 {
            telemetry.note_rarely("rarely");
            telemetry.note("always");
        }
        telemetry.log.close();
        let said = lines.lock().unwrap().clone();
        assert_eq!((said.matches("rarely").count(), said.matches("always").count()), (1, 3), "{said}");
    }

    #[test]
    fn a_failure_of_the_audit_log_counts_for_a_minute() {
        let failed = Some(LastAppend::Failed(at(1_000)));
        assert_eq!(audit_state(failed, at(1_000)), "failing");
        assert_eq!(audit_state(failed, at(1_059)), "failing");
        assert_eq!(audit_state(failed, at(1_060)), "retrying");
        assert_eq!(audit_state(Some(LastAppend::Succeeded), at(1_000)), "ok");
        assert_eq!(audit_state(Some(LastAppend::None), at(1_000)), "untried");
        assert_eq!(audit_state(None, at(1_000)), "off");
    }

    #[test]
    fn server_is_ready_with_a_stale_secret_until_it_drains() {
        let telemetry = telemetry();
        let said = || telemetry.readiness().1.to_string();
        assert_eq!(said(), r#"{"status":"ready","secret":"loaded","audit":"off","draining":false}"#);
        telemetry.record_reload(false);
        assert_eq!(said(), r#"{"status":"ready","secret":"stale","audit":"off","draining":false}"#);
        telemetry.record_reload(true);
        telemetry.draining();
        assert_eq!(said(), r#"{"status":"not_ready","secret":"loaded","audit":"off","draining":true}"#);
    }

    #[test]
    fn the_last_hundred_requests_are_kept_in_order() {
        let telemetry = telemetry();
        for status in 401..=503 {
            telemetry.rejected(None, [127, 0, 0, 1].into(), status, "x");
        }
        let recent = telemetry.recent_requests();
        let statuses: Vec<_> = recent.iter().map(|request| request["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, (404..=503).collect::<Vec<_>>());
        assert_eq!(recent[0]["time"], "1970-01-01T00:16:40Z");
    }
}
