//! `audit list` and `audit head`: filters and output forms; bad lines are always shown.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::Value;

use super::{Log, in_lines};

/// Returns the customers of the listed entries, with a dash for entries without one.
#[track_caller]
fn listed(log: &Log, arguments: &[&str]) -> Vec<String> {
    let listed = log.run(&[&["-o", "json", "audit", "list"], arguments].concat());
    let customer = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["customer"].as_u64().map_or("-".to_owned(), |customer| customer.to_string())
    };
    listed.result().lines().map(customer).collect()
}

/// Makes a log of a mint by a user, one by another through sudo, and a refusal.
fn varied() -> Log {
    let log = Log::new();
    log.mint(1);
    log.call(&["-q", "issue", "2"]).with_env("SUDO_USER", "ann").run().result();
    let refused = log.call(&["-q", "--profile", "p", "--config", "config", "issue", "3", "--expires", "2h"]);
    let config = "[profiles.p]\nsecret = \"env:SECRET\"\npolicy = { longest_lifetime = \"1h\" }\n";
    let refused = refused.with_env("SECRET", crate::cli::token::SECRET).with_file("config", config).run();
    assert_eq!(refused.status, Some(2), "{refused}");
    log
}

#[test]
fn list_filters_by_customer_actor_and_outcome() {
    let log = varied();
    let user = log.entries()[1]["actor"]["user"].as_str().unwrap().to_owned();
    assert_eq!(listed(&log, &[]), ["-", "1", "2", "-"]);
    assert_eq!(listed(&log, &["--customer", "2"]), ["2"]);
    assert_eq!(listed(&log, &["--customer", "customer-1"]), ["1"]);
    assert_eq!(listed(&log, &["--actor", "ann"]), ["2"]);
    assert_eq!(listed(&log, &["--actor", &user]), ["-", "1", "2", "-"]);
    assert_eq!(listed(&log, &["--actor", "nobody else"]), [""; 0]);
    assert_eq!(listed(&log, &["--outcome", "refused"]), ["-"]);
    assert_eq!(listed(&log, &["--outcome", "failed"]), [""; 0]);
    assert_eq!(listed(&log, &["--outcome", "ok", "--customer", "1"]), ["1"]);
}

#[test]
fn list_filters_by_time_including_both_ends() {
    let log = Log::of_mints(1);
    let time = log.entries()[1]["time"].as_str().unwrap().to_owned();
    assert_eq!(listed(&log, &["--since", "1h ago"]).len(), 2);
    assert_eq!(listed(&log, &["--since", &time, "--until", &time, "--customer", "1"]), ["1"]);
    assert_eq!(listed(&log, &["--until", "1h ago"]), [""; 0]);
}

#[test]
fn durations_count_back_and_dates_cover_the_whole_day() {
    let log = Log::of_mints(1);
    let date = log.entries()[1]["time"].as_str().unwrap()[..10].to_owned();
    assert_eq!(listed(&log, &["--since", "1d"]).len(), 2);
    assert_eq!(listed(&log, &["--until", "1h"]), [""; 0]);
    assert_eq!(listed(&log, &["--since", "yesterday", "--until", "today"]).len(), 2);
    assert_eq!(listed(&log, &["--since", &date, "--until", &date]).len(), 2);
    assert_eq!(listed(&log, &["--until", "yesterday"]), [""; 0]);
    let ahead = log.run(&["audit", "list", "--since", "2999-12-31"]);
    assert!(ahead.stderr.starts_with("stream-token: error: '2999-12-31' is not in the past: "), "{ahead}");
    assert_eq!(listed(&log, &["--until", "2999-12-31"]).len(), 2);
}

#[test]
fn list_filters_by_profile_action_and_channel() {
    let log = varied();
    assert_eq!(listed(&log, &["--profile", "p"]), ["-"]);
    assert_eq!(listed(&log, &["--action", "mint"]), ["1", "2"]);
    assert_eq!(listed(&log, &["--action", "segment_opened", "--action", "refusal"]), ["-", "-"]);
    assert_eq!(listed(&log, &["--channel", "cli"]).len(), 4);
    assert_eq!(listed(&log, &["--channel", "serve"]), [""; 0]);
    let output = log.run(&["audit", "list", "--action", "minted"]);
    assert_eq!(output.status, Some(2), "{output}");
    assert!(output.stderr.contains("mint_batch"), "{output}");
}

#[test]
fn list_filters_by_part_of_a_reason_and_escapes_it() {
    let log = varied();
    log.run(&["-q", "issue", "5", "--reason", "ticket 4711 \u{202e}"]).result();
    log.call(&["-q", "issue", "--from", "-", "--reason", "load test"]).with_stdin("6\n7\n").run().result();
    assert_eq!(listed(&log, &["--reason", "4711"]), ["5"]);
    assert_eq!(listed(&log, &["--reason", "test"]), ["-"]);
    assert_eq!(listed(&log, &["--reason", "1h at most"]), ["-"]);
    assert_eq!(listed(&log, &["--reason", "Ticket"]), [""; 0]);
    let table = log.run(&["audit", "list", "--reason", "ticket"]);
    assert!(table.result().contains("  for: ticket 4711 \\u{202e}, fingerprint "), "{table}");
    log.assert_intact();
}

#[test]
fn unknown_profile_is_an_error_unless_the_log_has_it() {
    let log = varied();
    let config = "[profiles.live]\nsecret = \"env:SECRET\"\n";
    let list = |name: &str| {
        let call = log.call(&["--config", "config", "audit", "list", "--json", "--profile", name]);
        call.with_file("config", config).run()
    };
    assert_eq!(list("live").result(), "", "configured, and no entry");
    assert_eq!(list("p").result().lines().count(), 1, "in the log, and not configured any more");
    let error = "there is no profile 'liv', and no entry of one";
    let hint = "see 'stream-token profile list'; the demo profile is not audited";
    let output = log.call(&["--config", "config", "audit", "list", "--profile", "liv"]);
    output.with_file("config", config).run().is_refused(2, error, hint);
    Log::new().run(&["audit", "list", "--profile", "liv"]).is_refused(2, error, hint);
}

#[test]
fn json_prints_the_lines_of_the_log() {
    let log = varied();
    assert_eq!(log.run(&["-o", "json", "audit", "list"]).result(), in_lines(log.lines()));
}

#[test]
fn piped_table_has_one_line_per_entry() {
    let log = varied();
    let output = log.run(&["audit", "list"]);
    let lines: Vec<&str> = output.result().lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["TIME", "ACTION", "PROFILE", "CUSTOMER", "DETAIL"]
    );
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[2].split_whitespace().nth(3), Some("1"), "{}", lines[2]);
    assert!(lines[2].contains("fingerprint "), "{}", lines[2]);
    assert!(lines[3].contains("(sudo ann)"), "{}", lines[3]);
    assert!(lines[4].contains("refusal"), "{}", lines[4]);
}

#[test]
fn bad_line_is_shown_with_its_place_under_any_filter() {
    let log = Log::of_mints(3);
    let mut lines = log.lines();
    lines[1] = "\u{1b}[31mgone".into();
    lines[2] = lines[2].replace("\"customer\":2", "\"customer\":7");
    log.rewrite(1, &lines);
    let output = log.run(&["audit", "list", "--customer", "3"]);
    let table: Vec<&str> = output.result().lines().collect();
    assert_eq!(table.len(), 4, "{output}");
    assert!(
        table[1].contains("bad line") && table[1].ends_with("audit-00000001.jsonl:2: is not an entry"),
        "{output}"
    );
    assert!(table[2].ends_with("audit-00000001.jsonl:3: was changed after it was written"), "{output}");
    let json = log.run(&["-o", "json", "audit", "list", "--customer", "3"]);
    let bad: Value = serde_json::from_str(json.result().lines().next().unwrap()).unwrap();
    let expected =
        serde_json::json!({"bad": {"segment": "audit-00000001.jsonl", "line": 2, "why": "is not an entry"}});
    assert_eq!(bad, expected);
}

#[test]
fn summary_counts_filtered_entries_by_day_and_profile() {
    let log = varied();
    log.call(&["-q", "issue", "--from", "-"]).with_stdin("6\n7\n8\n").run().result();
    let date = log.entries()[1]["time"].as_str().unwrap()[..10].to_owned();
    let line = |profile: &str, mints, refusals| {
        let counts = format!("\"mints\":{mints},\"refusals\":{refusals}");
        format!("{{\"date\":\"{date}\",\"profile\":{profile},{counts}}}\n")
    };
    let summary = |arguments: &[&str]| {
        let call = [&["audit", "list", "--summary"], arguments].concat();
        log.run(&call).result().to_owned()
    };
    assert_eq!(summary(&["--json"]), line("null", 5, 0) + &line("\"p\"", 0, 1));
    assert_eq!(summary(&["--json", "--profile", "p"]), line("\"p\"", 0, 1));
    assert_eq!(summary(&["--json", "--customer", "7"]), line("null", 3, 0));
    assert_eq!(summary(&["--json", "--until", "yesterday"]), "");
    let text = format!(
        "DATE        PROFILE  MINTS  REFUSALS\n{date}  -        5      0\n{date}  p        0      1\n"
    );
    assert_eq!(summary(&[]), text);
}

#[test]
fn hostile_user_names_are_listed_escaped() {
    let log = Log::new();
    log.call(&["-q", "issue", "1"]).with_env("SUDO_USER", "a\u{1b}]0;x\u{7}\u{202e}b").run().result();
    log.run(&["audit", "list"]).result();
    log.run(&["-o", "json", "audit", "list"]).result();
    log.assert_intact();
}

#[test]
fn missing_log_lists_nothing_and_is_intact() {
    let log = Log::new();
    assert_eq!(log.run(&["-o", "json", "audit", "list"]).result(), "");
    assert_eq!(log.run(&["audit", "list"]).result().lines().count(), 1);
    assert_eq!(log.run(&["audit", "verify"]).result(), "intact: 0 entries in 0 segments\n");
    assert!(!log.state().exists());
}

#[test]
fn head_without_a_log_is_a_usage_error_and_creates_none() {
    let log = Log::new();
    let message = format!("there is no audit log in {}", log.state().display());
    let hint = "it begins with the first token that is minted, or the first profile that is added";
    log.run(&["audit", "head"]).is_refused(2, &message, hint);
    assert!(!log.state().exists());
}

#[test]
fn head_is_the_log_id_number_and_hash_of_the_last_entry() {
    let log = Log::of_mints(2);
    let last = &log.entries()[2];
    let text = |key: &str| last[key].as_str().unwrap().to_owned();
    let head = format!("{}:3:{}", text("log_id"), text("hash"));
    assert_eq!(log.run(&["audit", "head"]).result(), format!("{head}\n"));
    assert_eq!(log.run(&["-o", "json", "audit", "head"]).result(), format!("{{\"head\":\"{head}\"}}\n"));
}

#[test]
fn head_is_refused_if_the_last_line_was_changed() {
    let log = Log::of_mints(1);
    let mut lines = log.lines();
    lines[1] = lines[1].replace("\"customer\":1", "\"customer\":7");
    log.rewrite(1, &lines);
    let message = format!("the last line of {} is not as it was written", log.segment(1).display());
    log.run(&["audit", "head"]).is_refused(1, &message, "see what is wrong with 'stream-token audit verify'");
}

#[test]
fn unfinished_end_is_reported_but_is_no_fault() {
    let log = Log::of_mints(1);
    let mut segment = OpenOptions::new().append(true).open(log.segment(1)).unwrap();
    segment.write_all(b"{\"version\":1,").unwrap();
    let output = log.run(&["audit", "verify"]);
    let told = output.result();
    assert!(told.starts_with("intact: 2 entries in 1 segment\n"), "{output}");
    let unfinished =
        "13 bytes at the end, no whole entry: being written, or torn and healed by the next mint\n";
    assert!(told.contains(unfinished), "{output}");
}

#[test]
fn output_forms_for_tokens_are_usage_errors() {
    for form in ["csv", "env", "header", "curl"] {
        let output = Log::new().run(&["-o", form, "audit", "list"]);
        assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{form}");
    }
}
