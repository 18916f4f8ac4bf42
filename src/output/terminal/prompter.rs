//! Asks a person, and leaves the terminal as it was whatever signal comes.
//!
//! What nobody is to see is asked for at the terminal itself, whatever the standard streams are. rpassword edits the
//! line. It is given a reader, and the terminal's modes are kept here: by itself it makes Ctrl-C kill the process while
//! the terminal is without echo, leaves it so at every other signal, and takes a line that a lost connection cut short
//! for whole. Its buffer is wiped when dropped, but parts of an answer stay in memory that it outgrew; that nobody else
//! can read that memory is the charge of [`crate::process::hardening`].

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::fs::OFlags;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use super::keys::{Line, LineReader, next};
use super::paste::read_paste;
use super::signals::Signals;
use super::{MAX_ANSWER, PromptError};

/// Asks questions.
#[derive(Debug, Default)]
pub(super) struct Prompter {
    /// Catches signals, from the first question on.
    signals: Option<Signals>,
}

impl Prompter {
    /// Asks on standard error, and returns the line that is typed.
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.signals()?.run_with_signals(|signals| {
            io::stderr().lock().write_all(question.as_bytes())?;
            read_line(signals).inspect_err(|_| end_line())
        })
    }

    /// Reads a paste from standard input, a terminal, whatever its lines' length. See [`read_paste`].
    pub(super) fn read_paste(
        &mut self,
        limit: usize,
        is_enough: fn(&str) -> bool,
    ) -> Result<(Zeroizing<Vec<u8>>, u64), PromptError> {
        self.signals()?.run_with_signals(|signals| read_paste(limit, is_enough, signals))
    }

    /// Asks at the terminal itself for what nobody is to see; then `again`, and demands the same answer.
    pub(super) fn ask_hidden(
        &mut self,
        question: &str,
        again: Option<&str>,
    ) -> Result<Zeroizing<String>, PromptError> {
        self.signals()?.run_with_signals(|signals| {
            let terminal = HiddenTerminal::open()?;
            let answer = terminal.ask(question, signals)?;
            match again.map(|again| terminal.ask(again, signals)).transpose()? {
                Some(second) if *second != *answer => Err(PromptError::Differ),
                _ => Ok(answer),
            }
        })
    }

    /// Returns what catches signals.
    fn signals(&mut self) -> io::Result<Signals> {
        match &self.signals {
            Some(signals) => Ok(signals.clone()),
            None => Ok(self.signals.insert(Signals::catch()?).clone()),
        }
    }
}

/// Reads the line that answers, from standard input.
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

/// Ends the line of a question that was left open: what is said next needs its own.
fn end_line() {
    // Nobody is left to be told where standard error is gone.
    let _ = io::stderr().lock().write_all(b"\n");
}

/// The terminal that controls this process. It shows nothing of what is typed until this is dropped.
#[derive(Debug)]
struct HiddenTerminal {
    /// Where questions are shown, and by which its modes are set.
    screen: File,
    /// Where answers are typed. Reading never blocks, but in waiting for signals too: a signal key drops
    /// what was typed, and may do so when there already seemed to be something to read.
    keyboard: File,
    /// How it was before.
    before: Termios,
}

impl HiddenTerminal {
    /// Opens it, and hides what is typed.
    fn open() -> Result<Self, PromptError> {
        let open = |options: &mut OpenOptions| options.open(path()).map_err(PromptError::NoTerminal);
        let screen = open(OpenOptions::new().write(true))?;
        let no_wait = OFlags::NONBLOCK.bits().cast_signed();
        let keyboard = open(OpenOptions::new().read(true).custom_flags(no_wait))?;
        let before = tcgetattr(&screen).map_err(io::Error::from)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&screen, OptionalActions::Now, &modes).map_err(io::Error::from)?;
        Ok(Self { screen, keyboard, before })
    }

    /// Asks. What was typed before is dropped: it answers no question, and may have been seen.
    fn ask(&self, question: &str, signals: &Signals) -> Result<Zeroizing<String>, PromptError> {
        tcflush(&self.screen, QueueSelector::IFlush).map_err(io::Error::from)?;
        (&self.screen).write_all(question.as_bytes())?;
        let (keyboard, signals) = (self.keyboard.try_clone()?, signals.clone());
        let reader = LineReader { keyboard, signals, line: Line::default() };
        let read =
            read_password_with_config(ConfigBuilder::new().input_reader(reader).output_discard().build());
        // Nobody has seen a line end either. Where the terminal is gone, reading has told so.
        let _ = (&self.screen).write_all(b"\n");
        match read.map(Zeroizing::new) {
            Ok(answer) if answer.is_empty() => Err(PromptError::Nothing),
            // What stands for bytes that are no text.
            Ok(answer) if answer.contains(char::REPLACEMENT_CHARACTER) => Err(PromptError::NoText),
            Ok(answer) => Ok(answer),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PromptError::Nothing),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for HiddenTerminal {
    fn drop(&mut self) {
        // The rest of what was pasted is dropped too: the shell would show it, and run it. A terminal
        // that is gone has no modes.
        let _ = tcsetattr(&self.screen, OptionalActions::Flush, &self.before);
    }
}

/// Returns the path of the terminal.
#[cfg(not(target_vendor = "apple"))]
fn path() -> PathBuf {
    PathBuf::from("/dev/tty")
}

/// Returns the path of the terminal, by its own name where a stream knows it: there is no waiting for
/// `/dev/tty` on Apple's systems.
#[cfg(target_vendor = "apple")]
fn path() -> PathBuf {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let name = rustix::termios::ttyname(io::stdin(), Vec::new())
        .or_else(|_| rustix::termios::ttyname(io::stderr(), Vec::new()));
    name.map_or_else(|_| PathBuf::from("/dev/tty"), |name| OsString::from_vec(name.into_bytes()).into())
}
