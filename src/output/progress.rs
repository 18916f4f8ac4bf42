//! The progress of a long input, for a person who waits.

use std::io::{self, Read};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long to wait before the progress is shown.
const DELAY: Duration = Duration::from_secs(1);

/// How often a second the progress is drawn.
const DRAWS_A_SECOND: u8 = 5;

/// A reader that shows its progress on standard error after one second, until it is dropped.
#[derive(Debug)]
pub(super) struct ProgressReader<R> {
    /// The reader.
    reader: R,
    /// The progress bar.
    bar: ProgressBar,
}

impl<R> ProgressReader<R> {
    /// Wraps a reader; `length` is how many bytes it has, if that is known.
    pub(super) fn new(reader: R, length: Option<u64>) -> Self {
        let template = if length.is_some() {
            "{bar:20} {percent}%, {eta} left"
        } else {
            "{binary_bytes} read in {elapsed}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()).with_style(style);
        Self { reader, bar }
    }

    /// Returns the progress bar, which messages must suspend.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bar.inc(count as u64);
        if self.bar.is_hidden() && self.bar.elapsed() >= DELAY {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_A_SECOND));
        }
        Ok(count)
    }
}

impl<R> Drop for ProgressReader<R> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
