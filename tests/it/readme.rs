//! Every `console` block of the README is what a real run prints.
//!
//! In a block, a line that starts with `$ ` is a command, and goes on in the next line where it ends
//! with a backslash or a pipe. What follows is what the command prints on both streams; `[..]` stands
//! for any text within a line. A block's commands share one shell, and what they leave running ends with it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Map, Value};
use stream_token::cli::grammar;

use crate::cli::watchdog::Watchdog;
use crate::keyring::service::{Session, is_here};
use crate::test_home::TestHome;
use crate::tools::has;

/// Set to write the outputs anew.
const REWRITE_VARIABLE: &str = "STREAM_TOKEN_REWRITE";

/// What the shell prints after each command's output. No output has it.
const END: &str = "\u{1}end of output\u{1}";

/// A command and its output.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    /// The command, as it stands in the README, without `$ `.
    command: String,
    /// What it prints.
    output: String,
}

/// Returns the README's path.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Takes the insides of the `console` blocks out of a text.
fn blocks(text: &str) -> Vec<&str> {
    let opened = text.split("\n```console\n").skip(1);
    opened.map(|rest| rest.split_once("\n```\n").unwrap().0).collect()
}

/// Takes a block apart.
fn calls(block: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut is_open = false;
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            calls.push(Call { command: command.to_owned(), output: String::new() });
        } else {
            let call = calls.last_mut().unwrap();
            let part = if is_open { &mut call.command } else { &mut call.output };
            *part = if part.is_empty() { line.to_owned() } else { format!("{part}\n{line}") };
        }
        is_open = (is_open || line.starts_with("$ ")) && line.ends_with(['\\', '|']);
    }
    calls
}

/// Runs a block's commands in one shell, and gives what each printed.
fn outputs(mut shell: Command, calls: &[Call]) -> Vec<String> {
    let mut script = String::from("exec 2>&1\n");
    for call in calls {
        // The status stays as the command left it, so that the next may show it.
        script += &call.command;
        script += "\nstatus=$?; printf '%s\\n' \"$END\"; (exit \"$status\")\n";
    }
    shell.args(["-c", &script]).env("END", END).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = shell.spawn().unwrap();
    let (group, watchdog) = (Pid::from_child(&child), Watchdog::over(&child));
    let output = child.wait_with_output().unwrap();
    drop(watchdog);
    // Usually nothing is left of it.
    let _ = kill_process_group(group, Signal::KILL);
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut outputs: Vec<_> =
        printed.split(&format!("{END}\n")).map(|each| each.trim_end().to_owned()).collect();
    assert_eq!(outputs.pop().as_deref(), Some(""), "{script}");
    assert_eq!(outputs.len(), calls.len(), "{script}");
    outputs
}

/// Returns `true` if a line matches a pattern in which `[..]` stands for any text.
fn matches_line(line: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once("[..]") else { return line == pattern };
    let Some(line) = line.strip_prefix(start) else { return false };
    line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| matches_line(&line[at..], rest))
}

/// Returns `true` if an output matches what is expected, line by line.
fn matches(output: &str, expected: &str) -> bool {
    output.lines().count() == expected.lines().count()
        && output.lines().zip(expected.lines()).all(|(line, pattern)| matches_line(line, pattern))
}

/// Shows a block with its outputs.
fn shown(calls: &[Call], outputs: &[String]) -> String {
    let mut lines = Vec::new();
    for (call, output) in calls.iter().zip(outputs) {
        let kept = if matches(output, &call.output) { &call.output } else { output };
        lines.push(format!("$ {}", call.command));
        lines.extend((!kept.is_empty()).then(|| kept.clone()));
    }
    lines.join("\n")
}

#[test]
fn every_console_block_is_what_a_real_run_prints() {
    let readme = fs::read_to_string(path()).unwrap();
    let mut anew = readme.clone();
    for block in blocks(&readme) {
        let calls = calls(block);
        if block.contains("curl -") && !has("curl", "the README's examples of the endpoint") {
            continue;
        }
        // What is piped in is stored in a keyring.
        let outputs = if block.contains("--secret-stdin") {
            if !is_here("the README's examples of the keyring") {
                continue;
            }
            outputs(Session::new().command("sh"), &calls)
        } else {
            outputs(TestHome::new().command("sh"), &calls)
        };
        anew = anew.replace(
            &format!("```console\n{block}\n```"),
            &format!("```console\n{}\n```", shown(&calls, &outputs)),
        );
        if env::var_os(REWRITE_VARIABLE).is_some() {
            continue;
        }
        for (call, output) in calls.iter().zip(&outputs) {
            assert!(
                matches(output, &call.output),
                "README.md has\n{}\nfor `{}`, which prints\n{output}\nto write it anew: {REWRITE_VARIABLE}=1 cargo test --test it readme",
                call.output,
                call.command
            );
        }
    }
    if env::var_os(REWRITE_VARIABLE).is_some() {
        fs::write(path(), anew).unwrap();
    }
}

#[test]
fn the_readme_has_console_blocks() {
    assert!(blocks(&fs::read_to_string(path()).unwrap()).len() >= 5);
}

#[test]
fn takes_a_block_apart() {
    let call = |command: &str, output: &str| Call { command: command.into(), output: output.into() };
    let block = "$ one \\\n    two\nout\n\nmore\n$ three |\n  four\n$ five";
    assert_eq!(
        calls(block),
        [call("one \\\n    two", "out\n\nmore"), call("three |\n  four", ""), call("five", "")]
    );
}

#[test]
fn a_wildcard_stands_for_text_within_a_line() {
    assert!(matches("at 12:00, ago\nend", "at [..], ago\nend"));
    assert!(matches("12:00", "[..]") && matches("", ""));
    assert!(!matches("at 12:00\nend", "at [..]"));
    assert!(!matches("at 12:00, ahead", "at [..], ago"));
    assert!(!matches("text", ""));
}

/// Returns the fields that the README tells of in the table of a section.
pub(crate) fn fields_told(heading: &str) -> BTreeSet<String> {
    first_cells(&fs::read_to_string(path()).unwrap(), heading)
}

/// Returns the first cells, without their backticks, of a section's table.
fn first_cells(readme: &str, heading: &str) -> BTreeSet<String> {
    let section = readme.split_once(&format!("\n{heading}\n")).unwrap().1;
    let section = section.split("\n#").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn the_tables_of_json_name_every_field_and_no_other() {
    let readme = fs::read_to_string(path()).unwrap();
    let place = TestHome::new();
    let issue = "stream-token --profile demo issue 1";
    for (verb, call) in [
        ("issue", format!("{issue} -o json")),
        ("verify", format!("{issue} | stream-token --profile demo verify --from - -o json")),
        ("decode", format!("{issue} | stream-token decode - -o json")),
        ("profile", "stream-token profile show demo -o json".into()),
        ("session new", "stream-token --profile demo session new 1 -o json".into()),
    ] {
        let output = place.command("sh").args(["-c", &call]).output().unwrap();
        let fields: Map<String, Value> = serde_json::from_slice(&output.stdout).unwrap();
        let told = first_cells(&readme, &format!("### `{verb}`"));
        assert_eq!(told, fields.keys().cloned().collect(), "{verb}");
    }
}

#[test]
fn the_exit_codes_and_variables_of_help_are_told() {
    let readme = fs::read_to_string(path()).unwrap();
    let help = grammar().get_after_long_help().unwrap().to_string();
    let entries = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    for (term, meaning) in entries {
        if term.starts_with(|first: char| first.is_ascii_digit()) {
            assert!(readme.contains(&format!("\n| {term} | {meaning} |\n")), "exit code {term}");
        } else {
            assert!(readme.contains(&format!("`{term}")), "{term}");
        }
    }
}
