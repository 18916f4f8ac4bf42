//! Prompts at a Unix terminal. Its modes are restored whatever signal comes.
//!
//! Secrets are read from the terminal itself, not from standard input. rpassword edits the line, from a reader that is ours,
//! and the terminal's modes are set here: rpassword alone leaves the terminal without echo at every signal but its own
//! Ctrl-C, and accepts a line that a lost connection cut short. It wipes its buffer, but not the smaller buffers that an
//! answer outgrew; [`crate::process::hardening`] keeps other processes from reading that memory.
//!
//! A paste is read byte by byte: while a terminal edits lines itself, it keeps at most 4,095 bytes of a line (1,024 on some
//! systems) and drops the rest, and a curl command that was copied from a browser is longer.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::time::Duration;

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::signals::Signals;
use super::{MAX_ANSWER, PromptError};

/// The most bytes of a hidden answer.
const MAX_HIDDEN: usize = 4096;

/// How long input must pause before an empty line ends a paste: longer than between two parts of one.
const PAUSE: Duration = Duration::from_millis(200);

/// Ctrl-C and Ctrl-\, which send no signals while the terminal does not edit lines.
const INTERRUPTING: [u8; 2] = [3, 28];

/// Ctrl-D and Ctrl-@, which end a paste.
const ENDING: [u8; 2] = [4, 0];

/// The keys that delete the last character of a paste.
const ERASING: [u8; 2] = [8, 127];

/// The control characters by which rpassword edits a line; it ignores others.
const EDITING: [u8; 7] = [4, 8, b'\n', b'\r', 21, 23, 27];

/// Asks questions.
#[derive(Debug, Default)]
pub(super) struct Prompter {
    /// Catches signals from the first question on.
    signals: Option<Signals>,
}

impl Prompter {
    /// Asks on standard error, and returns the line that is typed.
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.signals()?.hold_while(|signals| {
            io::stderr().lock().write_all(question.as_bytes())?;
            read_line(signals).inspect_err(|_| end_line())
        })
    }

    /// Reads a paste from standard input, up to Ctrl-D, or up to an empty line once `is_enough` accepts the text. Returns
    /// its first `limit` bytes, and how many there were.
    pub(super) fn read_paste(
        &mut self,
        limit: usize,
        is_enough: fn(&str) -> bool,
    ) -> Result<(Zeroizing<Vec<u8>>, u64), PromptError> {
        self.signals()?.hold_while(|signals| {
            let terminal = RawTerminal::new(io::stdin(), LocalModes::empty(), OptionalActions::Now)?;
            read_paste(&terminal, limit, is_enough, signals).inspect_err(|_| end_line())
        })
    }

    /// Asks at the terminal without showing the answer; with `again` it must be typed twice.
    pub(super) fn ask_hidden(
        &mut self,
        question: &str,
        again: Option<&str>,
    ) -> Result<Zeroizing<String>, PromptError> {
        self.signals()?.hold_while(|signals| {
            let options = OpenOptions::new().read(true).write(true).open("/dev/tty");
            let terminal = options.map_err(PromptError::NoTerminal)?;
            let answer = ask_hidden(&terminal, question, signals)?;
            match again.map(|again| ask_hidden(&terminal, again, signals)).transpose()? {
                Some(second) if *second != *answer => Err(PromptError::Differ),
                _ => Ok(answer),
            }
        })
    }

    /// Returns the signals, which are caught from the first call on.
    fn signals(&mut self) -> io::Result<Signals> {
        match &self.signals {
            Some(signals) => Ok(signals.clone()),
            None => Ok(self.signals.insert(Signals::catch()?).clone()),
        }
    }
}

/// A terminal in raw mode: until this is dropped, it edits no lines and sends no signals for keys.
struct RawTerminal<T: AsFd> {
    /// The terminal.
    terminal: T,
    /// Its modes before.
    before: Termios,
}

impl<T: AsFd> RawTerminal<T> {
    /// Sets raw mode, and turns the modes `without` off too. [`OptionalActions::Flush`] drops what was typed before.
    fn new(terminal: T, without: LocalModes, action: OptionalActions) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ISIG | without);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, action, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl<T: AsFd> Drop for RawTerminal<T> {
    /// Drops what was typed and not read: a shell would run it.
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Reads the next byte; `None` at the end of input.
///
/// # Errors
/// The error of the operating system; `Interrupted` once a signal came.
fn next(input: impl AsFd, signals: &Signals) -> io::Result<Option<u8>> {
    loop {
        signals.wait(input.as_fd())?;
        let mut byte = [0];
        match rustix::io::read(&input, &mut byte) {
            Ok(count) => return Ok((count > 0).then_some(byte[0])),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads a line that the terminal edits.
fn read_line(signals: &Signals) -> Result<String, PromptError> {
    let mut typed = Vec::new();
    loop {
        match next(io::stdin(), signals)? {
            Some(b'\n') => break,
            Some(byte) => typed.push(byte),
            None => {
                end_line();
                break;
            }
        }
    }
    if typed.len() > MAX_ANSWER {
        return Err(PromptError::TooLong { longest: MAX_ANSWER });
    }
    String::from_utf8(typed).map_err(|_| PromptError::NoText)
}

/// Ends the line of a question without an answer.
fn end_line() {
    let _ = io::stderr().lock().write_all(b"\n");
}

/// Reads a paste.
fn read_paste(
    input: &RawTerminal<io::Stdin>,
    limit: usize,
    is_enough: fn(&str) -> bool,
    signals: &Signals,
) -> Result<(Zeroizing<Vec<u8>>, u64), PromptError> {
    let mut kept = Zeroizing::new(Vec::with_capacity(limit));
    let mut count = 0_usize;
    while let Some(byte) = next(&input.terminal, signals)?.filter(|byte| !ENDING.contains(byte)) {
        if INTERRUPTING.contains(&byte) {
            return Err(PromptError::Interrupted);
        }
        if ERASING.contains(&byte) {
            count = count.saturating_sub(1);
            kept.truncate(count);
            continue;
        }
        count += 1;
        if kept.len() < limit {
            kept.push(byte);
        }
        let is_empty_line = byte == b'\n' && kept.trim_ascii_end().len() + 2 <= kept.len();
        if is_empty_line && is_enough(&String::from_utf8_lossy(&kept)) && !has_more()? {
            break;
        }
    }
    Ok((kept, count as u64))
}

/// Returns `true` if more of a paste comes within the pause.
fn has_more() -> io::Result<bool> {
    let pause = Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() };
    Ok(poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], Some(&pause))? > 0)
}

/// Asks without showing the answer.
fn ask_hidden(
    mut terminal: &File,
    question: &str,
    signals: &Signals,
) -> Result<Zeroizing<String>, PromptError> {
    let _raw = RawTerminal::new(terminal, LocalModes::ECHO | LocalModes::ECHONL, OptionalActions::Flush)?;
    terminal.write_all(question.as_bytes())?;
    let reader = HiddenLine { terminal: terminal.try_clone()?, signals: signals.clone(), length: 0 };
    let read = read_password_with_config(ConfigBuilder::new().input_reader(reader).output_discard().build());
    let _ = terminal.write_all(b"\n");
    match read.map(Zeroizing::new) {
        Ok(answer) if answer.is_empty() => Err(PromptError::Nothing),
        Ok(answer) if answer.contains(char::REPLACEMENT_CHARACTER) => Err(PromptError::NoText),
        Ok(answer) => Ok(answer),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PromptError::Nothing),
        Err(error) => Err(error.into()),
    }
}

/// The keys of a hidden answer, as rpassword reads them: a byte at a time.
struct HiddenLine {
    /// The terminal.
    terminal: File,
    /// The signals that end the wait for a key.
    signals: Signals,
    /// How many bytes were typed.
    length: usize,
}

impl Read for HiddenLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let byte = next(&self.terminal, &self.signals)?.ok_or(io::ErrorKind::NotConnected)?;
            match byte {
                _ if INTERRUPTING.contains(&byte) => return Err(io::ErrorKind::Interrupted.into()),
                // A line that is too long is read to its end, so that the shell gets none of it.
                b'\n' | b'\r' if self.length > MAX_HIDDEN => {
                    return Err(PromptError::TooLong { longest: MAX_HIDDEN }.into());
                }
                b'\n' | b'\r' => {}
                _ if byte < b' ' && !EDITING.contains(&byte) => return Err(PromptError::NoText.into()),
                _ => self.length += 1,
            }
            if let Some(place) = buffer.first_mut().filter(|_| self.length <= MAX_HIDDEN) {
                *place = byte;
                return Ok(1);
            }
        }
    }
}
