//! The server: what the outside world reaches, from its sockets to the replies.

mod exchange;
mod gate;

pub use exchange::{Field, Reply, Request, reason};
pub use gate::{Limits, protocol};
