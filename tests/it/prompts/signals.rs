//! Signals at a hidden question: they find the terminal as it was before.

use rustix::process::Signal;

use super::{Dialogue, WAITING};

/// Sends a signal to a process at its question, with half an answer typed.
fn signalled(asked: &str, signal: Signal) -> super::Ended {
    let mut dialogue = Dialogue::begin(asked);
    dialogue.types("half an ans");
    dialogue.sends(signal);
    dialogue.end()
}

#[test]
fn an_interrupt_from_elsewhere_ends_the_question() {
    signalled("once", Signal::INT).is("interrupted");
    signalled("twice", Signal::INT).is("interrupted");
}

#[test]
fn what_ends_a_process_ends_it_by_the_same_signal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        signalled("once", signal).is_killed_by(signal);
    }
}

#[test]
fn the_key_that_quits_ends_the_question() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("half\u{1c}");
    dialogue.end().is("interrupted");
}

#[test]
fn a_terminal_that_goes_away_leaves_no_half_answer() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("half an ans");
    let Dialogue { child, terminal, home, .. } = dialogue;
    drop(terminal);
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    // That the terminal is gone may be told before the signal comes that tells of it too.
    let answer = super::answer_in(&home).unwrap_or_default();
    assert!(!answer.starts_with("typed "), "{answer}");
}

#[test]
fn after_the_answer_an_interrupt_does_what_it_always_does() {
    let mut dialogue = Dialogue::begin("then wait");
    dialogue.types("secret\n");
    dialogue.wait_for(&format!("\n{WAITING}"));
    dialogue.types("\u{3}");
    let Dialogue { child, home, .. } = dialogue;
    let output = child.wait_with_output().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(Signal::INT.as_raw()));
    assert_eq!(super::answer_in(&home).as_deref(), Some("typed secret"));
}
