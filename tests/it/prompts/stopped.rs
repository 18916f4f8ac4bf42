//! A hidden question whose process is stopped, and goes on.

use std::fs;
#[cfg(target_os = "linux")]
use std::process::Command;

use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

#[cfg(target_os = "linux")]
use super::started_by;
use super::{Dialogue, QUESTION};
#[cfg(target_os = "linux")]
use crate::tools::say_unchecked;

/// Runs the process as a job of a shell that goes on with it once it was stopped.
const AS_JOB: [&str; 3] =
    ["sh", "-c", "set -m; \"$0\" \"$@\"; stty -a > \"$STREAM_TOKEN_TEST_ANSWER.modes\"; fg > /dev/null"];

/// Begins a PID namespace; whoever leads its processes is outside.
#[cfg(target_os = "linux")]
const IN_NAMESPACE: [&str; 6] = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];

/// Runs the process as the child of a shell: the first process of a namespace never stops.
#[cfg(target_os = "linux")]
const AS_CHILD: [&str; 3] = ["sh", "-c", "\"$0\" \"$@\"; exit"];

#[test]
fn a_stop_key_gives_the_terminal_back_and_the_question_comes_again() {
    let mut dialogue = Dialogue::begin_by("once", &AS_JOB);
    dialogue.types("half an ans\u{1a}");
    dialogue.wait_for(&format!("\n{QUESTION}"));
    let modes = fs::read_to_string(dialogue.home.path().join("answer.modes")).unwrap();
    assert!(modes.contains(" echo ") && modes.contains(" icanon "), "{modes}");
    let hidden = tcgetattr(&dialogue.terminal.program).unwrap().local_modes;
    assert!(!hidden.contains(LocalModes::ECHO), "{hidden:?}");
    dialogue.types("secret\n");
    dialogue.end().is("typed secret");
}

/// Types the stop key, which stops nothing: the question comes again at once, and is answered.
#[track_caller]
fn stops_nothing(mut dialogue: Dialogue) {
    dialogue.types("half an ans\u{1a}");
    dialogue.wait_for(&format!("\n{QUESTION}"));
    dialogue.types("secret\n");
    dialogue.end().is("typed secret");
}

#[test]
fn a_stop_key_stops_nothing_where_nobody_could_go_on() {
    stops_nothing(Dialogue::begin("once"));
}

#[cfg(target_os = "linux")]
#[test]
fn asks_and_stops_nothing_where_whoever_leads_is_out_of_sight() {
    let tried = started_by(&IN_NAMESPACE, &Command::new("true")).output().unwrap();
    if !tried.status.success() {
        let reason = String::from_utf8_lossy(&tried.stderr);
        return say_unchecked("a question in a namespace of its own", reason.trim());
    }
    stops_nothing(Dialogue::begin_by("once", &[&IN_NAMESPACE[..], &AS_CHILD].concat()));
}

#[test]
fn what_somebody_else_did_to_the_terminal_meanwhile_shows_no_answer() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.sends(Signal::STOP);
    waitid(WaitId::Pid(dialogue.process()), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
    // As a shell does when it takes the terminal back.
    tcsetattr(&dialogue.terminal.program, OptionalActions::Now, &dialogue.before).unwrap();
    dialogue.sends(Signal::CONT);
    dialogue.wait_for(&format!("\n{QUESTION}"));
    dialogue.types("secret\n");
    dialogue.end().is("typed secret");
}
