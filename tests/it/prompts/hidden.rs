//! Hidden questions: what is typed or pasted, and what of it is the answer.

use std::process::Stdio;

use super::{AGAIN, APART, Dialogue, Ended, answer_in, asking, started_by};
use crate::cli::watchdog::Watchdog;
use crate::test_home::TestHome;

/// The most that may be typed.
const MAX_ANSWER: usize = 4096;

/// Types one answer.
fn typed(text: impl AsRef<[u8]>) -> Ended {
    let mut dialogue = Dialogue::begin("once");
    dialogue.types(text);
    dialogue.end()
}

/// Types two answers.
fn typed_twice(first: &str, second: &str) -> Ended {
    let mut dialogue = Dialogue::begin("twice");
    dialogue.types(first);
    dialogue.wait_for(&format!("\r\n{AGAIN}").replace("\r\n", "\n"));
    dialogue.types(second);
    dialogue.end()
}

#[test]
fn what_is_typed_is_the_answer_and_is_not_seen() {
    typed("a secret, ä€\n").is("typed a secret, ä€");
    typed("from a terminal that sends returns\r").is("typed from a terminal that sends returns");
}

#[test]
fn blanks_belong_to_the_answer() {
    typed("  a b \n").is("typed   a b ");
}

#[test]
fn backspace_takes_back_a_character() {
    typed("abä\u{7f}c\u{8}d\n").is("typed abd");
    typed("\u{7f}\u{7f}a\n").is("typed a");
}

#[test]
fn control_u_takes_back_all_and_control_w_a_word() {
    typed("wrong\u{15}right\n").is("typed right");
    typed("one two\u{17}2\n").is("typed one 2");
}

#[test]
fn a_paste_is_taken_with_and_without_its_line_break_and_brackets() {
    typed("pasted\n").is("typed pasted");
    typed("\u{1b}[200~pasted\u{1b}[201~\n").is("typed pasted");
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("\u{1b}[200~pasted\n\u{1b}[201~");
    dialogue.end().is("typed pasted");
    let mut dialogue = Dialogue::begin("once");
    dialogue.types("pasted");
    dialogue.types("\n");
    dialogue.end().is("typed pasted");
}

#[test]
fn keys_that_move_and_do_not_edit_are_passed_over() {
    typed("a\u{1b}[D\u{1b}OAb\u{1b}[1;5Cc\n").is("typed abc");
}

#[test]
fn what_is_no_text_is_refused_and_not_passed_over() {
    let refused = "what was typed holds a control character, or is not UTF-8";
    typed("a\tb\n").is(refused);
    typed(b"a\xffb\n").is(refused);
    typed("a\u{1a}b\n").is(refused);
}

#[test]
fn an_end_of_input_or_an_empty_line_is_nothing() {
    typed("\u{4}").is("nothing was typed");
    typed("ab\u{7f}\u{7f}\u{4}").is("nothing was typed");
    typed("\n").is("nothing was typed");
}

#[test]
fn an_end_of_input_behind_text_is_passed_over() {
    typed("ab\u{4}c\n").is("typed abc");
}

#[test]
fn a_long_paste_is_taken_whole_or_refused() {
    let longest = "x".repeat(MAX_ANSWER);
    typed(format!("{longest}\n")).is(&format!("typed {longest}"));
    typed(format!("{longest}y\n")).is("more than 4096 bytes were typed");
    let rest = "y".repeat(300_000);
    typed(format!("{longest}{rest}\n")).is("more than 4096 bytes were typed");
    typed(format!("{longest}{rest}\u{3}")).is("interrupted");
}

#[test]
fn what_stands_behind_the_line_of_a_paste_goes_nowhere() {
    typed("secret\nrm -r notes\n").is("typed secret");
}

#[test]
fn an_interrupt_ends_the_question_at_once() {
    typed("\u{3}").is("interrupted");
    typed("half a sec\u{3}").is("interrupted");
    typed("\u{1b}[\u{3}").is("interrupted");
}

#[test]
fn the_same_typed_twice_is_the_answer() {
    let ended = typed_twice("secret\n", "secret\n");
    ended.is("typed secret");
}

#[test]
fn two_answers_that_differ_are_none() {
    typed_twice("secret\n", "Secret\n").is("the two entries do not match");
    typed_twice("secret\n", "secret \n").is("the two entries do not match");
}

#[test]
fn an_interrupt_or_nothing_at_the_second_question_is_no_answer() {
    typed_twice("secret\n", "\u{3}").is("interrupted");
    typed_twice("secret\n", "sec\u{3}").is("interrupted");
    typed_twice("secret\n", "\u{4}").is("nothing was typed");
    typed_twice("secret\n", "\n").is("nothing was typed");
}

#[test]
fn a_second_line_of_a_paste_does_not_answer_the_second_question() {
    typed_twice("secret\n\n", "secret\n").is("typed secret");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let home = TestHome::new();
    let asking = asking("once", &home.path().join("answer"));
    let mut command = started_by(&APART, &asking);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answer_in(&home).as_deref(), Some("there is no terminal to ask at"));
}
