//! The chain: whatever is done to a line is named by its place, and the end by a head kept elsewhere.

use serde_json::Value;

use super::Log;

/// Checks that one fault is named, in text and in JSON, and the exit code is 9.
#[track_caller]
fn is_found(log: &Log, arguments: &[&str], faults: &[&str]) {
    let text = log.run(&[&["audit", "verify"], arguments].concat());
    assert_eq!((text.status, text.stderr.as_str()), (Some(9), ""), "{text}");
    assert!(text.stdout.starts_with("DAMAGED: "), "{text}");
    let told: Vec<&str> = text.stdout.lines().skip(1).filter(|line| !line.starts_with("head ")).collect();
    assert_eq!(told, faults);
    let json = log.run(&[&["-o", "json", "audit", "verify"], arguments].concat());
    assert_eq!((json.status, json.stderr.as_str()), (Some(9), ""), "{json}");
    let verified: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(verified["intact"], false);
    assert_eq!(verified["faults"], Value::from(faults));
}

/// Makes a log of five entries, of which the first opens the segment, and changes its lines.
fn changed(change: impl FnOnce(&mut Vec<String>)) -> Log {
    let log = Log::of_mints(4);
    let mut lines = log.lines();
    assert_eq!(lines.len(), 5);
    change(&mut lines);
    log.rewrite(1, &lines);
    log
}

#[test]
fn an_edited_line_is_named() {
    let log = changed(|lines| lines[2] = lines[2].replace("\"customer\":2", "\"customer\":3"));
    is_found(&log, &[], &["audit-00000001.jsonl, line 3: the line was changed after it was written"]);
}

#[test]
fn an_inserted_line_is_named() {
    let log = changed(|lines| lines.insert(2, "{\"action\":\"mint\"}".into()));
    is_found(&log, &[], &["audit-00000001.jsonl, line 3: the line is no entry"]);
}

#[test]
fn a_line_that_was_taken_out_is_named() {
    let log = changed(|lines| drop(lines.remove(2)));
    is_found(&log, &[], &["audit-00000001.jsonl, line 3: entries 3 to 3 are missing before this line"]);
}

#[test]
fn lines_in_another_order_are_named() {
    let log = changed(|lines| lines.swap(2, 3));
    let faults = [
        "audit-00000001.jsonl, line 3: entries 3 to 3 are missing before this line",
        "audit-00000001.jsonl, line 4: entry 3 stands where entry 5 belongs",
    ];
    is_found(&log, &[], &faults);
}

#[test]
fn a_line_that_was_copied_is_named() {
    let log = changed(|lines| lines.insert(4, lines[1].clone()));
    is_found(&log, &[], &["audit-00000001.jsonl, line 5: entry 2 stands where entry 5 belongs"]);
}

#[test]
fn a_line_of_another_log_is_named() {
    let other = Log::of_mints(2);
    let foreign = other.lines()[2].clone();
    let id = other.entries()[0]["log_id"].as_str().unwrap().to_owned();
    let log = changed(|lines| lines[2] = foreign);
    let faults = [
        format!("audit-00000001.jsonl, line 3: the entry is from another log, {id}"),
        "audit-00000001.jsonl, line 4: entries 3 to 3 are missing before this line".to_owned(),
    ];
    is_found(&log, &[], &faults.each_ref().map(String::as_str));
}

#[test]
fn what_was_damaged_is_not_mended_by_the_next_mint() {
    let log = changed(|lines| lines[4] = lines[4].replace("\"customer\":4", "\"customer\":5"));
    log.mint(6);
    assert!(log.segment(2).exists());
    let faults = [
        "audit-00000001.jsonl, line 5: the line was changed after it was written",
        "audit-00000002.jsonl, line 1: a writer found the log damaged before this line",
    ];
    is_found(&log, &[], &faults);
}

/// Returns the log's head.
#[track_caller]
fn head(log: &Log) -> String {
    log.run(&["audit", "head"]).result().trim_end().to_owned()
}

#[test]
fn an_end_that_was_cut_off_is_found_by_the_head_alone() {
    let log = Log::of_mints(4);
    let head = head(&log);
    log.run(&["audit", "verify", "--expect", &head]).result();
    let mut lines = log.lines();
    lines.pop();
    log.rewrite(1, &lines);
    assert_eq!(log.assert_intact(), 4);
    let fault = "the log was cut: it ends at entry 4, and the expected head is 5";
    is_found(&log, &["--expect", &head], &[fault]);
}

#[test]
fn a_log_that_goes_on_holds_an_earlier_head() {
    let log = Log::of_mints(2);
    let head = head(&log);
    log.mint(3);
    log.run(&["audit", "verify", "--expect", &head]).result();
}

#[test]
fn a_chain_that_was_rewritten_is_found_by_the_head_alone() {
    let log = Log::of_mints(4);
    let head = head(&log);
    // Cut the last entry off, and let the program itself write another in its place.
    let mut lines = log.lines();
    lines.pop();
    log.rewrite(1, &lines);
    log.mint(1000);
    assert_eq!(log.assert_intact(), 5);
    let fault = "audit-00000001.jsonl, line 5: the log was rewritten: entry 5 is not the expected head";
    is_found(&log, &["--expect", &head], &[fault]);
}

#[test]
fn another_log_in_the_place_of_the_one_expected_is_found() {
    let head = head(&Log::of_mints(1));
    let id = &head[..16];
    let fault = format!("the expected head is of another log, {id}");
    is_found(&Log::of_mints(1), &["--expect", &head], &[&fault]);
}

#[test]
fn a_log_that_was_removed_altogether_is_found_by_the_head() {
    let head = head(&Log::of_mints(1));
    let fault = "the log was cut: it ends at entry 0, and the expected head is 2";
    is_found(&Log::new(), &["--expect", &head], &[fault]);
}

#[test]
fn what_is_no_head_is_a_usage_error() {
    let output = Log::of_mints(1).run(&["audit", "verify", "--expect", "0123456789abcdef:2"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{output}");
    assert!(output.stderr.contains("not a head of an audit log"), "{output}");
}
