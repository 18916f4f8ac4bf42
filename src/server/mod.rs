//! The server: what the outside world reaches, from its sockets to the replies.

mod exchange;

pub use exchange::{Field, Reply, Request, reason};
