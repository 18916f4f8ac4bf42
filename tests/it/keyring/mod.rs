//! Secrets in a real keyring, on a separate bus for each test: commands, faults, verification and crashes.

mod commands;
mod crash;
mod faults;
pub(crate) mod service;
#[cfg(feature = "serve")]
mod serving;
mod verify;

/// The first secret of a profile.
const FIRST: &str = "the-first-secret-of-the-tests-0123456789";

/// The second secret of a profile.
const SECOND: &str = "the-second-secret-of-the-tests-012345678";

/// Formats a note.
fn note(text: &str) -> String {
    format!("stream-token: note: {text}\n")
}

/// The check that is skipped without a keyring.
const UNCHECKED: &str = "secrets in a real keyring";

/// Starts a session, or ends the test if no keyring can be started.
macro_rules! session {
    ($make:expr) => {
        if crate::keyring::service::is_here(crate::keyring::UNCHECKED) { $make } else { return }
    };
}
use session;
