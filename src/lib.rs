//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//!

pub mod foreign;
pub mod time;
