//! Checks that standard output is open and has a reader.

use std::time::Duration;

use thiserror::Error;

use crate::error::Diagnostic;

/// Standard output is closed: a minted token would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("standard output is closed, and the token would be lost")]
pub struct StdoutClosed;

impl Diagnostic for StdoutClosed {
    fn hint(&self) -> Option<String> {
        Some("let it lead to a terminal, a file or a pipe".into())
    }
}

/// Waits for `time`; returns `true` as soon as standard output is a pipe or a terminal without a reader.
#[cfg(unix)]
pub fn loses_reader_within(time: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let output = std::io::stdout();
    // Errors and hang-ups are always reported.
    let mut output = [PollFd::new(&output, PollFlags::empty())];
    let is_told = Timespec::try_from(time)
        .is_ok_and(|time| poll(&mut output, Some(&time)).is_ok_and(|count| count > 0));
    is_told && output[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Waits for `time` and returns `false`: on this platform, only a failed write shows that there is no reader.
#[cfg(not(unix))]
pub fn loses_reader_within(time: Duration) -> bool {
    std::thread::sleep(time);
    false
}

/// Checks that standard output is open, so that a minted token is not lost.
///
/// If this process was started with its standard output closed, the standard library has opened the null device in its
/// place before `main`, for reading and writing. A shell's `>/dev/null` opens it for writing only.
///
/// # Errors
/// [`StdoutClosed`] if this process was started with its standard output closed.
#[cfg(unix)]
pub fn require_stdout() -> Result<(), StdoutClosed> {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{OFlags, fcntl_getfl};

    let is_read_too = fcntl_getfl(io::stdout()).is_ok_and(|flags| flags.contains(OFlags::RDWR));
    let output = io::stdout().as_fd().try_clone_to_owned().and_then(|output| File::from(output).metadata());
    let null = Path::new("/dev/null").metadata();
    let is_null = output
        .is_ok_and(|output| null.is_ok_and(|null| (output.dev(), output.ino()) == (null.dev(), null.ino())));
    if is_read_too && is_null { Err(StdoutClosed) } else { Ok(()) }
}

/// Does nothing: on this platform, a write to a closed standard output fails.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn require_stdout() -> Result<(), StdoutClosed> {
    Ok(())
}
