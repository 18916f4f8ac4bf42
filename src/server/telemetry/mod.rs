//! What is told about the server while it runs: metrics and readiness. It outlives every reload.

mod health;
mod metrics;

use std::time::Duration;

use self::health::Health;
pub use self::health::{AuditState, Readiness, SecretState, Status};
pub(super) use self::metrics::CONTENT_TYPE;
use self::metrics::Metrics;
use super::access;
use super::contract::{Answer, Refusal};
use super::gate::Notice;
use crate::audit::Journal;
use crate::time::{Clock, Timestamp};

/// All that is told about a server.
#[derive(Debug)]
pub struct Telemetry {
    /// The metrics.
    metrics: Metrics,
    /// Readiness.
    health: Health,
}

impl Telemetry {
    /// Begins with a server that starts now.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { metrics: Metrics::new(clock.now()), health: Health::new(clock) }
    }

    /// Takes the audit log into account.
    pub fn watch(&self, journal: &Journal) {
        let pulse = journal.pulse();
        pulse.observe(self.metrics.syncs());
        self.health.watch(pulse);
    }

    /// Takes note of when the TLS certificate expires.
    pub fn certificate_expires(&self, at: Timestamp) {
        self.metrics.certificate_expires(at);
    }

    /// Takes note of whether the secret could be read anew. Where not, the one from before stays in use,
    /// and the server stays ready.
    pub fn reloaded(&self, is_read: bool) {
        self.health.reloaded(is_read);
    }

    /// Takes note of what happens at the gate.
    pub fn note(&self, notice: &Notice) {
        match notice {
            Notice::Refused { fault, .. } => self.refused(fault.status(), access::word(*fault)),
            Notice::Unanswered { .. } => self.refused(503, access::NO_ANSWER),
            Notice::Connections(count) => self.metrics.connected(*count),
            Notice::Draining => self.health.drain(),
            Notice::Insecure { .. } | Notice::Full | Notice::OutOfDescriptors => {}
        }
    }

    /// Takes note of an answer, and of how long it took.
    pub(super) fn answered(&self, answer: &Answer, took: Duration) {
        self.metrics.answered(answer.reply.status());
        self.metrics.took(took);
        if let Some(reason) = answer.refusal.as_ref().and_then(Refusal::reason) {
            self.metrics.refused(reason);
        }
    }

    /// Tells whether the server is ready.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.health.readiness()
    }

    /// Gives the metrics as Prometheus reads them.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.metrics.text()
    }

    /// Counts a request that the gate answered itself.
    fn refused(&self, status: u16, reason: &'static str) {
        self.metrics.answered(status);
        self.metrics.refused(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::super::gate::protocol::Fault;
    use super::*;

    #[test]
    fn who_is_refused_because_too_many_wait_is_counted() {
        let telemetry = Telemetry::new(Clock::System);
        let peer = [127, 0, 0, 1].into();
        telemetry.note(&Notice::Refused { id: "r-1".into(), peer, fault: Fault::Crowded });
        let text = telemetry.metrics();
        assert!(text.contains("reason=\"crowded\"} 1\n") && text.contains("status=\"503\"} 1\n"), "{text}");
    }
}
