//! Help, the version, and calls that the grammar refuses.

use std::process::Stdio;

use super::{call, demo};

/// What every command's help ends its list of options with.
const GLOBAL: &str = "\
Global options:
      --profile <NAME>   Work with this profile: one Stream app and its secret
  -o, --output <FORMAT>  The form of the result: text, json; for issue also header, curl, env, csv
                         [default: text]
      --color <WHEN>     When to use colour [default: auto] [possible values: auto, always, never]
  -q, --quiet            Leave notes out; errors are still told
";

/// The short help of the program.
const PROGRAM: &str = "\
Mint, verify and decode Stream Chat user tokens

Usage: stream-token [OPTIONS] <COMMAND>

Commands:
  issue   Mint tokens for customers
  verify  Check a token and say what Stream would answer
  decode  Read a token without a secret; nothing is verified

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

";

/// The short help of `verify`.
const VERIFY: &str = "\
Check a token and say what Stream would answer

Usage: stream-token verify [OPTIONS] [TOKEN]

Arguments:
  [TOKEN]  The token; - reads it from standard input

Options:
      --from <FILE>            Verify many: a file of tokens, one a line; - is standard input
      --customer <ID>          It must be this customer's
      --leeway <DURATION>      How far clocks may differ, at most 5m [default: 0s]
      --at <WHEN>              Verify as if it were this time [default: now]
      --revoked-before <WHEN>  Hold it against a revocation at Stream of all tokens issued before
                               this time
  -h, --help                   Print help (see more with '--help')
  -V, --version                Print version

";

/// The commands.
const COMMANDS: [&str; 3] = ["issue", "verify", "decode"];

#[test]
fn help_that_was_asked_for_is_a_result() {
    call(&["-h"]).run().is(0, &format!("{PROGRAM}{GLOBAL}"), "");
    call(&["verify", "-h"]).run().is(0, &format!("{VERIFY}{GLOBAL}"), "");
    for command in COMMANDS {
        let output = call(&[command, "--help"]).run();
        let usage = format!("\n\nUsage: stream-token {command} [OPTIONS] ");
        assert!(output.result().contains(&usage), "{output}");
    }
}

#[test]
fn the_version_is_a_result() {
    let version = format!("stream-token {}\n", env!("CARGO_PKG_VERSION"));
    call(&["--version"]).run().is(0, &version, "");
    call(&["-V"]).run().is(0, &version, "");
}

#[test]
fn a_bare_call_shows_its_help_as_an_error() {
    call(&[]).run().is(2, "", &format!("{PROGRAM}{GLOBAL}"));
    call(&["verify"]).run().is(2, "", &format!("{VERIFY}{GLOBAL}"));
    for command in COMMANDS {
        let help = call(&[command, "-h"]).run();
        demo(&[command]).run().is(2, "", help.result());
    }
}

#[test]
fn the_long_help_names_every_exit_code_and_variable() {
    let output = call(&["--help"]).run();
    let (_, after) = output.result().split_once("\nTimes (WHEN):\n").unwrap();
    let expected = "  \
  now, 1h (ahead), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w

Environment:
  STREAM_TOKEN_PROFILE    the profile, where --profile is not given
  STREAM_API_SECRET_FILE  a file that holds the app's API secret
  STREAM_API_SECRET       the API secret itself
  STREAM_API_KEY          the app's API key, beside a secret from the environment
  NO_COLOR                no colour, unless --color always

Exit codes:
  0  success, valid
  1  failed: input or output
  2  usage
  3  no secret
  4  not a token
  5  not signed by this profile's secret
  6  outside its time: expired, not yet valid, issued in the future, revoked
  7  signed, but a server token, no customer's, or another customer's
  8  some lines of a batch were refused
";
    assert_eq!(after, expected);
}

#[test]
fn every_example_of_the_help_runs() {
    let mut examples = 0;
    for command in COMMANDS {
        let help = call(&[command, "--help"]).run();
        let (_, after) = help.result().split_once("\nExamples:\n").unwrap();
        for example in after.replace("|\n", "|").lines() {
            examples += 1;
            run_in_a_shell(example);
        }
    }
    assert_eq!(examples, 8);
    let help = call(&["--help"]).run();
    let example = help.result().lines().find(|line| line.starts_with("  stream-token ")).unwrap();
    run_in_a_shell(example);
}

/// Runs a line as a person would who pasted it.
#[track_caller]
fn run_in_a_shell(line: &str) {
    let call = call(&["-c", line]);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_stream-token"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).env_clear().env("PATH", path).current_dir(call.home.path());
    let output = call.run_with(shell.stdout(Stdio::piped()).stderr(Stdio::piped()));
    assert!(output.status == Some(0) && !output.stdout.is_empty(), "{line}\n{output}");
    assert!(!output.stderr.contains("error"), "{line}\n{output}");
}

#[test]
fn an_unknown_word_is_answered_with_the_nearest_known_one() {
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
    refused(&["mint", "1"], "unrecognized subcommand 'mint'", "run 'stream-token --help'");
    refused(&["help"], "unrecognized subcommand 'help'", "run 'stream-token --help'");
    refused(
        &["issue", "1", "--secret", "x"],
        "unexpected argument '--secret' found",
        "run 'stream-token issue --help'",
    );
    refused(&["verify", "x", "y"], "unexpected argument 'y' found", "run 'stream-token verify --help'");
    let forms = "[possible values: text, json, header, curl, env, csv]";
    let error = format!("invalid value 'yaml' for '--output <FORMAT>' {forms}");
    refused(&["-o", "yaml", "issue", "1"], &error, "run 'stream-token --help'");
    let error = "a value is required for '--profile <NAME>' but none was supplied";
    refused(&["issue", "1", "--profile"], error, "run 'stream-token --help'");
}

#[test]
fn a_token_in_a_commands_place_is_not_echoed() {
    let token = super::token::signed(r#"{"user_id":"customer-1"}"#);
    let error = format!("unrecognized subcommand a value of {} characters", token.len());
    let hint = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";
    call(&[&token]).run().is_refused(2, &error, hint);
}

#[test]
fn a_secret_in_a_flags_place_is_not_echoed() {
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
fn arguments_that_are_not_utf_8_are_refused() {
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
