//! What each standard stream carries, and the behaviour if one of them is closed, full or unreadable.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::token::signed;
use super::watchdog::Watchdog;
use super::{Call, FROM_ENV, Output, call, demo, refusal, with_secret};

/// The note on the secret, in JSON.
const NOTE_JSON: &str = "{\"note\":\"secret from env:STREAM_API_SECRET\"}\n";

/// Returns the token of customer 1, with its line break.
fn token() -> String {
    signed(r#"{"user_id":"customer-1"}"#) + "\n"
}

/// Runs a call with its standard output on a full disk.
#[cfg(target_os = "linux")]
fn on_a_full_disk(call: &Call) -> Output {
    let full = File::options().write(true).open("/dev/full").unwrap();
    call.run_with(call.command().stdout(full).stderr(Stdio::piped()))
}

/// Runs a call in a shell with a redirection.
fn redirected(call: &Call, redirection: &str) -> Output {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("exec \"$0\" \"$@\" {redirection}")).arg(env!("CARGO_BIN_EXE_stream-token"));
    shell.args(&call.arguments).env_clear().envs(&call.environment).current_dir(call.home.path());
    call.run_with(shell.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

#[test]
fn standard_output_carries_the_result_only() {
    with_secret(&["issue", "1"]).run().is(0, &token(), FROM_ENV);
    let output = with_secret(&["-q", "issue", "1"]).run();
    assert_eq!(output.result(), token());
}

#[test]
fn quiet_silences_notes_but_not_errors() {
    let error = "'0' is not a customer id";
    let hint = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";
    for flag in ["-q", "--quiet"] {
        with_secret(&[flag, "issue", "1"]).run().is(0, &token(), "");
        with_secret(&["issue", flag, "0"]).run().is_refused(2, error, hint);
        call(&[flag, "decode", "x.y"]).run().is(4, &call(&["decode", "x.y"]).run().stdout, "");
    }
}

#[test]
fn notes_and_errors_are_json_with_json_output() {
    let output = with_secret(&["-o", "json", "verify", "Bearer x.y"]).run();
    output.is(
        4,
        &output.stdout,
        &format!("{{\"note\":\"stripped from the token: the word Bearer\"}}\n{NOTE_JSON}"),
    );
    let error = |kind: &str, message: &str, hint: &str| {
        format!("{{\"error\":{{\"kind\":\"{kind}\",\"message\":\"{message}\",\"hint\":{hint}}}}}\n")
    };
    let hint = "\"profiles: demo\"";
    let said = error("usage", "there is no profile 'x'", hint);
    call(&["--profile", "x", "-o", "json", "issue", "1"]).run().is(2, "", &said);
    let said = NOTE_JSON.to_owned()
        + &error(
            "failed",
            "cannot open x: No such file or directory (os error 2)",
            "\"check the path and who may use it\"",
        );
    with_secret(&["-o", "json", "issue", "--from", "x"]).run().is(1, "", &said);
}

#[test]
fn usage_errors_are_json_for_every_spelling_of_the_flag() {
    let line = "{\"error\":{\"kind\":\"usage\",\"message\":\"unexpected argument '--xyz' found\",\
                \"hint\":\"run 'stream-token issue --help'\"}}\n";
    for form in [
        &["-o", "json"][..],
        &["--output", "json"],
        &["--output=json"],
        &["-ojson"],
        &["-o=json"],
        &["-qo", "json"],
    ] {
        call(&[form, &["issue", "--xyz"]].concat()).run().is(2, "", line);
        call(&[&["issue"], form, &["--xyz"]].concat()).run().is(2, "", line);
    }
}

#[test]
fn json_flag_is_short_for_output_json() {
    let token = demo(&["issue", "123"]).run().stdout;
    for arguments in
        [&["issue", "123"][..], &["verify", token.trim()], &["decode", token.trim()], &["profile", "list"]]
    {
        let long = demo(&[arguments, &["-o", "json"]].concat()).run();
        assert_eq!(demo(&[arguments, &["--json"]].concat()).run(), long);
    }
    let both = call(&["issue", "1", "--json", "-o", "csv"]).run();
    assert!(
        both.status == Some(2) && both.stderr.contains("the argument '--json' cannot be used with"),
        "{both}"
    );
}

#[test]
fn call_without_a_command_is_a_json_error_with_json_output() {
    let line = |command: &str| {
        format!(
            "{{\"error\":{{\"kind\":\"usage\",\"message\":\"'stream-token {command}' needs a command\",\
             \"hint\":\"run 'stream-token {command} --help'\"}}}}\n"
        )
    };
    for command in ["profile", "secret", "session", "audit"] {
        call(&["-o", "json", command]).run().is(2, "", &line(command));
        call(&["--json", command]).run().is(2, "", &line(command));
    }
    let missing = "{\"error\":{\"kind\":\"usage\",\"message\":\"which customer?\",\"hint\":\"for example \
                   'stream-token issue 123', or --from FILE for many\"}}\n";
    call(&["issue", "-o", "json"]).run().is(2, "", missing);
}

#[test]
fn json_output_is_never_coloured() {
    let output = demo(&["--color", "always", "-o", "json", "issue", "0"]).run();
    assert!(!output.stderr.contains('\u{1b}'), "{output}");
    let output = call(&["--color", "always", "-o", "json", "decode", "x.y"]).run();
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
}

#[test]
fn colour_needs_a_terminal_unless_always_is_set() {
    let plain = call(&["decode", "x.y"]).run();
    for color in ["auto", "never"] {
        assert_eq!(call(&["--color", color, "decode", "x.y"]).run(), plain);
    }
    let colored = call(&["--color", "always", "decode", "x.y"]).run();
    let note =
        "stream-token: \u{1b}[1m\u{1b}[33mnote:\u{1b}[0m decoded, not verified: anyone can write a token\n";
    colored.is(4, &colored.stdout, note);
    assert!(colored.stdout.contains("\u{1b}["), "{colored}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&super::without_colors(&colored.stdout)), words(&plain.stdout));
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_fails_the_call() {
    let error = "stream-token: error: cannot write the result: No space left on device (os error 28)\n";
    on_a_full_disk(&with_secret(&["issue", "1"])).is(1, "", &format!("{FROM_ENV}{error}"));
    on_a_full_disk(&with_secret(&["-q", "verify", "x.y"])).is(1, "", error);
    on_a_full_disk(&call(&["-q", "decode", "x.y"])).is(1, "", error);
    on_a_full_disk(&call(&["--help"])).is(1, "", error);
    on_a_full_disk(&with_secret(&["-q", "issue", "--from", "-"]).with_stdin("1\n2\n")).is(1, "", error);
    let json = "{\"error\":{\"kind\":\"failed\",\"message\":\"cannot write the result: No space left on device (os error \
                28)\",\"hint\":null}}\n";
    on_a_full_disk(&with_secret(&["-q", "-o", "json", "issue", "1"])).is(1, "", json);
}

#[test]
fn closed_pipe_is_no_error() {
    let call = with_secret(&["-q", "issue", "--from", "-"]).with_stdin("1\n".repeat(100_000));
    let mut command = call.command();
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let mut stdin = child.stdin.take().unwrap();
    let ids = call.stdin.clone();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &ids).unwrap_or_default());
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(first, token());
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn help_into_a_closed_pipe_is_no_error() {
    let call = call(&["--help"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    call.run_with(call.command().stdout(writer).stderr(Stdio::piped())).is(0, "", "");
}

#[test]
fn nothing_is_minted_into_a_closed_standard_output() {
    let said = refusal(
        "standard output is closed, and the token would be lost",
        "let it lead to a terminal, a file or a pipe",
    );
    for minting in [&["-q", "issue", "1"][..], &["-q", "issue", "--from", "-"]] {
        let call = with_secret(minting).with_stdin("1\n");
        redirected(&call, ">&-").is(1, "", &said);
        assert!(!call.home.path().join(".local").exists());
        redirected(&call, ">/dev/null").is(0, "", "");
    }
    redirected(&demo(&["-q", "session", "new", "1"]), ">&-").is(1, "", &said);
    redirected(&call(&["--help"]), ">&-").is(0, "", "");
    redirected(&with_secret(&["-q", "verify", "x.y"]), ">&-").is(4, "", "");
}

#[cfg(target_os = "linux")]
#[test]
fn closed_or_full_standard_error_loses_messages_only() {
    for redirection in ["2>&-", "2>/dev/full"] {
        redirected(&with_secret(&["issue", "1"]), redirection).is(0, &token(), "");
        redirected(&with_secret(&["issue", "0"]), redirection).is(2, "", "");
    }
}

#[test]
fn closed_standard_input_reads_as_empty() {
    redirected(&with_secret(&["-q", "issue", "--from", "-"]), "<&-").is(0, "", "");
    let empty = with_secret(&["-q", "verify", "-"]).run();
    assert_eq!(redirected(&with_secret(&["-q", "verify", "-"]), "<&-"), empty);
}

#[test]
fn unreadable_standard_input_fails_the_call() {
    let error = "stream-token: error: cannot read standard input: Is a directory (os error 21)\n";
    redirected(&with_secret(&["-q", "issue", "--from", "-"]), "</").is(1, "", error);
    redirected(&with_secret(&["-q", "verify", "-"]), "</").is(1, "", error);
    redirected(&call(&["-q", "decode", "-"]), "</").is(1, "", error);
}

#[test]
fn notes_precede_the_result_and_errors_keep_their_order() {
    let call = with_secret(&["issue", "--from", "-"]).with_stdin("1\n0\n1\n");
    let output = redirected(&call, "2>&1");
    let hint = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";
    let refused = refusal("line 2: '0' is not a customer id", hint);
    output.is(8, &format!("{FROM_ENV}{0}{refused}{0}", token()), "");
    let output = redirected(&demo(&["decode", "x.y"]), "2>&1");
    assert!(output.stdout.starts_with("stream-token: note: "), "{output}");
}
