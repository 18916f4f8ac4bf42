//! Completion scripts, generated from the grammar.

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::generate;
use clap_complete_nushell::Nushell;

use super::Cli;

/// The supported shells.
pub(super) const SHELLS: [&str; 6] = ["bash", "elvish", "fish", "nushell", "powershell", "zsh"];

/// The value name of arguments that are profile names.
const PROFILE_VALUE: &str = "NAME";

/// The placeholder for all profile names in a generated script.
const PROFILES: &str = "all-profile-names";

/// The shell command that prints all profile names.
const LIST_PROFILES: &str = r#"command stream-token profile list -o json 2>/dev/null | command sed -n 's/^{"name":"\([^"]*\)".*/\1/p'"#;

/// Returns the completion script for a shell.
pub fn completion_script(shell: &str) -> String {
    let mut command = Cli::command();
    // Deferred subcommands are built, so that their values are known.
    command.build();
    let mut command = settle(command, matches!(shell, "bash" | "fish" | "zsh"));
    let mut script = Vec::new();
    match shell.parse::<clap_complete::Shell>() {
        Ok(shell) => generate(shell, &mut command, "stream-token", &mut script),
        Err(_) => generate(Nushell, &mut command, "stream-token", &mut script),
    }
    let script = String::from_utf8_lossy(&script);
    match shell {
        "bash" => {
            // It spells a program name with a hyphen in two ways, and bash then completes nothing after a command.
            let script = script.replace("stream__subcmd__token", "stream__token");
            let script = with_joined_values(&script).replace(PROFILES, "$(_stream-token_profiles)");
            format!("_stream-token_profiles() {{\n    {LIST_PROFILES}\n}}\n\n{script}")
        }
        "fish" => {
            let script = with_open_flags(&script);
            let script = script.replace(&format!("{PROFILES}\\t''"), "(__fish_stream_token_profiles)");
            let names = named_profiles(&command);
            format!("function __fish_stream_token_profiles\n    {LIST_PROFILES}\nend\n\n{script}{names}")
        }
        "zsh" => {
            let script = script.replace(&format!("({PROFILES})"), "_stream-token_profiles");
            let list = format!("_stream-token_profiles() {{\n    compadd -- $({LIST_PROFILES})\n}}\n");
            script.replacen("\n_stream-token() {", &format!("\n{list}\n_stream-token() {{"), 1)
        }
        _ => script.into_owned(),
    }
}

/// Turns off the completion of file names for values that are not paths. If `has_profiles`, [`PROFILES`] becomes the
/// only value of arguments that name an existing profile.
fn settle(command: Command, has_profiles: bool) -> Command {
    let is_new = command.get_name() == "add";
    let settle_argument = |argument: Arg| {
        let is_profile = argument.get_value_names().is_some_and(|names| names == [PROFILE_VALUE]);
        let is_anything = argument.get_action().takes_values()
            && argument.get_possible_values().is_empty()
            && argument.get_value_hint() == ValueHint::Unknown;
        let argument = if is_anything { argument.value_hint(ValueHint::Other) } else { argument };
        if has_profiles && is_profile && !(is_new && argument.is_positional()) {
            argument.value_parser([PROFILES])
        } else {
            argument
        }
    };
    command.mut_args(settle_argument).mut_subcommands(|command| settle(command, has_profiles))
}

/// Returns what `clap_complete` omits for fish: completion of positional profile names.
fn named_profiles(command: &Command) -> String {
    let takes_profile = |command: &&Command| {
        command
            .get_positionals()
            .any(|argument| argument.get_possible_values().iter().any(|value| value.get_name() == PROFILES))
    };
    let line = |parent: &Command| {
        let children: Vec<_> =
            parent.get_subcommands().filter(takes_profile).map(Command::get_name).collect();
        let (parent, children) = (parent.get_name(), children.join(" "));
        (!children.is_empty()).then(|| {
            format!(
                "complete -c stream-token -n \"__fish_stream_token_using_subcommand {parent}; and \
                 __fish_seen_subcommand_from {children}\" -f -a \"(__fish_stream_token_profiles)\"\n"
            )
        })
    };
    command.get_subcommands().filter_map(line).collect()
}

/// Fixes what `clap_complete` writes for bash: it does not expect that bash splits `--flag=value` into three
/// words, and completes a command instead of the value.
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

/// Fixes what `clap_complete` writes for fish: it fails on a flag without its value, and fish then
/// completes no value before a command.
fn with_open_flags(script: &str) -> String {
    let given_up = " -- $cmd 2>/dev/null\n    or return\n";
    let Some((before, after)) = script.split_once(given_up) else { return script.to_owned() };
    let parse = before.rsplit('\n').next().unwrap_or_default().trim();
    format!("{before} -- $cmd 2>/dev/null\n    or {parse} -- $cmd '' 2>/dev/null\n    or return\n{after}")
}
