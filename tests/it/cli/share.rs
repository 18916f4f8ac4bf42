//! `issue --copy`, `--qr` and `-o template:…`: passing a token to another program or a phone.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::terminal::Terminal;
use super::token::{HEADER, SECRET, signed_with};
use super::{Call, DEMO, Output, demo, refusal, start_by, with_secret};
use crate::tools::{has, install_script};

/// Returns the token of customer 7 that the built-in profile mints.
fn token() -> String {
    demo(&["-q", "issue", "7"]).run().result().trim_end().to_owned()
}

/// Prepares a call with a clipboard program that stores its input, its arguments and its environment.
fn beside(program: &str, display: &str, call: Call) -> Call {
    let script = "cat > \"$HOME/copied\"; echo \"$0 $*\" > \"$HOME/called\"; env > \"$HOME/environment\"";
    install_script(script, &call.home.path().join(program));
    let path = format!("{}:/usr/bin:/bin", call.home.path().display());
    call.with_env("PATH", path).with_env(display, "1")
}

/// Runs a call whose standard output is a terminal of 60 columns. Returns the terminal's text and the output.
#[track_caller]
fn at_a_terminal(call: &Call) -> (String, Output) {
    let terminal = Terminal::open();
    let mut command = call.command();
    let output = call.run_with(command.stdout(terminal.stream()).stderr(Stdio::piped()));
    drop(command);
    (terminal.read(), output)
}

#[test]
fn copied_token_is_not_shown_at_a_terminal() {
    for (program, display, arguments) in [
        ("pbcopy", "ANY", ""),
        ("wl-copy", "WAYLAND_DISPLAY", ""),
        ("xclip", "DISPLAY", " -selection clipboard"),
        ("xsel", "DISPLAY", " --clipboard --input"),
        ("clip.exe", "ANY", ""),
    ] {
        let call = with_secret(&["issue", "7", "--copy"]);
        let home = call.home.path().to_owned();
        let call = beside(program, display, call);
        let (shown, output) = at_a_terminal(&call);
        assert_eq!((output.status, shown.as_str()), (Some(0), ""), "{program}: {output}");
        assert!(output.stderr.ends_with(&format!("note: copied the token with {program}\n")), "{output}");
        let token = signed_with(SECRET, HEADER, r#"{"user_id":"customer-7"}"#);
        assert_eq!(fs::read_to_string(home.join("copied")).unwrap(), token);
        let called = fs::read_to_string(home.join("called")).unwrap();
        assert!(called.trim_end().ends_with(&format!("/{program}{arguments}")), "{called}");
        let environment = fs::read_to_string(home.join("environment")).unwrap();
        assert!(!environment.contains("STREAM_API_SECRET"), "{environment}");
    }
}

#[test]
fn copy_still_prints_a_requested_format_or_to_a_pipe() {
    let call = beside("pbcopy", "ANY", demo(&["-q", "issue", "7", "--copy", "-o", "env"]));
    assert_eq!(at_a_terminal(&call).0, format!("STREAM_USER_TOKEN={}\n", token()));
    assert_eq!(fs::read_to_string(call.home.path().join("copied")).unwrap(), token());
    beside("pbcopy", "ANY", demo(&["-q", "issue", "7", "--copy"])).run().is(0, &(token() + "\n"), "");
    let template = ["-q", "issue", "7", "--copy", "-o", "template:app://{user_id}"];
    let call = beside("pbcopy", "ANY", demo(&template));
    call.run().is(0, "app://customer-7\n", "");
    assert_eq!(fs::read_to_string(call.home.path().join("copied")).unwrap(), "app://customer-7");
}

#[test]
fn failed_copy_is_an_error_after_minting() {
    let call = demo(&["-q", "issue", "7", "--copy"]);
    install_script("exit 3", &call.home.path().join("pbcopy"));
    let path = format!("{}:/usr/bin:/bin", call.home.path().display());
    let error = "the token is not copied: pbcopy failed: exit status: 3";
    let hint = "the token was minted and recorded; run the command again without --copy";
    call.with_env("PATH", path).run().is(1, &(token() + "\n"), &refusal(error, hint));
}

#[test]
fn copy_and_qr_accept_one_token_only() {
    for flag in ["--copy", "--qr"] {
        let hint = "give one customer, or use -o text, json, csv or curl";
        demo(&["issue", "1", "2", flag]).run().is_refused(2, "this form of output holds one token", hint);
        assert_eq!(demo(&["issue", "--from", "-", flag]).run().status, Some(2));
    }
    let hint = "leave -o out, or use -o template:TEXT";
    let refused = demo(&["issue", "1", "--qr", "-o", "csv"]).run();
    refused.is_refused(2, "a QR code holds the token or a template", hint);
}

#[test]
fn terminal_copies_the_token_over_ssh() {
    if !has("setsid", "a copy through the terminal") {
        return;
    }
    let call = demo(&["-q", "issue", "7", "--copy"]);
    let call = beside("pbcopy", "ANY", call).with_env("SSH_CONNECTION", "1").with_env("TERM", "xterm");
    let terminal = Terminal::open();
    let mut setsid = Command::new("setsid");
    start_by(setsid.args(["--ctty", "--wait"]), &call.command()).env_remove("HOME");
    let mut child =
        setsid.stdin(terminal.stream()).stdout(terminal.stream()).stderr(terminal.stream()).spawn().unwrap();
    assert!(child.wait().unwrap().success());
    drop(setsid);
    assert_eq!(terminal.read(), format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(token())));
    assert!(!call.home.path().join("copied").exists());
}

#[test]
fn missing_clipboard_is_reported() {
    if !has("setsid", "a copy without a terminal") {
        return;
    }
    let call = demo(&["-q", "issue", "7", "--copy"]);
    let mut setsid = Command::new("setsid");
    start_by(setsid.args(["--wait", "/bin/sh", "-c", r#"PATH=/nowhere exec "$0" "$@""#]), &call.command());
    let output = call.run_with(setsid.stdout(Stdio::piped()).stderr(Stdio::piped()));
    assert_eq!((output.status, output.stdout.trim_end()), (Some(1), token().as_str()), "{output}");
    assert!(output.stderr.contains("no clipboard program is here, and no terminal"), "{output}");
}

#[test]
fn qr_code_is_black_on_white_in_any_terminal() {
    let link = "template:https://www.example.org/one/page/of/an/app/that/has/a/rather/long/address/as/such/pages/have/\
                ?user={user_id}&token={token}";
    let call = demo(&["issue", "7", "--qr", "-o", link]).with_env("TERM", "xterm");
    let mut narrow = call.command();
    let terminal = Terminal::open();
    let output = call.run_with(narrow.stdout(terminal.stream()).stderr(Stdio::piped()));
    drop(narrow);
    assert_eq!(output.status, Some(1), "{output}");
    assert_eq!(terminal.read(), "");
    assert!(output.stderr.contains("columns, and the terminal 60"), "{output}");
    let (shown, output) = at_a_terminal(&demo(&["issue", "7", "--qr"]).with_env("TERM", "xterm"));
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), DEMO), "{output}");
    let lines: Vec<_> = shown.lines().collect();
    assert!(
        lines.iter().all(|line| line.starts_with("\u{1b}[38;5;231;48;5;16m█") && line.ends_with("\u{1b}[0m"))
    );
    // Without colour only blocks are written, and a note states their polarity.
    let piped = demo(&["issue", "7", "--qr"]).run();
    assert!(piped.stdout.chars().all(|character| "█▀▄ \n".contains(character)), "{piped}");
    assert!(piped.stderr.ends_with("for another use --color always\n"), "{piped}");
}

#[test]
fn template_is_filled_for_each_token() {
    let template = "template:{customer_id} {user_id} {api_key} {expires_at}/{issued_at} {profile} {token}";
    let issued = demo(&["-q", "issue", "7", "8", "--expires", "4102444800", "-o", template]).run();
    let lines: Vec<_> = issued.result().lines().collect();
    assert!(lines[0].starts_with("7 customer-7 demo-api-key 4102444800/ demo eyJ"), "{issued}");
    assert!(lines[1].starts_with("8 customer-8 demo-api-key 4102444800/ demo eyJ"), "{issued}");
    let link = "template:myapp://login?token={token}&user={user_id}";
    let expected = format!("myapp://login?token={}&user=customer-7\n", token());
    demo(&["-q", "issue", "7", "-o", link]).run().is(0, &expected, "");
}

#[test]
fn template_with_an_unknown_field_is_refused_before_minting() {
    let hint = "its fields are {token}, {user_id}, {customer_id}, {api_key}, {expires_at}, {issued_at}, {fingerprint}, \
                {profile}; write {{ for a brace";
    let refused = with_secret(&["issue", "7", "-o", "template:{tokn}"]).run();
    refused.is_refused(2, "the template has a field that is unknown, 'tokn'", hint);
    let refused = with_secret(&["issue", "7", "-o", "template:{api_key}"]).run();
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("the template needs the app's API key"), "{refused}");
    demo(&["verify", "x", "-o", "template:x"]).run().is_refused(
        2,
        "this command has no such form of output",
        "use -o text or -o json; header, curl, env, csv and template are for issue",
    );
}
