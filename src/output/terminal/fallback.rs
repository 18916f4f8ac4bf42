//! Prompts on Windows, by rpassword's own means.

use std::io::{self, BufRead as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::{MAX_ANSWER, PromptError};
use crate::token::MAX_PASTE_BYTES;

/// Asks questions.
#[derive(Debug, Default)]
pub(super) struct Prompter;

impl Prompter {
    /// Asks on standard error, and returns the line that is typed.
    #[expect(clippy::unused_self, reason = "elsewhere it catches signals")]
    pub(super) fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        io::stderr().lock().write_all(question.as_bytes())?;
        let mut answer = String::new();
        io::stdin().lock().take(MAX_ANSWER as u64).read_line(&mut answer)?;
        if !answer.ends_with('\n') {
            // Input ended on the line of the question.
            io::stderr().lock().write_all(b"\n")?;
        }
        Ok(answer)
    }

    /// Reads a paste from standard input, to its end.
    #[expect(clippy::unused_self, reason = "elsewhere it catches signals")]
    pub(super) fn read_paste(&mut self) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        let mut kept = Zeroizing::new(Vec::new());
        io::stdin().lock().take(MAX_PASTE_BYTES as u64 + 1).read_to_end(&mut kept)?;
        io::copy(&mut io::stdin().lock(), &mut io::sink())?;
        Ok(kept)
    }

    /// Asks at the console without showing the answer.
    #[expect(clippy::unused_self, reason = "elsewhere it catches signals")]
    pub(super) fn ask_hidden(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        match rpassword::prompt_password(question).map(Zeroizing::new) {
            Ok(answer) if answer.is_empty() => Err(PromptError::Nothing),
            Ok(answer) => Ok(answer),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PromptError::Nothing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PromptError::NoTerminal(error)),
            Err(error) => Err(error.into()),
        }
    }
}
