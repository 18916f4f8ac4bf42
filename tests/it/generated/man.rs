//! Makes the man pages from the grammar. The sections after a command's options come from its help.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// When the pages last changed in substance.
const DATE: &str = "2026-11-22";

/// The sections of the program's help that go for every command, where they are of use.
const SHARED: [&str; 3] = ["TIMES", "ENVIRONMENT", "EXIT STATUS"];

/// A section of a help text.
struct Section {
    /// Its heading, as man pages have it.
    heading: String,
    /// Its lines, without the indent.
    lines: Vec<String>,
}

/// Makes the page of the program and one of each of its commands.
pub(super) fn pages(mut root: Command) -> BTreeMap<String, String> {
    root.build();
    let shared: Vec<_> =
        sections(&root).into_iter().filter(|section| SHARED.contains(&section.heading.as_str())).collect();
    let mut pages = BTreeMap::from([(file_name(&root), page(&root, &[], None))]);
    add_commands(&root, &shared, &mut pages);
    pages
}

/// Adds the pages of a command's commands, and of theirs.
fn add_commands(parent: &Command, shared: &[Section], pages: &mut BTreeMap<String, String>) {
    for command in parent.get_subcommands() {
        let shown: Vec<_> =
            shared.iter().filter(|section| section.heading != "TIMES" || takes_a_time(command)).collect();
        pages.insert(file_name(command), page(command, &shown, Some(parent)));
        add_commands(command, shared, pages);
    }
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

/// Makes a page. `shared` are sections beside the command's own.
fn page(command: &Command, shared: &[&Section], parent: Option<&Command>) -> String {
    let man = Man::new(command.clone().mut_args(with_aliases));
    let mut page = Roff::new().render();
    let version = env!("CARGO_PKG_VERSION");
    let title = name_of(command).to_uppercase();
    // By hand: roff leaves no place for an argument that is empty, and none for quotes.
    writeln!(page, ".TH \"{title}\" 1 {DATE} \"stream-token {version}\" \"User Commands\"").unwrap();
    page += &part(|out| man.render_name_section(out));
    page += &part(|out| man.render_synopsis_section(out));
    page += &part(|out| man.render_description_section(out));
    page += &part(|out| man.render_options_section(out));
    if command.has_subcommands() {
        page += &part(|out| man.render_subcommands_section(out)).replace(".SH SUBCOMMANDS", ".SH COMMANDS");
    }
    for section in sections(command).iter().chain(shared.iter().copied()) {
        page += &without_preamble(&show(section).render());
    }
    let see_also: Vec<_> = parent.into_iter().chain(command.get_subcommands()).map(name_of).collect();
    page += &without_preamble(&references(&see_also).render());
    page.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Adds a flag's other names to its help, where `clap_mangen` leaves them out.
fn with_aliases(argument: Arg) -> Arg {
    let aliases = argument.get_visible_aliases().unwrap_or_default();
    let (Some(help), false) = (argument.get_help(), aliases.is_empty()) else { return argument };
    let told = format!("{help} [alias: --{}]", aliases.join(", --"));
    argument.help(told)
}

/// Renders one section of `clap_mangen`'s.
fn part(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    // An empty line between two breaks is a space, and mandoc wants it to be called so.
    without_preamble(&String::from_utf8(out).unwrap()).replace(".br\n\n.br\n", ".sp\n")
}

/// Cuts off what stands before every rendering, and once is enough.
fn without_preamble(rendered: &str) -> String {
    rendered.strip_prefix(&Roff::new().render()).unwrap().to_owned()
}

/// Takes the help after a command's options apart: headings at the margin, lines indented by two.
fn sections(command: &Command) -> Vec<Section> {
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut sections: Vec<Section> = Vec::new();
    for line in help.lines().filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("  ") {
            sections.last_mut().unwrap().lines.push(line.to_owned());
        } else {
            sections.push(Section { heading: heading(line), lines: Vec::new() });
        }
    }
    sections
}

/// Returns a heading of the help as man pages have it.
fn heading(line: &str) -> String {
    match line.strip_suffix(':').unwrap() {
        "Exit codes" => "EXIT STATUS".into(),
        other => other.to_uppercase(),
    }
}

/// Shows a section: examples as they are, terms with what they mean, or a paragraph.
fn show(section: &Section) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [section.heading.as_str()]);
    if section.heading == "EXAMPLES" {
        roff.control("nf", []);
        for line in &section.lines {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        return roff;
    }
    for line in &section.lines {
        if let Some((term, meaning)) = line.split_once("  ") {
            roff.control("TP", []);
            roff.text([bold(term)]);
            roff.text([roman(meaning.trim_start())]);
        } else {
            roff.text([roman(line)]);
        }
    }
    roff
}

/// Names other pages.
fn references(pages: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    for (at, page) in pages.iter().enumerate() {
        let end = if at + 1 == pages.len() { "(1)" } else { "(1)," };
        roff.text([bold(*page), roman(end)]);
    }
    roff
}
