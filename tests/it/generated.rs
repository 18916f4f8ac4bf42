//! The files generated from the grammar and from the man pages' own sections match those in the repository.

pub(crate) mod man;
mod markdown;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use clap::Command;
use stream_token::cli::grammar;

use crate::test_home::TestHome;
use crate::tools::has;

/// The variable that makes the tests rewrite the files.
const REWRITE_VARIABLE: &str = "STREAM_TOKEN_REWRITE";

/// Every shell, and the usual name of its file.
const SHELLS: [(&str, &str); 6] = [
    ("bash", "stream-token.bash"),
    ("elvish", "stream-token.elv"),
    ("fish", "stream-token.fish"),
    ("nushell", "stream-token.nu"),
    ("powershell", "_stream-token.ps1"),
    ("zsh", "_stream-token"),
];

/// Files by their names.
type Files = BTreeMap<String, String>;

/// Reads the files of a folder, without those in folders below it.
fn read(folder: &Path) -> Files {
    let Ok(entries) = fs::read_dir(folder) else { return Files::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let file = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.map(|path| file(&path)).collect()
}

/// Writes the files of a folder, and removes all others; subfolders stay.
fn write(folder: &Path, files: &Files) {
    for name in read(folder).into_keys() {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Returns the names of missing, stale and superfluous files.
fn differences(committed: &Files, made: &Files) -> Vec<String> {
    let missing_or_stale = made.iter().filter(|(name, text)| committed.get(*name) != Some(*text));
    let too_many = committed.iter().filter(|(name, _)| !made.contains_key(*name));
    missing_or_stale.chain(too_many).map(|(name, _)| name.clone()).collect()
}

/// Checks a folder of the repository against the generated files; rewrites it on request.
fn assert_up_to_date(folder: &str, made: &Files) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if env::var_os(REWRITE_VARIABLE).is_some() {
        write(&path, made);
    }
    let wrong = differences(&read(&path), made);
    assert!(
        wrong.is_empty(),
        "{folder}/ is stale: {}\nto rewrite it: {REWRITE_VARIABLE}=1 cargo test --test it generated",
        wrong.join(", ")
    );
}

/// Returns the man pages.
fn pages() -> Files {
    man::pages(grammar())
}

/// Counts a command and all below it.
fn commands(command: &Command) -> usize {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    1 + below.map(commands).sum::<usize>()
}

#[test]
fn completions_are_up_to_date() {
    let place = TestHome::new();
    let script = |shell: &str| {
        let output = place.command("stream-token").args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_up_to_date("completions", &SHELLS.map(|(shell, file)| (file.to_owned(), script(shell))).into());
}

#[test]
fn man_pages_are_up_to_date() {
    assert_up_to_date("man", &pages());
}

#[test]
fn every_command_has_a_man_page_with_all_sections() {
    let mut pages = pages();
    let topics = pages.extract_if(.., |name, _| name.ends_with(".7")).count();
    assert_eq!((pages.len(), topics), (commands(&grammar()), 2));
    for (name, page) in &pages {
        for section in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "ENVIRONMENT", "EXIT STATUS", "SEE ALSO"]
        {
            let quoted = if section.contains(' ') { format!("\"{section}\"") } else { section.to_owned() };
            assert!(page.contains(&format!("\n.SH {quoted}\n")), "{name} has no {section}");
        }
        let speaks_of_times = page.contains("<WHEN>") || name == "stream-token.1";
        assert_eq!(page.contains("\n.SH TIMES\n"), speaks_of_times, "{name}");
    }
}

#[test]
fn mandoc_has_no_warnings_about_the_man_pages() {
    if !has("mandoc", "the form of the man pages") {
        return;
    }
    let place = TestHome::new();
    for (name, page) in pages() {
        let mut mandoc = place.command("mandoc");
        mandoc.args(["-T", "lint", "-W", "warning"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = mandoc.spawn().unwrap();
        child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && found.is_empty(), "{name}: {found}");
    }
}

#[test]
fn stale_missing_and_superfluous_files_are_found() {
    let files = |files: &[(&str, &str)]| -> Files {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    let committed = files(&[("same", "1"), ("stale", "1"), ("superfluous", "1")]);
    let made = files(&[("same", "1"), ("stale", "2"), ("missing", "1")]);
    assert_eq!(differences(&committed, &made), ["missing", "stale", "superfluous"]);
}
