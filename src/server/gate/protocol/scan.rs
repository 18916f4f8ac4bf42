//! Finds the end of a head, byte by byte, and refuses what parsers disagree on before any of it is parsed.

use super::fault::Fault;
use super::head::judge_request_line;

/// How far a head has been looked through.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// How many bytes have been looked at.
    seen: usize,
    /// Where the present line begins.
    line: usize,
}

impl Scan {
    /// Goes on looking. Gives the length of the head, with the empty line at its end, once it is there.
    ///
    /// What it answers depends on the bytes alone and not on how they were split.
    pub(super) fn go_on(&mut self, input: &[u8], limit: usize) -> Result<Option<usize>, Fault> {
        for at in self.seen..input.len().min(limit) {
            let is_after_cr = at > self.line && input[at - 1] == b'\r';
            match input[at] {
                0 => return Err(Fault::Line),
                b'\n' if !is_after_cr => return Err(Fault::Line),
                b'\n' => {
                    let line = &input[self.line..at - 1];
                    if line.is_empty() && self.line > 0 {
                        return Ok(Some(at + 1));
                    }
                    if self.line == 0 {
                        judge_request_line(line)?;
                    }
                    self.line = at + 1;
                }
                _ if is_after_cr => return Err(Fault::Line),
                _ => {}
            }
            self.seen = at + 1;
        }
        if self.seen >= limit { Err(Fault::LargeHead) } else { Ok(None) }
    }
}
