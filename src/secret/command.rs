//! Commands as sources: runs a password manager's command and reads the secret that it prints.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use zeroize::Zeroizing;

use super::MAX_SECRET_BYTES;
use crate::time::humanize;

/// The most bytes that are read: one more than a secret and its line break.
const MAX_OUTPUT: usize = MAX_SECRET_BYTES + 3;

/// The interval at which a command is polled for output and for its exit.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The reason why a command provides no secret. Its output is then not used.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The command could not be started, or its output could not be read.
    #[error("cannot be run: {0}")]
    NotRun(#[from] io::Error),
    /// The command failed, with this exit status.
    #[error("failed: {0}")]
    Failed(ExitStatus),
    /// The command timed out after this duration, and was stopped.
    #[error("did not end within {}, and was stopped", humanize(*.0))]
    TimedOut(Duration),
}

/// Runs a source's program with its arguments, without a shell, and returns its output, at most [`MAX_OUTPUT`] bytes.
///
/// The command's standard input is empty, and its standard error is inherited, so that it can report problems. Processes
/// that it leaves running are not waited for. A command that times out is killed with its process group. At a terminal
/// the command stays in this process's group, so that it can prompt there and is interrupted together with this process;
/// on a timeout, only the command itself is then killed.
///
/// # Errors
/// [`CommandError`]
pub(super) fn run(words: &[String], limit: Duration) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let mut command = Command::new(words.first().map_or("", String::as_str));
    command.args(words.iter().skip(1)).stdin(Stdio::null()).stdout(Stdio::piped());
    platform::set_group(&mut command);
    let mut child = command.spawn()?;
    // The buffer never grows: reallocation would leave a copy of the secret behind.
    let mut bytes = Zeroizing::new(vec![0; MAX_OUTPUT]);
    let end = read_to_end(&mut child, &mut bytes, limit);
    if !matches!(end, Ok(Some(_))) {
        platform::end_group(&child);
        // This has no effect on a command that has exited.
        let _ = child.kill();
        let _ = child.wait();
    }
    match end? {
        Some(status) if !status.success() => Err(CommandError::Failed(status)),
        None if bytes.is_empty() => Err(CommandError::TimedOut(limit)),
        // A full buffer is returned: the caller reports that the secret is too long, which says more than an exit status.
        Some(_) | None => Ok(bytes),
    }
}

/// Reads a command's output until the command exits, and truncates `bytes` to it. Returns `None` if the output fills
/// `bytes`, or if the command times out; `bytes` is then empty.
fn read_to_end(child: &mut Child, bytes: &mut Vec<u8>, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    let pipe = child.stdout.take().ok_or_else(|| io::Error::other("its output is not a pipe"))?;
    let mut output = platform::Output::new(pipe);
    let mut length = 0;
    loop {
        // Checked before reading: what a command wrote before its exit is in the pipe.
        let exited = child.try_wait()?;
        let read = output.read_available(&mut bytes[length..])?;
        length += read.unwrap_or(0);
        if length == bytes.len() {
            return Ok(None);
        }
        if let (Some(status), Some(_)) = (exited, read) {
            bytes.truncate(length);
            return Ok(Some(status));
        }
        if started.elapsed() >= limit {
            bytes.clear();
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Unix: process groups, and pipes that say how much they hold.
#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io::{self, Read as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, ChildStdout, Command};

    use rustix::io::ioctl_fionread;
    use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
    use rustix::termios::tcgetpgrp;

    /// Puts a command into a process group of its own, unless this process is in the foreground of a terminal.
    pub(super) fn set_group(command: &mut Command) {
        let foreground = File::open("/dev/tty").ok().and_then(|terminal| tcgetpgrp(&terminal).ok());
        if foreground != Some(getpgrp()) {
            command.process_group(0);
        }
    }

    /// Kills the process group of a command that has not been waited for, if it has its own.
    pub(super) fn end_group(child: &Child) {
        // An error means that there is no group of the command's id, or that it has ended.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }

    /// The output of a command.
    pub(super) struct Output(ChildStdout);

    impl Output {
        /// Creates an output from a pipe.
        pub(super) fn new(pipe: ChildStdout) -> Self {
            Self(pipe)
        }

        /// Reads what the pipe holds, without waiting for more, and returns its length. `None` does not occur here.
        pub(super) fn read_available(&mut self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
            let held = usize::try_from(ioctl_fionread(&self.0)?).unwrap_or(usize::MAX);
            let count = held.min(bytes.len());
            self.0.read_exact(&mut bytes[..count]).map(|()| Some(count))
        }
    }
}

/// Other platforms: no process groups, and a thread that reads the output to its end.
#[cfg(not(unix))]
mod platform {
    use std::io::{self, Read as _};
    use std::process::{Child, ChildStdout, Command};
    use std::thread::{self, JoinHandle};

    use zeroize::Zeroizing;

    use super::MAX_OUTPUT;

    /// Leaves the command in this process's group.
    pub(super) fn set_group(_command: &mut Command) {}

    /// Does nothing.
    pub(super) fn end_group(_child: &Child) {}

    /// The output of a command, read by a thread of its own; `None` once the thread's result has been taken.
    pub(super) struct Output(Option<JoinHandle<io::Result<Zeroizing<Vec<u8>>>>>);

    impl Output {
        /// Creates an output from a pipe, and starts the thread that reads it.
        pub(super) fn new(pipe: ChildStdout) -> Self {
            Self(Some(thread::spawn(move || {
                let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT));
                pipe.take(MAX_OUTPUT as u64).read_to_end(&mut bytes).map(|_| bytes)
            })))
        }

        /// Reads the whole output once, and returns its length; `None` if it has not ended yet.
        pub(super) fn read_available(&mut self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
            let Some(reader) = self.0.take_if(|reader| reader.is_finished()) else {
                return Ok(self.0.is_none().then_some(0));
            };
            let read = reader.join().map_err(|_| io::Error::other("its reader failed"))??;
            bytes[..read.len()].copy_from_slice(&read);
            Ok(Some(read.len()))
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn run_words(words: &[&str], limit: Duration) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        run(&words, limit)
    }

    fn sh(script: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        run_words(&["/bin/sh", "-c", script], limit)
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn returns_the_output_of_the_command() {
        assert_eq!(sh("printf 'secret\\n'", LONG).unwrap().as_slice(), b"secret\n");
    }

    #[test]
    fn failed_command_is_refused_despite_its_output() {
        assert!(
            matches!(sh("echo secret; exit 3", LONG), Err(CommandError::Failed(status)) if status.code() == Some(3))
        );
    }

    #[test]
    fn stops_a_command_at_its_time_limit() {
        let short = Duration::from_millis(50);
        assert!(matches!(sh("sleep 60", short), Err(CommandError::TimedOut(_))));
        assert!(matches!(sh("exec >&-; sleep 60", short), Err(CommandError::TimedOut(_))));
    }

    #[cfg(target_os = "linux")]
    /// Returns whether a process exists that is not only waiting to be reaped.
    fn is_running(pid: &str) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_command_that_times_out_leaves_nothing_running() {
        let place = tempfile::TempDir::new().unwrap();
        let pids = place.path().join("pids");
        let script =
            format!("sleep 60 & echo $! >{0}; sh -c 'sleep 60' & echo $! >>{0}; wait", pids.display());
        assert!(matches!(sh(&script, Duration::from_millis(500)), Err(CommandError::TimedOut(_))));
        let pids = std::fs::read_to_string(pids).unwrap();
        assert_eq!(pids.lines().count(), 2);
        let started = Instant::now();
        while pids.lines().any(is_running) {
            assert!(started.elapsed() < Duration::from_secs(10), "still running: {pids}");
        }
    }

    #[test]
    fn leftover_background_process_is_not_waited_for() {
        let started = Instant::now();
        let secret = "s".repeat(MAX_SECRET_BYTES);
        assert_eq!(sh(&format!("sleep 20 & printf {secret}"), LONG).unwrap().as_slice(), secret.as_bytes());
        assert!(started.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn reads_no_more_than_a_secret_may_have() {
        for script in
            ["head -c 100000 /dev/zero; exit 0", "exec cat /dev/zero", "head -c 5000 /dev/zero; exit 1"]
        {
            assert_eq!(sh(script, LONG).map(|bytes| bytes.len()).unwrap_or_default(), MAX_OUTPUT, "{script}");
        }
    }

    #[test]
    fn reports_a_missing_program() {
        let missing = run_words(&["/nowhere/at-all"], LONG);
        assert!(matches!(missing, Err(CommandError::NotRun(_))));
    }
}
