//! The signals that end or stop a question, held back until the terminal is as it was before.
//!
//! What catches a signal cannot be taken away again, so after the first question every signal here
//! goes through it: while no question waits, it does what it does by default.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::{getpgrp, getsid};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

use super::PromptError;

/// The signals that end the process, the interrupt apart.
const TERMINATING: [i32; 3] = [SIGTERM, SIGHUP, SIGQUIT];

/// A signal ends the wait for input. Only one that comes just before the wait is seen this much later.
const RECHECK_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Catches signals.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Whether no question waits.
    is_idle: Arc<AtomicBool>,
    /// Whether no question waits and somebody is there to continue what stops.
    may_stop: Arc<AtomicBool>,
    /// Whether the process was stopped, and what made it go on has not been seen. Another thread may be the one that
    /// catches it, later than this one goes on; it is no reason to ask the next question anew.
    owes_continuation: Arc<AtomicBool>,
    /// What came while a question waited, by its number; what ends comes first.
    came: Arc<[(i32, Arc<AtomicBool>)]>,
}

impl Signals {
    /// Begins to catch signals, for the rest of this process's life.
    pub(super) fn catch() -> io::Result<Self> {
        let is_idle = Arc::new(AtomicBool::new(true));
        let may_stop = Arc::new(AtomicBool::new(has_job_control()));
        let mut came = Vec::new();
        for signal in TERMINATING.into_iter().chain([SIGINT, SIGTSTP, SIGCONT]) {
            let condition = if signal == SIGTSTP { &may_stop } else { &is_idle };
            let has_come = Arc::new(AtomicBool::new(false));
            flag::register_conditional_default(signal, Arc::clone(condition))?;
            flag::register(signal, Arc::clone(&has_come))?;
            came.push((signal, has_come));
        }
        Ok(Self { is_idle, may_stop, owes_continuation: Arc::default(), came: came.into() })
    }

    /// Asks, and asks anew where the process was stopped and goes on.
    ///
    /// `ask` is to give up once [`Signals::wait`] says so, and to leave the terminal as it was whatever
    /// happens. Only then does a signal act.
    pub(super) fn run_with_signals<T>(
        &self,
        mut ask: impl FnMut(&Self) -> Result<T, PromptError>,
    ) -> Result<T, PromptError> {
        loop {
            self.forget();
            self.set_idle(false);
            let answer = ask(self);
            self.set_idle(true);
            let is_ended = !matches!(answer, Err(PromptError::Interrupted));
            match self.take() {
                Some(SIGCONT) if !is_ended => {}
                Some(SIGTSTP) => {
                    if self.may_stop.load(Ordering::SeqCst) {
                        self.owes_continuation.store(true, Ordering::SeqCst);
                        emulate_default_handler(SIGTSTP)?;
                    }
                    if is_ended {
                        return answer;
                    }
                }
                Some(SIGINT) => return Err(PromptError::Interrupted),
                Some(signal) if signal != SIGCONT => {
                    emulate_default_handler(signal)?;
                    return Err(PromptError::Interrupted);
                }
                _ => return answer,
            }
        }
    }

    /// Waits until there is something to read.
    ///
    /// # Errors
    /// What the operating system said; of the kind `Interrupted` once a signal came.
    pub(super) fn wait(&self, input: BorrowedFd<'_>) -> io::Result<()> {
        while !self.has_come() {
            match poll(&mut [PollFd::from_borrowed_fd(input, PollFlags::IN)], Some(&RECHECK_INTERVAL)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// Returns `true` if a signal came, and passes over the one by which the process goes on after a stop.
    fn has_come(&self) -> bool {
        for (signal, has_come) in &*self.came {
            if !has_come.load(Ordering::SeqCst) {
                continue;
            }
            if *signal != SIGCONT || !self.owes_continuation.swap(false, Ordering::SeqCst) {
                return true;
            }
            has_come.store(false, Ordering::SeqCst);
        }
        false
    }

    /// Forgets what came before.
    fn forget(&self) {
        while self.take().is_some() {}
    }

    /// Returns the first that came, and forgets it.
    fn take(&self) -> Option<i32> {
        let mut came = self.came.iter();
        let signal =
            came.find(|(_, has_come)| has_come.swap(false, Ordering::SeqCst)).map(|(signal, _)| *signal)?;
        if signal == SIGCONT {
            self.owes_continuation.store(false, Ordering::SeqCst);
        }
        Some(signal)
    }

    /// Says whether signals do what they do by default.
    fn set_idle(&self, is_idle: bool) {
        self.may_stop.store(is_idle && has_job_control(), Ordering::SeqCst);
        self.is_idle.store(is_idle, Ordering::SeqCst);
    }
}

/// Returns `true` if a shell is there to continue what stops: it gave this job a process group of its own.
///
/// The system passes over Ctrl-Z where nobody could go on, and so does this. In a PID namespace, what is led from
/// outside has the number 0; where that is both, no shell inside leads a job, and none outside is known of.
fn has_job_control() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use std::sync::{Mutex, PoisonError};

    use signal_hook::low_level::raise;

    use super::*;

    /// Whoever raises a signal raises it for all that is caught in this process.
    static RAISING: Mutex<()> = Mutex::new(());

    /// Asks a question whose answer is there already, and does this before it is read.
    fn waits(before: impl FnOnce(&Signals)) -> Result<(), io::ErrorKind> {
        let _alone = RAISING.lock().unwrap_or_else(PoisonError::into_inner);
        let signals = Signals::catch().unwrap();
        let (input, mut person) = UnixStream::pair().unwrap();
        person.write_all(b"answer").unwrap();
        signals.forget();
        before(&signals);
        signals.wait(input.as_fd()).map_err(|error| error.kind())
    }

    #[test]
    fn a_signal_interrupts_the_question() {
        assert_eq!(waits(|_| {}), Ok(()));
        assert_eq!(waits(|_| raise(SIGCONT).unwrap()), Err(io::ErrorKind::Interrupted));
    }

    #[test]
    fn the_signal_by_which_a_stop_ends_interrupts_nothing_however_late_it_comes() {
        let late = |signals: &Signals| {
            signals.owes_continuation.store(true, Ordering::SeqCst);
            raise(SIGCONT).unwrap();
        };
        assert_eq!(waits(late), Ok(()));
        let late_and_another = |signals: &Signals| {
            late(signals);
            assert!(!signals.has_come());
            raise(SIGCONT).unwrap();
        };
        assert_eq!(waits(late_and_another), Err(io::ErrorKind::Interrupted));
        let in_time_and_another = |signals: &Signals| {
            late(signals);
            signals.forget();
            raise(SIGCONT).unwrap();
        };
        assert_eq!(waits(in_time_and_another), Err(io::ErrorKind::Interrupted));
    }

    #[test]
    fn what_wakes_later_than_its_signal_was_taken_interrupts_nothing() {
        let taken = |signals: &Signals| {
            raise(SIGCONT).unwrap();
            assert_eq!(signals.take(), Some(SIGCONT));
        };
        assert_eq!(waits(taken), Ok(()));
    }
}
