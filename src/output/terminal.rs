//! The only owner of standard input, output and error.
//!
//! Standard output carries the result and nothing else; messages for people go to standard error. Colour is decided for
//! each of the two separately. Secrets are read from the terminal itself.

#[cfg(unix)]
mod prompter;
#[cfg(not(unix))]
#[path = "terminal/fallback.rs"]
mod prompter;

use std::io::{self, BufWriter, IsTerminal, Read, Stdout, Write};
use std::thread;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use serde_json::json;
use terminal_size::{Height, Width, terminal_size_of};
use thiserror::Error;
use zeroize::Zeroizing;

use self::prompter::Prompter;
use super::Layout;
use crate::error::{Diagnostic, ErrorReport, Exit};
use crate::escape::json_line;
use crate::process::environment::Environment;

/// The program's name, which begins every message.
const NAME: &str = "stream-token";

/// The most bytes of an answer.
const MAX_ANSWER: usize = 1024;

/// The width of a terminal that does not report its own.
const DEFAULT_WIDTH: u16 = 80;

/// The size of the output buffer: as many bytes as a pipe holds.
const BUFFER: usize = 64 * 1024;

/// How long to wait before the progress of a long input is shown.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// How often a second the progress is drawn.
const PROGRESS_DRAWS_A_SECOND: u8 = 5;

/// How messages are printed.
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
    /// How messages are printed.
    options: OutputOptions,
    /// Asks questions.
    prompter: Prompter,
    /// Whether the terminal can redraw a line.
    can_redraw: bool,
    /// The progress bar.
    progress: ProgressBar,
}

impl Terminal {
    /// Takes the streams of this process. `environment` looks up `NO_COLOR` and `TERM`.
    #[must_use]
    pub fn new(mut options: OutputOptions, environment: &Environment<'_>) -> Self {
        let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        // Windows terminals support colour without TERM.
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
    /// The error of the operating system, which may be a broken pipe.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).map_err(|error| on_write_error(&error))
    }

    /// Flushes the result written so far.
    ///
    /// # Errors
    /// The error of the operating system, which may be a broken pipe.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush().map_err(|error| on_write_error(&error))
    }

    /// Prints a note on standard error, after the result so far.
    pub fn note(&mut self, note: &str) {
        let _ = self.output.flush();
        self.note_now(note);
    }

    /// Prints a note on standard error at once, before the buffered result.
    pub fn note_now(&self, note: &str) {
        let text = match self.options {
            OutputOptions { is_quiet: true, .. } => return,
            OutputOptions { is_json: true, .. } => json_line(&json!({ "note": note })),
            _ => self.message("note:", AnsiColor::Yellow, note),
        };
        self.progress.suspend(|| write_stderr(&text));
    }

    /// Prints an error, and a hint with the next step.
    pub fn error(&mut self, report: &ErrorReport) {
        if self.options.is_json {
            return self.print_message(&json_line(&report.to_json()));
        }
        self.print_message(&self.message("error:", AnsiColor::Red, &report.message));
        if let Some(hint) = &report.hint {
            self.print_message(&self.message("hint:", AnsiColor::Cyan, hint));
        }
    }

    /// Prints a finished message on standard error, after the result so far.
    pub fn print_message(&mut self, text: &str) {
        // Both streams may lead to the same place. The errors of this flush are reported by the last one.
        let _ = self.output.flush();
        self.progress.suspend(|| write_stderr(text));
    }

    /// Returns a reader that shows on standard error how much of a long input was read, after a second and until the end, if
    /// that is a terminal, the result is not printed to one, and notes are neither hidden nor JSON.
    pub fn with_progress(&mut self, input: impl Read + 'static, length: Option<u64>) -> Box<dyn Read> {
        let OutputOptions { is_json, is_quiet, .. } = self.options;
        let is_shown = !is_json && !is_quiet && self.can_redraw;
        if !is_shown || !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return Box::new(input);
        }
        let template = if length.is_some() {
            "{bar:20} {percent}%, {eta} left"
        } else {
            "{binary_bytes} read in {elapsed}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        let bar = bar.with_style(style).with_finish(ProgressFinish::AndClear);
        self.progress = bar.clone();
        let hidden = bar.clone();
        thread::spawn(move || {
            thread::sleep(PROGRESS_DELAY);
            hidden.set_draw_target(ProgressDrawTarget::stderr_with_hz(PROGRESS_DRAWS_A_SECOND));
        });
        Box::new(bar.wrap_read(input))
    }

    /// Returns `true` if errors and notes are JSON.
    pub fn is_json(&self) -> bool {
        self.options.is_json
    }

    /// Returns the layout of the result. Its width is limited only at a terminal.
    pub fn layout(&self) -> Layout {
        let is_terminal = io::stdout().is_terminal();
        let width = is_terminal.then(|| width_of(terminal_size_of(io::stdout())));
        Layout { width, has_color: self.colors(is_terminal) }
    }

    /// Returns `true` if standard input is a terminal.
    pub fn stdin_is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Returns `true` if a person can be asked: standard input and standard error are terminals.
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

    /// Reads what a person pastes at standard input, a terminal: to Ctrl-D, or to an empty line once it may contain a token.
    /// Returns one byte more than [`MAX_PASTE_BYTES`](crate::token::MAX_PASTE_BYTES) at most.
    ///
    /// # Errors
    /// [`PromptError::Interrupted`], and what the operating system said.
    pub fn read_paste(&mut self) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        self.flush()?;
        self.prompter.read_paste()
    }

    /// Asks for a secret without showing it, and returns it as it was typed: never empty. With `is_typed_twice` it must be
    /// typed again.
    ///
    /// `subject` is what is asked for, such as `API secret of profile staging`. It is read from the controlling terminal, not
    /// from a standard stream. The terminal's modes are restored even if a signal ends the question.
    ///
    /// # Errors
    /// [`PromptError`]
    pub fn ask_hidden(
        &mut self,
        subject: &str,
        is_typed_twice: bool,
    ) -> Result<Zeroizing<String>, PromptError> {
        self.flush()?;
        let answer = self.prompter.ask_hidden(&format!("{NAME}: {subject} (hidden): "))?;
        if is_typed_twice && *self.prompter.ask_hidden(&format!("{NAME}: type it again: "))? != *answer {
            return Err(PromptError::Differ);
        }
        Ok(answer)
    }

    /// Returns `true` if a stream is in colour.
    fn colors(&self, is_terminal: bool) -> bool {
        match self.options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal,
        }
    }

    /// Returns a message for standard error, wrapped at words for a terminal.
    fn message(&self, label: &str, color: AnsiColor, text: &str) -> String {
        let is_terminal = io::stderr().is_terminal();
        let color = self.colors(is_terminal).then(|| Style::new().bold().fg_color(Some(color.into())));
        let style = color.unwrap_or_default();
        let styled = format!("{style}{label}{style:#}");
        if !is_terminal {
            return format!("{NAME}: {styled} {text}");
        }
        // A token or a path is not broken, so that it can be copied.
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
    // In one write, so that lines of several processes do not mix. If standard error is closed, there is nowhere to say so.
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Adds what was being done to an error, and keeps its kind, by which a broken pipe is known.
fn on_write_error(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the result: {error}"))
}

/// A prompt that was not answered.
#[derive(Debug, Error)]
pub enum PromptError {
    /// There is no terminal to ask at.
    #[error("there is no terminal to ask at")]
    NoTerminal(#[source] io::Error),
    /// The user interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// Nothing was typed.
    #[error("nothing was typed")]
    Nothing,
    /// The answer is too long.
    #[error("more than {longest} bytes were typed")]
    TooLong {
        /// The most bytes of an answer.
        longest: usize,
    },
    /// The answer is not UTF-8, or contains a control character.
    #[error("what was typed holds a control character, or is not UTF-8")]
    NoText,
    /// The two answers differ.
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
    /// Restores an error that passed through a reader.
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}

impl From<PromptError> for io::Error {
    /// Wraps an error to pass it through a reader.
    fn from(error: PromptError) -> Self {
        Self::other(error)
    }
}
