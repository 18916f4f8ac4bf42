//! Why a question has no answer.

use std::error::Error;
use std::fmt;
use std::io;

/// A question that was not answered.
#[derive(Debug)]
pub enum PromptError {
    /// There is no terminal to ask at.
    NoTerminal(io::Error),
    /// Whoever was asked interrupted it.
    Interrupted,
    /// Nothing was typed.
    Nothing,
    /// More was typed than an answer may have.
    TooLong {
        /// How many bytes an answer may have.
        longest: usize,
    },
    /// A hidden answer holds what is no text, or a key that edits nothing.
    NoText,
    /// The same answer was not given twice.
    Differ,
    /// The terminal failed.
    Io(io::Error),
}

impl fmt::Display for PromptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTerminal(_) => f.write_str("there is no terminal to ask at"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Nothing => f.write_str("nothing was typed"),
            Self::TooLong { longest } => write!(f, "more than {longest} bytes were typed"),
            Self::NoText => f.write_str("what was typed holds a control character, or is not UTF-8"),
            Self::Differ => f.write_str("the two that were typed differ"),
            Self::Io(_) => f.write_str("cannot ask at the terminal"),
        }
    }
}

impl Error for PromptError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoTerminal(error) | Self::Io(error) => Some(error),
            _ => None,
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
