//! The process: its environment, and its protection against being read by others.

pub mod environment;
pub mod hardening;
