//! Takes a chunked body apart, byte by byte, holding nothing but the body (RFC 9112 section 7.1).

use super::fault::Fault;

/// The most digits of a chunk's size, leading zeros among them.
const MOST_DIGITS: usize = 16;
/// The most bytes of all extensions of one body together. They are read over.
const MOST_EXTENSIONS: usize = 256;
/// The most bytes of all trailers of one body together. They are read over.
const MOST_TRAILERS: usize = 1024;

/// How far a chunked body has been read.
#[derive(Debug)]
pub(super) struct Chunks {
    /// What comes next.
    step: Step,
    /// The size of the present chunk; of its data, what is still to come.
    size: usize,
    /// How many digits the size has so far.
    digits: usize,
    /// How many bytes of extensions there were.
    extensions: usize,
    /// How many bytes of trailers there were.
    trailers: usize,
}

/// What comes next in a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A digit of a size, or what ends the size.
    Size,
    /// A byte of an extension, or CR.
    Extension,
    /// The LF after a size.
    SizeEnd,
    /// Data.
    Data,
    /// The CR after data.
    DataEnd,
    /// The LF after data.
    DataLine,
    /// The first byte of a trailer, or the CR of the empty line at the very end.
    Trailer,
    /// A further byte of a trailer's name, or the colon after it.
    Name,
    /// A byte of a trailer's value, or CR.
    Value,
    /// The LF after a trailer.
    ValueEnd,
    /// The LF at the very end.
    LastLine,
    /// Nothing: the body is whole.
    Done,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { step: Step::Size, size: 0, digits: 0, extensions: 0, trailers: 0 }
    }
}

impl Chunks {
    /// Reads on, adds data to the body, and tells how many bytes were used.
    pub(super) fn read(&mut self, input: &[u8], body: &mut Vec<u8>, most: usize) -> Result<usize, Fault> {
        let mut used = 0;
        while used < input.len() && !self.is_done() {
            if self.step == Step::Data {
                let taken = self.size.min(input.len() - used);
                body.extend_from_slice(&input[used..used + taken]);
                used += taken;
                self.size -= taken;
                if self.size == 0 {
                    self.step = Step::DataEnd;
                }
            } else {
                self.step = self.after(input[used])?;
                used += 1;
                if self.step == Step::Data && self.size > most - body.len() {
                    return Err(Fault::LargeBody);
                }
            }
        }
        Ok(used)
    }

    /// Tells whether the body is whole.
    pub(super) fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    /// Takes one byte of the framing, and tells what comes after it.
    fn after(&mut self, byte: u8) -> Result<Step, Fault> {
        match (self.step, byte) {
            (Step::Size, digit) if digit.is_ascii_hexdigit() => self.digit(digit),
            (Step::Size, b';') if self.digits > 0 => self.extension(),
            (Step::Size, b'\r') if self.digits > 0 => Ok(Step::SizeEnd),
            (Step::Extension, b'\r') => Ok(Step::SizeEnd),
            (Step::Extension, b'\t' | b' '..=b'~' | 0x80..) => self.extension(),
            (Step::SizeEnd, b'\n') => {
                self.digits = 0;
                Ok(if self.size == 0 { Step::Trailer } else { Step::Data })
            }
            (Step::DataEnd, b'\r') => Ok(Step::DataLine),
            (Step::DataLine, b'\n') => Ok(Step::Size),
            (Step::Trailer, b'\r') => Ok(Step::LastLine),
            (Step::Trailer | Step::Name, byte) if is_token(byte) => self.trailer(Step::Name),
            (Step::Value, b'\r') => Ok(Step::ValueEnd),
            (Step::Name, b':') | (Step::Value, b'\t' | b' '..=b'~' | 0x80..) => self.trailer(Step::Value),
            (Step::ValueEnd, b'\n') => self.trailer(Step::Trailer),
            (Step::LastLine, b'\n') => Ok(Step::Done),
            _ => Err(Fault::Chunk),
        }
    }

    /// Takes a digit of a size. One that would not fit any body stays too large.
    fn digit(&mut self, digit: u8) -> Result<Step, Fault> {
        self.digits += 1;
        if self.digits > MOST_DIGITS {
            return Err(Fault::Chunk);
        }
        let value = char::from(digit).to_digit(16).unwrap_or_default();
        self.size = self.size.saturating_mul(16).saturating_add(value as usize);
        Ok(Step::Size)
    }

    /// Takes a byte of an extension.
    fn extension(&mut self) -> Result<Step, Fault> {
        self.extensions += 1;
        if self.extensions > MOST_EXTENSIONS { Err(Fault::Chunk) } else { Ok(Step::Extension) }
    }

    /// Takes a byte of a trailer.
    fn trailer(&mut self, next: Step) -> Result<Step, Fault> {
        self.trailers += 1;
        if self.trailers > MOST_TRAILERS { Err(Fault::LargeHead) } else { Ok(next) }
    }
}

/// Tells whether a byte may be in a header's name (RFC 9110 section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
