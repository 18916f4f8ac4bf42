//! Ends the wait for a keyring: the crates have no limit of their own that holds, and can block for ever.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long it is waited before a person is told what for.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// Does `work` in a thread of its own, and waits for it at most `limit`; `None` where that was too short.
///
/// `tell` is called once where it takes long. Work that was given up goes on until the process ends, and
/// nobody sees what it gives.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    on_slow: &dyn Fn(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // Without a thread there is no limit, and so no call.
    let spawned = thread::Builder::new().spawn(move || {
        // Whoever waited too long is gone.
        let _ = sender.send(work());
    });
    spawned.ok()?;
    let first = limit.min(TELL_AFTER);
    match receiver.recv_timeout(first) {
        Err(RecvTimeoutError::Timeout) if first < limit => {
            on_slow();
            receiver.recv_timeout(limit.saturating_sub(first)).ok()
        }
        answer => answer.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_the_work_gives() {
        assert_eq!(within(Duration::from_mins(1), &|| (), || 7), Some(7));
    }

    #[test]
    fn work_that_never_ends_is_given_up() {
        let (keep, wait) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(1), &|| (), move || wait.recv()), None);
        drop(keep);
    }

    #[test]
    fn work_that_panics_gives_nothing() {
        assert_eq!(within(Duration::from_mins(1), &|| (), || { assert!(thread::panicking()) }), None);
    }
}
