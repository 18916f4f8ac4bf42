//! Asks for what nobody is to see, at the terminal itself, whatever the standard streams are.
//!
//! rpassword edits the line. It is given a reader, and the terminal's modes are kept here: by itself it
//! makes Ctrl-C kill the process while the terminal is without echo, leaves it so at every other
//! signal, and takes a line that a lost connection cut short for whole. Its buffer is wiped when
//! dropped, but parts of an answer stay in memory that it outgrew; that nobody else can read that
//! memory is the charge of [`crate::process::hardening`].

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use rpassword::ConfigBuilder;
use rustix::fs::OFlags;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use super::PromptError;
use super::keys::LineEditor;
use super::signals::Signals;

/// The terminal that controls this process.
#[derive(Debug)]
struct ControllingTerminal {
    /// Where questions are shown, and by which its modes are set.
    screen: File,
    /// Where answers are typed. Reading never blocks, but in waiting for signals too: a signal key drops
    /// what was typed, and may do so when there already seemed to be something to read.
    keyboard: File,
}

/// Shows questions and hides what is typed, until it is dropped.
#[derive(Debug)]
struct Hidden<'a> {
    /// The terminal.
    terminal: &'a ControllingTerminal,
    /// How it was before.
    before: Termios,
}

impl<'a> Hidden<'a> {
    /// Hides what is typed.
    fn at(terminal: &'a ControllingTerminal) -> io::Result<Self> {
        let before = tcgetattr(&terminal.screen)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal.screen, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }

    /// Asks. What was typed before is dropped: it answers no question, and may have been seen.
    fn ask(&self, question: &str, signals: &Signals) -> Result<Zeroizing<String>, PromptError> {
        let mut screen = &self.terminal.screen;
        tcflush(screen, QueueSelector::IFlush).map_err(io::Error::from)?;
        screen.write_all(question.as_bytes())?;
        let line = LineEditor::new(self.terminal.keyboard.try_clone()?, signals.clone());
        let read = rpassword::read_password_with_config(
            ConfigBuilder::new().input_reader(line).output_discard().build(),
        );
        // Nobody has seen a line end either. Where the terminal is gone, reading has told so.
        let _ = screen.write_all(b"\n");
        let answer = Zeroizing::new(read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => PromptError::Nothing,
            _ => error.into(),
        })?);
        if answer.is_empty() {
            return Err(PromptError::Nothing);
        }
        // What stands for bytes that are no text.
        if answer.contains(char::REPLACEMENT_CHARACTER) { Err(PromptError::NoText) } else { Ok(answer) }
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // The rest of what was pasted is dropped too: the shell would show it, and run it. A terminal
        // that is gone has no modes.
        let _ = tcsetattr(&self.terminal.screen, OptionalActions::Flush, &self.before);
    }
}

/// Asks once.
pub(super) fn ask(question: &str, signals: &Signals) -> Result<Zeroizing<String>, PromptError> {
    let terminal = open()?;
    signals.run_with_signals(|signals| Hidden::at(&terminal)?.ask(question, signals))
}

/// Asks twice, and demands the same answer.
pub(super) fn ask_twice(
    question: &str,
    again: &str,
    signals: &Signals,
) -> Result<Zeroizing<String>, PromptError> {
    let terminal = open()?;
    signals.run_with_signals(|signals| {
        let hidden = Hidden::at(&terminal)?;
        let first = hidden.ask(question, signals)?;
        let second = hidden.ask(again, signals)?;
        if *first == *second { Ok(first) } else { Err(PromptError::Differ) }
    })
}

/// Opens the terminal that controls this process.
fn open() -> Result<ControllingTerminal, PromptError> {
    let no_wait = OFlags::NONBLOCK.bits().cast_signed();
    let screen = OpenOptions::new().write(true).open(path());
    let keyboard = OpenOptions::new().read(true).custom_flags(no_wait).open(path());
    Ok(ControllingTerminal {
        screen: screen.map_err(PromptError::NoTerminal)?,
        keyboard: keyboard.map_err(PromptError::NoTerminal)?,
    })
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
