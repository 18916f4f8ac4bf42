//! Runs a password manager's command and takes what it prints for the secret.

use std::io::{self, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::LONGEST_SECRET;

/// How many bytes are read at most: one more than a secret and its line break may have.
const MOST: usize = LONGEST_SECRET + 3;

/// How often a command that has printed everything is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Why a command gave no secret.
#[derive(Debug)]
pub enum CommandError {
    /// It could not be started.
    NotStarted(io::Error),
    /// Its output could not be read.
    Unread(io::Error),
    /// It ended with an error of its own. What it printed is not used.
    Failed(ExitStatus),
    /// It did not end in time, and was stopped.
    TimedOut(Duration),
}

/// Runs a program with its arguments, without a shell, and gives what it printed.
///
/// Its standard input is empty; its standard error is ours, so that it can say what it wants.
pub(super) fn run(words: &[String], limit: Duration) -> Result<Vec<u8>, CommandError> {
    let started = Instant::now();
    let (program, arguments) = words.split_first().ok_or_else(nothing)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(CommandError::NotStarted)?;
    let printed = read(&mut child, limit).and_then(|printed| {
        if printed.len() == MOST {
            // Refused for its length, which says more than the signal that ends a command nobody reads.
            stop(&mut child);
            return Ok(printed);
        }
        let status = wait(&mut child, started, limit)?;
        if status.success() { Ok(printed) } else { Err(CommandError::Failed(status)) }
    });
    if printed.is_err() {
        stop(&mut child);
    }
    printed
}

/// Stops the command. One that has ended already cannot be stopped, and needs not be.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads what the command prints, in time; at most [`MOST`] bytes.
fn read(child: &mut Child, limit: Duration) -> Result<Vec<u8>, CommandError> {
    let output = child.stdout.take().ok_or_else(nothing)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST));
        let read = output.take(MOST as u64).read_to_end(&mut bytes);
        // Whoever waited too long is gone.
        let _ = sender.send(read.map(|_| bytes));
    });
    match receiver.recv_timeout(limit) {
        Ok(Ok(mut bytes)) => Ok(std::mem::take(&mut *bytes)),
        Ok(Err(error)) => Err(CommandError::Unread(error)),
        Err(_) => Err(CommandError::TimedOut(limit)),
    }
}

/// Waits for the command's end, in time.
fn wait(child: &mut Child, started: Instant, limit: Duration) -> Result<ExitStatus, CommandError> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() >= limit => return Err(CommandError::TimedOut(limit)),
            Ok(None) => thread::sleep(PAUSE),
            Err(error) => return Err(CommandError::Unread(error)),
        }
    }
}

/// Names a command without words; a source always has one.
fn nothing() -> CommandError {
    CommandError::NotStarted(io::Error::from(io::ErrorKind::InvalidInput))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Result<Vec<u8>, CommandError> {
        run(&["/bin/sh".into(), "-c".into(), script.into()], limit)
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn gives_what_the_command_prints() {
        assert_eq!(sh("printf 'secret\\n'", LONG).unwrap(), b"secret\n");
    }

    #[test]
    fn an_error_of_the_commands_is_final_whatever_it_printed() {
        assert!(
            matches!(sh("echo secret; exit 3", LONG), Err(CommandError::Failed(status)) if status.code() == Some(3))
        );
    }

    #[test]
    fn stops_a_command_that_does_not_end_in_time() {
        let short = Duration::from_millis(50);
        assert!(matches!(sh("sleep 60", short), Err(CommandError::TimedOut(_))));
        assert!(matches!(sh("exec >&-; sleep 60", short), Err(CommandError::TimedOut(_))));
    }

    #[test]
    fn takes_no_more_than_a_secret_may_have() {
        for script in
            ["head -c 100000 /dev/zero; exit 0", "exec cat /dev/zero", "head -c 5000 /dev/zero; exit 1"]
        {
            assert_eq!(sh(script, LONG).map(|bytes| bytes.len()).unwrap_or_default(), MOST, "{script}");
        }
    }

    #[test]
    fn names_a_program_that_is_not_there() {
        let missing = run(&["/nowhere/at-all".into()], LONG);
        assert!(matches!(missing, Err(CommandError::NotStarted(_))));
    }
}
