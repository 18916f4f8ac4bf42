//! The HTTP server, from its sockets to its responses.
//!
//! A request passes through these stages:
//!
//! 1. `frontend::connection` receives it with hyper, and `frontend::request` enforces its limits.
//! 2. `frontend::upstream` forwards it to a worker of the `endpoint`, as a new HTTP request.
//! 3. The `contract` answers it, in the worker's thread: it checks the session, limits the rate, and issues the token
//!    once the audit entry is on disk.
//! 4. The response returns the same way. `telemetry` logs and counts it.

mod admin;
mod client_ip;
mod contract;
mod endpoint;
mod frontend;
mod message;
mod openapi;
mod rate_limit;
mod reloadable;
mod telemetry;

pub use client_ip::parse_network;
pub use contract::{ActiveProfile, Cors, TokenService, parse_origin};
pub use endpoint::Handler;
pub use frontend::{Ended, Limits, Server, Settings, Stop};
pub use message::{PATH, Request, Response};
pub use openapi::OPENAPI;
pub use rate_limit::{Rate, RateLimiters};
pub use reloadable::Reloadable;
pub use telemetry::{Fields, LogFormat, ServerLog, Telemetry};

#[cfg(test)]
mod tests;
