//! What a source needs to be read, and how long that may take.

use std::time::Duration;

use crate::process::environment::Environment;
use crate::time::Timestamp;

/// What a source needs to be read.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    /// Looks up environment variables.
    pub environment: &'a Environment<'a>,
    /// The time, which decides whether a secret that was rotated away is still kept.
    pub now: Timestamp,
    /// How long a keyring or a command may take to respond.
    pub limit: Duration,
    /// Called once when a keyring takes long, to tell the person who waits.
    pub on_slow: &'a dyn Fn(),
}
