//! The chain: every change of a line is reported with its place, and a cut end through a head kept elsewhere.

use serde_json::Value;

use super::Log;

/// Checks that these faults are reported, in text and in JSON, with exit code 9.
#[track_caller]
fn assert_faults(log: &Log, arguments: &[&str], faults: &[&str]) {
    let text = log.run(&[&["audit", "verify"], arguments].concat());
    assert_eq!((text.status, text.stderr.as_str()), (Some(9), ""), "{text}");
    assert!(text.stdout.starts_with("DAMAGED: "), "{text}");
    let reported: Vec<&str> = text.stdout.lines().skip(1).filter(|line| !line.starts_with("head ")).collect();
    assert_eq!(reported, faults);
    let json = log.run(&[&["-o", "json", "audit", "verify"], arguments].concat());
    assert_eq!((json.status, json.stderr.as_str()), (Some(9), ""), "{json}");
    let verified: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(verified["intact"], false);
    assert_eq!(verified["faults"], Value::from(faults));
}

/// Makes a log of five entries, of which the first opens the segment, and changes its lines.
fn log_with_changed_lines(change: impl FnOnce(&mut Vec<String>)) -> Log {
    let log = Log::of_mints(4);
    let mut lines = log.lines();
    assert_eq!(lines.len(), 5);
    change(&mut lines);
    log.rewrite(1, &lines);
    log
}

#[test]
fn edited_line_is_reported() {
    let log = log_with_changed_lines(|lines| lines[2] = lines[2].replace("\"customer\":2", "\"customer\":3"));
    assert_faults(&log, &[], &["audit-00000001.jsonl, line 3: the line was changed after it was written"]);
}

#[test]
fn inserted_line_is_reported() {
    let log = log_with_changed_lines(|lines| lines.insert(2, "{\"action\":\"mint\"}".into()));
    assert_faults(&log, &[], &["audit-00000001.jsonl, line 3: the line is not an entry"]);
}

#[test]
fn removed_line_is_reported() {
    let log = log_with_changed_lines(|lines| drop(lines.remove(2)));
    assert_faults(&log, &[], &["audit-00000001.jsonl, line 3: entries 3 to 3 are missing before this line"]);
}

#[test]
fn reordered_lines_are_reported() {
    let log = log_with_changed_lines(|lines| lines.swap(2, 3));
    let faults = [
        "audit-00000001.jsonl, line 3: entries 3 to 3 are missing before this line",
        "audit-00000001.jsonl, line 4: entry 3 is where entry 5 should be",
    ];
    assert_faults(&log, &[], &faults);
}

#[test]
fn duplicated_line_is_reported() {
    let log = log_with_changed_lines(|lines| lines.insert(4, lines[1].clone()));
    assert_faults(&log, &[], &["audit-00000001.jsonl, line 5: entry 2 is where entry 5 should be"]);
}

#[test]
fn line_of_another_log_is_reported() {
    let other = Log::of_mints(2);
    let foreign = other.lines()[2].clone();
    let id = other.entries()[0]["log_id"].as_str().unwrap().to_owned();
    let log = log_with_changed_lines(|lines| lines[2] = foreign);
    let faults = [
        format!("audit-00000001.jsonl, line 3: the entry is from another log, {id}"),
        "audit-00000001.jsonl, line 4: entries 3 to 3 are missing before this line".to_owned(),
    ];
    assert_faults(&log, &[], &faults.each_ref().map(String::as_str));
}

#[test]
fn next_mint_does_not_hide_damage() {
    let log = log_with_changed_lines(|lines| lines[4] = lines[4].replace("\"customer\":4", "\"customer\":5"));
    log.mint(6);
    assert!(log.segment(2).exists());
    let faults = [
        "audit-00000001.jsonl, line 5: the line was changed after it was written",
        "audit-00000002.jsonl, line 1: a writer found the log damaged before this line",
    ];
    assert_faults(&log, &[], &faults);
}

/// Returns the log's head.
#[track_caller]
fn head(log: &Log) -> String {
    log.run(&["audit", "head"]).result().trim_end().to_owned()
}

#[test]
fn truncation_is_found_only_with_the_expected_head() {
    let log = Log::of_mints(4);
    let head = head(&log);
    log.run(&["audit", "verify", "--expect", &head]).result();
    let mut lines = log.lines();
    lines.pop();
    log.rewrite(1, &lines);
    assert_eq!(log.assert_intact(), 4);
    let fault = "the log was cut: it ends at entry 4, and the expected head is 5";
    assert_faults(&log, &["--expect", &head], &[fault]);
}

#[test]
fn log_that_grew_still_matches_an_earlier_head() {
    let log = Log::of_mints(2);
    let head = head(&log);
    log.mint(3);
    log.run(&["audit", "verify", "--expect", &head]).result();
}

#[test]
fn rewritten_chain_is_found_only_with_the_expected_head() {
    let log = Log::of_mints(4);
    let head = head(&log);
    // Cut the last entry off, and let the program itself write another in its place.
    let mut lines = log.lines();
    lines.pop();
    log.rewrite(1, &lines);
    log.mint(1000);
    assert_eq!(log.assert_intact(), 5);
    let fault = "audit-00000001.jsonl, line 5: the log was rewritten: entry 5 is not the expected head";
    assert_faults(&log, &["--expect", &head], &[fault]);
}

#[test]
fn head_of_another_log_is_reported() {
    let head = head(&Log::of_mints(1));
    let id = &head[..16];
    let fault = format!("the expected head is of another log, {id}");
    assert_faults(&Log::of_mints(1), &["--expect", &head], &[&fault]);
}

#[test]
fn removed_log_is_found_with_the_expected_head() {
    let head = head(&Log::of_mints(1));
    let fault = "the log was cut: it ends at entry 0, and the expected head is 2";
    assert_faults(&Log::new(), &["--expect", &head], &[fault]);
}

#[test]
fn malformed_head_is_a_usage_error() {
    let output = Log::of_mints(1).run(&["audit", "verify", "--expect", "0123456789abcdef:2"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{output}");
    assert!(output.stderr.contains("not a head of an audit log"), "{output}");
}
