//! Reads what a person types, byte by byte, until a signal comes.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;

use rustix::io::Errno;

use super::PromptError;
use super::signals::Signals;

/// How many bytes a hidden line may have: more than any secret that a keyring takes.
const MAX_HIDDEN: usize = 4096;

/// Ctrl-C, where the terminal does not make it a signal.
const INTERRUPT: u8 = 3;

/// Ctrl-U, which drops the line so far.
const KILL_LINE: u8 = 21;

/// What starts the sequence that a key sends, or that a terminal puts around what is pasted.
const ESCAPE: u8 = 27;

/// What edits or ends a hidden line: Ctrl-C, Ctrl-D, backspace, both line ends, Ctrl-U, Ctrl-W, escape.
const EDITING: [u8; 8] = [INTERRUPT, 4, 8, b'\n', b'\r', KILL_LINE, 23, ESCAPE];

/// Reads the next byte; `None` at the end of input.
///
/// # Errors
/// What the operating system said; of the kind `Interrupted` once a signal came.
pub(super) fn next(input: impl AsFd, signals: &Signals) -> io::Result<Option<u8>> {
    loop {
        signals.wait(input.as_fd())?;
        let mut byte = [0];
        match rustix::io::read(&input, &mut byte) {
            Ok(count) => return Ok((count > 0).then_some(byte[0])),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A line that is typed and not seen, for rpassword to edit.
///
/// rpassword passes over what is no text without a word, and takes what was typed for whole where the
/// terminal went away. Both would change a secret that nobody sees, so both are errors here.
#[derive(Debug)]
pub(super) struct LineReader {
    /// Where it is typed.
    pub(super) keyboard: File,
    /// What may come instead.
    pub(super) signals: Signals,
    /// What is known of the line so far.
    pub(super) line: Line,
}

/// What is known of a line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// How many bytes have come.
    length: usize,
    /// The last of them.
    last: u8,
    /// Whether one of them would be passed over.
    is_spoilt: bool,
}

impl Read for LineReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(place) = buffer.first_mut() else { return Ok(0) };
        loop {
            let byte = next(&self.keyboard, &self.signals)?.ok_or(io::ErrorKind::NotConnected)?;
            if let Some(byte) = self.line.take(byte)? {
                *place = byte;
                return Ok(1);
            }
        }
    }
}

impl Line {
    /// Takes a byte; `None` for one of a line that is too long already, which goes on to its end.
    fn take(&mut self, byte: u8) -> Result<Option<u8>, PromptError> {
        match byte {
            INTERRUPT => return Err(PromptError::Interrupted),
            KILL_LINE => *self = Self::default(),
            b'\n' | b'\r' if self.length > MAX_HIDDEN => {
                return Err(PromptError::TooLong { longest: MAX_HIDDEN });
            }
            b'\n' | b'\r' if self.is_spoilt => return Err(PromptError::NoText),
            b'\n' | b'\r' => {}
            _ => {
                self.length = self.length.saturating_add(1);
                self.is_spoilt |= self.is_rejected(byte);
                self.last = byte;
            }
        }
        Ok((self.length <= MAX_HIDDEN).then_some(byte))
    }

    /// Returns `true` if rpassword would pass over a byte here that belongs to no key's sequence.
    fn is_rejected(&self, byte: u8) -> bool {
        let is_control = byte < b' ' && !EDITING.contains(&byte);
        // U+0080 to U+009F.
        let is_late_control = self.last == 0xc2 && (0x80..=0x9f).contains(&byte);
        let is_behind_escape = self.last == ESCAPE && !matches!(byte, b'[' | b'O');
        is_control || is_late_control || is_behind_escape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types a line, and gives what rpassword gets of it.
    fn typed(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut line = Line::default();
        let taken: Result<Vec<_>, _> = bytes.iter().map(|byte| line.take(*byte)).collect();
        taken.map(|bytes| bytes.into_iter().flatten().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn text_and_what_edits_it_pass() {
        for line in
            ["abc\n", "ab\u{7f}\u{8}c\r", "\u{1b}[200~a b\u{1b}[201~\n", "ä€😀\n", "\u{4}", "a\u{17}\n"]
        {
            assert_eq!(typed(line.as_bytes()), Ok(line.as_bytes().to_vec()), "{line:?}");
        }
    }

    #[test]
    fn what_would_be_passed_over_is_refused_at_the_end_of_the_line() {
        for line in ["a\tb\n", "\0\n", "\u{1b}x\n", "\u{1b}\u{1b}[A\n", "a\u{85}b\r"] {
            assert_eq!(typed(line.as_bytes()), Err(PromptError::NoText.to_string()), "{line:?}");
        }
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let line = |length| [vec![b'x'; length], vec![b'\n']].concat();
        assert_eq!(typed(&line(MAX_HIDDEN)), Ok(line(MAX_HIDDEN)));
        assert_eq!(typed(&line(MAX_HIDDEN + 1)), Err("more than 4096 bytes were typed".into()));
        assert_eq!(typed(&line(1_000_000)), Err("more than 4096 bytes were typed".into()));
    }

    #[test]
    fn dropping_the_line_drops_what_was_wrong_with_it() {
        let long = [vec![b'x'; 10_000], b"\t\x15abc\n".to_vec()].concat();
        assert!(typed(&long).unwrap().ends_with(b"\x15abc\n"));
    }

    #[test]
    fn an_interrupt_that_is_no_signal_ends_the_line() {
        assert_eq!(typed(b"ab\x03"), Err("interrupted".into()));
    }
}
