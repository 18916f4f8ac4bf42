//! Real shells load the committed completions and complete with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::test_home::TestHome;
use crate::tools::has;

/// Completes the last word as bash does, with the registered function.
const BASH: &str = r#"
source "$1"
shift
[[ $(complete -p stream-token) =~ -F\ ([^ ]+) ]]
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// Completes the line as fish does.
const FISH: &str = "source $argv[1]; complete -C $argv[2]";

/// Starts a zsh on a terminal, types the line and the key for the first or the last candidate, and prints
/// the resulting line.
const ZSH: &str = r#"
zmodload zsh/zpty
for key in $'\t' $'\x12'; do
  zpty inner zsh -d -i
  zpty -r inner seen '*ready> '
  zpty -w -n inner "$1$key"$'\a'
  zpty -r inner seen '*<<*>>'
  zpty -d inner
  print -r -- "${${seen##*<<}%%>>*}"
done
"#;

/// The startup file of the zsh on the terminal. That shell ends if nothing is typed.
const ZSHRC: &str = r#"
TMOUT=20
PROMPT='ready> '
fpath=("$COMPLETIONS" $fpath)
autoload -Uz compinit && compinit -D -u
bindkey '^I' menu-complete
bindkey '^R' reverse-menu-complete
show() { print -r -- "<<$BUFFER>>" }
zle -N show
bindkey '^G' show
"#;

/// Returns a committed file.
fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

/// Runs a shell and returns its lines of output.
fn lines(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    printed.lines().map(str::to_owned).collect()
}

/// Completes a line in bash, with the completions in this file.
pub(crate) fn in_bash(place: &TestHome, completions: &Path, line: &str) -> Vec<String> {
    let mut bash = place.command("bash");
    bash.args(["--norc", "--noprofile", "-c", BASH, "bash"]).arg(completions);
    // bash takes an equals sign for a word of its own.
    lines(bash.args(line.replace('=', " = ").split(' ').filter(|word| !word.is_empty())))
}

/// Completes a line in fish, which describes each candidate after a tab.
fn in_fish(place: &TestHome, line: &str) -> Vec<String> {
    let mut fish = place.command("fish");
    let shown = lines(fish.args(["--no-config", "-c", FISH]).arg(committed("stream-token.fish")).arg(line));
    shown.iter().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

/// Completes a line in zsh.
fn in_zsh(place: &TestHome, line: &str) -> Vec<String> {
    fs::write(place.path().join(".zshrc"), ZSHRC).unwrap();
    let mut zsh = place.command("zsh");
    zsh.env("COMPLETIONS", committed("_stream-token").parent().unwrap());
    let shown = lines(zsh.args(["-f", "-c", ZSH, "zsh", line]));
    shown.iter().map(|line| line.trim_end().rsplit(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Checks the completions of a shell.
fn assert_completes(shell: &str, complete: impl Fn(&TestHome, &str) -> Vec<String>) {
    if !has(shell, "completion") {
        return;
    }
    let place = TestHome::new();
    fs::write(place.path().join("some-file"), "").unwrap();
    let config = b"[profiles.staging]\nsecret = \"env:A\"\n[profiles.store]\nsecret = \"env:B\"\n";
    fs::create_dir_all(place.path().join(".config/stream-token")).unwrap();
    place.write(".config/stream-token/config.toml", config, 0o600);
    let candidates = |line: &str| -> BTreeSet<String> {
        complete(&place, line).iter().map(|word| word.trim_end_matches('=').to_owned()).collect()
    };
    for (line, expected) in [
        ("stream-token is", &["issue"][..]),
        ("stream-token issue --exp", &["--expires"]),
        ("stream-token verify --revoked", &["--revoked-before"]),
        ("stream-token --color a", &["always", "auto"]),
        ("stream-token issue --color a", &["always", "auto"]),
        ("stream-token issue -o j", &["json"]),
        ("stream-token -o j", &["json"]),
        ("stream-token issue --from some-f", &["some-file"]),
        ("stream-token --profile st", &["staging", "store"]),
        ("stream-token verify --profile d", &["demo"]),
        ("stream-token issue --confirm sta", &["staging"]),
        ("stream-token profile set st", &["staging", "store"]),
        ("stream-token profile remove --confirm sto", &["store"]),
        ("stream-token secret rotate st", &["staging", "store"]),
    ] {
        let expected: BTreeSet<_> = expected.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(candidates(line), expected, "{shell}: {line}");
    }
    assert!(!candidates("stream-token issue --expires some-f").contains("some-file"), "{shell}");
    assert!(!candidates("stream-token profile add st").contains("staging"), "{shell}");
    // With a broken configuration, nothing is completed and nothing is printed.
    fs::write(place.path().join(".config/stream-token/config.toml"), "[").unwrap();
    assert!(!candidates("stream-token --profile sta").contains("staging"), "{shell}");
}

#[test]
fn bash_completes_commands_flags_and_values() {
    assert_completes("bash", |place, line| in_bash(place, &committed("stream-token.bash"), line));
}

#[test]
fn bash_completes_values_after_an_equals_sign() {
    if !has("bash", "completion") {
        return;
    }
    let (place, completions) = (TestHome::new(), committed("stream-token.bash"));
    assert_eq!(in_bash(&place, &completions, "stream-token --color=a"), ["auto", "always"]);
    assert_eq!(in_bash(&place, &completions, "stream-token issue --output=j"), ["json"]);
    assert_eq!(in_bash(&place, &completions, "stream-token issue --color="), ["auto", "always", "never"]);
}

#[test]
fn fish_completes_commands_flags_and_values() {
    assert_completes("fish", in_fish);
}

#[test]
fn zsh_completes_commands_flags_and_values() {
    assert_completes("zsh", in_zsh);
}
