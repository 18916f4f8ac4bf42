//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//!

pub mod foreign;
pub mod secret;
pub mod time;
pub mod token;
