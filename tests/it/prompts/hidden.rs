//! Hidden questions: typed and pasted answers.

use std::process::Stdio;

use super::{AGAIN, APART, Dialogue, Ended, answer_in, asking, started_by};
use crate::cli::watchdog::Watchdog;
use crate::test_home::TestHome;

/// The most bytes of an answer.
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
fn typed_text_is_the_answer_and_hidden() {
    typed("a secret, ä€\n").is("typed a secret, ä€");
    typed("from a terminal that sends returns\r").is("typed from a terminal that sends returns");
}

#[test]
fn blanks_are_part_of_the_answer() {
    typed("  a b \n").is("typed   a b ");
}

#[test]
fn backspace_deletes_a_character() {
    typed("abä\u{7f}c\u{8}d\n").is("typed abd");
    typed("\u{7f}\u{7f}a\n").is("typed a");
}

#[test]
fn control_u_deletes_the_line_and_control_w_a_word() {
    typed("wrong\u{15}right\n").is("typed right");
    typed("one two\u{17}2\n").is("typed one 2");
}

#[test]
fn paste_works_with_and_without_line_break_and_brackets() {
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
fn cursor_keys_are_ignored() {
    typed("a\u{1b}[D\u{1b}OAb\u{1b}[1;5Cc\n").is("typed abc");
}

#[test]
fn control_characters_and_non_utf_8_are_refused() {
    let refused = "what was typed holds a control character, or is not UTF-8";
    typed("a\tb\n").is(refused);
    typed(b"a\xffb\n").is(refused);
    typed("a\u{1a}b\n").is(refused);
}

#[test]
fn end_of_input_and_empty_line_are_no_answer() {
    typed("\u{4}").is("nothing was typed");
    typed("ab\u{7f}\u{7f}\u{4}").is("nothing was typed");
    typed("\n").is("nothing was typed");
}

#[test]
fn end_of_input_after_text_is_ignored() {
    typed("ab\u{4}c\n").is("typed abc");
}

#[test]
fn long_paste_is_accepted_whole_or_refused() {
    let longest = "x".repeat(MAX_ANSWER);
    typed(format!("{longest}\n")).is(&format!("typed {longest}"));
    typed(format!("{longest}y\n")).is("more than 4096 bytes were typed");
    let rest = "y".repeat(300_000);
    typed(format!("{longest}{rest}\n")).is("more than 4096 bytes were typed");
    typed(format!("{longest}{rest}\u{3}")).is("interrupted");
}

#[test]
fn text_after_the_first_line_is_discarded() {
    typed("secret\nrm -r notes\n").is("typed secret");
}

#[test]
fn interrupt_ends_the_question_at_once() {
    typed("\u{3}").is("interrupted");
    typed("half a sec\u{3}").is("interrupted");
    typed("\u{1b}[\u{3}").is("interrupted");
}

#[test]
fn matching_entries_are_the_answer() {
    let ended = typed_twice("secret\n", "secret\n");
    ended.is("typed secret");
}

#[test]
fn differing_entries_are_refused() {
    typed_twice("secret\n", "Secret\n").is("the two entries do not match");
    typed_twice("secret\n", "secret \n").is("the two entries do not match");
}

#[test]
fn second_entry_can_be_interrupted_or_missing() {
    typed_twice("secret\n", "\u{3}").is("interrupted");
    typed_twice("secret\n", "sec\u{3}").is("interrupted");
    typed_twice("secret\n", "\u{4}").is("nothing was typed");
    typed_twice("secret\n", "\n").is("nothing was typed");
}

#[test]
fn second_pasted_line_does_not_answer_the_second_question() {
    typed_twice("secret\n\n", "secret\n").is("typed secret");
}

#[test]
fn question_fails_without_a_terminal() {
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
