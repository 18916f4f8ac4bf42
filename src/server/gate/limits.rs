//! What one client, and all of them together, may take.

use std::time::Duration;

use crate::server::wire::LEAST_WEIGHT;

/// The bounds of the gate. The defaults hold the process under 64 MiB of resident memory, whatever is sent.
///
/// What TLS holds was measured: 4,000 idle connections take 15 MiB more than without it. Sessions are not
/// resumed, and nothing is held for clients that have gone. The most that was seen is 43 MiB: 3,576 unfinished heads
/// of 3 KiB beside 512 handshakes that stall with 30 KiB each.
///
/// | what | bound | makes |
/// | --- | --- | --- |
/// | state of a connection, its entries in maps and timers | 4,096 × 1.5 KiB | 6 MiB |
/// | state of TLS on it, its keys above all | 4,096 × 4 KiB | 16 MiB |
/// | bytes of requests, replies and TLS records that wait in connections | the budget | 13 MiB |
/// | what a connection overshoots before the budget is judged | 1 × 100 KiB | 0.1 MiB |
/// | what an unfinished handshake holds besides | 512 × 8 KiB | 4 MiB |
/// | requests in flight: 256 KiB together, then one of 13 KiB on each of 64 connections; on each a reply of 16 KiB | 256 KiB + 64 × 29 KiB | 2.1 MiB |
/// | the same at the endpoint, with a copy of each | twice that | 4.1 MiB |
/// | room that is kept for what goes over these connections, either way | 64 × 8 KiB | 0.5 MiB |
/// | what else the endpoint holds for requests in flight, and for as many that were given up | 2 × 320 × 3 KiB | 1.9 MiB |
/// | stacks, as far as they are touched, of 64 workers and 64 readers | 128 × 32 KiB | 4 MiB |
/// | rate limits: 65,536 places of 16 bytes and a lock for 16 of them, for customers and for addresses | 2 × 1.03 MiB | 2.1 MiB |
/// | admin listener: its budget, two upstream connections, five stacks | | 1 MiB |
/// | program, allocator, the rest of the process | | 8 MiB |
/// | together | | 62.8 MiB |
///
/// What the kernel holds for sockets is not resident memory of the process.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Client connections at once. At the limit the one that has been idle for longest gives way, else the
    /// one that has been sending its request, or taking its reply, for longest; where all are being served,
    /// their connections end with their replies, and who comes waits. 4,096.
    pub connections: usize,
    /// Bytes that all clients' connections hold together, with what TLS holds. Beyond it the largest request
    /// that waits for the endpoint is refused with 503 where these hold a third of it; else the oldest handshake
    /// gives way where handshakes hold more than half of it; else whoever has been sending a request for longest
    /// is refused with 503. 13 MiB.
    pub budget: usize,
    /// Bytes of a head: request line, headers and the empty line after them. Beyond it 431. 8 KiB.
    pub head: usize,
    /// Bytes of a body, without its framing. Beyond it 413. 4 KiB.
    pub body: usize,
    /// Bytes of a reply's head, and of its body. What the endpoint answers beyond it becomes 503. 16 KiB.
    pub reply: usize,
    /// TLS handshakes that are not finished, at once. At the limit the oldest gives way. 512.
    pub handshakes: usize,
    /// From the beginning of a connection to the end of its TLS handshake. 10 s.
    pub handshake_time: Duration,
    /// From the first byte of a head, or the beginning of the connection, to the head's end. Beyond it
    /// 408. 10 s.
    pub head_time: Duration,
    /// From the end of a head to the end of its body. Beyond it 408. 10 s.
    pub body_time: Duration,
    /// From the end of a reply to the first byte of the next request. 60 s.
    pub idle_time: Duration,
    /// From the moment when a reply is there until the client has taken all of it. 10 s.
    pub write_time: Duration,
    /// How long a connection that is being ended is listened to, so that the last reply arrives. 2 s.
    pub linger_time: Duration,
    /// Connections to the endpoint, and workers there, and so handlers that block at the same time. 64.
    pub upstreams: usize,
    /// Requests that are in flight on one of these connections. What holds one of them up holds up those
    /// that came within 10 ms after it. 32.
    pub pipeline: usize,
    /// Bytes of all requests together that are in flight, where each counts as 1 KiB at least. Beyond it a
    /// connection takes one at a time. 256 KiB.
    pub in_flight: usize,
    /// How long a request waits for one of these. Beyond it 503. 5 s.
    pub upstream_wait: Duration,
    /// How long the endpoint may take over a reply. Beyond it 503. 30 s.
    pub reply_time: Duration,
    /// How long a new connection to the endpoint may take to prove itself. 5 s.
    pub proof_time: Duration,
    /// How long requests that have begun may still arrive once the gate drains. 1 s.
    pub last_call: Duration,
    /// How long draining may take altogether. 20 s.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            budget: 13 * 1024 * 1024,
            head: 8 * 1024,
            body: 4 * 1024,
            reply: 16 * 1024,
            handshakes: 512,
            handshake_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            idle_time: Duration::from_mins(1),
            write_time: Duration::from_secs(10),
            linger_time: Duration::from_secs(2),
            upstreams: 64,
            pipeline: 32,
            in_flight: 256 * 1024,
            upstream_wait: Duration::from_secs(5),
            reply_time: Duration::from_secs(30),
            proof_time: Duration::from_secs(5),
            last_call: Duration::from_secs(1),
            drain_time: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// Tells how many requests may be in flight at once: as many as there may be beside each other, and one
    /// more on each connection.
    pub(super) fn most_in_flight(&self) -> usize {
        let beside_each_other = self.in_flight.div_ceil(LEAST_WEIGHT);
        self.upstreams + beside_each_other.min(self.upstreams * self.pipeline)
    }
}
