//! The process: its environment, its protection against being read by others, and when it may stop.

pub mod environment;
pub mod hardening;
pub mod stop_signals;
