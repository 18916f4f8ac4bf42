//! Tables without lines, laid out by comfy-table: aligned columns that fit the width.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};

use super::Layout;
use crate::escape::escaped;

/// Blanks between two columns.
const COLUMN_GAP: u16 = 2;

/// The least width of a column.
const MIN_WIDTH: u16 = 12;

/// The least width of the last column of a listing; below it, rows are shown as blocks.
const MIN_LAST_WIDTH: u16 = 20;

/// How a cell is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without colour.
    Plain,
    /// A name, in bold.
    Name,
    /// Success, in green.
    Good,
    /// Failure, in red.
    Bad,
    /// Dimmed.
    Faint,
}

/// Returns a cell; the text is escaped.
pub(super) fn cell(text: impl AsRef<str>, style: Style) -> Cell {
    let cell = Cell::new(escaped(text.as_ref()));
    match style {
        Style::Plain => cell,
        Style::Name => cell.add_attribute(Attribute::Bold),
        Style::Good => cell.add_attribute(Attribute::Bold).fg(Color::DarkGreen),
        Style::Bad => cell.add_attribute(Attribute::Bold).fg(Color::DarkRed),
        Style::Faint => cell.add_attribute(Attribute::Dim),
    }
}

/// Lays rows out as a table.
pub(super) fn table(rows: impl IntoIterator<Item: Into<Row>>, layout: Layout) -> String {
    let mut table = Table::new();
    table.add_rows(rows);
    lay_out(table, layout)
}

/// Lays out a table: aligned columns that fit the width.
fn lay_out(mut table: Table, layout: Layout) -> String {
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // A pipe has no width: nothing is wrapped.
    table.set_width(layout.width.unwrap_or(u16::MAX));
    if layout.has_color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let widths = table.column_max_content_widths();
    for (index, column) in table.column_iter_mut().enumerate() {
        let gap = if index + 1 == widths.len() { 0 } else { COLUMN_GAP };
        column.set_padding((0, gap));
        let narrowest = Width::Fixed(widths[index].min(MIN_WIDTH) + gap);
        column.set_constraint(ColumnConstraint::LowerBoundary(narrowest));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Lays rows out under the names of their columns; if they do not fit, each row as a block of names and values.
pub(super) fn listing<const COLUMNS: usize>(
    names: [&str; COLUMNS],
    rows: &[[Cell; COLUMNS]],
    layout: Layout,
) -> String {
    let head = names.map(|name| cell(name, Style::Faint));
    let mut lines = Table::new();
    lines.add_row(head.clone()).add_rows(rows.iter().cloned());
    let widths = lines.column_max_content_widths();
    let others = widths.iter().rev().skip(1).map(|width| width.saturating_add(COLUMN_GAP));
    if layout.width.is_none_or(|width| others.fold(width, u16::saturating_sub) >= MIN_LAST_WIDTH) {
        return lay_out(lines, layout);
    }
    let block = |row: &[Cell; COLUMNS]| {
        let lines = head.iter().zip(row).filter(|(_, cell)| !matches!(&*cell.content(), "" | "-"));
        table(lines.map(|(name, value)| [name.clone(), value.clone()]), layout)
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// Returns a line in a style, never wrapped.
pub(super) fn headline(text: &str, style: Style, layout: Layout) -> String {
    table([[cell(text, style)]], Layout { width: None, ..layout })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[Cell; 2]; 2] {
        [
            [cell("form", Style::Name), cell("three segments, HS256, a claims object", Style::Plain)],
            [cell("signature", Style::Name), cell("by the current secret", Style::Good)],
        ]
    }

    #[test]
    fn columns_are_aligned_without_trailing_blanks() {
        let shown = table(rows(), Layout::default());
        assert_eq!(
            shown,
            "form       three segments, HS256, a claims object\nsignature  by the current secret\n"
        );
    }

    #[test]
    fn a_table_fits_the_width() {
        let shown = table(rows(), Layout { width: Some(30), has_color: false });
        assert_eq!(
            shown,
            "form       three segments,\n           HS256, a claims\n           object\nsignature  by the current\n           secret\n"
        );
    }

    #[test]
    fn wraps_every_column_that_is_too_wide() {
        let row = ["name", "command:pass show stream/live", "production, 10m by default"];
        let row = row.map(|text| cell(text, Style::Plain));
        let shown = table([row], Layout { width: Some(40), has_color: false });
        assert_eq!(shown, "name  command:pass      production, 10m\n      show stream/live  by default\n");
    }

    #[test]
    fn no_column_is_made_too_narrow_to_read() {
        let row = ["command:pass show stream/live", "production, 10m by default"];
        let row = row.map(|text| cell(text, Style::Plain));
        let shown = table([row], Layout { width: Some(10), has_color: false });
        assert!(shown.lines().all(|line| line.len() <= 26), "{shown}");
    }

    #[test]
    fn listing_of_very_long_cells_fits_the_width() {
        let long = || cell("x".repeat(40_000), Style::Plain);
        let list = listing(
            ["A", "B", "C"],
            &[[long(), long(), long()]],
            Layout { width: Some(80), has_color: false },
        );
        assert!(list.lines().all(|line| line.len() <= 80), "too wide");
    }

    #[test]
    fn colours_cells_by_their_style() {
        let shown = table(rows(), Layout { width: None, has_color: true });
        assert_eq!(
            shown,
            "\u{1b}[1mform       \u{1b}[0mthree segments, HS256, a claims object\n\u{1b}[1msignature  \u{1b}[0m\u{1b}[38;5;2m\u{1b}[1mby the current secret                 \u{1b}[0m\n"
        );
        let plain = without_escapes(&shown);
        assert_eq!(plain.replace("secret                 ", "secret"), table(rows(), Layout::default()));
    }

    #[test]
    fn list_uses_columns_if_they_fit_else_blocks() {
        let rows = [["one", "-", "first"], ["two", "b", "second"]];
        let rows = rows.map(|row| row.map(|text| cell(text, Style::Plain)));
        let list = |width| listing(["NAME", "MARK", "ABOUT"], &rows, Layout { width, has_color: false });
        let columns = "NAME  MARK  ABOUT\none   -     first\ntwo   b     second\n";
        assert_eq!(list(None), columns);
        assert_eq!(list(Some(32)), columns);
        let blocks = "NAME   one\nABOUT  first\n\nNAME   two\nMARK   b\nABOUT  second\n";
        assert_eq!(list(Some(31)), blocks);
    }

    fn without_escapes(text: &str) -> String {
        text.split('\u{1b}')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
            .collect()
    }
}
