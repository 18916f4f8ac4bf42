//! Runs work with a time limit, for keyrings and commands that can block for ever.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long work takes before the user is told.
const SLOW_AFTER: Duration = Duration::from_secs(2);

/// Runs `work` in a thread of its own, and waits for it at most `limit`; `None` if it did not end in time.
///
/// `on_slow` is called once if it takes long. Abandoned work goes on until the process ends, and its result is
/// dropped.
pub(super) fn with_timeout<T: Send + 'static>(
    limit: Duration,
    on_slow: &dyn Fn(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // Without a thread there is no limit, and so no work.
    let spawned = thread::Builder::new().spawn(move || {
        // After the limit nobody receives it.
        let _ = sender.send(work());
    });
    spawned.ok()?;
    let first = limit.min(SLOW_AFTER);
    match receiver.recv_timeout(first) {
        Err(RecvTimeoutError::Timeout) if first < limit => {
            on_slow();
            receiver.recv_timeout(limit.saturating_sub(first)).ok()
        }
        result => result.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_result_of_the_work() {
        assert_eq!(with_timeout(Duration::from_mins(1), &|| (), || 7), Some(7));
    }

    #[test]
    fn work_that_never_ends_is_abandoned() {
        let (keep, wait) = mpsc::channel::<()>();
        assert_eq!(with_timeout(Duration::from_millis(1), &|| (), move || wait.recv()), None);
        drop(keep);
    }

    #[test]
    fn work_that_panics_returns_nothing() {
        assert_eq!(with_timeout(Duration::from_mins(1), &|| (), || { assert!(thread::panicking()) }), None);
    }
}
