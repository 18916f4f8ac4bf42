//! Blocks the signals that stop a process (Ctrl-Z) while it holds a lock that other processes wait for.
//!
//! Only SIGSTOP cannot be blocked.

#[cfg(unix)]
pub use unix::{HeldStopSignals, hold, stop_between_holds};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::{PoisonError, RwLock, RwLockReadGuard};
    use std::thread;

    use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};

    /// Locked for reading while a thread blocks stop signals, and for writing while the process stops.
    static HOLDS: RwLock<()> = RwLock::new(());

    /// A guard that blocks stop signals in its thread until dropped; pending signals then take effect.
    #[derive(Debug)]
    pub struct HeldStopSignals {
        /// The previous signal mask of the thread; `None` if the system refused to block the signals.
        before: Option<SigSet>,
        /// Keeps the thread of [`stop_between_holds`] from stopping the process. It is not `Send`, so the guard stays
        /// in its thread.
        _hold: RwLockReadGuard<'static, ()>,
    }

    impl Drop for HeldStopSignals {
        fn drop(&mut self) {
            // Restores the previous mask, which the system accepted before.
            let _ = self.before.map(|before| before.thread_set_mask());
        }
    }

    /// Blocks stop signals in this thread. A thread must hold at most one guard at a time.
    #[must_use]
    pub fn hold() -> HeldStopSignals {
        let hold = HOLDS.read().unwrap_or_else(PoisonError::into_inner);
        HeldStopSignals { before: stop_signals().thread_swap_mask(SigmaskHow::SIG_BLOCK).ok(), _hold: hold }
    }

    /// Lets the process stop only while no thread holds stop signals. A process with many threads must call this before
    /// it starts them: they inherit the blocked signals, and a signal that any thread accepts stops them all.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn stop_between_holds() -> io::Result<()> {
        let signals = stop_signals();
        signals.thread_block()?;
        thread::Builder::new().name("stop".into()).spawn(move || {
            while let Ok(signal) = signals.wait() {
                let _no_holds = HOLDS.write().unwrap_or_else(PoisonError::into_inner);
                // Raised again, so that the kernel ignores it for an orphaned process group, which no shell would continue.
                let _ = signals.thread_unblock().and_then(|()| raise(signal));
                let _ = signals.thread_block();
            }
        })?;
        Ok(())
    }

    /// Returns the job control signals that stop a process.
    fn stop_signals() -> SigSet {
        [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect()
    }
}

/// Does nothing: this platform has no stop signals.
#[cfg(not(unix))]
pub fn hold() {}
