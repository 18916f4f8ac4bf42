//! Prompts at a Unix terminal. Signals that end a process are held back while a question waits, until the terminal's modes
//! are restored. A handler cannot be removed again, so after the first question it stays; while no question waits, it does
//! what the signal does by default.
//!
//! Secrets are read from the terminal itself, not from standard input. rpassword edits the line, from a reader that is ours,
//! and the terminal's modes are set here: rpassword alone leaves the terminal without echo at every signal but its own
//! Ctrl-C, and accepts a line that a lost connection cut short. It wipes its buffer, but not the smaller buffers that an
//! answer outgrew; [`crate::process::hardening`] keeps other processes from reading that memory.
//!
//! A paste is read byte by byte: while a terminal edits lines itself, it keeps at most 4,095 bytes of a line (1,024 on some
//! systems) and drops the rest, and a curl command that was copied from a browser is longer.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;
use zeroize::Zeroizing;

use super::{MAX_ANSWER, PromptError};
use crate::escape::looks_like_a_token;
use crate::token::MAX_PASTE_BYTES;

/// The most bytes of a hidden answer.
const MAX_HIDDEN: usize = 4096;

/// How long input must pause before an empty line ends a paste: longer than between two parts of one.
const PAUSE: Duration = Duration::from_millis(200);

/// How often to look for a signal that came just before the wait for input; a later one ends the wait at once.
const RECHECK_INTERVAL: Duration = Duration::from_millis(50);

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
    /// Whether signals are caught, from the first question on.
    is_catching: bool,
    /// Whether no question waits.
    is_idle: Arc<AtomicBool>,
    /// The number of the signal that came while a question waited; otherwise 0.
    came: Arc<AtomicUsize>,
}

impl Prompter {
    /// Asks on standard error, and returns the line that is typed.
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.hold_while(|came| {
            io::stderr().lock().write_all(question.as_bytes())?;
            let input = BufReader::new(Input { terminal: io::stdin(), came });
            let mut line = Vec::new();
            let read = input.take(MAX_ANSWER as u64 + 1).read_until(b'\n', &mut line);
            if !line.ends_with(b"\n") {
                // The next message begins on its own line.
                let _ = io::stderr().lock().write_all(b"\n");
            }
            if read? > MAX_ANSWER {
                return Err(PromptError::TooLong { longest: MAX_ANSWER });
            }
            String::from_utf8(line).map_err(|_| PromptError::NoText)
        })
    }

    /// Reads a paste from standard input, up to Ctrl-D, or up to an empty line once it may contain a token. Returns one
    /// byte more than [`MAX_PASTE_BYTES`] at most.
    pub(super) fn read_paste(&mut self) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        self.hold_while(|came| {
            let _raw = RawTerminal::new(io::stdin(), LocalModes::empty(), OptionalActions::Now)?;
            let mut input = Input { terminal: io::stdin(), came };
            let mut kept = Zeroizing::new(Vec::with_capacity(MAX_PASTE_BYTES + 1));
            while let Some(byte) = input.next()?.filter(|byte| !ENDING.contains(byte)) {
                if INTERRUPTING.contains(&byte) {
                    let _ = io::stderr().lock().write_all(b"\n");
                    return Err(PromptError::Interrupted);
                } else if ERASING.contains(&byte) {
                    kept.pop();
                } else if kept.len() <= MAX_PASTE_BYTES {
                    kept.push(byte);
                }
                let is_empty_line = byte == b'\n' && kept.trim_ascii_end().len() + 2 <= kept.len();
                let is_enough = is_empty_line && looks_like_a_token(&String::from_utf8_lossy(&kept));
                if is_enough && !has_input(&input.terminal, PAUSE)? {
                    break;
                }
            }
            Ok(kept)
        })
    }

    /// Asks at the terminal without showing the answer.
    pub(super) fn ask_hidden(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        self.hold_while(|came| {
            let options = OpenOptions::new().read(true).write(true).open("/dev/tty");
            let mut terminal = options.map_err(PromptError::NoTerminal)?;
            let hidden = LocalModes::ECHO | LocalModes::ECHONL;
            let _raw = RawTerminal::new(terminal.try_clone()?, hidden, OptionalActions::Flush)?;
            terminal.write_all(question.as_bytes())?;
            let line = HiddenLine { input: Input { terminal: terminal.try_clone()?, came }, length: 0 };
            let config = ConfigBuilder::new().input_reader(line).output_discard().build();
            let read = read_password_with_config(config).map(Zeroizing::new);
            let _ = terminal.write_all(b"\n");
            match read {
                Ok(answer) if answer.is_empty() => Err(PromptError::Nothing),
                Ok(answer) if answer.contains(char::REPLACEMENT_CHARACTER) => Err(PromptError::NoText),
                Ok(answer) => Ok(answer),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PromptError::Nothing),
                Err(error) => Err(error.into()),
            }
        })
    }

    /// Calls `ask`, and only then lets a signal act. [`Input`] ends when a signal comes; `ask` must then restore the
    /// terminal's modes and end.
    fn hold_while<T>(
        &mut self,
        ask: impl FnOnce(Arc<AtomicUsize>) -> Result<T, PromptError>,
    ) -> Result<T, PromptError> {
        if !self.is_catching {
            self.is_idle.store(true, Ordering::SeqCst);
            for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
                flag::register_conditional_default(signal, Arc::clone(&self.is_idle))?;
                flag::register_usize(signal, Arc::clone(&self.came), signal.unsigned_abs() as usize)?;
            }
            self.is_catching = true;
        }
        self.came.store(0, Ordering::SeqCst);
        self.is_idle.store(false, Ordering::SeqCst);
        let answer = ask(Arc::clone(&self.came));
        self.is_idle.store(true, Ordering::SeqCst);
        match i32::try_from(self.came.swap(0, Ordering::SeqCst)) {
            Ok(0) => return answer,
            Ok(signal) if signal != SIGINT => emulate_default_handler(signal)?,
            _ => {}
        }
        Err(PromptError::Interrupted)
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

/// What is typed at a terminal. Reading fails with [`PromptError::Interrupted`] once a signal came.
struct Input<T: AsFd> {
    /// The terminal.
    terminal: T,
    /// The number of the signal that came, or 0.
    came: Arc<AtomicUsize>,
}

impl<T: AsFd> Input<T> {
    /// Reads the next byte; `None` at the end of input.
    fn next(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.read(&mut byte)? > 0).then_some(byte[0]))
    }
}

impl<T: AsFd> Read for Input<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.came.load(Ordering::SeqCst) == 0 {
            if has_input(&self.terminal, RECHECK_INTERVAL)? {
                match rustix::io::read(&self.terminal, &mut *buffer) {
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    read => return Ok(read?),
                }
            }
        }
        Err(PromptError::Interrupted.into())
    }
}

/// Returns `true` if there is something to read within a time, and `false` if not, or if a signal came.
fn has_input(terminal: impl AsFd, time: Duration) -> io::Result<bool> {
    let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
    match poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&time)) {
        Err(Errno::INTR) => Ok(false),
        ready => Ok(ready? > 0),
    }
}

/// The keys of a hidden answer, as rpassword reads them: a byte at a time.
struct HiddenLine {
    /// The terminal.
    input: Input<File>,
    /// How many bytes were typed.
    length: usize,
}

impl Read for HiddenLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let byte = self.input.next()?.ok_or(io::ErrorKind::NotConnected)?;
            match byte {
                _ if INTERRUPTING.contains(&byte) => return Err(PromptError::Interrupted.into()),
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
