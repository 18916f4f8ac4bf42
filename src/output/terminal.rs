//! The only owner of standard input, output and error.
//!
//! The result goes to standard output and nothing else does; everything said to a person goes to
//! standard error. Colour is decided for each of the two apart. What nobody is to see is asked for at
//! the terminal itself.

#[cfg(unix)]
mod prompter;
#[cfg(not(unix))]
#[path = "terminal/fallback.rs"]
mod prompter;
#[cfg(unix)]
mod signals;

use std::io::{self, BufWriter, IsTerminal, Read, Stdout, Write};

use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use indicatif::ProgressBar;
use serde_json::json;
use terminal_size::{Height, Width, terminal_size_of};
use thiserror::Error;
use zeroize::Zeroizing;

use self::prompter::Prompter;
use super::Layout;
use super::progress::ProgressReader;
use crate::error::{Diagnostic, Exit};
use crate::escape::json_line;
use crate::process::environment::Environment;

/// The program's name, before everything that it says to a person.
const NAME: &str = "stream-token";

/// How many bytes an answer may have.
const MAX_ANSWER: usize = 1024;

/// The width that text is laid out for where a terminal does not tell its own.
const DEFAULT_WIDTH: u16 = 80;

/// How many bytes of the result are written at once: as many as a pipe holds.
const BUFFER: usize = 64 * 1024;

/// How the program speaks.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutputOptions {
    /// When to use colour.
    pub color: ColorChoice,
    /// Whether notes and errors are JSON.
    pub is_json: bool,
    /// Whether notes are left out.
    pub is_quiet: bool,
}

/// The streams of this process.
#[derive(Debug)]
pub struct Terminal {
    /// Where the result goes.
    output: BufWriter<Stdout>,
    /// How the program speaks.
    options: OutputOptions,
    /// Asks questions.
    prompter: Prompter,
    /// Whether a line of the terminal can be drawn anew.
    can_redraw: bool,
    /// The progress that is shown.
    progress: ProgressBar,
}

impl Terminal {
    /// Takes the streams of this process. `environment` looks up `NO_COLOR` and `TERM`.
    #[must_use]
    pub fn new(mut options: OutputOptions, environment: &Environment<'_>) -> Self {
        let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        // Elsewhere than on Unix terminals have no TERM, and colours nevertheless.
        let is_dumb = environment("TERM")
            .map_or(cfg!(unix), |value| ["", "dumb", "vt100"].iter().any(|without| value == *without));
        if options.color == ColorChoice::Auto && (no_color || is_dumb) {
            options.color = ColorChoice::Never;
        }
        Self {
            output: BufWriter::with_capacity(BUFFER, io::stdout()),
            options,
            prompter: Prompter::default(),
            can_redraw: !is_dumb,
            progress: ProgressBar::hidden(),
        }
    }

    /// Writes a part of the result, as it is.
    ///
    /// # Errors
    /// What the operating system said; a broken pipe among it.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).map_err(|error| on_write_error(&error))
    }

    /// Sees to it that the result so far has left the process.
    ///
    /// # Errors
    /// What the operating system said; a broken pipe among it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush().map_err(|error| on_write_error(&error))
    }

    /// Says something that a person should know.
    pub fn note(&mut self, note: &str) {
        if let Some(text) = self.note_line(note) {
            self.print_message(&text);
        }
    }

    /// Says something that a person should know while the program waits, whatever of the result is still to
    /// come.
    pub fn note_now(&self, note: &str) {
        if let Some(text) = self.note_line(note) {
            self.progress.suspend(|| write_stderr(&text));
        }
    }

    /// Returns the line of a note; `None` where notes are left out.
    fn note_line(&self, note: &str) -> Option<String> {
        match self.options {
            OutputOptions { is_quiet: true, .. } => None,
            OutputOptions { is_json: true, .. } => Some(json_line(&json!({ "note": note }))),
            _ => Some(self.message("note:", AnsiColor::Yellow, note)),
        }
    }

    /// Says what went wrong, and the next step to take.
    pub fn error(&mut self, message: &str, hint: Option<&str>) {
        self.print_message(&self.message("error:", AnsiColor::Red, message));
        if let Some(hint) = hint {
            self.print_message(&self.message("hint:", AnsiColor::Cyan, hint));
        }
    }

    /// Says what is JSON already.
    pub fn print_message(&mut self, text: &str) {
        // The result so far comes first where both streams are one. Its errors are told by flush.
        let _ = self.output.flush();
        self.progress.suspend(|| write_stderr(text));
    }

    /// Shows on standard error how much of a long input was read. The result must go elsewhere than to a terminal, and
    /// notes must not be left out or JSON; if not, nothing is shown.
    pub fn with_progress(&mut self, input: impl Read + 'static, length: Option<u64>) -> Box<dyn Read> {
        let OutputOptions { is_json, is_quiet, .. } = self.options;
        if is_json
            || is_quiet
            || !self.can_redraw
            || !io::stderr().is_terminal()
            || io::stdout().is_terminal()
        {
            return Box::new(input);
        }
        let reader = ProgressReader::new(input, length);
        self.progress = reader.bar();
        Box::new(reader)
    }

    /// Returns `true` if errors and notes are JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.options.is_json
    }

    /// Returns how the result is laid out. Where it goes to no terminal, its width has no limit.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let is_terminal = io::stdout().is_terminal();
        let width = is_terminal.then(|| width_of(terminal_size_of(io::stdout())));
        Layout { width, has_color: self.colors(is_terminal) }
    }

    /// Returns `true` if standard input is a terminal, where a person types.
    #[must_use]
    pub fn stdin_is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Returns `true` if a person can be asked: both to read the question and to answer it.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a person on standard error, and returns the line that was typed, without the blanks around it.
    ///
    /// # Errors
    /// [`PromptError::Interrupted`], [`PromptError::TooLong`], and what the operating system said.
    pub fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.flush()?;
        let answer = self.prompter.ask(&format!("{NAME}: {question}"))?;
        Ok(answer.trim().to_owned())
    }

    /// Reads what a person pastes at standard input, a terminal: to Ctrl-D, or to an empty line once `is_enough` says so of
    /// the text. Returns at most `limit` bytes, and how many there were.
    ///
    /// # Errors
    /// [`PromptError::Interrupted`], and what the operating system said.
    pub fn read_paste(
        &mut self,
        limit: usize,
        is_enough: fn(&str) -> bool,
    ) -> Result<(Zeroizing<Vec<u8>>, u64), PromptError> {
        self.flush()?;
        self.prompter.read_paste(limit, is_enough)
    }

    /// Asks a person for what nobody is to see, and returns it as it was typed: never empty. `is_typed_twice` asks for
    /// the same again.
    ///
    /// `subject` is what is asked for, such as `API secret of profile staging`. The terminal that
    /// controls the process is asked, and no standard stream. It is left as it was, also where the
    /// question is interrupted, ended or stopped by a signal.
    ///
    /// # Errors
    /// [`PromptError`]
    pub fn ask_hidden(
        &mut self,
        subject: &str,
        is_typed_twice: bool,
    ) -> Result<Zeroizing<String>, PromptError> {
        self.flush()?;
        let again = format!("{NAME}: type it again: ");
        let again = is_typed_twice.then_some(again.as_str());
        self.prompter.ask_hidden(&format!("{NAME}: {subject} (hidden): "), again)
    }

    /// Returns `true` if a stream is in colour.
    fn colors(&self, is_terminal: bool) -> bool {
        match self.options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal,
        }
    }

    /// Returns a message for standard error: wrapped at words for a terminal, its label in colour where there is any.
    fn message(&self, label: &str, color: AnsiColor, text: &str) -> String {
        let is_terminal = io::stderr().is_terminal();
        let color = self.colors(is_terminal).then(|| Style::new().bold().fg_color(Some(color.into())));
        let style = color.unwrap_or_default();
        let styled = format!("{style}{label}{style:#}");
        if !is_terminal {
            return format!("{NAME}: {styled} {text}");
        }
        // A token or a path is not broken: it is to be copied.
        let options = textwrap::Options::new(usize::from(width_of(terminal_size_of(io::stderr()))))
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(&format!("{NAME}: {label} {text}"), options).replacen(label, &styled, 1)
    }
}

/// Returns the width of a terminal of this size.
fn width_of(size: Option<(Width, Height)>) -> u16 {
    size.map(|(width, _)| width.0).filter(|width| *width > 0).unwrap_or(DEFAULT_WIDTH)
}

/// Writes a line to standard error, from any thread.
pub fn write_stderr(text: &str) {
    // In one piece, so that lines of several processes do not mix. Nobody is left to be told where standard
    // error is gone.
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Says of an error what it kept from being done. Its kind stays: a broken pipe is told by it.
fn on_write_error(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the result: {error}"))
}

/// A prompt that was not answered.
#[derive(Debug, Error)]
pub enum PromptError {
    /// There is no terminal to ask at.
    #[error("there is no terminal to ask at")]
    NoTerminal(#[source] io::Error),
    /// The person interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// Nothing was typed.
    #[error("nothing was typed")]
    Nothing,
    /// More was typed than an answer may have.
    #[error("more than {longest} bytes were typed")]
    TooLong {
        /// How many bytes an answer may have.
        longest: usize,
    },
    /// A hidden answer is not text, or contains a key that edits nothing.
    #[error("what was typed holds a control character, or is not UTF-8")]
    NoText,
    /// The second answer was not the first.
    #[error("the two entries do not match")]
    Differ,
    /// The terminal failed.
    #[error("cannot ask at the terminal: {0}")]
    Io(#[source] io::Error),
}

impl Diagnostic for PromptError {
    fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            Self::Io(_) => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

impl From<io::Error> for PromptError {
    /// Takes out what went through a reader as an error of input.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::Interrupted => Self::Interrupted,
            _ => error.downcast::<Self>().unwrap_or_else(Self::Io),
        }
    }
}

impl From<PromptError> for io::Error {
    /// Sends it through a reader.
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Interrupted => Self::from(io::ErrorKind::Interrupted),
            _ => Self::other(error),
        }
    }
}
