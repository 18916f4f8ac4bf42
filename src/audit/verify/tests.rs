//! Tests of verification: every change of a log is found and reported.

use std::fs;

use super::*;
use crate::audit::entry::{Action, Channel, Event, Outcome};
use crate::audit::testing::{State, ann, edit, mint};
use crate::time::{Timestamp, utc};

/// Returns the faults of a log of six entries after a change to its lines.
fn faults_after(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<String> {
    let state = State::with_entries(6);
    let mut lines = state.lines(1);
    change(&mut lines);
    state.write(1, &lines.concat());
    state.findings()
}

/// A line with a correct hash, for any place.
fn forged(before: Head) -> Vec<u8> {
    let event = Event::new(Action::Mint, Channel::Cli, ann(), Outcome::Ok).customer(666);
    let mut line = Vec::new();
    Entry::write(&mut line, before, &utc(Timestamp::EPOCH), &event).unwrap();
    line
}

fn head_of(line: &[u8]) -> Head {
    Entry::read(line.strip_suffix(b"\n").unwrap()).unwrap().head()
}

/// Rewrites all lines from an index on, each linked to the one before.
fn relink(lines: &mut [Vec<u8>], from: usize) {
    for at in from..lines.len() {
        lines[at] = forged(head_of(&lines[at - 1]));
    }
}

const LINE: &str = "audit-00000001.jsonl, line";

#[test]
fn unchanged_log_is_intact() {
    let state = State::with_entries(6);
    let verified = state.verify();
    assert!(verified.is_intact(), "{:?}", verified.findings);
    assert_eq!((verified.entries, verified.segments), (6, 1));
    assert_eq!(verified.head, crate::audit::head(state.path()).unwrap());
    assert_eq!(verify(state.path(), verified.head.as_ref()).unwrap(), verified);
}

#[test]
fn missing_log_is_empty_unless_a_head_is_expected() {
    let state = State::new();
    assert!(state.verify().is_intact());
    assert_eq!(state.verify().head, None);
    let head = State::with_entries(3).verify().head.unwrap();
    let verified = verify(state.path(), Some(&head)).unwrap();
    assert_eq!(verified.findings[0].kind, FindingKind::CutEnd { expected: 3, found: 0 });
}

#[test]
fn edited_line_is_reported_alone() {
    for at in 0..6 {
        let faults = faults_after(|lines| edit(&mut lines[at]));
        assert_eq!(faults, [format!("{LINE} {}: the line was changed after it was written", at + 1)]);
    }
}

#[test]
fn edited_line_with_a_new_hash_is_found_at_the_next() {
    for at in 0..5_usize {
        let faults = faults_after(|lines| {
            let before = at.checked_sub(1).map(|before| head_of(&lines[before]));
            let log_id = head_of(&lines[at]).log_id;
            lines[at] = forged(before.unwrap_or(Head::before_first(log_id)));
        });
        let unlinked = "the entry before is not the one after which this one was written";
        assert_eq!(faults, [format!("{LINE} {}: {unlinked}", at + 2)]);
    }
}

#[test]
fn unreadable_or_overlong_line_is_reported_alone() {
    for at in 0..6 {
        let faults = faults_after(|lines| lines[at] = b"gone\n".to_vec());
        assert_eq!(faults, [format!("{LINE} {}: the line is not an entry", at + 1)]);
        let faults = faults_after(|lines| lines[at].splice(5..5, vec![b'x'; 60_000]).for_each(drop));
        assert_eq!(faults, [format!("{LINE} {}: the line is not an entry", at + 1)]);
    }
}

#[test]
fn removed_line_is_reported() {
    for at in 0..5 {
        let faults = faults_after(|lines| drop(lines.remove(at)));
        let line = at + 1;
        assert_eq!(faults, [format!("{LINE} {line}: entries {line} to {line} are missing before this line")]);
    }
    let faults = faults_after(|lines| drop(lines.drain(1..4)));
    assert_eq!(faults, [format!("{LINE} 2: entries 2 to 4 are missing before this line")]);
}

#[test]
fn swapped_lines_are_reported() {
    for at in 0..5 {
        let faults = faults_after(|lines| lines.swap(at, at + 1));
        let (one, two, three) = (at + 1, at + 2, at + 3);
        assert_eq!(
            faults,
            [
                format!("{LINE} {one}: entries {one} to {one} are missing before this line"),
                format!("{LINE} {two}: entry {one} is where entry {three} should be")
            ]
        );
    }
}

#[test]
fn duplicated_line_is_reported() {
    for at in 0..6 {
        let faults = faults_after(|lines| lines.insert(at + 1, lines[at].clone()));
        let (one, two) = (at + 1, at + 2);
        assert_eq!(faults, [format!("{LINE} {two}: entry {one} is where entry {two} should be")]);
    }
}

#[test]
fn line_of_another_log_is_reported_alone() {
    let other = State::with_entries(6).lines(1);
    for (at, foreign) in other.iter().enumerate().skip(1) {
        for is_replacing in [false, true] {
            let faults = faults_after(|lines| {
                lines.splice(at..at + usize::from(is_replacing), [foreign.clone()]);
            });
            assert!(faults[0].starts_with(&format!("{LINE} {}: the entry is from another log", at + 1)));
            let is_told_missing = is_replacing && at < 5;
            assert_eq!(faults.len(), 1 + usize::from(is_told_missing), "{faults:?}");
        }
    }
}

#[test]
fn inserted_line_is_reported() {
    for at in 1..5 {
        let faults = faults_after(|lines| lines.insert(at, b"{}\n".to_vec()));
        assert_eq!(faults, [format!("{LINE} {}: the line is not an entry", at + 1)]);
        let faults = faults_after(|lines| {
            lines.insert(at, forged(head_of(&lines[at - 1])));
        });
        assert!(
            faults[0].starts_with(&format!("{LINE} {}: entry {} is where", at + 2, at + 1)),
            "{faults:?}"
        );
    }
}

#[test]
fn truncation_is_found_only_with_the_expected_head() {
    let state = State::with_entries(6);
    let head = state.verify().head;
    let lines = state.lines(1);
    state.write(1, &lines[..4].concat());
    assert!(state.verify().is_intact());
    let verified = verify(state.path(), head.as_ref()).unwrap();
    assert_eq!(verified.findings.len(), 1);
    let told = "the log was cut: it ends at entry 4, and the expected head is 6";
    assert_eq!(verified.findings[0].to_string(), told);
}

#[test]
fn rewritten_chain_is_found_only_with_the_expected_head() {
    let state = State::with_entries(6);
    let head = state.verify().head;
    let mut lines = state.lines(1);
    relink(&mut lines, 3);
    state.write(1, &lines.concat());
    assert!(state.verify().is_intact());
    let verified = verify(state.path(), head.as_ref()).unwrap();
    assert_eq!(verified.findings.len(), 1);
    let told = "the log was rewritten: entry 6 is not the expected head";
    assert_eq!(verified.findings[0].to_string(), format!("{LINE} 6: {told}"));
}

#[test]
fn head_of_another_log_and_later_head_are_distinguished() {
    let state = State::with_entries(6);
    let other = State::with_entries(6).verify().head.unwrap();
    let verified = verify(state.path(), Some(&other)).unwrap();
    assert_eq!(verified.findings[0].kind, FindingKind::ForeignHead(other.log_id));
    let before = head_of(&state.lines(1)[2]);
    assert!(verify(state.path(), Some(&before)).unwrap().is_intact());
}

#[test]
fn missing_swapped_and_extended_segments_are_reported() {
    let state = State::new();
    let log = state.log_of_short_segments();
    (1..=5).for_each(|customer| drop(log.record(mint(customer)).unwrap()));
    assert!(state.verify().is_intact());
    let (second, third, fourth) = (state.read(2), state.read(3), state.read(4));

    fs::remove_file(state.segment(3)).unwrap();
    let told = "audit-00000004.jsonl, line 1: entries 5 to 6 are missing before this line";
    assert_eq!(state.findings(), [told]);

    state.write(3, &fourth);
    state.write(4, &third);
    assert!(!state.verify().is_intact());

    state.write(3, &third);
    state.write(4, &fourth);
    state.write(2, &[&second[..], b"x"].concat());
    let told = "audit-00000002.jsonl, line 2: the line and 1 bytes were added after the segment's end";
    assert_eq!(state.findings(), [told]);

    state.write(2, &second[..second.len() - 1]);
    assert!(state.verify().is_intact(), "only the last newline is missing");
}

#[test]
fn fully_damaged_log_is_reported_in_bounded_memory() {
    let state = State::with_entries(2);
    state.write(1, &b"x\n".repeat(50_000));
    let verified = state.verify();
    assert_eq!((verified.findings.len(), verified.further_findings), (1000, 49_000));
    state.write(1, &vec![b'x'; 100_000_000]);
    let kind = FindingKind::Invalid(EntryError::Unreadable);
    assert_eq!(state.verify().findings[0].kind, kind);
}

#[test]
fn unfinished_last_line_is_no_fault() {
    let state = State::with_entries(3);
    let whole = state.read(1);
    let start = whole.len() - state.lines(1)[2].len();
    for cut in start..=whole.len() {
        state.write(1, &whole[..cut]);
        let verified = state.verify();
        assert!(verified.is_intact(), "cut at {cut}: {:?}", verified.findings);
        let is_entry = cut + 1 >= whole.len();
        assert_eq!(verified.unfinished, if is_entry { 0 } else { (cut - start) as u64 });
        assert_eq!(verified.entries, if is_entry { 3 } else { 2 });
    }
}
