//! Reads a batch line by line, in constant memory regardless of line length.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use anyhow::Context as _;

use super::Result;
use crate::error::{Diagnostic, ErrorReport};
use crate::escape::{escaped_short, path_in_full};
use crate::fs;
use crate::output::terminal::Terminal;
use crate::token::decode_text;

/// The maximum number of bytes of a line: more than a token with `Bearer` and quotes has.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// The maximum number of bytes of a UTF-16 input: 64 MiB.
const MAX_UTF16_BYTES: u64 = 64 * 1024 * 1024;

/// The size of the read buffer in bytes. It is larger than standard input's own buffer, which is therefore bypassed.
const BUFFER: usize = 64 * 1024;

/// A batch being read.
pub(super) struct BatchReader {
    /// The input.
    reader: BufReader<Box<dyn Read>>,
    /// The input's name in errors.
    name: String,
    /// The number of lines read.
    count: u64,
    /// The bytes of the last line.
    line: Vec<u8>,
}

/// A line of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BatchLine {
    /// The line number, from 1.
    pub(super) number: u64,
    /// The text, without the line break and surrounding white space.
    pub(super) text: Result<String, BatchLineError>,
}

/// The reason why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BatchLineError {
    /// The line has more than [`MAX_LINE_BYTES`] bytes.
    #[error("it has more than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// The line is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
}

impl Diagnostic for BatchLineError {}

impl BatchReader {
    /// Opens a file, or standard input for `-`. Progress is shown on a terminal.
    pub(super) fn open(path: &Path, terminal: &mut Terminal) -> Result<Self> {
        if path == Path::new("-") {
            let is_typed = terminal.stdin_is_terminal();
            let input =
                if is_typed { Box::new(io::stdin()) } else { terminal.with_progress(io::stdin(), None) };
            return Self::new(input, "standard input".into());
        }
        let name = escaped_short(&path_in_full(path)).to_string();
        let file = fs::open_input(path)?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        Self::new(terminal.with_progress(file, length), name)
    }

    /// Creates a reader of a batch. UTF-16, as Windows PowerShell writes it, is read as a whole and decoded.
    fn new(reader: Box<dyn Read>, name: String) -> Result<Self> {
        let mut reader = BufReader::with_capacity(BUFFER, reader);
        let unreadable = || format!("cannot read {name}");
        if decode_text(reader.fill_buf().with_context(unreadable)?).1 {
            let mut bytes = Vec::new();
            reader.take(MAX_UTF16_BYTES + 1).read_to_end(&mut bytes).with_context(unreadable)?;
            if bytes.len() as u64 > MAX_UTF16_BYTES {
                let message = format!("{name} is UTF-16 and has more than {MAX_UTF16_BYTES} bytes");
                return Err(ErrorReport::usage(message, "save it as UTF-8"));
            }
            let text = decode_text(&bytes).0.into_owned();
            reader = BufReader::with_capacity(BUFFER, Box::new(Cursor::new(text)));
        }
        Ok(Self { reader, name, count: 0, line: Vec::new() })
    }

    /// Returns `true` if the next line is buffered, so that reading it does not block.
    pub(super) fn has_buffered_line(&self) -> bool {
        self.reader.buffer().contains(&b'\n')
    }

    /// Reads the next line that is neither blank nor a table heading; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<BatchLine>> {
        loop {
            let read = read_line(&mut self.reader, &mut self.line);
            let Some(mut text) = read.with_context(|| format!("cannot read {}", self.name))? else {
                return Ok(None);
            };
            self.count += 1;
            if self.count == 1 {
                // A byte order mark is not part of a file's first line (RFC 3629 section 6).
                text = text.map(|text| text.trim_start_matches('\u{feff}').trim_start());
                text = text.map(|text| if is_heading(text) { "" } else { text });
            }
            if text != Ok("") {
                return Ok(Some(BatchLine { number: self.count, text: text.map(str::to_owned) }));
            }
        }
    }
}

/// Returns `true` for the heading of a CSV table of customers, users or tokens, as `-o csv` writes it.
fn is_heading(line: &str) -> bool {
    let name = |field: &str| -> String {
        field.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let is_known = |field: &str| {
        ["id", "customer", "customerid", "user", "userid", "token"].contains(&name(field).as_str())
    };
    line.split([',', ';', '\t']).any(is_known)
}

/// Reads one line, keeping at most [`MAX_LINE_BYTES`] bytes of it. Returns its text without surrounding white space;
/// `None` at the end.
fn read_line<'a>(
    reader: &mut impl BufRead,
    line: &'a mut Vec<u8>,
) -> io::Result<Option<Result<&'a str, BatchLineError>>> {
    line.clear();
    if reader.take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() > MAX_LINE_BYTES && !line.ends_with(b"\n") {
        reader.skip_until(b'\n')?;
        return Ok(Some(Err(BatchLineError::TooLong)));
    }
    Ok(Some(str::from_utf8(line).map(str::trim).map_err(|_| BatchLineError::NotUtf8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &'static [u8]) -> Vec<(u64, Result<String, BatchLineError>)> {
        let reader = BufReader::with_capacity(7, Box::new(bytes) as Box<dyn Read>);
        let mut batch = BatchReader { reader, name: "a test".into(), count: 0, line: Vec::new() };
        std::iter::from_fn(|| batch.next().unwrap()).map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn blank_lines_are_counted_and_skipped() {
        let read = lines(b"1\r\n\n  2 \n\xff\n3");
        let text = |text: &str| Ok(text.to_owned());
        assert_eq!(read, [(1, text("1")), (3, text("2")), (4, Err(BatchLineError::NotUtf8)), (5, text("3"))]);
    }

    #[test]
    fn overlong_line_is_an_error_and_the_next_is_read() {
        let line =
            |length: usize| -> &'static [u8] { Vec::leak([vec![b'a'; length], b"\nb".to_vec()].concat()) };
        assert_eq!(lines(line(MAX_LINE_BYTES))[0].1.as_ref().map(String::len), Ok(MAX_LINE_BYTES));
        let read = lines(line(10_000_000));
        assert_eq!(read, [(1, Err(BatchLineError::TooLong)), (2, Ok("b".into()))]);
    }

    #[test]
    fn byte_order_mark_is_skipped() {
        assert_eq!(lines("\u{feff}1\n\u{feff}2".as_bytes())[0], (1, Ok("1".into())));
        assert_eq!(lines("\u{feff}1\n\u{feff}2".as_bytes())[1], (2, Ok("\u{feff}2".into())));
        assert_eq!(lines("\u{feff}\n2".as_bytes()), [(2, Ok("2".into()))]);
    }

    #[test]
    fn csv_header_is_skipped_on_the_first_line_only() {
        for heading in [crate::output::CSV_HEADER, "id\n", "\"Customer ID\";\"Name\"\r\n", "name\tuser_id\n"]
        {
            let text: &'static [u8] = Vec::leak(format!("{heading}1\nid\n").into_bytes());
            assert_eq!(lines(text), [(2, Ok("1".into())), (3, Ok("id".into()))], "{heading}");
        }
        for line in ["customer-1\n", "1,id-2\n", "eyJ.token.x\n"] {
            assert_eq!(lines(line.as_bytes()).len(), 1, "{line}");
        }
    }

    #[test]
    fn utf_16_of_either_order_is_decoded() {
        for encode in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = "\u{feff}1\r\n2\r\n".encode_utf16().flat_map(encode).collect();
            let mut batch = BatchReader::new(Box::new(Cursor::new(bytes)), "a test".into()).unwrap();
            let mut next = || batch.next().unwrap().map(|line| line.text.unwrap());
            assert_eq!((next(), next(), next()), (Some("1".into()), Some("2".into()), None));
        }
    }

    #[test]
    fn an_empty_input_has_no_lines() {
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n\n"), []);
    }
}
