//! What one client, and all of them together, may take.

use std::time::Duration;

use crate::process::hardening::raise_descriptor_limit;

/// Descriptors that are neither a client's nor an upstream connection's: files, logs, other sockets.
const OTHER_DESCRIPTORS: u64 = 64;
/// Descriptors of an upstream connection: one in the frontend, two in the endpoint.
const UPSTREAM_DESCRIPTORS: u64 = 3;
/// The fewest connections that a server is useful with.
const MIN_CONNECTIONS: usize = 8;

/// The limits of a server. The defaults keep the process below 64 MiB of resident memory, whatever clients send:
/// hyper's read buffer holds 8 KiB of each connection and a TLS record up to 18 KiB, and 1,024 TLS connections at
/// their worst took 73 MiB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Client connections at once: 768. At the limit, the connection whose last whole request is longest ago is
    /// closed for each new one, but never one that is being answered.
    pub connections: usize,
    /// TLS handshakes that are not finished, at once: 256. At the limit, the oldest is closed for each new one.
    pub handshakes: usize,
    /// Bytes of a head, its request line and final empty line included: 8 KiB. More are answered with 431.
    pub head_bytes: usize,
    /// Header lines: 64. More are answered with 431.
    pub headers: usize,
    /// Bytes of a body, without its framing: 4 KiB. More are answered with 413.
    pub body_bytes: usize,
    /// From the opening of a connection to the end of its TLS handshake: 10 s.
    pub handshake_timeout: Duration,
    /// From the opening of a connection, or the first byte of a later head, to the end of the head: 10 s.
    pub head_timeout: Duration,
    /// From the end of a head to the end of its body: 10 s. A slower body is answered with 408.
    pub body_timeout: Duration,
    /// From a response to the end of its delivery: 30 s.
    pub write_timeout: Duration,
    /// From a response to the first byte of the next request: 75 s. Load balancers keep connections for 60 s.
    pub idle_timeout: Duration,
    /// How long a connection is read after its last response, so that the client receives it: 2 s.
    pub linger_timeout: Duration,
    /// Connections to the endpoint, and workers there: 64. This many requests are answered at the same time.
    pub upstreams: usize,
    /// How long a request waits for one of these: 5 s. After that it is answered with 503.
    pub upstream_timeout: Duration,
    /// How long the endpoint may take for a response: 30 s. After that the client gets 503.
    pub response_timeout: Duration,
    /// How long idle connections may still send a last request when the server drains: 1 s.
    pub last_request_timeout: Duration,
    /// How long draining may take altogether: 20 s.
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

    /// Lowers the limits to what the descriptors of this process allow, after raising the soft limit of
    /// descriptors if that helps.
    pub(super) fn fit_descriptors(&mut self) {
        let wanted =
            self.connections as u64 + self.upstreams as u64 * UPSTREAM_DESCRIPTORS + OTHER_DESCRIPTORS;
        self.share_descriptors(raise_descriptor_limit(wanted).saturating_sub(OTHER_DESCRIPTORS));
    }

    /// Shares descriptors out: at most half to upstream connections, the rest to clients.
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
