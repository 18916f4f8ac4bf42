//! The server: what the outside world reaches, from its sockets to its responses.
//!
//! A request takes this way:
//!
//! 1. `frontend::connection` receives it with hyper, `frontend::request` within its bounds.
//! 2. `frontend::upstream` passes it to a worker of the `endpoint`, as an HTTP request of its own.
//! 3. The `contract` answers it, in the worker's thread: the session is checked, the rate is limited, the token is
//!    issued, once its audit entry is on disk.
//! 4. The response goes back the same way, and `telemetry` logs and counts it.

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
