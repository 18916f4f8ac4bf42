//! The server: what the outside world reaches, from its sockets to its responses.
//!
//! A request takes this way:
//!
//! 1. `frontend::connection` receives it with hyper, `frontend::request` within its bounds.
//! 2. `frontend::upstream` passes it to a worker of the `endpoint`, as `handoff` encodes it.
//! 3. `token_service` has the `contract` answer it, in the worker's thread: the session is checked, the rate is
//!    limited, `request_issuer` issues the token and waits for its audit entry.
//! 4. The response goes back the same way, and `telemetry` logs and counts it.

mod admin;
mod client_ip;
mod contract;
mod controls;
mod endpoint;
mod frontend;
mod handoff;
mod message;
mod openapi;
mod rate_limit;
mod reloadable;
mod request_issuer;
mod runtime_dir;
mod telemetry;
mod token_service;

pub use client_ip::parse_network;
pub use contract::{
    BearerError, Cors, IssueToken, LoggedResponse, Origin, PATH, RateLimiter, RefusalSink, RequestError,
    TokenEndpoint,
};
pub use endpoint::Handler;
pub use frontend::{Ended, Limits, Server, Settings, Stop};
pub use message::{HeaderValue, Request, Response};
pub use openapi::OPENAPI;
pub use rate_limit::{Monotonic, Rate, RateLimiters};
pub use reloadable::Reloadable;
pub use request_issuer::RequestIssuer;
pub use telemetry::{Fields, LogFormat, Readiness, ServerLog, Telemetry};
pub use token_service::{ActiveProfile, TokenService};

#[cfg(test)]
mod tests;
