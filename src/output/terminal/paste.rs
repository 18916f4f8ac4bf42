//! Reads what a person pastes at the terminal.
//!
//! While a terminal edits lines itself, it keeps at most 4,095 bytes of a line (1,024 on some systems) and drops the rest,
//! and a curl command that was copied from a browser is longer. So a paste is read without that, byte by byte.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::PromptError;
use super::keys::next;
use super::signals::Signals;

/// What ends a paste: Ctrl-D, and the zero byte that a terminal makes of one that was typed before it was read so.
const ENDING: [u8; 2] = [4, 0];

/// What takes back a character that was typed: backspace, as terminals send it.
const ERASING: [u8; 2] = [8, 127];

/// How long nothing must come after an empty line until the paste has ended with it.
const PAUSE: Duration = Duration::from_millis(200);

/// Standard input without line editing. It is as it was before once this is dropped; what was not read is dropped too, so
/// that the shell does not run it.
struct RawInput {
    /// How it was before.
    before: Termios,
}

impl RawInput {
    /// Switches line editing off.
    fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        Ok(Self { before })
    }
}

impl Drop for RawInput {
    fn drop(&mut self) {
        // Nothing is left to do where the terminal is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

/// Reads a paste to Ctrl-D, or to an empty line with nothing after it once `is_enough` says so of the text. Returns at most
/// `limit` bytes, and how many there were.
pub(super) fn read_paste(
    limit: usize,
    is_enough: fn(&str) -> bool,
    signals: &Signals,
) -> Result<(Zeroizing<Vec<u8>>, u64), PromptError> {
    let _raw = RawInput::enter()?;
    let mut kept = Zeroizing::new(Vec::with_capacity(limit));
    let mut count = 0_usize;
    while let Some(byte) = next(io::stdin(), signals)? {
        if ENDING.contains(&byte) {
            break;
        }
        if ERASING.contains(&byte) {
            count = count.saturating_sub(1);
            kept.truncate(count);
            continue;
        }
        count += 1;
        if kept.len() < limit {
            kept.push(byte);
        }
        let is_empty_line = byte == b'\n' && kept.trim_ascii_end().len() + 2 <= kept.len();
        if is_empty_line && is_enough(&String::from_utf8_lossy(&kept)) && !has_more()? {
            break;
        }
    }
    Ok((kept, count as u64))
}

/// Returns `true` if more of a paste comes within [`PAUSE`].
fn has_more() -> io::Result<bool> {
    let pause = Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() };
    Ok(poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], Some(&pause))? > 0)
}
