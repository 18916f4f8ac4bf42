//! At a terminal: the prompts before production and removal, and their answers.

use std::io::{Read as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use rustix::termios::{LocalModes, tcgetattr};

use super::{Home, SECRET};
use crate::cli::start_by;
use crate::cli::terminal::{Terminal, wait_for};
use crate::cli::watchdog::Watchdog;

/// A production profile, the default.
const PRODUCTION: &str = "default_profile = \"live\"\n[profiles.live]\nsecret = \"env:LIVE\"\n\
                          policy = { production = true, default_lifetime = \"10m\" }\n";

/// The question.
const QUESTION: &str = "stream-token: live is a production profile; type its name to continue: ";

/// The end of a dialogue.
struct Dialogue {
    /// How the process ended.
    status: ExitStatus,
    /// Standard output.
    result: String,
    /// The terminal's text after the question, including the typed answer.
    seen: String,
}

/// Mints at a terminal, waits for the question, and types an answer.
fn answer_prompt(home: &Home, arguments: &[&str], question: &str, typed: &str) -> Dialogue {
    let call = home.call(arguments).with_env("LIVE", SECRET).with_env("TERM", "dumb");
    // A terminal sends its signals to the session that it controls, so the program gets its own session.
    let mut command = Command::new("setsid");
    start_by(command.arg("--ctty").env_clear(), &call.command()).env("PATH", "/usr/bin:/bin");
    let Terminal { mut person, program } = {
        let terminal = Terminal::open();
        command.stdin(terminal.stream()).stderr(terminal.stream()).stdout(Stdio::piped());
        terminal
    };
    let child = command.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    // Both keep the program's side of the terminal open.
    drop((program, command));
    wait_for(&mut person, question);
    person.write_all(typed.as_bytes()).unwrap();
    let mut rest = Vec::new();
    // On Linux, reading a terminal whose other side is closed ends with an error.
    let _ = person.read_to_end(&mut rest);
    let output = child.wait_with_output().unwrap();
    let modes = tcgetattr(&person).unwrap().local_modes;
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "{modes:?}");
    Dialogue {
        status: output.status,
        result: String::from_utf8(output.stdout).unwrap(),
        seen: String::from_utf8(rest).unwrap().replace('\r', ""),
    }
}

/// Mints for the production profile, and types an answer.
fn mint_and_answer(typed: &str) -> Dialogue {
    answer_prompt(&Home::with(PRODUCTION), &["-q", "issue", "1"], QUESTION, typed)
}

/// Checks that an answer mints nothing.
#[track_caller]
fn assert_refused(dialogue: &Dialogue, echo: &str, why: &str) {
    let error = format!("stream-token: error: live is a production profile, and {why}\n");
    let expected = format!("{echo}\n{error}stream-token: hint: confirm with --confirm live\n");
    // The terminal has 60 columns, and messages wrap at words.
    assert_eq!(dialogue.seen.replace('\n', " "), expected.replace('\n', " "));
    assert_eq!((dialogue.status.code(), dialogue.result.as_str()), (Some(2), ""));
}

/// Checks that an answer mints.
#[track_caller]
fn assert_minted(dialogue: &Dialogue, echo: &str) {
    assert_eq!((dialogue.status.code(), dialogue.seen.as_str()), (Some(0), echo));
    assert!(dialogue.result.starts_with("eyJ") && dialogue.result.ends_with('\n'));
}

#[test]
fn right_name_mints() {
    assert_minted(&mint_and_answer("live\n"), "live\n");
}

#[test]
fn blanks_around_the_name_are_ignored() {
    assert_minted(&mint_and_answer("  live \t\n"), "  live \t\n");
}

#[test]
fn wrong_name_mints_nothing() {
    assert_refused(&mint_and_answer("staging\n"), "staging", "'staging' is not its name");
    assert_refused(&mint_and_answer("LIVE\n"), "LIVE", "'LIVE' is not its name");
    assert_refused(&mint_and_answer("yes\n"), "yes", "'yes' is not its name");
}

#[test]
fn empty_answer_mints_nothing() {
    assert_refused(&mint_and_answer("\n"), "", "'' is not its name");
}

#[test]
fn end_of_input_mints_nothing_and_ends_the_line() {
    assert_refused(&mint_and_answer("\u{4}"), "", "'' is not its name");
    assert_refused(&mint_and_answer("li\u{4}\u{4}"), "li", "'li' is not its name");
}

#[test]
fn interrupt_exits_with_130_and_mints_nothing() {
    let home = Home::with(PRODUCTION);
    let dialogue = answer_prompt(&home, &["-q", "issue", "1"], QUESTION, "\u{3}");
    assert_eq!((dialogue.status.code(), dialogue.result.as_str()), (Some(130), ""));
    assert_eq!(dialogue.seen, "^C\nstream-token: error: interrupted\n");
    assert_eq!(home.log(), [serde_json::Value::Null; 0]);
}

#[test]
fn required_reason_is_asked_for_and_recorded() {
    let config = PRODUCTION.replace("production = true", "require_reason = true");
    let home = Home::with(&config);
    let question = "stream-token: why are the tokens needed? ";
    let none = answer_prompt(&home, &["-q", "issue", "1"], question, "\n");
    assert_eq!((none.status.code(), none.result.as_str()), (Some(2), ""), "{}", none.seen);
    assert!(none.seen.contains("hint: say why with --reason TEXT"), "{}", none.seen);
    assert_minted(&answer_prompt(&home, &["-q", "issue", "1"], question, "ticket 4711\n"), "ticket 4711\n");
    assert_minted(&answer_prompt(&home, &["-q", "issue", "1", "2"], question, "a test\n"), "a test\n");
    let purposes: Vec<_> = home.log().iter().map(|entry| entry["purpose"].clone()).collect();
    assert_eq!(purposes, ["ticket 4711", "a test"]);
}

#[test]
fn profile_removal_asks_for_the_name() {
    let home = Home::with(PRODUCTION);
    let question = "stream-token: profile live will be removed; type its name to continue: ";
    let call = ["-q", "profile", "remove", "live"];
    let wrong = answer_prompt(&home, &call, question, "liv\n");
    assert_eq!((wrong.status.code(), home.config().as_str()), (Some(2), PRODUCTION));
    let right = answer_prompt(&home, &call, question, "live\n");
    assert_eq!((right.status.code(), home.config().as_str()), (Some(0), ""));
}

#[test]
fn confirm_and_no_input_suppress_the_prompt() {
    let home = Home::with(PRODUCTION);
    let seen = |arguments: &[&str]| {
        let terminal = Terminal::open();
        let call = home.call(arguments).with_env("LIVE", SECRET).with_env("TERM", "dumb");
        let mut command = call.command();
        command.stdin(terminal.stream()).stderr(terminal.stream()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let _watchdog = Watchdog::over(&child);
        drop(command);
        let seen = terminal.read();
        (child.wait_with_output().unwrap().status.code(), seen)
    };
    assert_eq!(seen(&["-q", "issue", "1", "--confirm", "live"]), (Some(0), String::new()));
    let (status, said) = seen(&["-q", "--no-input", "issue", "1"]);
    assert_eq!(status, Some(2));
    assert!(
        said.starts_with(
            "stream-token: error: live is a production profile, and there\nis no terminal to ask at\n"
        ),
        "{said}"
    );
}

#[test]
fn adding_a_production_profile_asks_for_a_lifetime() {
    let add = ["profile", "add", "live", "--secret", "env:LIVE", "--production"];
    let question = "stream-token: Lifetime of the tokens of production profile live (press Enter for 1h): ";
    for (typed, lifetime) in [("\n", "1h"), ("30m\n", "30m")] {
        let home = Home::new();
        let added = answer_prompt(&home, &add, question, typed);
        assert_eq!(added.status.code(), Some(0), "{}", added.seen);
        let policy = format!("policy = {{ default_lifetime = \"{lifetime}\", production = true }}");
        assert!(home.config().contains(&policy), "{}", home.config());
    }
    let home = Home::new();
    let refused = answer_prompt(&home, &add, question, "soon\n");
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.seen.contains("hint: give it with --default-lifetime"), "{}", refused.seen);
    assert!(!home.folder().exists());
    home.run(&add).is_refused(
        2,
        "the production profile live needs a default_lifetime",
        "nothing is changed; 'stream-token help profile set' explains settings",
    );
}
