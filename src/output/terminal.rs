//! The only owner of standard input, output and error.
//!
//! The result goes to standard output and nothing else does; everything said to a person goes to
//! standard error. Colour is decided for each of the two apart. What nobody is to see is asked for at
//! the terminal itself.

#[cfg(unix)]
mod asker;
#[cfg(not(unix))]
#[path = "terminal/elsewhere.rs"]
mod asker;
mod error;
#[cfg(unix)]
mod hidden;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod signals;

use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use zeroize::Zeroizing;

use self::asker::Asker;
use crate::escape::json_line;
use crate::process::environment::Environment;

pub use error::AskError;

/// The program's name, before everything that it says to a person.
const NAME: &str = "stream-token";

/// How many bytes of an answer are read at most.
const LONGEST_ANSWER: usize = 1024;

/// The width that text is laid out for where a terminal does not tell its own.
const USUAL_WIDTH: u16 = 80;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// At a terminal that shows it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Voice {
    /// When to use colour.
    pub color: Color,
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
    voice: Voice,
    /// Whether the environment rules colour out.
    is_plain: bool,
    /// Asks questions.
    asker: Asker,
}

/// A note in JSON.
#[derive(Serialize)]
struct Note<'a> {
    /// What is to be known.
    note: &'a str,
}

impl Terminal {
    /// Takes the streams of this process. `environment` looks up `NO_COLOR` and `TERM`.
    #[must_use]
    pub fn new(voice: Voice, environment: &Environment<'_>) -> Self {
        let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = environment("TERM").is_some_and(|value| value == "dumb");
        Self {
            output: BufWriter::new(io::stdout()),
            voice,
            is_plain: no_color || is_dumb,
            asker: Asker::default(),
        }
    }

    /// Writes a part of the result, as it is.
    ///
    /// # Errors
    /// What the operating system said; a broken pipe among it.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).map_err(|error| unwritten(&error))
    }

    /// Sees to it that the result so far has left the process.
    ///
    /// # Errors
    /// What the operating system said; a broken pipe among it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush().map_err(|error| unwritten(&error))
    }

    /// Says something that a person should know.
    pub fn note(&mut self, note: &str) {
        if let Some(text) = self.noted(note) {
            self.say(&text);
        }
    }

    /// Says something that a person should know while the program waits, whatever of the result is still to
    /// come.
    pub fn note_aside(&self, note: &str) {
        if let Some(text) = self.noted(note) {
            speak(&text);
        }
    }

    /// Returns the line of a note; `None` where notes are left out.
    fn noted(&self, note: &str) -> Option<String> {
        if self.voice.is_quiet {
            return None;
        }
        Some(if self.voice.is_json {
            json_line(&Note { note })
        } else {
            format!("{NAME}: {} {note}", self.label("note:", AnsiColor::Yellow))
        })
    }

    /// Says what went wrong, and the next step to take.
    pub fn error(&mut self, message: &str, hint: Option<&str>) {
        let mut text = format!("{NAME}: {} {message}", self.label("error:", AnsiColor::Red));
        if let Some(hint) = hint {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{NAME}: {} {hint}", self.label("hint:", AnsiColor::Cyan));
        }
        self.say(&text);
    }

    /// Says what is JSON already.
    pub fn say(&mut self, text: &str) {
        // The result so far comes first where both streams are one. Its errors are told by flush.
        let _ = self.output.flush();
        speak(text);
    }

    /// Returns `true` if errors and notes are JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.voice.is_json
    }

    /// Returns how wide the result may be; `None` where it goes to no terminal.
    #[must_use]
    pub fn width(&self) -> Option<u16> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let told = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0);
        Some(told.filter(|width| *width > 0).unwrap_or(USUAL_WIDTH))
    }

    /// Returns `true` if the result is in colour.
    #[must_use]
    pub fn has_color(&self) -> bool {
        self.colors(io::stdout().is_terminal())
    }

    /// Returns `true` if standard input is a terminal, where a person types.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Returns `true` if a person can be asked: both to read the question and to answer it.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a person on standard error, and gives the line that was typed, without the blanks around it.
    ///
    /// # Errors
    /// [`AskError::Interrupted`], [`AskError::TooLong`], and what the operating system said.
    pub fn ask(&mut self, question: &str) -> Result<String, AskError> {
        self.flush()?;
        let answer = self.asker.ask(&format!("{NAME}: {question}"))?;
        Ok(answer.trim().to_owned())
    }

    /// Asks a person for what nobody is to see, and gives it as it was typed: never empty.
    ///
    /// `subject` is what is asked for, such as `API secret of profile staging`. The terminal that
    /// controls the process is asked, and no standard stream. It is left as it was, also where the
    /// question is interrupted, ended or stopped by a signal.
    ///
    /// # Errors
    /// Every [`AskError`] but [`AskError::Differ`].
    pub fn ask_hidden(&mut self, subject: &str) -> Result<Zeroizing<String>, AskError> {
        self.flush()?;
        self.asker.ask_hidden(&format!("{NAME}: {subject} (hidden): "))
    }

    /// Asks like [`Terminal::ask_hidden`], then asks for the same again.
    ///
    /// # Errors
    /// Every [`AskError`].
    pub fn ask_hidden_twice(&mut self, subject: &str) -> Result<Zeroizing<String>, AskError> {
        self.flush()?;
        let question = format!("{NAME}: {subject} (hidden): ");
        self.asker.ask_hidden_twice(&question, &format!("{NAME}: again: "))
    }

    /// Returns `true` if a stream is in colour.
    fn colors(&self, is_terminal: bool) -> bool {
        match self.voice.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !self.is_plain,
        }
    }

    /// Returns a label for standard error, in colour where it has any.
    fn label(&self, text: &str, color: AnsiColor) -> String {
        if self.colors(io::stderr().is_terminal()) {
            let style = Style::new().bold().fg_color(Some(color.into()));
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Writes a line to standard error, from any thread.
pub fn speak(text: &str) {
    // In one piece, so that lines of several processes do not mix. Nobody is left to be told where standard
    // error is gone.
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Says of an error what it kept from being done. Its kind stays: a broken pipe is told by it.
fn unwritten(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the result: {error}"))
}
