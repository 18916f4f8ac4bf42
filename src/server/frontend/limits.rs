//! The limits on each client, and on all clients together.

use std::time::Duration;

use crate::process::hardening::raise_descriptor_limit;

/// The descriptors reserved for files, logs and sockets other than client and upstream connections.
const OTHER_DESCRIPTORS: u64 = 64;
/// The descriptors of an upstream connection: one in the frontend, two in the endpoint.
const UPSTREAM_DESCRIPTORS: u64 = 3;
/// The fewest client connections with which a server is useful.
const MIN_CONNECTIONS: usize = 8;

/// The limits of a server. The defaults keep the process below 64 MiB of resident memory, whatever clients send:
/// hyper's read buffer holds 8 KiB of each connection and a TLS record up to 18 KiB, and 1,024 TLS connections at
/// their worst took 73 MiB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most client connections at once: 768. At the limit, each new connection closes the one with the oldest last
    /// request, but never one that is being answered.
    pub connections: usize,
    /// The most unfinished TLS handshakes at once: 256. At the limit, each new connection closes the oldest of them.
    pub handshakes: usize,
    /// The most bytes of a head, including its request line and final empty line: 8 KiB. A larger head is answered with
    /// 431.
    pub head_bytes: usize,
    /// The most header lines: 64. More are answered with 431.
    pub headers: usize,
    /// The most bytes of a body, without its framing: 4 KiB. A larger body is answered with 413.
    pub body_bytes: usize,
    /// The time from the opening of a connection to the end of its TLS handshake: 10 s.
    pub handshake_timeout: Duration,
    /// The time from the opening of a connection, or the first byte of a later head, to the end of the head: 10 s.
    pub head_timeout: Duration,
    /// The time from the end of a head to the end of its body: 10 s. A slower body is answered with 408.
    pub body_timeout: Duration,
    /// The time from a response to the end of its delivery: 30 s.
    pub write_timeout: Duration,
    /// The time from a response to the first byte of the next request: 75 s. Load balancers keep connections for 60 s.
    pub idle_timeout: Duration,
    /// How long a connection is read after its last response, so that the client receives it: 2 s.
    pub linger_timeout: Duration,
    /// The connections to the endpoint, and its workers: 64. This many requests are answered at the same time.
    pub upstreams: usize,
    /// How long a request waits for a connection to the endpoint: 5 s. After that it is answered with 503.
    pub upstream_timeout: Duration,
    /// How long the endpoint may take for a response: 30 s. After that the client gets 503.
    pub response_timeout: Duration,
    /// How long idle connections may still send a last request when the server drains: 1 s.
    pub last_request_timeout: Duration,
    /// How long draining may take in total: 20 s.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 768,
            handshakes: 256,
            head_bytes: 8 * 1024,
            headers: 64,
            body_bytes: 4 * 1024,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            linger_timeout: Duration::from_secs(2),
            upstreams: 64,
            upstream_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(30),
            last_request_timeout: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// Returns the limits of an admin listener.
    pub(super) fn admin() -> Self {
        Self { connections: 16, handshakes: 16, body_bytes: 1024, ..Self::default() }
    }

    /// Raises the soft limit of descriptors if needed, and lowers these limits to what the descriptors allow.
    pub(super) fn fit_descriptors(&mut self) {
        let wanted =
            self.connections as u64 + self.upstreams as u64 * UPSTREAM_DESCRIPTORS + OTHER_DESCRIPTORS;
        self.share_descriptors(raise_descriptor_limit(wanted).saturating_sub(OTHER_DESCRIPTORS));
    }

    /// Divides the descriptors: at most half for upstream connections, the rest for clients.
    fn share_descriptors(&mut self, descriptors: u64) {
        let upstreams = (descriptors / 2 / UPSTREAM_DESCRIPTORS).clamp(1, self.upstreams as u64);
        let connections = descriptors.saturating_sub(upstreams * UPSTREAM_DESCRIPTORS);
        self.upstreams = usize::try_from(upstreams).unwrap_or(self.upstreams);
        let most = self.connections;
        self.connections =
            usize::try_from(connections).unwrap_or(most).clamp(MIN_CONNECTIONS.min(most), most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_shared_between_clients_and_upstream_connections() {
        for (descriptors, connections, upstreams) in
            [(u64::MAX, 768, 64), (960, 768, 64), (500, 308, 64), (100, 52, 16), (10, 8, 1), (0, 8, 1)]
        {
            let mut limits = Limits::default();
            limits.share_descriptors(descriptors);
            assert_eq!((limits.connections, limits.upstreams), (connections, upstreams), "{descriptors}");
        }
    }
}
