//! The signals that end or stop a question, held back until the terminal is as it was before.
//!
//! What catches a signal cannot be taken away again, so after the first question every signal here
//! goes through it: while no question waits, it does what it does by default.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{getpgrp, getsid};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::low_level::{emulate_default_handler, pipe};

use super::AskError;

/// The signals that end the process, the interrupt apart.
const ENDING: [i32; 3] = [SIGTERM, SIGHUP, SIGQUIT];

/// How long the signal is waited for that has made the process go on. Nothing else can, so that it is always there
/// soon.
const LONGEST_CONTINUATION: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Catches signals.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Whether no question waits.
    is_idle: Arc<AtomicBool>,
    /// Whether no question waits and somebody is there to continue what stops.
    may_stop: Arc<AtomicBool>,
    /// What came while a question waited, by its number; what ends comes first.
    came: Arc<[(i32, Arc<AtomicBool>)]>,
    /// Has something to read once a signal came.
    wake: Arc<UnixStream>,
}

impl Signals {
    /// Begins to catch signals, for the rest of this process's life.
    pub(super) fn catch() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let is_idle = Arc::new(AtomicBool::new(true));
        let may_stop = Arc::new(AtomicBool::new(has_job_control()));
        let mut came = Vec::new();
        for signal in ENDING.into_iter().chain([SIGINT, SIGTSTP, SIGCONT]) {
            let condition = if signal == SIGTSTP { &may_stop } else { &is_idle };
            let has_come = Arc::new(AtomicBool::new(false));
            flag::register_conditional_default(signal, Arc::clone(condition))?;
            flag::register(signal, Arc::clone(&has_come))?;
            // Last, so that whoever is woken finds the flag.
            pipe::register(signal, waker.try_clone()?)?;
            came.push((signal, has_come));
        }
        Ok(Self { is_idle, may_stop, came: came.into(), wake: Arc::new(wake) })
    }

    /// Asks, and asks anew where the process was stopped and goes on.
    ///
    /// `ask` is to give up once [`Signals::wait`] says so, and to leave the terminal as it was whatever
    /// happens. Only then does a signal act.
    pub(super) fn attend<T>(&self, mut ask: impl FnMut(&Self) -> Result<T, AskError>) -> Result<T, AskError> {
        loop {
            self.forget();
            self.set_idle(false);
            let answer = ask(self);
            self.set_idle(true);
            let is_ended = !matches!(answer, Err(AskError::Interrupted));
            match self.take() {
                Some(SIGCONT) if !is_ended => {}
                Some(SIGTSTP) => {
                    if self.may_stop.load(Ordering::SeqCst) {
                        emulate_default_handler(SIGTSTP)?;
                        self.await_continuation()?;
                    }
                    if is_ended {
                        return answer;
                    }
                }
                Some(SIGINT) => return Err(AskError::Interrupted),
                Some(signal) if signal != SIGCONT => {
                    emulate_default_handler(signal)?;
                    return Err(AskError::Interrupted);
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
        let mut sources = [
            PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(input, PollFlags::IN),
        ];
        loop {
            match poll(&mut sources, None) {
                Ok(_) => break,
                // The one that came is told by the other descriptor.
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if sources[0].revents().is_empty() { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    }

    /// Waits for the signal by which the process goes on after a stop: another thread may be the one that catches
    /// it, later than this one goes on, and it would interrupt the next question.
    fn await_continuation(&self) -> io::Result<()> {
        let has_come =
            || self.came.iter().any(|(signal, came)| *signal == SIGCONT && came.load(Ordering::SeqCst));
        while !has_come() {
            let mut sources = [PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN)];
            match poll(&mut sources, Some(&LONGEST_CONTINUATION)) {
                Ok(0) => break,
                Ok(_) => self.drop_wakes(),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Forgets what came before.
    fn forget(&self) {
        while self.take().is_some() {}
        self.drop_wakes();
    }

    /// Reads over what woke whoever waited.
    fn drop_wakes(&self) {
        let mut passed_over = [0; 64];
        while (&*self.wake).read(&mut passed_over).is_ok_and(|count| count > 0) {}
    }

    /// Gives the first that came, and forgets it.
    fn take(&self) -> Option<i32> {
        let mut came = self.came.iter();
        came.find(|(_, has_come)| has_come.swap(false, Ordering::SeqCst)).map(|(signal, _)| *signal)
    }

    /// Says whether signals do what they do by default.
    fn set_idle(&self, is_idle: bool) {
        self.may_stop.store(is_idle && has_job_control(), Ordering::SeqCst);
        self.is_idle.store(is_idle, Ordering::SeqCst);
    }
}

/// Tells whether a shell is there to continue what stops: it gave this job a process group of its own.
///
/// The system passes over Ctrl-Z where nobody could go on, and so does this.
fn has_job_control() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}
