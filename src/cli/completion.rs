//! What shells complete, made from the grammar, so that it knows every command, flag and value.

use clap::{Arg, Command, CommandFactory as _, ValueEnum, ValueHint};
use clap_complete::{Generator, shells};
use clap_complete_nushell::Nushell;

use super::{Cli, grammar};

/// A shell that completes what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash
    #[value(help = None)]
    Bash,
    /// elvish
    #[value(help = None)]
    Elvish,
    /// fish
    #[value(help = None)]
    Fish,
    /// nushell
    #[value(help = None)]
    Nushell,
    /// `PowerShell`
    #[value(name = "powershell", help = None)]
    PowerShell,
    /// zsh
    #[value(help = None)]
    Zsh,
}

impl Shell {
    /// Returns the script that this shell reads.
    #[must_use]
    pub fn script(self) -> String {
        match self {
            Self::Bash => with_one_name(&script_of(shells::Bash)),
            Self::Elvish => script_of(shells::Elvish),
            Self::Fish => with_open_flags(&script_of(shells::Fish)),
            Self::Nushell => script_of(Nushell),
            Self::PowerShell => script_of(shells::PowerShell),
            Self::Zsh => script_of(shells::Zsh),
        }
    }
}

/// Returns the script that a generator makes.
fn script_of(generator: impl Generator) -> String {
    let mut command = Cli::command();
    // What is deferred is built, so that its values are known.
    command.build();
    let mut command = without_file_names(command);
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Keeps shells from completing file names where a value is no path: they would otherwise do so for
/// every value that they know nothing about.
fn without_file_names(command: Command) -> Command {
    let is_anything = |argument: &Arg| {
        argument.get_action().takes_values()
            && argument.get_possible_values().is_empty()
            && argument.get_value_hint() == ValueHint::Unknown
    };
    let settle = |argument: Arg| {
        if is_anything(&argument) { argument.value_hint(ValueHint::Other) } else { argument }
    };
    command.mut_args(settle).mut_subcommands(without_file_names)
}

/// Mends what `clap_complete` writes for bash: it spells a program's name in two ways where the name has
/// a hyphen, and bash then completes nothing after a command.
fn with_one_name(script: &str) -> String {
    let command = grammar();
    let name = command.get_name();
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// Mends what `clap_complete` writes for fish: it gives up at a flag whose value is still to be typed, and
/// fish then completes no value before a command.
fn with_open_flags(script: &str) -> String {
    let given_up = " -- $cmd 2>/dev/null\n    or return\n";
    let Some((before, after)) = script.split_once(given_up) else { return script.to_owned() };
    let parse = before.rsplit('\n').next().unwrap_or_default().trim();
    format!("{before} -- $cmd 2>/dev/null\n    or {parse} -- $cmd '' 2>/dev/null\n    or return\n{after}")
}
