//! The process: environment, standard output, memory protection, and stop signals.

pub mod environment;
pub mod hardening;
pub mod stdout;
pub mod stop_signals;
