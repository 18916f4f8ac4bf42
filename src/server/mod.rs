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
mod contract;
mod endpoint;
mod frontend;
mod message;
mod rate_limit;
mod telemetry;

use std::sync::Arc;

use tokio::sync::watch;

pub use contract::{ActiveProfile, Cors, OPENAPI, TokenService, parse_origin};
pub use endpoint::Handler;
pub use frontend::{Ended, Limits, Server, Settings, Stop, parse_network};
pub use message::{PATH, Request, Response};
pub use rate_limit::{Rate, RateLimiter};
pub use telemetry::{Fields, ServerLog, Telemetry};

/// A value that can be replaced while other threads use it. A thread that cloned the `Arc` keeps its value.
pub type Reloadable<T> = watch::Sender<Arc<T>>;

#[cfg(test)]
mod tests;
