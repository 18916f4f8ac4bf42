//! A hidden question whose process is stopped, and goes on.

use std::fs;
use std::process::Command;

use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{Dialogue, QUESTION};

/// Runs the process as a job of a shell that goes on with it once it was stopped.
fn job(asking: &Command, _: bool) -> Command {
    let mut session = Command::new("setsid");
    let script = "set -m; \"$0\" \"$@\"; stty -a > \"$STREAM_TOKEN_TEST_ANSWER.modes\"; fg > /dev/null";
    session.args(["--ctty", "--wait", "sh", "-c", script]).arg(asking.get_program()).args(asking.get_args());
    session.envs(asking.get_envs().filter_map(|(name, value)| Some((name, value?))));
    session
}

#[test]
fn a_stop_key_gives_the_terminal_back_and_the_question_comes_again() {
    let mut dialogue = Dialogue::begin_in("once", job);
    dialogue.types("half an ans\u{1a}");
    dialogue.wait_for(&format!("\n{QUESTION}"));
    let modes = fs::read_to_string(dialogue.home.path().join("answer.modes")).unwrap();
    assert!(modes.contains(" echo ") && modes.contains(" icanon "), "{modes}");
    let hidden = tcgetattr(&dialogue.terminal.program).unwrap().local_modes;
    assert!(!hidden.contains(LocalModes::ECHO), "{hidden:?}");
    dialogue.types("secret\n");
    dialogue.end().is("typed secret");
}

#[test]
fn a_stop_key_stops_nothing_where_nobody_could_go_on() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("half an ans\u{1a}");
    dialogue.wait_for(&format!("\n{QUESTION}"));
    dialogue.types("secret\n");
    dialogue.end().is("typed secret");
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
