//! Holds back the signals that end a process while a question waits, until the terminal's modes are restored.
//!
//! A handler cannot be removed again, so after the first question it stays; while no question waits, it does what the signal
//! does by default.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

use super::PromptError;

/// How often to look for a signal that came just before the wait for input; a later one ends the wait at once.
const RECHECK_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Catches signals.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Whether no question waits.
    is_idle: Arc<AtomicBool>,
    /// The number of the signal that came while a question waited; otherwise 0.
    came: Arc<AtomicUsize>,
}

impl Signals {
    /// Installs the handlers, until the process ends.
    pub(super) fn catch() -> io::Result<Self> {
        let signals = Self { is_idle: Arc::new(true.into()), came: Arc::default() };
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&signals.is_idle))?;
            let number = signal.unsigned_abs() as usize;
            flag::register_usize(signal, Arc::clone(&signals.came), number)?;
        }
        Ok(signals)
    }

    /// Calls `ask`, and only then lets a signal act. `ask` must end when [`Signals::wait`] fails, with the terminal's modes
    /// restored.
    pub(super) fn hold_while<T>(
        &self,
        ask: impl FnOnce(&Self) -> Result<T, PromptError>,
    ) -> Result<T, PromptError> {
        self.came.store(0, Ordering::SeqCst);
        self.is_idle.store(false, Ordering::SeqCst);
        let answer = ask(self);
        self.is_idle.store(true, Ordering::SeqCst);
        match i32::try_from(self.came.swap(0, Ordering::SeqCst)) {
            Ok(0) => return answer,
            Ok(signal) if signal != SIGINT => emulate_default_handler(signal)?,
            _ => {}
        }
        Err(PromptError::Interrupted)
    }

    /// Waits until there is something to read.
    ///
    /// # Errors
    /// The error of the operating system; `Interrupted` once a signal came.
    pub(super) fn wait(&self, input: BorrowedFd<'_>) -> io::Result<()> {
        while self.came.load(Ordering::SeqCst) == 0 {
            match poll(&mut [PollFd::from_borrowed_fd(input, PollFlags::IN)], Some(&RECHECK_INTERVAL)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}
