//! Secrets in a real keyring, on a bus of each test's own: commands, faults, witnesses, and sudden ends.

mod commands;
mod crash;
mod faults;
pub(crate) mod service;
#[cfg(feature = "serve")]
mod serving;
mod verify;

/// The secret that a profile has first.
const FIRST: &str = "the-first-secret-of-the-tests-0123456789";

/// The secret that it has after that.
const SECOND: &str = "the-second-secret-of-the-tests-012345678";

/// Returns what is said in a note.
fn note(text: &str) -> String {
    format!("stream-token: note: {text}\n")
}

/// What is not checked without a keyring.
const UNCHECKED: &str = "secrets in a real keyring";

/// Starts a session, or ends the test where none can be had.
macro_rules! session {
    ($make:expr) => {
        if crate::keyring::service::is_here(crate::keyring::UNCHECKED) { $make } else { return }
    };
}
use session;
