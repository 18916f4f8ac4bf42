//! The access log's events: one for each request, and what happens at the gate beside them.
//!
//! Nothing of a request is in them but its peer, and its method and path where these are known here:
//! neither tokens nor bodies, nor anything else that a client wrote.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::{info, warn};

use super::contract::{Answer, PATH};
use super::exchange::Request;
use super::gate::protocol::Fault;
use super::gate::{Notice, TlsFault};
use crate::time::Clock;

/// The methods that are logged by their names (RFC 9110 section 9, RFC 5789).
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
/// What stands for everything that a client made up.
const OTHER: &str = "other";
/// The reason of a request that was passed on and not answered.
pub(super) const NO_ANSWER: &str = "no_answer";

/// Logs a request that was answered by the contract.
pub(super) fn answered(request: &Request, answer: &Answer, took: Duration) {
    let refusal = answer.refusal.as_ref();
    // What is wrong on our side, for whoever has to mend it. No client has written any of it.
    let error = refusal.filter(|refusal| refusal.status() >= 500).map(ToString::to_string);
    let method = METHODS.into_iter().find(|method| *method == request.method).unwrap_or(OTHER);
    info!(
        request_id = request.id.as_str(),
        peer = %request.peer,
        method,
        path = if request.path == PATH { PATH } else { OTHER },
        status = answer.reply.status(),
        ms = milliseconds(took),
        customer = answer.customer.map(crate::token::CustomerId::get),
        reason = refusal.and_then(super::Refusal::reason),
        error,
    );
}

/// Logs what happens at the gate and no handler sees. What may happen at every connection is told at
/// most once a second.
#[derive(Debug)]
pub struct GateLog {
    /// Tells the second.
    clock: Clock,
    /// When it was told last that there are too many connections.
    full: AtomicU64,
    /// When it was told last that there are too few descriptors.
    short: AtomicU64,
}

impl GateLog {
    /// Begins one.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, full: AtomicU64::new(0), short: AtomicU64::new(0) }
    }

    /// Logs a notice.
    pub fn take(&self, notice: Notice) {
        match notice {
            Notice::Refused { id, peer, fault } => refused(&id, peer, fault.status(), word(fault)),
            Notice::Insecure { peer, fault } => insecure(peer, fault),
            Notice::Unanswered { id, peer } => refused(&id, peer, 503, NO_ANSWER),
            Notice::Full if self.is_first(&self.full) => {
                warn!(note = "as many connections as there may be: one gives way to each that comes");
            }
            Notice::OutOfDescriptors if self.is_first(&self.short) => {
                warn!(note = "no descriptor for a connection: it was sent away");
            }
            Notice::Full | Notice::OutOfDescriptors | Notice::Connections(_) => {}
            Notice::Draining => info!(note = "draining: what was received is still answered"),
        }
    }

    /// Tells whether it is the first time in this second.
    fn is_first(&self, last: &AtomicU64) -> bool {
        let second = self.clock.now().epoch_seconds();
        last.swap(second, Ordering::Relaxed) != second
    }
}

/// Logs a request that the gate answered by itself.
fn refused(request_id: &str, peer: IpAddr, status: u16, reason: &str) {
    info!(request_id, %peer, status, reason);
}

/// Logs a connection whose TLS came to an end before its time.
fn insecure(peer: IpAddr, fault: TlsFault) {
    let reason = match fault {
        TlsFault::Unencrypted => "unencrypted",
        TlsFault::Unfinished => "tls_unfinished",
        TlsFault::Alert => "tls_alert",
        TlsFault::Incompatible => "tls_incompatible",
        TlsFault::Malformed => "tls_malformed",
        TlsFault::Misbehaved => "tls_misbehaved",
    };
    info!(%peer, reason);
}

/// Gives a fault in one word.
pub(super) fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Line => "malformed_line",
        Fault::RequestLine => "malformed_request_line",
        Fault::Target => "malformed_target",
        Fault::Header => "malformed_header",
        Fault::Host => "malformed_host",
        Fault::Length => "malformed_length",
        Fault::Framing => "unclear_framing",
        Fault::Chunk => "malformed_chunk",
        Fault::SlowHead => "slow_head",
        Fault::SlowBody => "slow_body",
        Fault::LargeBody => "large_body",
        Fault::Expectation => "unknown_expectation",
        Fault::LargeHead => "large_head",
        Fault::Coding => "unknown_coding",
        Fault::Tunnel => "tunnel",
        Fault::Version => "unknown_version",
        Fault::Crowded => "crowded",
        Fault::Unencrypted => "unencrypted",
    }
}

/// Gives a time in milliseconds, to the microsecond.
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
    fn what_happens_at_every_connection_is_told_once_a_second() {
        let second = |seconds| Clock::Fixed(crate::time::Timestamp::from_epoch_seconds(seconds).unwrap());
        let mut log = GateLog::new(second(100));
        assert!(log.is_first(&log.full) && !log.is_first(&log.full));
        log.clock = second(101);
        assert!(log.is_first(&log.full));
    }
}
