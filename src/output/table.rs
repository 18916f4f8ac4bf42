//! Tables without lines: aligned columns that fit the width.

use std::iter;

use anstyle::{AnsiColor, Effects, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::Look;

/// How many blanks stand between two columns.
const GAP: u16 = 2;

/// The narrowest that a column is made, however narrow the terminal.
const NARROWEST: u16 = 12;

/// The narrowest that the last column of a list is good to read.
const COMFORTABLE: u16 = 20;

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

/// Lays rows out in aligned columns, each line ended by a line break; the last column is wrapped to
/// the width, and where that is not enough, so are the widest others.
pub(super) fn table<const COLUMNS: usize>(rows: &[[Tinted; COLUMNS]], look: Look) -> String {
    let widths = widths(rows, look.width);
    rows.iter().map(|row| laid_out(row, &widths, look)).collect()
}

/// Lists things of one kind: a row each under named columns, or, where these do not fit the width,
/// a block each with a line for every column that has something. `is_first` says that nothing of the
/// list was shown before.
pub(super) fn listing<const COLUMNS: usize>(
    names: [&str; COLUMNS],
    rows: &[[Tinted; COLUMNS]],
    is_first: bool,
    look: Look,
) -> String {
    let head = names.map(|name| (name.to_owned(), Tone::Faint));
    let lines: Vec<_> = iter::once(&head).chain(rows).cloned().collect();
    let widths = widths(&lines, None);
    let (_, others) = widths.split_last().unwrap_or((&0, &[]));
    let taken = others.iter().fold(0, |sum: u16, width| sum.saturating_add(*width).saturating_add(GAP));
    if look.width.is_none_or(|limit| taken.saturating_add(COMFORTABLE) <= limit) {
        let shown = table(&lines, look);
        let head = if is_first { 0 } else { shown.find('\n').map_or(0, |end| end + 1) };
        return shown[head..].to_owned();
    }
    let block = |row: &[Tinted; COLUMNS]| {
        let lines = names.into_iter().zip(row).filter(|(_, (text, _))| !text.is_empty() && text != "-");
        let lines: Vec<_> =
            lines.map(|(name, cell)| [(name.to_owned(), Tone::Faint), cell.clone()]).collect();
        table(&lines, look)
    };
    let blocks: Vec<_> = rows.iter().map(block).collect();
    let separator = if is_first || blocks.is_empty() { "" } else { "\n" };
    separator.to_owned() + &blocks.join("\n")
}

/// Returns a single line in a tone.
pub(super) fn headline(text: &str, tone: Tone, look: Look) -> String {
    let line = [(text.to_owned(), tone)];
    table(&[line], Look { width: None, ..look })
}

/// Returns the widths of the columns: each as wide as its widest cell, the last as wide as is left.
fn widths<const COLUMNS: usize>(rows: &[[Tinted; COLUMNS]], limit: Option<u16>) -> [u16; COLUMNS] {
    let mut probe = Table::new();
    probe.load_style(presets::NOTHING);
    probe.add_rows(rows.iter().map(|row| row.iter().map(|(text, _)| text)));
    let mut widths = [0; COLUMNS];
    widths.iter_mut().zip(probe.column_max_content_widths()).for_each(|(width, widest)| *width = widest);
    if let (Some(limit), Some((last, others))) = (limit, widths.split_last_mut()) {
        let taken = others.iter().fold(0_u16, |sum, width| sum.saturating_add(*width).saturating_add(GAP));
        *last = (*last).min(limit.saturating_sub(taken).max(NARROWEST));
        narrow(&mut widths, limit);
    }
    widths
}

/// Takes from the widest column, again and again, until all of them fit or none can give.
fn narrow(widths: &mut [u16], limit: u16) {
    let gaps = (1..widths.len()).fold(0, |sum: u16, _| sum.saturating_add(GAP));
    while widths.iter().fold(gaps, |sum, width| sum.saturating_add(*width)) > limit {
        match widths.iter_mut().max_by_key(|width| **width) {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

/// Lays one row out. Every row is a table of its own, so that its lines can be coloured cell by cell.
fn laid_out<const COLUMNS: usize>(row: &[Tinted; COLUMNS], widths: &[u16; COLUMNS], look: Look) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(widths.iter().fold(0, |sum: u16, width| sum.saturating_add(*width).saturating_add(GAP)));
    table.add_row(row.iter().map(|(text, _)| text));
    for (column, width) in table.column_iter_mut().zip(widths) {
        column.set_padding((0, GAP));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(GAP))));
    }
    let tones: Vec<_> = row.iter().map(|(_, tone)| *tone).collect();
    let painted = table.lines().map(|line| painted(&line, &tones, widths, look) + "\n");
    painted.collect()
}

/// Paints the cells of a line, where there is colour.
fn painted(line: &str, tones: &[Tone], widths: &[u16], look: Look) -> String {
    if !look.has_color {
        return line.trim_end().to_owned();
    }
    let (last, others) = (tones.len() - 1, &widths[..widths.len() - 1]);
    // The leading cells hold words of our own, a column for a character.
    let cuts = others.iter().scan(0, |at, width| {
        *at += usize::from(width.saturating_add(GAP));
        Some(*at)
    });
    let mut from = 0;
    let mut painted = String::new();
    for (column, cut) in cuts.chain(iter::once(usize::MAX)).enumerate() {
        let taken = if column == last { usize::MAX } else { cut - from };
        let start: usize = line.chars().take(from).map(char::len_utf8).sum();
        let cell: String = line[start..].chars().take(taken).collect();
        let text = cell.trim_end();
        let style = style(tones[column]);
        let blanks = if column == last { "" } else { &cell[text.len()..] };
        if text.is_empty() {
            painted += blanks;
        } else {
            painted.extend([
                style.render().to_string().as_str(),
                text,
                style.render_reset().to_string().as_str(),
                blanks,
            ]);
        }
        from = cut;
    }
    painted
}

/// Returns a tone's style, in the terminal's own colours, so that it shows on light and dark.
fn style(tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Plain => style,
        Tone::Name => style.effects(Effects::BOLD),
        Tone::Good => style.effects(Effects::BOLD).fg_color(Some(AnsiColor::Green.into())),
        Tone::Bad => style.effects(Effects::BOLD).fg_color(Some(AnsiColor::Red.into())),
        Tone::Faint => style.effects(Effects::DIMMED),
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
        let shown = table(&rows(), Look::default());
        assert_eq!(
            shown,
            "form       three segments, HS256, a claims object\nsignature  by the current secret\n"
        );
    }

    #[test]
    fn fits_the_width() {
        let shown = table(&rows(), Look { width: Some(30), has_color: false });
        assert_eq!(
            shown,
            "form       three segments,\n           HS256, a claims\n           object\nsignature  by the current\n           secret\n"
        );
    }

    #[test]
    fn wraps_the_widest_of_the_others_where_the_last_gives_not_enough() {
        let row = ["name", "command:pass show stream/live", "production, 10m by default"];
        let row = row.map(|cell| (cell.to_owned(), Tone::Plain));
        let shown = table(&[row], Look { width: Some(40), has_color: false });
        assert_eq!(
            shown,
            "name  command:pass show     production,\n      stream/live           10m by\n                            default\n"
        );
    }

    #[test]
    fn no_column_is_made_too_narrow_to_read() {
        let row = ["command:pass show stream/live", "production, 10m by default"];
        let row = row.map(|cell| (cell.to_owned(), Tone::Plain));
        let shown = table(&[row], Look { width: Some(10), has_color: false });
        assert!(shown.lines().all(|line| line.len() <= 26), "{shown}");
    }

    #[test]
    fn colours_cells_and_not_the_blanks_between_them() {
        let shown = table(&rows(), Look { width: None, has_color: true });
        assert_eq!(
            shown,
            "\u{1b}[1mform\u{1b}[0m       three segments, HS256, a claims object\n\u{1b}[1msignature\u{1b}[0m  \u{1b}[1m\u{1b}[32mby the current secret\u{1b}[0m\n"
        );
        let plain = anstyle_free(&shown);
        assert_eq!(plain, table(&rows(), Look::default()));
    }

    #[test]
    fn a_list_has_columns_where_they_fit_and_blocks_where_not() {
        let cell = |text: &str| (text.to_owned(), Tone::Plain);
        let rows = [[cell("one"), cell("-"), cell("first")], [cell("two"), cell("b"), cell("second")]];
        let list = |width, is_first| {
            listing(["NAME", "MARK", "ABOUT"], &rows, is_first, Look { width, has_color: false })
        };
        let columns = "NAME  MARK  ABOUT\none   -     first\ntwo   b     second\n";
        assert_eq!(list(None, true), columns);
        assert_eq!(list(Some(32), true), columns);
        assert_eq!(list(None, false), columns.split_once('\n').unwrap().1);
        let blocks = "NAME   one\nABOUT  first\n\nNAME   two\nMARK   b\nABOUT  second\n";
        assert_eq!(list(Some(31), true), blocks);
        assert_eq!(list(Some(31), false), format!("\n{blocks}"));
    }

    fn anstyle_free(text: &str) -> String {
        text.split('\u{1b}')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
            .collect()
    }
}
