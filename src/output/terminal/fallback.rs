//! Asks a person where there are no Unix terminals and signals, by rpassword's own means.

use std::io::{self, BufRead as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::{MAX_ANSWER, PromptError};

/// Asks questions.
#[derive(Debug, Default)]
pub(super) struct Prompter;

impl Prompter {
    /// Asks on standard error, and gives the line that is typed.
    #[expect(clippy::unused_self, reason = "elsewhere it catches signals")]
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        io::stderr().lock().write_all(question.as_bytes())?;
        let mut answer = String::new();
        io::stdin().lock().take(MAX_ANSWER as u64).read_line(&mut answer)?;
        if !answer.ends_with('\n') {
            // Input has ended on the line of the question, and what is said next needs its own.
            io::stderr().lock().write_all(b"\n")?;
        }
        Ok(answer)
    }

    /// Asks at the console itself for what nobody is to see.
    #[expect(clippy::unused_self, reason = "elsewhere it catches signals")]
    pub(super) fn ask_hidden(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        let read = rpassword::prompt_password(question);
        let answer = Zeroizing::new(read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => PromptError::Nothing,
            io::ErrorKind::NotFound => PromptError::NoTerminal(error),
            _ => error.into(),
        })?);
        if answer.is_empty() { Err(PromptError::Nothing) } else { Ok(answer) }
    }

    /// Asks so twice, and demands the same answer.
    pub(super) fn ask_hidden_twice(
        &mut self,
        question: &str,
        again: &str,
    ) -> Result<Zeroizing<String>, PromptError> {
        let first = self.ask_hidden(question)?;
        let second = self.ask_hidden(again)?;
        if *first == *second { Ok(first) } else { Err(PromptError::Differ) }
    }
}
