//! The process: its environment, its standard output, its protection against being read by others, and when it may stop.

pub mod environment;
pub mod hardening;
pub mod stdout;
pub mod stop_signals;
