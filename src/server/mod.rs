//! The server: what the outside world reaches, from its sockets to the replies.

mod contract;
mod exchange;
mod gate;
mod openapi;
mod till;

pub use contract::{
    Answer, BearerFault, Contract, METHOD, Origin, OriginError, Origins, PATH, Quotas, Refusal, Tokens,
    Witness,
};
pub use exchange::{Field, Reply, Request, reason};
pub use gate::{Limits, protocol};
pub use openapi::OPENAPI;
pub use till::{Lifetime, Till};
