//! Signals at a hidden question: the terminal is restored.

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
fn sigint_from_another_process_ends_the_question() {
    signalled("once", Signal::INT).is("interrupted");
    signalled("twice", Signal::INT).is("interrupted");
}

#[test]
fn terminating_signals_keep_their_effect() {
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        signalled("once", signal).is_killed_by(signal);
    }
}

#[test]
fn quit_key_ends_the_question() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("half\u{1c}");
    dialogue.end().is("interrupted");
}

#[test]
fn closed_terminal_gives_no_partial_answer() {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("half an ans");
    let Dialogue { child, terminal, home, .. } = dialogue;
    drop(terminal);
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    // The read may fail before the signal about the closed terminal arrives.
    let answer = super::answer_in(&home).unwrap_or_default();
    assert!(!answer.starts_with("typed "), "{answer}");
}

#[test]
fn interrupt_has_its_default_effect_after_the_answer() {
    let mut dialogue = Dialogue::begin("then wait");
    dialogue.types("secret\n");
    dialogue.wait_for(&format!("\n{WAITING}"));
    dialogue.types("\u{3}");
    let Dialogue { child, home, .. } = dialogue;
    let output = child.wait_with_output().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(Signal::INT.as_raw()));
    assert_eq!(super::answer_in(&home).as_deref(), Some("typed secret"));
}
