//! Runs a password manager's command and reads the secret that it prints.

use std::io::{self, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use zeroize::Zeroizing;

use super::MAX_SECRET_BYTES;
use super::timeout::with_timeout;
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_short;
use crate::time::humanize;

/// The most bytes that are read: one more than a secret and its line break.
const MAX_OUTPUT: usize = MAX_SECRET_BYTES + 3;

/// How often a command that has closed its output is checked for its end.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Why a command gave no secret. Each variant begins with the program.
#[derive(Debug, Error)]
pub enum CommandError {
    /// It could not be started.
    #[error("cannot start command:{}: {}", escaped_short(.0), .1)]
    NotStarted(String, #[source] io::Error),
    /// Its output or its exit status could not be read.
    #[error("cannot read command:{}: {}", escaped_short(.0), .1)]
    Unreadable(String, #[source] io::Error),
    /// It exited with an error. Its output is not used.
    #[error("command:{} failed: {}", escaped_short(.0), .1)]
    Failed(String, ExitStatus),
    /// It did not end in time, and was stopped.
    #[error("command:{} did not end within {}, and was stopped", escaped_short(.0), humanize(*.1))]
    TimedOut(String, Duration),
}

impl Diagnostic for CommandError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotStarted(..) => {
                "give the program's whole path; words are split at white space, and no shell is asked"
            }
            Self::TimedOut(..) => "run the command by itself: it may wait for you to unlock something",
            Self::Unreadable(..) | Self::Failed(..) => "run the command by itself, and see what it says",
        };
        Some(hint.into())
    }
}

/// Runs a program with its arguments, without a shell, and returns its output, at most [`MAX_OUTPUT`] bytes.
///
/// Its standard input is empty; its standard error is ours, so that it can report problems.
pub(super) fn run(words: &[String], limit: Duration) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let started = Instant::now();
    let (program, arguments) =
        words.split_first().map_or(("", words), |(first, rest)| (first.as_str(), rest));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| CommandError::NotStarted(program.into(), error))?;
    let output = read_output(&mut child, program, limit).and_then(|output| {
        // Longer output is refused for its length, which says more than the signal that stops the command.
        if output.len() < MAX_OUTPUT {
            let status = wait(&mut child, program, started, limit)?;
            if !status.success() {
                return Err(CommandError::Failed(program.into(), status));
            }
        }
        Ok(output)
    });
    // Without effect on a command that has ended.
    let _ = child.kill();
    let _ = child.wait();
    output
}

/// Reads what the command prints, within the limit.
fn read_output(
    child: &mut Child,
    program: &str,
    limit: Duration,
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let stdout = child.stdout.take();
    let read = move || {
        // It never grows, which would leave a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT));
        stdout.map_or(Ok(0), |stdout| stdout.take(MAX_OUTPUT as u64).read_to_end(&mut bytes)).map(|_| bytes)
    };
    with_timeout(limit, &|| (), read)
        .ok_or_else(|| CommandError::TimedOut(program.into(), limit))?
        .map_err(|error| CommandError::Unreadable(program.into(), error))
}

/// Waits for the command's end, within the limit since it was started.
fn wait(
    child: &mut Child,
    program: &str,
    started: Instant,
    limit: Duration,
) -> Result<ExitStatus, CommandError> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() >= limit => {
                return Err(CommandError::TimedOut(program.into(), limit));
            }
            Ok(None) => thread::sleep(POLL_INTERVAL),
            Err(error) => return Err(CommandError::Unreadable(program.into(), error)),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        run(&["/bin/sh".into(), "-c".into(), script.into()], limit)
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn returns_the_output_of_the_command() {
        assert_eq!(sh("printf 'secret\\n'", LONG).unwrap().as_slice(), b"secret\n");
    }

    #[test]
    fn a_failed_command_is_refused_whatever_it_printed() {
        assert!(
            matches!(sh("echo secret; exit 3", LONG), Err(CommandError::Failed(_, status)) if status.code() == Some(3))
        );
    }

    #[test]
    fn stops_a_command_at_its_time_limit() {
        let short = Duration::from_millis(50);
        assert!(matches!(sh("sleep 60", short), Err(CommandError::TimedOut(..))));
        assert!(matches!(sh("exec >&-; sleep 60", short), Err(CommandError::TimedOut(..))));
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
        let missing = run(&["/nowhere/at-all".into()], LONG);
        assert!(matches!(missing, Err(CommandError::NotStarted(..))));
    }
}
