//! `audit find`: the entry of a token, and the message if no entry names it.

use serde_json::Value;

use super::{Log, fingerprint};

/// Finds the piped input, and returns the kind of match and the number of each entry.
#[track_caller]
fn found(log: &Log, given: &str) -> Vec<(String, u64)> {
    let output = log.call(&["-q", "audit", "find", "-o", "json"]).with_stdin(given).run();
    let lines = output.result().lines().map(|line| serde_json::from_str(line).unwrap());
    let kind =
        |line: Value| (line["match"].as_str().unwrap().into(), line["entry"]["sequence"].as_u64().unwrap());
    lines.map(kind).collect()
}

/// Mints, and returns standard output.
#[track_caller]
fn minted(log: &Log, arguments: &[&str]) -> String {
    log.run(&[&["-q", "issue"], arguments].concat()).result().to_owned()
}

#[test]
fn find_shows_who_minted_a_token_when_and_why() {
    let log = Log::of_mints(1);
    let token = minted(&log, &["123", "--expires", "1h", "--reason", "ticket 4711"]);
    let shown = log.call(&["audit", "find"]).with_stdin(format!("Authorization: Bearer {token}")).run();
    assert_eq!(shown.status, Some(0), "{shown}");
    let entry = &log.entries()[2];
    let user = entry["actor"]["user"].as_str().unwrap();
    let time = entry["time"].as_str().unwrap();
    let names: Vec<_> = shown.stdout.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let value = |name| names.iter().find(|(found, _)| *found == name).map(|(_, value)| value.trim());
    assert_eq!(value("action"), Some("mint"), "{shown}");
    assert!(value("when").unwrap().starts_with(time), "{shown}");
    assert_eq!((value("who"), value("for"), value("why")), (Some(user), Some("123"), Some("ticket 4711")));
    assert_eq!((value("channel"), value("entry")), (Some("cli"), Some("3")));
}

#[test]
fn token_is_found_by_paste_argument_and_fingerprint() {
    let log = Log::of_mints(2);
    let token = minted(&log, &["3"]);
    let certain = [("certain".to_owned(), 4)];
    assert_eq!(found(&log, &format!("{{\"token\": \"{}\"}}", token.trim_end())), certain);
    let fingerprint = fingerprint(token.trim_end());
    for argument in [token.trim_end(), &fingerprint, &fingerprint.to_uppercase()] {
        let output = log.run(&["audit", "find", argument, "--json"]);
        assert_eq!(output.result(), format!("{{\"match\":\"certain\",\"entry\":{}}}\n", log.lines()[3]));
    }
}

#[test]
fn session_token_is_found() {
    let log = Log::new();
    let session =
        log.call(&["-q", "session", "new", "5"]).with_env("STREAM_SESSION_KEY", "k".repeat(64)).run();
    assert_eq!(found(&log, session.result()), [("certain".into(), 2)]);
}

#[test]
fn batch_is_shown_as_a_possible_match() {
    let log = Log::new();
    let batch = minted(&log, &["5", "6", "9", "--reason", "load test"]);
    minted(&log, &["5", "6", "9", "--expires", "1h"]);
    minted(&log, &["1", "2"]);
    let token = batch.lines().nth(1).unwrap();
    assert_eq!(found(&log, token), [("possible".into(), 2)]);
    let output = log.call(&["audit", "find"]).with_stdin(token).run();
    let note =
        "stream-token: note: no entry names the token; it may have been minted in one of these batches\n";
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), note));
    assert!(output.stdout.contains("mint_batch, perhaps\n") && output.stdout.contains("5-6 9\n"), "{output}");
    // The same token minted alone has an entry of its own.
    assert_eq!(minted(&log, &["6"]).trim_end(), token);
    let output = log.call(&["audit", "find", "--json"]).with_stdin(token).run();
    assert!(output.stdout.starts_with("{\"match\":\"certain\""), "{output}");
    let note = "{\"note\":\"the same token may have been minted in a batch too: see 'stream-token audit list --customer'\"}\n";
    assert_eq!((output.stdout.lines().count(), output.stderr.as_str()), (1, note));
}

#[test]
fn unrecorded_token_is_not_found_with_exit_code_1() {
    let log = Log::of_mints(1);
    let token = crate::cli::token::signed(r#"{"user_id":"customer-2"}"#);
    let error = format!("no entry of this log names the token with the fingerprint {}", fingerprint(&token));
    let hint = "it may be in the log of another machine or login, or was pruned from this one";
    log.call(&["audit", "find"]).with_stdin(token).run().is_refused(1, &error, hint);
    let error = "no entry of this log names the token with the fingerprint 0123456789abcdef";
    Log::new().run(&["audit", "find", "0123456789abcdef"]).is_refused(1, error, hint);
}

#[test]
fn text_without_a_token_is_refused_and_bad_lines_are_noted() {
    let log = Log::of_mints(2);
    let output = log.call(&["audit", "find"]).with_stdin("hello there").run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(4), ""), "{output}");
    let token = minted(&log, &["3"]);
    let mut lines = log.lines();
    lines[1] = lines[1].replace("\"customer\":1", "\"customer\":7");
    log.rewrite(1, &lines);
    let output = log.call(&["audit", "find"]).with_stdin(token).run();
    let note = "stream-token: note: some lines of the log cannot be read: see 'stream-token audit verify'\n";
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), note), "{output}");
}
