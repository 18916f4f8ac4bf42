//! QR codes in half blocks, which a phone can scan from a terminal.

use fast_qr::{ECL, QRBuilder};

use super::Layout;
use crate::error::ErrorReport;

/// The width of the light border in modules (ISO/IEC 18004 section 5.3.8).
const QUIET_ZONE: usize = 4;

/// The escape sequences that set white on black, whatever the terminal's colours are, and reset it.
const COLORS: (&str, &str) = ("\u{1b}[38;5;231;48;5;16m", "\u{1b}[0m");

/// Returns a text as a QR code. Without colour, blocks are the light modules, which suits a dark terminal.
///
/// # Errors
/// An [`ErrorReport`] if the text is too long for a QR code, or the code too wide for the terminal.
pub fn qr_code(text: &str, layout: Layout) -> Result<String, ErrorReport> {
    let too_long = |message: String| ErrorReport::usage(message, "use --copy, or a shorter template");
    let code = QRBuilder::new(text).ecl(ECL::L).build();
    let code = code.map_err(|_| too_long("the text is too long for a QR code".into()))?;
    let columns = code.size + 2 * QUIET_ZONE;
    if let Some(width) = layout.width.filter(|width| usize::from(*width) < columns) {
        let message = format!("the QR code has {columns} columns, and the terminal {width}");
        return Err(ErrorReport::usage(message, "make the terminal wider, or use --copy"));
    }
    let is_light = |row: usize, column: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_ZONE).filter(|at| *at < code.size);
        inside(row).zip(inside(column)).is_none_or(|(row, column)| !code[row][column].value())
    };
    let (start, end) = if layout.has_color { COLORS } else { ("", "") };
    let line = |row: usize| {
        let block = |column| match (is_light(row, column), is_light(row + 1, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        format!("{start}{}{end}\n", (0..columns).map(block).collect::<String>())
    };
    Ok((0..columns).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a code that was printed, as a phone does: each half of a character is a square of pixels.
    fn read(shown: &str) -> Option<String> {
        const SCALE: usize = 4;
        let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
        let is_light = |x: usize, y: usize| match lines[y / 2][x] {
            '█' => true,
            '▀' => y.is_multiple_of(2),
            '▄' => !y.is_multiple_of(2),
            _ => false,
        };
        let (width, height) = (lines[0].len() * SCALE, lines.len() * 2 * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if is_light(x / SCALE, y / SCALE) { 255 } else { 0 }
        });
        Some(image.detect_grids().first()?.decode().ok()?.1)
    }

    #[test]
    fn a_decoder_reads_what_is_shown_and_it_fits_80_columns() {
        for length in [1, 120, 200, 300, 425] {
            let text = "eyJ-_.".repeat(100)[..length].to_owned();
            let shown = qr_code(&text, Layout { width: Some(80), has_color: false }).unwrap();
            assert_eq!(read(&shown).as_deref(), Some(text.as_str()), "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
            let colored = qr_code(&text, Layout { width: Some(80), has_color: true }).unwrap();
            assert_eq!(colored.replace(COLORS.0, "").replace(COLORS.1, ""), shown);
            assert!(colored.lines().all(|line| line.starts_with(COLORS.0) && line.ends_with(COLORS.1)));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let narrow = Layout { width: Some(40), has_color: false };
        let refused = |length: usize, layout| qr_code(&"x".repeat(length), layout).unwrap_err().message;
        assert_eq!(refused(200, narrow), "the QR code has 61 columns, and the terminal 40");
        assert_eq!(refused(3000, Layout::default()), "the text is too long for a QR code");
    }
}
