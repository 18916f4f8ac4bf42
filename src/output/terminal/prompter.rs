//! Asks a person, and leaves the terminal as it was whatever signal comes.

use std::io::{self, Write as _};

use zeroize::Zeroizing;

use super::signals::Signals;
use super::{MAX_ANSWER, PromptError, hidden, keys};

/// Asks questions.
#[derive(Debug, Default)]
pub(super) struct Prompter {
    /// Catches signals, from the first question on.
    signals: Option<Signals>,
}

impl Prompter {
    /// Asks on standard error, and gives the line that is typed.
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.signals()?.run_with_signals(|signals| {
            io::stderr().lock().write_all(question.as_bytes())?;
            line(signals).inspect_err(|_| end_line())
        })
    }

    /// Asks at the terminal itself for what nobody is to see.
    pub(super) fn ask_hidden(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        hidden::ask(question, &self.signals()?)
    }

    /// Asks so twice, and demands the same answer.
    pub(super) fn ask_hidden_twice(
        &mut self,
        question: &str,
        again: &str,
    ) -> Result<Zeroizing<String>, PromptError> {
        hidden::ask_twice(question, again, &self.signals()?)
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
fn line(signals: &Signals) -> Result<String, PromptError> {
    let mut typed = Vec::new();
    let mut is_too_long = false;
    loop {
        match keys::next(io::stdin(), signals)? {
            Some(b'\n') => break,
            Some(byte) if typed.len() < MAX_ANSWER => typed.push(byte),
            Some(_) => is_too_long = true,
            None => {
                end_line();
                break;
            }
        }
    }
    if is_too_long {
        return Err(PromptError::TooLong { longest: MAX_ANSWER });
    }
    String::from_utf8(typed).map_err(|_| PromptError::NoText)
}

/// Ends the line of a question that was left open: what is said next needs its own.
fn end_line() {
    // Nobody is left to be told where standard error is gone.
    let _ = io::stderr().lock().write_all(b"\n");
}
