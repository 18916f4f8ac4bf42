//! Holds back the signals that stop a process (Ctrl-Z), while it has a lock that other processes wait for.
//!
//! Only SIGSTOP cannot be held back.

#[cfg(unix)]
pub use unix::{HeldStopSignals, hold, stop_between_holds};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::{PoisonError, RwLock, RwLockReadGuard};
    use std::thread;

    use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};

    /// Read while signals are held back, written to stop the process.
    static HOLDS: RwLock<()> = RwLock::new(());

    /// Holds stop signals back from its thread until it is dropped; what came meanwhile then acts.
    #[derive(Debug)]
    pub struct HeldStopSignals {
        /// The signals that the thread held back before; `None` if the system refused to hold back more.
        before: Option<SigSet>,
        /// Keeps the thread of [`stop_between_holds`] from stopping the process. It stays in its thread.
        _hold: RwLockReadGuard<'static, ()>,
    }

    impl Drop for HeldStopSignals {
        fn drop(&mut self) {
            // It was the mask before, which the system accepted.
            let _ = self.before.map(|before| before.thread_set_mask());
        }
    }

    /// Holds stop signals back from this thread. A thread holds them once at a time.
    #[must_use]
    pub fn hold() -> HeldStopSignals {
        let hold = HOLDS.read().unwrap_or_else(PoisonError::into_inner);
        HeldStopSignals { before: stop_signals().thread_swap_mask(SigmaskHow::SIG_BLOCK).ok(), _hold: hold }
    }

    /// Lets the process stop only while no thread holds stop signals back: for a process of many threads, before it
    /// starts them, as a signal stops all of them and is held back from the threads of its starter alone.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn stop_between_holds() -> io::Result<()> {
        let signals = stop_signals();
        signals.thread_block()?;
        thread::Builder::new().name("stop".into()).spawn(move || {
            while let Ok(signal) = signals.wait() {
                let _no_holds = HOLDS.write().unwrap_or_else(PoisonError::into_inner);
                // Raised anew, so that the system decides whether anybody is there to continue the process.
                let _ = signals.thread_unblock().and_then(|()| raise(signal));
                let _ = signals.thread_block();
            }
        })?;
        Ok(())
    }

    /// Returns the signals of job control by which a process stops.
    fn stop_signals() -> SigSet {
        [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect()
    }
}

/// Returns what holds nothing back: there are no stop signals here.
#[cfg(not(unix))]
pub fn hold() {}
