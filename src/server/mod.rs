//! The server: what the outside world reaches, from its sockets to the replies.

mod contract;
mod exchange;
mod openapi;
mod till;

pub use contract::{
    Answer, BearerFault, Contract, Limits, METHOD, Origin, OriginError, Origins, PATH, Refusal, Tokens,
    Witness,
};
pub use exchange::{Field, Reply, Request, reason};
pub use openapi::OPENAPI;
pub use till::{Lifetime, Till};
