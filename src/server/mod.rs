//! The server: what the outside world reaches, from its sockets to the replies.
//!
//! The gate is the only public socket. It hears whole requests out, and passes them on over a private
//! socket to the endpoint, whose workers have them answered.

mod access;
mod admin;
mod contract;
mod endpoint;
mod exchange;
mod gate;
mod log;
mod openapi;
mod private;
mod proxies;
mod quotas;
mod service;
mod swap;
mod telemetry;
mod till;
mod wire;

pub use access::GateLog;
pub use admin::{Admin, AdminRun};
pub use contract::{
    Answer, BearerFault, Contract, METHOD, Origin, OriginError, Origins, PATH, Quotas, Refusal, Released,
    Tokens, Unlimited, Witness,
};
pub use endpoint::{Handle, Handler, Responder, at_once};
pub use exchange::{Field, Reply, Request, reason};
pub use gate::{Ended, Gate, Limits, Notice, Settings, Stop, TlsFault, Told, protocol};
pub use log::{Ending, Form, Log};
pub use openapi::OPENAPI;
pub use proxies::{Network, NetworkError, origin};
pub use quotas::{Monotonic, Period, Rate, RateError, RateLimits};
pub use service::{Desk, RefusalBook, Service};
pub use swap::Swap;
pub use telemetry::{AuditState, Readiness, SecretState, Status, Telemetry};
pub use till::{Lifetime, Till};

#[cfg(test)]
mod tests;
