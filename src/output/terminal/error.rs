//! Why a prompt has no answer.

use std::io;

use thiserror::Error;

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
    #[error("cannot ask at the terminal")]
    Io(#[source] io::Error),
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
