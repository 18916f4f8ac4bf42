//! Whether the server is ready, by what is known without trying anything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use crate::audit::{AuditHealth, LastAppend};
use crate::time::{Clock, Timestamp};

/// How long a failure of the audit log counts. A server that is not ready gets no requests and would never
/// find out that the log works again; so it is ready again after this time.
const FAILURE_WINDOW: Duration = Duration::from_mins(1);

/// What readiness depends on.
#[derive(Debug)]
pub(super) struct Health {
    /// The clock.
    clock: Clock,
    /// Whether the server is about to end.
    is_draining: AtomicBool,
    /// Whether the secret could not be read when it was last to be read anew.
    has_stale_secret: AtomicBool,
    /// The audit log's health; unset if nothing is recorded.
    audit: OnceLock<Arc<AuditHealth>>,
}

/// Whether the server is ready, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// In one word.
    pub status: Status,
    /// The API secret.
    pub secret: SecretState,
    /// The audit log.
    pub audit: AuditState,
    /// Whether the server is about to end.
    pub draining: bool,
}

/// Readiness in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Requests are welcome.
    Ready,
    /// They are better sent elsewhere.
    NotReady,
}

/// What is known of the API secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretState {
    /// It is the one that was there when it was last read.
    Loaded,
    /// It could not be read anew, and the one from before is in use.
    Stale,
}

/// What is known of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditState {
    /// Nothing is recorded: the demo.
    Off,
    /// Nothing was to be recorded yet.
    Untried,
    /// The last entry is on disk.
    Ok,
    /// The last entry could not be written, and so nothing was minted.
    Failing,
    /// The same, but some time ago: the next request will tell.
    Retrying,
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
    pub(super) fn watch_audit_log(&self, health: Arc<AuditHealth>) {
        // A second one is ignored, as the documentation says.
        let _ = self.audit.set(health);
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
        let last = self.audit.get().map(|health| health.last_append());
        let audit = audit_state(last, self.clock.now());
        let draining = self.is_draining.load(Ordering::Relaxed);
        let is_stale = self.has_stale_secret.load(Ordering::Relaxed);
        let is_ready = !draining && audit != AuditState::Failing;
        Readiness {
            status: if is_ready { Status::Ready } else { Status::NotReady },
            secret: if is_stale { SecretState::Stale } else { SecretState::Loaded },
            audit,
            draining,
        }
    }
}

/// Returns what the last append, if there is a log, means now.
fn audit_state(last: Option<LastAppend>, now: Timestamp) -> AuditState {
    match last {
        None => AuditState::Off,
        Some(LastAppend::None) => AuditState::Untried,
        Some(LastAppend::Succeeded) => AuditState::Ok,
        Some(LastAppend::Failed { at }) if now < at.after(FAILURE_WINDOW) => AuditState::Failing,
        Some(LastAppend::Failed { .. }) => AuditState::Retrying,
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
        let failed = Some(LastAppend::Failed { at: at(1_000) });
        assert_eq!(audit_state(failed, at(1_000)), AuditState::Failing);
        assert_eq!(audit_state(failed, at(1_059)), AuditState::Failing);
        assert_eq!(audit_state(failed, at(1_060)), AuditState::Retrying);
        assert_eq!(audit_state(Some(LastAppend::Succeeded), at(1_000)), AuditState::Ok);
        assert_eq!(audit_state(Some(LastAppend::None), at(1_000)), AuditState::Untried);
        assert_eq!(audit_state(None, at(1_000)), AuditState::Off);
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
