//! Whether the server is ready, by what is known without trying anything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use crate::audit::{AuditLog, LastAppend};
use crate::time::{Clock, Timestamp};

/// How long a failure of the audit log counts. A server that is not ready gets no requests and would never
/// find out that the log works again; so it is ready again after this time.
const FAILURE_WINDOW: Duration = Duration::from_mins(1);

/// The state of an audit log whose last entry could not be written.
const FAILING: &str = "failing";

/// What readiness depends on.
#[derive(Debug)]
pub(super) struct Health {
    /// The clock.
    clock: Clock,
    /// Whether the server is about to end.
    is_draining: AtomicBool,
    /// Whether the secret could not be read when it was last to be read anew.
    has_stale_secret: AtomicBool,
    /// The audit log; unset if nothing is recorded.
    audit: OnceLock<Arc<AuditLog>>,
}

/// Whether the server is ready, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// `ready`, or `not_ready` if requests are better sent elsewhere.
    pub status: &'static str,
    /// The API secret: `loaded`, or `stale` if the last reload could not read it and the old one is in use.
    pub secret: &'static str,
    /// The audit log, as `audit_state` says.
    pub audit: &'static str,
    /// Whether the server is about to end.
    pub draining: bool,
}

impl Health {
    /// Returns the health of a server that is ready.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            is_draining: AtomicBool::new(false),
            has_stale_secret: AtomicBool::new(false),
            audit: OnceLock::new(),
        }
    }

    /// Watches an audit log from now on. Only the first one is watched.
    pub(super) fn watch_audit_log(&self, audit_log: Arc<AuditLog>) {
        // A second one is ignored, as the documentation says.
        let _ = self.audit.set(audit_log);
    }

    /// Records that the server is about to end.
    pub(super) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Records whether the secret could be read again.
    pub(super) fn record_reload(&self, is_read: bool) {
        self.has_stale_secret.store(!is_read, Ordering::Relaxed);
    }

    /// Returns whether the server is ready, and why.
    pub(super) fn readiness(&self) -> Readiness {
        let last = self.audit.get().map(|audit_log| audit_log.last_append());
        let audit = audit_state(last, self.clock.now());
        let draining = self.is_draining.load(Ordering::Relaxed);
        let is_stale = self.has_stale_secret.load(Ordering::Relaxed);
        let is_ready = !draining && audit != FAILING;
        let status = if is_ready { "ready" } else { "not_ready" };
        Readiness { status, secret: if is_stale { "stale" } else { "loaded" }, audit, draining }
    }
}

/// Returns what the last append to the audit log means now: `off` if nothing is recorded (the demo), `untried`
/// before the first entry, `ok`, `failing`, or `retrying` some time after a failure: the next request will tell.
fn audit_state(last: Option<LastAppend>, now: Timestamp) -> &'static str {
    match last {
        None => "off",
        Some(LastAppend::None) => "untried",
        Some(LastAppend::Succeeded) => "ok",
        Some(LastAppend::Failed(at)) if now < at.after(FAILURE_WINDOW) => FAILING,
        Some(LastAppend::Failed(_)) => "retrying",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
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
    fn a_server_is_ready_until_it_drains_and_with_a_stale_secret_too() {
        let health = Health::new(Clock::Fixed(at(1_000)));
        let said = || serde_json::to_string(&health.readiness()).unwrap();
        assert_eq!(said(), r#"{"status":"ready","secret":"loaded","audit":"off","draining":false}"#);
        health.record_reload(false);
        assert_eq!(said(), r#"{"status":"ready","secret":"stale","audit":"off","draining":false}"#);
        health.record_reload(true);
        health.drain();
        assert_eq!(said(), r#"{"status":"not_ready","secret":"loaded","audit":"off","draining":true}"#);
    }
}
