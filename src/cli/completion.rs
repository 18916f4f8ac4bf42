//! What shells complete, made from the grammar, so that it knows every command, flag and value.

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::{Generator, generate};
use clap_complete_nushell::Nushell;

use super::Cli;

/// The shells that complete what is typed.
pub(super) const SHELLS: [&str; 6] = ["bash", "elvish", "fish", "nushell", "powershell", "zsh"];

/// Returns the script that a shell of this name reads.
#[must_use]
pub fn completion_script(shell: &str) -> String {
    let script = match shell.parse::<clap_complete::Shell>() {
        Ok(shell) => script_of(shell),
        Err(_) => script_of(Nushell),
    };
    match shell {
        "bash" => with_joined_values(&with_one_name(&script)),
        "fish" => with_open_flags(&script),
        _ => script,
    }
}

/// Returns the script that a generator makes.
fn script_of(generator: impl Generator) -> String {
    let mut command = Cli::command();
    // What is deferred is built, so that its values are known.
    command.build();
    let mut command = without_file_names(command);
    let mut script = Vec::new();
    generate(generator, &mut command, "stream-token", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Keeps shells from completing file names where a value is no path: they would otherwise do so for
/// every value that they know nothing about.
fn without_file_names(command: Command) -> Command {
    let settle = |argument: Arg| {
        let is_anything = argument.get_action().takes_values()
            && argument.get_possible_values().is_empty()
            && argument.get_value_hint() == ValueHint::Unknown;
        if is_anything { argument.value_hint(ValueHint::Other) } else { argument }
    };
    command.mut_args(settle).mut_subcommands(without_file_names)
}

/// Fixes what `clap_complete` writes for bash: it spells a program's name in two ways where the name has
/// a hyphen, and bash then completes nothing after a command.
fn with_one_name(script: &str) -> String {
    script.replace("stream__subcmd__token", "stream__token")
}

/// Fixes what `clap_complete` writes for bash: it does not know that bash splits `--flag=value` into three words, and
/// then completes a command in the place of the value.
fn with_joined_values(script: &str) -> String {
    const PREVIOUS: &str = "    prev=\"$3\"\n";
    const JOINED: &str = r#"    if [[ "${cur}" == "=" ]]; then
        cur=""
    elif [[ "${prev}" == "=" ]]; then
        prev="${COMP_WORDS[COMP_CWORD-2]}"
    fi
"#;
    script.replacen(PREVIOUS, &format!("{PREVIOUS}{JOINED}"), 1)
}

/// Fixes what `clap_complete` writes for fish: it gives up at a flag whose value is still to be typed, and
/// fish then completes no value before a command.
fn with_open_flags(script: &str) -> String {
    let given_up = " -- $cmd 2>/dev/null\n    or return\n";
    let Some((before, after)) = script.split_once(given_up) else { return script.to_owned() };
    let parse = before.rsplit('\n').next().unwrap_or_default().trim();
    format!("{before} -- $cmd 2>/dev/null\n    or {parse} -- $cmd '' 2>/dev/null\n    or return\n{after}")
}
