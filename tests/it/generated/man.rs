//! Makes the man pages from the grammar, and from the Markdown in `man/sections`.
//!
//! `NAME.1.md` adds sections to the page of the command NAME, after its options and before what its help says under
//! headings of its own; `NAME.7.md` is a whole page. SEE ALSO is made here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::markdown;
use super::{Files, read};

/// The date of the last change of substance.
const DATE: &str = "2026-11-28";

/// The sections of the program's help that every command's page shows, where they apply.
const SHARED: [&str; 3] = ["TIMES", "ENVIRONMENT", "EXIT STATUS"];

/// The sections that end every page, in this order; all others precede them.
const LAST: [&str; 5] = ["TIMES", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"];

/// A section: its heading, and all of it in roff.
#[derive(Clone)]
struct Section(String, String);

/// Returns the folder that holds the pages' own sections.
pub(crate) fn sections_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man/sections")
}

/// Makes the pages of the program, of each of its commands, and of the topics in Markdown.
pub(super) fn pages(root: Command) -> Files {
    let mut root = without_help_command(root);
    root.build();
    let mut own = read(&sections_folder());
    let shared: Vec<_> =
        help_sections(&root).into_iter().filter(|section| SHARED.contains(&section.0.as_str())).collect();
    let topics: Vec<_> =
        own.keys().filter_map(|file| file.strip_suffix(".7.md")).map(str::to_owned).collect();
    let mut pages = BTreeMap::new();
    for topic in &topics {
        let markdown = own.remove(&format!("{topic}.7.md")).unwrap();
        let others = topics.iter().filter(|other| *other != topic).map(|other| format!("{other}(7)"));
        let see_also: Vec<_> = ["stream-token(1)".to_owned()].into_iter().chain(others).collect();
        pages.insert(format!("{topic}.7"), topic_page(topic, &markdown, &see_also));
    }
    add_pages(&root, None, &shared, &topics, &mut own, &mut pages);
    assert!(own.is_empty(), "no command has these sections: {:?}", own.keys());
    pages
}

/// Leaves out the command `help` at every level: its page would only repeat the others.
fn without_help_command(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help_command)
}

/// Adds the page of a command, and of all its subcommands. Used sections are removed from `own`.
fn add_pages(
    command: &Command,
    parent: Option<&Command>,
    shared: &[Section],
    topics: &[String],
    own: &mut Files,
    pages: &mut Files,
) {
    let markdown = own.remove(&format!("{}.md", file_name(command))).unwrap_or_default();
    let mut sections: Vec<_> = own_sections(&markdown);
    for section in help_sections(command).into_iter().chain(shared.iter().cloned()) {
        let applies = section.0 != "TIMES" || parent.is_none() || takes_a_time(command);
        // A page's own section replaces the shared one.
        if applies && sections.iter().all(|Section(heading, _)| *heading != section.0) {
            sections.push(section);
        }
    }
    let commands =
        parent.into_iter().chain(command.get_subcommands()).map(|each| format!("{}(1)", name_of(each)));
    let see_also: Vec<_> = commands.chain(topics.iter().map(|topic| format!("{topic}(7)"))).collect();
    pages.insert(file_name(command), page(command, sections, &see_also));
    for below in command.get_subcommands() {
        add_pages(below, Some(command), shared, topics, own, pages);
    }
}

/// Returns the sections of a page's Markdown.
fn own_sections(markdown: &str) -> Vec<Section> {
    let sections = markdown::sections(markdown).into_iter();
    let rendered = sections.map(|section| {
        let mut roff = Roff::new();
        roff.control("SH", [section.heading.as_str()]);
        let text = without_preamble(&roff.render()) + &without_preamble(&section.body.render());
        Section(section.heading, text)
    });
    rendered.collect()
}

/// Adds sections and references to the end of a page.
fn finish(mut page: String, mut sections: Vec<Section>, see_also: &[String]) -> String {
    // The sort is stable: other sections come first, in the order in which they were written.
    sections.sort_by_key(|Section(heading, _)| {
        LAST.iter().position(|last| last == heading).map_or(0, |at| at + 1)
    });
    page.extend(sections.into_iter().map(|Section(_, text)| text));
    page += &without_preamble(&references(see_also).render());
    page.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Begins a page with the preamble of every rendering and the title.
fn title(name: &str, section: u8, volume: &str) -> String {
    let mut page = Roff::new().render();
    let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    // Written by hand: `roff` supports neither empty nor quoted arguments.
    writeln!(page, ".TH \"{title}\" {section} {DATE} \"stream-token {version}\" \"{volume}\"").unwrap();
    page
}

/// Makes the page of a topic in Markdown. Its first line is `# NAME: what it is about`.
fn topic_page(name: &str, markdown: &str, see_also: &[String]) -> String {
    let about = markdown.lines().next().unwrap().strip_prefix(&format!("# {name}: ")).unwrap();
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {about}"))]);
    let page = title(name, 7, "Miscellaneous Information") + &without_preamble(&roff.render());
    finish(page, own_sections(markdown), see_also)
}

/// Returns the name of a command's page.
fn name_of(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// Returns the name of a page's file.
fn file_name(command: &Command) -> String {
    format!("{}.1", name_of(command))
}

/// Returns `true` if a command has a flag that takes a time.
fn takes_a_time(command: &Command) -> bool {
    let mut names = command.get_arguments().filter_map(|argument| argument.get_value_names()).flatten();
    names.any(|name| name.as_str() == "WHEN")
}

/// Makes the page of a command.
fn page(command: &Command, sections: Vec<Section>, see_also: &[String]) -> String {
    let man = Man::new(command.clone().mut_args(with_aliases));
    let mut page = title(name_of(command), 1, "User Commands");
    page += &part(|out| man.render_name_section(out));
    page += &part(|out| man.render_synopsis_section(out));
    page += &part(|out| man.render_description_section(out));
    page += &part(|out| man.render_options_section(out));
    if command.has_subcommands() {
        page += &part(|out| man.render_subcommands_section(out)).replace(".SH SUBCOMMANDS", ".SH COMMANDS");
    }
    finish(page, sections, see_also)
}

/// Adds a flag's other names to its help, because `clap_mangen` leaves them out.
fn with_aliases(argument: Arg) -> Arg {
    let aliases = argument.get_visible_aliases().unwrap_or_default();
    let (Some(help), false) = (argument.get_help(), aliases.is_empty()) else { return argument };
    let help = format!("{help} [alias: --{}]", aliases.join(", --"));
    argument.help(help)
}

/// Renders one section of `clap_mangen`'s.
fn part(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    // An empty line between two breaks is vertical space, and mandoc wants `.sp` for it.
    without_preamble(&String::from_utf8(out).unwrap()).replace(".br\n\n.br\n", ".sp\n")
}

/// Removes the preamble of a rendering, which a page needs only once.
fn without_preamble(rendered: &str) -> String {
    rendered.strip_prefix(&Roff::new().render()).unwrap().to_owned()
}

/// Parses the help after a command's options: headings at the margin, lines indented by two.
fn help_sections(command: &Command) -> Vec<Section> {
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
    for line in help.lines().filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("  ") {
            sections.last_mut().unwrap().1.push(line);
        } else {
            sections.push((heading(line), Vec::new()));
        }
    }
    let rendered = sections.into_iter().map(|(heading, lines)| {
        let text = without_preamble(&show(&heading, &lines).render());
        Section(heading, text)
    });
    rendered.collect()
}

/// Returns a heading of the help as man pages have it.
fn heading(line: &str) -> String {
    match line.strip_suffix(':').unwrap() {
        "Exit codes" => "EXIT STATUS".into(),
        other => other.to_uppercase(),
    }
}

/// Renders a section: examples verbatim, terms with their meanings, or a paragraph.
fn show(heading: &str, lines: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    if heading == "EXAMPLES" {
        roff.control("nf", []);
        for line in lines {
            roff.text([roman(*line)]);
        }
        roff.control("fi", []);
        return roff;
    }
    for line in lines {
        if let Some((term, meaning)) = line.split_once("  ") {
            roff.control("TP", []);
            roff.text([bold(term)]);
            roff.text([roman(meaning.trim_start())]);
        } else {
            roff.text([roman(*line)]);
        }
    }
    roff
}

/// Renders references to other pages, such as `stream-token(1)`.
fn references(pages: &[String]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    for (at, page) in pages.iter().enumerate() {
        let (name, section) = page.split_at(page.find('(').unwrap());
        let comma = if at + 1 == pages.len() { "" } else { "," };
        roff.text([bold(name), roman(format!("{section}{comma}"))]);
    }
    roff
}
