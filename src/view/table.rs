//! Tables without lines: aligned columns that fit the width.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

use super::Look;

/// How a cell is coloured, where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As the text around it.
    Plain,
    /// A name.
    Name,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Of less weight.
    Faint,
}

/// A cell's text, unprintable characters escaped already, and its tone.
pub(super) type Tinted = (String, Tone);

/// Lays rows out in aligned columns, each line ended by a line break.
pub(super) fn table<const COLUMNS: usize>(rows: Vec<[Tinted; COLUMNS]>, look: Look) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Our own decision about colour holds, not the library's about the stream.
    table.force_no_tty();
    if let Some(width) = look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if look.has_color {
        table.enforce_styling();
    }
    for row in rows {
        table.add_row(row.map(|(text, tone)| toned(Cell::new_owned(text), tone)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// Gives a single line in a tone.
pub(super) fn headline(text: &str, tone: Tone, look: Look) -> String {
    let whole = Look { width: None, ..look };
    table(vec![[(text.to_owned(), tone)]], whole)
}

/// Colours a cell. The colours are the terminal's own, so that they show on light and dark.
fn toned(cell: Cell, tone: Tone) -> Cell {
    match tone {
        Tone::Plain => cell,
        Tone::Name => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::DarkGreen).add_attribute(Attribute::Bold),
        Tone::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<[Tinted; 2]> {
        vec![
            [("form".into(), Tone::Name), ("three segments, HS256, a claims object".into(), Tone::Plain)],
            [("signature".into(), Tone::Name), ("by the current secret".into(), Tone::Good)],
        ]
    }

    #[test]
    fn aligns_columns_and_leaves_no_blanks_behind() {
        let shown = table(rows(), Look::default());
        assert_eq!(
            shown,
            "form       three segments, HS256, a claims object\nsignature  by the current secret\n"
        );
    }

    #[test]
    fn fits_the_width() {
        let shown = table(rows(), Look { width: Some(30), has_color: false });
        assert!(shown.lines().all(|line| line.chars().count() <= 30), "{shown}");
        assert!(shown.lines().count() > 2, "{shown}");
    }

    #[test]
    fn colours_only_where_asked() {
        assert!(!table(rows(), Look::default()).contains('\u{1b}'));
        assert!(table(rows(), Look { width: None, has_color: true }).contains('\u{1b}'));
    }
}
