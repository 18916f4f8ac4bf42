//! Turns the Markdown of `man/sections` into roff.
//!
//! It supports what these pages use: headings, paragraphs, lists, tables, fenced code, and inside a line `code` and
//! **strong** text. A table's first column becomes a term, the others its description.

use clap_mangen::roff::{Inline, Roff, bold, roman};

/// A section of a page.
pub(super) struct Section {
    /// Its heading, in capitals.
    pub(super) heading: String,
    /// Its contents.
    pub(super) body: Roff,
}

/// Returns the sections of a page, each of which begins with `## `. Text before the first is left out.
pub(super) fn sections(markdown: &str) -> Vec<Section> {
    let parts = markdown.split("\n## ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(heading, text)| Section { heading: heading.to_uppercase(), body: body(text) }).collect()
}

/// Turns the text under a heading into roff.
fn body(text: &str) -> Roff {
    let mut roff = Roff::new();
    // A heading is followed by space of its own, and mandoc warns of a paragraph there.
    let (mut is_paragraph_due, mut columns) = (false, None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("### ") {
            roff.control("SS", [heading]);
            is_paragraph_due = false;
        } else if line.starts_with("```") {
            code(&mut roff, lines.by_ref().take_while(|line| *line != "```"));
        } else if let Some(row) = line.strip_prefix("| ") {
            match columns {
                None => columns = Some(row.matches(" | ").count() + 1),
                Some(_) if row.starts_with("---") => {}
                Some(columns) => entry(&mut roff, row, columns),
            }
        } else if let Some(item) = line.strip_prefix("- ") {
            roff.control("IP", ["\\(bu", "2"]);
            roff.text(inlines(item));
        } else if line.is_empty() {
            (is_paragraph_due, columns) = (true, None);
        } else {
            // The further lines of a list item are indented, and continue the item.
            if is_paragraph_due && !line.starts_with("  ") && has_text(&roff) {
                roff.control("PP", []);
            }
            is_paragraph_due = false;
            roff.text(inlines(line.trim_start()));
        }
    }
    roff
}

/// Returns `true` if anything but a heading was written.
fn has_text(roff: &Roff) -> bool {
    let rendered = roff.to_roff();
    rendered.lines().last().is_some_and(|line| !line.starts_with(".SS"))
}

/// Writes fenced code as it is.
fn code<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("IP", []);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

/// Writes a table's row: the first cell as a term, those between in brackets, and the last as the description.
#[track_caller]
fn entry(roff: &mut Roff, row: &str, columns: usize) {
    let cells: Vec<_> = row.strip_suffix(" |").unwrap().split(" | ").collect();
    assert_eq!(cells.len(), columns, "{row}");
    let (last, between) = cells[1..].split_last().unwrap();
    roff.control("TP", []);
    let between = between.iter().map(|cell| roman(format!(" ({})", cell.replace('`', ""))));
    roff.text([bold(cells[0].replace('`', ""))].into_iter().chain(between).collect::<Vec<_>>());
    roff.text(inlines(last));
}

/// Turns a line into roff, `code` and **strong** text in bold.
#[track_caller]
fn inlines(line: &str) -> Vec<Inline> {
    assert_eq!(line.matches('`').count() % 2, 0, "code goes over the end of a line: {line}");
    let mut inlines = Vec::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 {
            inlines.push(bold(part));
            continue;
        }
        assert_eq!(part.matches("**").count() % 2, 0, "strong text goes over code or a line: {line}");
        let parts = part.split("**").enumerate().filter(|(_, part)| !part.is_empty());
        inlines.extend(parts.map(|(at, part)| if at % 2 == 1 { bold(part) } else { roman(part) }));
    }
    inlines
}

#[test]
fn every_supported_markdown_form_becomes_roff() {
    let page = "# left out\n\n## Lines of `x`\n\nOne `-f`\nand **two**.\n\nThree.\n\n| a | b | c |\n| --- | --- | --- |\n\
                | `d` | e | f |\n\n### Below\n\n- item\n  goes on\n\n```sh\n.a\n```\n";
    let [section] = &sections(page)[..] else { panic!() };
    assert_eq!(section.heading, "LINES OF `X`");
    let expected = "One \\fB\\-f\\fR\nand \\fBtwo\\fR.\n.PP\nThree.\n.TP\n\\fBd\\fR (e)\nf\n.SS Below\n.IP \\(bu 2\nitem\n\
                    goes on\n.IP\n.nf\n\\&.a\n.fi\n";
    assert_eq!(section.body.to_roff(), expected);
}
