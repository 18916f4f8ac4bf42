//! Help, the version, and calls that the grammar refuses.

use super::{call, demo};

/// The commands.
const COMMANDS: [&str; 3] = ["issue", "verify", "decode"];

#[test]
fn requested_help_is_a_result() {
    let output = call(&["-h"]).run();
    assert!(
        output.result().starts_with("Mint, verify, decode and serve Stream Chat user tokens\n\nUsage: "),
        "{output}"
    );
    for command in COMMANDS {
        let output = call(&[command, "--help"]).run();
        let usage = format!("\n\nUsage: stream-token {command} [OPTIONS] ");
        assert!(output.result().contains(&usage), "{output}");
    }
}

#[test]
fn version_is_a_result() {
    let version = format!("stream-token {}\n", env!("CARGO_PKG_VERSION"));
    call(&["--version"]).run().is(0, &version, "");
    call(&["-V"]).run().is(0, &version, "");
}

#[test]
fn call_without_a_command_shows_help_and_fails() {
    let help = call(&["-h"]).run();
    call(&[]).run().is(2, "", help.result());
    for command in ["profile", "secret", "session", "audit"] {
        let help = call(&[command, "-h"]).run();
        demo(&[command]).run().is(2, "", help.result());
    }
}

#[test]
fn help_command_shows_the_long_help() {
    call(&["help"]).run().is(0, call(&["--help"]).run().result(), "");
    for command in COMMANDS {
        call(&["help", command]).run().is(0, call(&[command, "--help"]).run().result(), "");
    }
    call(&["help", "profile", "add"]).run().is(0, call(&["profile", "add", "--help"]).run().result(), "");
}

#[test]
fn short_help_omits_global_options() {
    for command in [&[][..], &["issue"], &["profile", "add"]] {
        let help = |form| call(&[command, &[form]].concat()).run();
        assert!(!help("-h").stdout.contains("--state-dir"), "{command:?}");
        assert!(help("--help").stdout.contains("--state-dir"), "{command:?}");
    }
}

#[test]
fn unknown_words_get_the_nearest_known_one() {
    let refused = |arguments: &[&str], error: &str, hint: &str| {
        demo(arguments).run().is_refused(2, error, hint);
    };
    refused(&["isue", "1"], "unrecognized subcommand 'isue'", "a similar subcommand exists: 'issue'");
    refused(
        &["issue", "--expire", "1h"],
        "unexpected argument '--expire' found",
        "a similar argument exists: '--expires'",
    );
    refused(&["veryfy"], "unrecognized subcommand 'veryfy'", "a similar subcommand exists: 'verify'");
    for (word, command) in
        [("mint", "issue"), ("encode", "issue"), ("check", "verify"), ("inspect", "decode")]
    {
        let hint = format!("the command is 'stream-token {command}'");
        refused(&[word, "1"], &format!("unrecognized subcommand '{word}'"), &hint);
    }
    refused(
        &["issue", "--customer", "123"],
        "unexpected argument '--customer' found",
        "give the customer without a flag, as in 'stream-token issue 123'",
    );
    refused(
        &["session", "new", "--customer", "123"],
        "unexpected argument '--customer' found",
        "give the customer without a flag, as in 'stream-token session new 123'",
    );
    refused(
        &["issue", "-"],
        "'-' is not a customer id",
        "to read customers from standard input use --from -",
    );
    refused(
        &["issue", "1", "--secret", "x"],
        "unexpected argument '--secret' found",
        "run 'stream-token issue --help'",
    );
    refused(&["verify", "x", "y"], "unexpected argument 'y' found", "run 'stream-token verify --help'");
    let forms = "[possible values: text, json, header, curl, env, csv]";
    let error = format!("invalid value 'yaml' for '--output <FORMAT>' {forms}");
    refused(&["-o", "yaml", "issue", "1"], &error, "run 'stream-token issue --help'");
    refused(&["-o", "yaml"], &error, "run 'stream-token --help'");
    let error = "a value is required for '--profile <NAME>' but none was supplied";
    refused(&["issue", "1", "--profile"], error, "run 'stream-token issue --help'");
    let error = "a value is required for '--secret <SOURCE>' but none was supplied";
    refused(&["profile", "add", "a", "--secret"], error, "run 'stream-token profile add --help'");
}

#[test]
fn token_given_as_a_command_is_not_echoed() {
    let token = super::token::signed(r#"{"user_id":"customer-1"}"#);
    let error = format!("unrecognized subcommand a value of {} characters", token.len());
    let hint = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";
    call(&[&token]).run().is_refused(2, &error, hint);
}

#[test]
fn secret_given_as_a_flag_or_value_is_not_echoed() {
    let secret = "0123456789abcdef".repeat(4);
    for arguments in [
        vec![secret.clone()],
        vec!["issue".into(), format!("--{secret}")],
        vec!["verify".into(), "x".into(), secret.clone()],
        vec!["issue".into(), "1".into(), "--secret".into(), secret.clone()],
        vec!["issue".into(), "1".into(), format!("--secret={secret}")],
        vec!["issue".into(), "1".into(), format!("--quiet={secret}")],
        vec!["issue".into(), "1".into(), format!("-o{secret}")],
        vec!["issue".into(), "1".into(), "--expires".into(), secret.clone()],
        vec!["issue".into(), "1".into(), "--profile".into(), secret.clone()],
        vec!["verify".into(), "x".into(), "--leeway".into(), secret.clone()],
        vec!["decode".into(), "--color".into(), secret.clone(), "x".into()],
    ] {
        for form in ["text", "json"] {
            let arguments = [vec!["-o".to_owned(), form.to_owned()], arguments.clone()].concat();
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let output = call(&arguments).run();
            assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
            assert!(!output.stderr.contains(&secret), "{output}");
        }
    }
}

#[test]
fn non_utf_8_arguments_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let broken = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let output = demo(&["issue"]).with_argument(broken).run();
    output.is_refused(
        2,
        "invalid UTF-8 was detected in one or more arguments",
        "run 'stream-token issue --help'",
    );
    let output = demo(&[]).with_argument(broken).run();
    output.is_refused(2, "unrecognized subcommand '\u{fffd}\u{fffd}'", "run 'stream-token --help'");
}
