//! Every `console` block of the README and of the man pages' sections matches a real run.
//!
//! The blocks of a document share one home, in order, with a keyring if one stores a secret: what the first
//! block sets up, the next uses. A stand-in for a password manager, `pass`, prints a secret of staging.
//!
//! In a block, a line that starts with `$ ` is a command, and continues on the next line if it ends
//! with a backslash or a pipe. The lines after it are its output on both streams; `[..]` stands
//! for any text within a line. A block's commands share one shell, and its processes end with it.

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
use crate::generated::man::sections_folder;
use crate::keyring::service::{Session, is_here};
use crate::test_home::TestHome;
use crate::tools::{has, install_script};

/// The variable that makes the tests rewrite the outputs.
const REWRITE_VARIABLE: &str = "STREAM_TOKEN_REWRITE";

/// The marker that the shell prints after each command's output. It occurs in no output.
const END: &str = "\u{1}end of output\u{1}";

/// A command and its output.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    /// The command, as the document has it, without `$ `.
    command: String,
    /// What it prints.
    output: String,
}

/// Returns the README's path.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Returns the README and the sources of the man pages' sections.
fn documents() -> Vec<PathBuf> {
    let sections = fs::read_dir(sections_folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut documents: Vec<_> = sections.chain([path()]).collect();
    documents.sort();
    documents
}

/// The home of a document's commands.
enum Home {
    /// A plain home.
    Plain(TestHome),
    /// A login session with a keyring.
    Login(Session),
}

impl Home {
    /// Prepares a home for a document; `None` if it needs a keyring and none can be started.
    fn of(document: &str) -> Option<Self> {
        let home = if !document.contains("--secret-stdin\n") {
            Self::Plain(TestHome::new())
        } else if is_here("the documents' examples of the keyring") {
            Self::Login(Session::new())
        } else {
            return None;
        };
        let (Self::Plain(place) | Self::Login(Session { place, .. })) = &home;
        install_script("echo not-a-real-secret-but-long-enough-for-hs256", &place.path().join("pass"));
        Some(home)
    }

    /// Prepares a shell.
    fn shell(&self) -> Command {
        let (mut shell, place) = match self {
            Self::Plain(place) => (place.command("sh"), place),
            Self::Login(session) => (session.command("sh"), &session.place),
        };
        let path = shell.get_envs().find_map(|(name, value)| value.filter(|_| name == "PATH")).unwrap();
        let folders: Vec<_> = [place.path().to_owned()].into_iter().chain(env::split_paths(path)).collect();
        shell.env("PATH", env::join_paths(folders).unwrap());
        shell
    }
}

/// Returns the contents of the `console` blocks of a text.
fn blocks(text: &str) -> Vec<&str> {
    let opened = text.split("\n```console\n").skip(1);
    opened.map(|rest| rest.split_once("\n```\n").unwrap().0).collect()
}

/// Parses a block into its calls.
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

/// Runs a block's commands in one shell, and returns the output of each.
fn outputs(mut shell: Command, calls: &[Call]) -> Vec<String> {
    let mut script = String::from("exec 2>&1\n");
    for call in calls {
        // The command's status is restored, so that the next command can show it.
        script += &call.command;
        script += "\nstatus=$?; printf '%s\\n' \"$END\"; (exit \"$status\")\n";
    }
    shell.args(["-c", &script]).env("END", END).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = shell.spawn().unwrap();
    let (group, watchdog) = (Pid::from_child(&child), Watchdog::over(&child));
    let output = child.wait_with_output().unwrap();
    drop(watchdog);
    // Usually no process is left.
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

/// Returns `true` if an output matches the expected one, line by line.
fn matches(output: &str, expected: &str) -> bool {
    output.lines().count() == expected.lines().count()
        && output.lines().zip(expected.lines()).all(|(line, pattern)| matches_line(line, pattern))
}

/// Formats a block with its outputs.
fn shown(calls: &[Call], outputs: &[String]) -> String {
    let mut lines = Vec::new();
    for (call, output) in calls.iter().zip(outputs) {
        let kept = if matches(output, &call.output) { &call.output } else { output };
        lines.push(format!("$ {}", call.command));
        lines.extend((!kept.is_empty()).then(|| kept.clone()));
    }
    lines.join("\n")
}

/// Runs a document's blocks, and returns the updated document and every difference.
fn rerun(document: &str) -> (String, Vec<String>) {
    let (mut anew, mut wrong) = (document.to_owned(), Vec::new());
    let Some(home) = Home::of(document) else { return (anew, wrong) };
    for block in blocks(document) {
        let calls = calls(block);
        if block.contains("curl -") && !has("curl", "the documents' examples of the endpoint") {
            continue;
        }
        let outputs = outputs(home.shell(), &calls);
        let found = calls.iter().zip(&outputs).filter(|(call, output)| !matches(output, &call.output));
        wrong.extend(found.map(|(call, output)| {
            format!("{}\nfor `{}`, which prints\n{output}", call.output, call.command)
        }));
        let shown = format!("```console\n{}\n```", shown(&calls, &outputs));
        anew = anew.replace(&format!("```console\n{block}\n```"), &shown);
    }
    (anew, wrong)
}

#[test]
fn console_blocks_match_real_runs() {
    for path in documents() {
        let (anew, wrong) = rerun(&fs::read_to_string(&path).unwrap());
        if env::var_os(REWRITE_VARIABLE).is_some() {
            fs::write(&path, anew).unwrap();
        } else {
            let how = format!("to rewrite it: {REWRITE_VARIABLE}=1 cargo test --test it -- readme");
            assert!(wrong.is_empty(), "{} has\n{}\n{how}", path.display(), wrong.join("\n\n"));
        }
    }
}

#[test]
fn documents_have_console_blocks() {
    let count = |path: PathBuf| blocks(&fs::read_to_string(path).unwrap()).len();
    assert!(count(path()) >= 5);
    assert!(documents().into_iter().map(count).sum::<usize>() >= 15);
}

#[test]
fn readme_stays_short() {
    let lines = fs::read_to_string(path()).unwrap().lines().count();
    assert!(lines <= 320, "{lines} lines; what is not for a first day belongs in man/sections");
}

#[test]
fn block_is_parsed_into_calls() {
    let call = |command: &str, output: &str| Call { command: command.into(), output: output.into() };
    let block = "$ one \\\n    two\nout\n\nmore\n$ three |\n  four\n$ five";
    assert_eq!(
        calls(block),
        [call("one \\\n    two", "out\n\nmore"), call("three |\n  four", ""), call("five", "")]
    );
}

#[test]
fn wildcard_matches_text_within_a_line() {
    assert!(matches("at 12:00, ago\nend", "at [..], ago\nend"));
    assert!(matches("12:00", "[..]") && matches("", ""));
    assert!(!matches("at 12:00\nend", "at [..]"));
    assert!(!matches("at 12:00, ahead", "at [..], ago"));
    assert!(!matches("text", ""));
}

/// Returns the fields in the table under a heading of a man page's source.
pub(crate) fn documented_fields(file: &str, heading: &str) -> BTreeSet<String> {
    first_cells(&fs::read_to_string(sections_folder().join(file)).unwrap(), heading)
}

/// Returns the first cells, without their backticks, of a section's table.
fn first_cells(document: &str, heading: &str) -> BTreeSet<String> {
    let section = document.split_once(&format!("\n{heading}\n")).unwrap().1;
    let section = section.split("\n#").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn json_tables_list_exactly_the_fields() {
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
        let told = documented_fields("stream-token-json.7.md", &format!("## Result of {verb}"));
        assert_eq!(told, fields.keys().cloned().collect(), "{verb}");
    }
}

/// Returns the words in quotes, such as `"no_session"`, in a function of a source file.
#[track_caller]
fn words_of(file: &str, function: &str) -> BTreeSet<String> {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap();
    let (_, body) = source.split_once(function).unwrap_or_else(|| panic!("{file} has no {function}"));
    let lines = body.lines().skip(1).take_while(|line| !matches!(*line, "}" | "    }"));
    let is_word = |text: &&str| {
        !text.is_empty() && text.chars().all(|character| character == '_' || character.is_ascii_lowercase())
    };
    let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.filter(is_word).map(str::to_owned).collect()
}

#[test]
fn every_verdict_is_documented() {
    let verdicts = words_of("verdict/mod.rs", "fn word_and_exit(&self)");
    assert!(verdicts.contains("valid"));
    assert_eq!(first_cells(&fs::read_to_string(path()).unwrap(), "## Support: the first day"), verdicts);
    let json = fs::read_to_string(sections_folder().join("stream-token-json.7.md")).unwrap();
    let row = json.lines().find(|line| line.starts_with("| `verdict`")).unwrap();
    for verdict in verdicts {
        assert!(row.contains(&format!("`{verdict}`")), "{verdict}");
    }
}

#[test]
fn every_source_of_secrets_is_documented() {
    let told = documented_fields("stream-token-profile.1.md", "## Sources of secrets");
    let told: BTreeSet<_> = told.iter().map(|form| form.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(told, words_of("secret/source.rs", "fn from_str(text: &str)"));
}

#[cfg(feature = "serve")]
#[test]
fn every_refusal_reason_is_documented() {
    let mut reasons = BTreeSet::from(["large_head", "malformed_request"].map(str::to_owned));
    for (file, function) in [
        ("server/contract/error.rs", "fn parts("),
        ("session/authenticate.rs", "fn reason(self)"),
        ("session/authenticate.rs", "fn reason(&self)"),
        ("server/frontend/request.rs", "impl Rejection {"),
        ("server/frontend/connection.rs", "fn tls_reason("),
    ] {
        reasons.extend(words_of(file, function));
    }
    assert_eq!(documented_fields("stream-token-serve.1.md", "## Reasons"), reasons);
}

#[test]
fn exit_codes_and_variables_of_help_are_documented() {
    let readme = fs::read_to_string(path()).unwrap();
    let documents: String = documents().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let help = grammar().get_after_long_help().unwrap().to_string();
    let entries = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    for (term, meaning) in entries {
        if term.starts_with(|first: char| first.is_ascii_digit()) {
            assert!(readme.contains(&format!("\n| {term} | {meaning} |\n")), "exit code {term}");
        } else {
            assert!(documents.contains(&format!("`{term}")), "{term}");
        }
    }
}
