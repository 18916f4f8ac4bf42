//! The gate: the only public socket. It lets whole, valid, bounded requests through and nothing else.

mod limits;
pub mod protocol;

pub use limits::Limits;
