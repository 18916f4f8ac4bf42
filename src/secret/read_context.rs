//! What reading a source depends on: the environment, the time, and a time limit.

use std::time::Duration;

use crate::process::environment::Environment;
use crate::time::Timestamp;

/// What reading a source depends on.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    /// Looks up environment variables.
    pub environment: &'a Environment<'a>,
    /// The time, by which previous secrets are dropped.
    pub now: Timestamp,
    /// How long a keyring or a command may take.
    pub limit: Duration,
    /// Called once if a keyring is slow, to tell the user.
    pub on_slow: &'a dyn Fn(),
}
