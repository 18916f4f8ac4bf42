//! Help says what a command is for and how to call it, and every example in it works.

use std::process;

use clap::Command;
use stream_token::cli::grammar;

use crate::cli;
use crate::cli::token::SECRET;
use crate::keyring::service::{Session, is_here};
#[cfg(feature = "serve")]
use crate::serve::Server;
use crate::test_home::TestHome;
use crate::tools::install_script;

/// The configuration for the examples.
const STAGING: &str = "default_profile = \"staging\"\n[profiles.staging]\napi_key = \"abc123\"\n\
                       secret = \"env:STAGING_SECRET\"\nsession_key = \"env:STAGING_KEY\"\n";

/// Returns the words that call every command, the program's own name first.
fn calls(command: &Command, before: &[String]) -> Vec<Vec<String>> {
    let call = [before, &[command.get_name().to_owned()]].concat();
    let below: Vec<_> = command.get_subcommands().flat_map(|command| calls(command, &call)).collect();
    [vec![call], below].concat()
}

/// Returns the output of `--help`.
fn help(place: &TestHome, call: &[String]) -> String {
    let output = place.command(&call[0]).args(&call[1..]).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{call:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Extracts the examples of a help text. A line that ends with a pipe continues on the next.
fn examples(help: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    for line in lines.map_while(|line| line.strip_prefix("  ")) {
        match examples.last_mut() {
            Some(example) if example.ends_with('|') => *example = format!("{example}\n{line}"),
            _ => examples.push(line.to_owned()),
        }
    }
    examples
}

/// Starts a session whose keyring holds the secret of `staging`, with a stand-in for a password manager.
fn session() -> Session {
    let session = Session::new();
    session.add("staging", "the-secret-of-staging-0123456789abcdef");
    install_script("echo another-secret-of-staging-0123456789abc", &session.place.path().join("pass"));
    session
}

/// Prepares a shell, in the session if there is one.
fn shell(place: &TestHome, session: Option<&Session>) -> process::Command {
    let Some(session) = session else {
        let mut shell = place.command("sh");
        shell.env("STAGING_SECRET", SECRET).env("STAGING_KEY", SECRET);
        return shell;
    };
    let mut shell = session.command("sh");
    let path = shell.get_envs().find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let mut folders = session.place.path().as_os_str().to_owned();
    folders.push(":");
    folders.push(path.unwrap());
    shell.env("PATH", folders);
    shell
}

/// Runs an example of `serve`, and ends the server with a signal.
#[cfg(feature = "serve")]
#[track_caller]
fn assert_serves(place: &TestHome, example: &str) {
    let example = example.replace(":8787", ":0");
    let words: Vec<_> = example.split(' ').skip(1).collect();
    let call = cli::call(&words).with_env("HOME", place.path());
    let call = call.with_env("STAGING_SECRET", SECRET).with_env("STAGING_KEY", SECRET);
    assert_eq!(Server::start(&call).end().status, Some(0), "{example}");
}

/// Does nothing without the feature `serve`.
#[cfg(not(feature = "serve"))]
fn assert_serves(_: &TestHome, _: &str) {}

/// Runs an example that ends when its reader leaves.
#[track_caller]
fn assert_follows(place: &TestHome, example: &str) {
    let mut shell = shell(place, None);
    let mut child =
        shell.args(["-c", &format!("exec {example}")]).stdout(process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success(), "{example}");
}

#[test]
fn every_example_of_every_help_works() {
    let place = TestHome::new();
    std::fs::create_dir_all(place.path().join(".config/stream-token")).unwrap();
    place.write(".config/stream-token/config.toml", STAGING.as_bytes(), 0o600);
    for call in calls(&grammar(), &[]) {
        let examples = examples(&help(&place, &call));
        assert!(!examples.is_empty(), "{call:?} has no examples");
        let needs_keyring = call.iter().any(|word| word == "secret");
        if needs_keyring && !is_here("the examples of secret") {
            continue;
        }
        let session = needs_keyring.then(session);
        for example in examples {
            if example.contains(" serve --listen") {
                assert_serves(&place, &example);
                continue;
            }
            if example.contains(" audit follow") {
                assert_follows(&place, &example);
                continue;
            }
            let output = shell(&place, session.as_ref()).args(["-c", &example]).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            // The status is that of the last command alone. The findings of doctor depend on the machine.
            let is_done = output.status.success() || example.contains(" doctor");
            assert!(is_done && !told.contains("error:"), "{call:?}: {example}\n{told}");
            let is_silent = [
                "> ",
                " prune ",
                " add ",
                "profile set",
                " default ",
                " remove ",
                " revoke ",
                "secret set",
                "secret rotate",
            ]
            .iter()
            .any(|word| example.contains(word))
                && !example.contains("audit head");
            assert_eq!(output.stdout.is_empty(), is_silent, "{call:?}: {example}");
        }
    }
}

#[test]
fn every_help_starts_with_the_purpose() {
    let place = TestHome::new();
    for call in calls(&grammar(), &[]) {
        let help = help(&place, &call);
        let before_usage: Vec<_> = help.lines().take_while(|line| !line.starts_with("Usage:")).collect();
        let purpose = before_usage.join("\n");
        assert!(purpose.lines().count() > 1 && !purpose.starts_with(' '), "{call:?}: {purpose}");
    }
}

#[test]
fn multi_line_examples_are_joined() {
    let help = "About\n\nExamples:\n  one |\n    two |\n    three\n  four\n\nTimes:\n  five\n";
    assert_eq!(examples(help), ["one |\n  two |\n  three", "four"]);
}
