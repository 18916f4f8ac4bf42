//! `exec`: the command's environment, its exit code, and its audit entry.

use std::fs;

use serde_json::Value;

use super::token::{HEADER, SECRET, signed_with};
use super::{call, demo, refusal, with_secret};

#[test]
fn command_gets_the_token_and_no_secret() {
    let all = "env | grep -e ^STREAM_ -e SECRET -e ^KEY | sort";
    let call = with_secret(&["-q", "exec", "7", "--", "/bin/sh", "-c", all])
        .with_env("PATH", "/usr/bin:/bin")
        .with_env("STREAM_API_KEY", "abc123")
        .with_env("STREAM_SESSION_KEY", "a-session-key-of-the-tests-0123456789abc")
        .with_env("OTHER_SECRET", "the-secret-of-another-profile-0123456789");
    let folder = call.home.path().join(".config/stream-token");
    fs::create_dir_all(&folder).unwrap();
    let config = "[profiles.other]\nsecret = \"env:OTHER_SECRET\"\nsession_key = \"env:KEY\"\n";
    call.home.write(".config/stream-token/config.toml", config.as_bytes(), 0o600);
    let token = signed_with(SECRET, HEADER, r#"{"user_id":"customer-7"}"#);
    let expected = format!("STREAM_API_KEY=abc123\nSTREAM_USER_ID=customer-7\nSTREAM_USER_TOKEN={token}\n");
    call.with_env("KEY", "k").run().is(0, &expected, "");
}

#[test]
fn api_key_of_another_app_is_removed() {
    let call =
        call(&["-q", "--profile", "a", "exec", "7", "--", "/bin/sh", "-c", "echo key=$STREAM_API_KEY"]);
    fs::create_dir_all(call.home.path().join(".config/stream-token")).unwrap();
    call.home.write(".config/stream-token/config.toml", b"[profiles.a]\nsecret = \"env:A\"\n", 0o600);
    call.with_env("A", SECRET).with_env("STREAM_API_KEY", "other").run().is(0, "key=\n", "");
}

#[test]
fn command_replaces_the_program_and_keeps_its_exit_code() {
    for code in [0, 1, 3, 200] {
        let script = format!("read line; echo \"$line $1\"; echo said >&2; exit {code}");
        let call = demo(&["-q", "exec", "7", "--", "/bin/sh", "-c", &script, "sh", "--flag"]);
        call.with_stdin("input\n").run().is(code, "input --flag\n", "said\n");
    }
    // A signal ends it as if it had been started alone.
    assert_eq!(demo(&["-q", "exec", "7", "--", "/bin/sh", "-c", "kill -TERM $$"]).run().status, None);
}

#[test]
fn missing_or_unusable_command_has_the_exit_codes_of_env() {
    let hint = "the token was minted and recorded; give the path of a program that can be run";
    let missing = demo(&["-q", "exec", "7", "--", "/nowhere/at-all"]).run();
    missing.is(127, "", &refusal("cannot run /nowhere/at-all: No such file or directory (os error 2)", hint));
    let call = demo(&["-q", "exec", "7", "--", "./plain"]).with_file("plain", "text");
    call.run().is(126, "", &refusal("cannot run ./plain: Permission denied (os error 13)", hint));
}

#[test]
fn audit_entry_names_the_command_without_its_arguments() {
    let call = with_secret(&[
        "-q",
        "exec",
        "7",
        "--expires",
        "1h",
        "--reason",
        "ticket 5",
        "--",
        "/bin/echo",
        "private",
    ]);
    let home = call.home.path().to_owned();
    call.run().is(0, "private\n", "");
    let listed =
        super::call(&["audit", "list", "-o", "json", "--action", "mint"]).with_env("HOME", &home).run();
    let entry: Value = serde_json::from_str(listed.result()).unwrap();
    assert_eq!(
        (&entry["customer"], &entry["reason"], &entry["purpose"]),
        (&7.into(), &"exec echo".into(), &"ticket 5".into())
    );
    assert!(!listed.stdout.contains("private"));
}

#[test]
fn command_is_not_run_if_policy_refuses_the_token() {
    let call =
        call(&["-q", "exec", "7", "--expires", "never", "--confirm", "live", "--", "/usr/bin/touch", "ran"]);
    fs::create_dir_all(call.home.path().join(".config/stream-token")).unwrap();
    let config = "default_profile = \"live\"\n[profiles.live]\nsecret = \"env:LIVE\"\npolicy = { production = true, default_lifetime = \"1h\" }\n";
    call.home.write(".config/stream-token/config.toml", config.as_bytes(), 0o600);
    let ran = call.home.path().join("ran");
    assert_eq!(call.with_env("LIVE", SECRET).run().status, Some(2));
    assert!(!ran.exists());
    let without_dashes = demo(&["exec", "7", "/bin/true"]).run();
    assert_eq!(without_dashes.status, Some(2), "{without_dashes}");
}
