//! At a terminal: colour, width, and the prompt to paste.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

use super::token::signed;
use super::watchdog::{WAIT_TIMEOUT, Watchdog, until};
use super::{Call, DEMO, call, demo, with_secret};

/// A terminal of 60 columns.
pub(crate) struct Terminal {
    /// The user's side.
    pub(crate) person: File,
    /// The program's side.
    pub(crate) program: OwnedFd,
}

impl Terminal {
    /// Opens a terminal that does not translate line breaks.
    pub(crate) fn open() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let program = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut modes = tcgetattr(&program).unwrap();
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&program, OptionalActions::Now, &modes).unwrap();
        tcsetwinsize(&program, Winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        Self { person: person.into(), program }
    }

    /// Returns the program's side, for one of its streams.
    pub(crate) fn stream(&self) -> Stdio {
        self.program.try_clone().unwrap().into()
    }

    /// Reads all output, once no other process can write.
    pub(crate) fn read(self) -> String {
        let Self { mut person, program } = self;
        drop(program);
        let mut text = Vec::new();
        // On Linux, reading a terminal whose other side is closed ends with an error.
        let _ = person.read_to_end(&mut text);
        String::from_utf8(text).unwrap()
    }
}

/// Runs a command, pastes `text` at its terminal once its note is shown, and returns its status and output.
fn pasted(arguments: &[&str], text: &str) -> (Option<i32>, String) {
    let call = call(arguments);
    let mut terminal = Terminal::open();
    let mut command = call.command();
    let command = command.stdin(terminal.stream()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    // The note comes before the terminal is read.
    let mut note = [0; 1];
    child.stderr.as_mut().unwrap().read_exact(&mut note).unwrap();
    while tcgetattr(&terminal.program).unwrap().local_modes.contains(LocalModes::ICANON) {
        thread::yield_now();
    }
    terminal.person.write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(tcgetattr(&terminal.program).unwrap().local_modes.contains(LocalModes::ICANON), "restored");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn pasted_lines_may_have_any_length() {
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    let cookies = "Cookie: a=bcdefghij; ".repeat(1000);
    for end in ["\u{4}", "\n\n"] {
        let text = format!("curl 'https://example.org/' -H '{cookies}' -H 'Authorization: {token}'{end}");
        let (status, shown) = pasted(&["decode", "-"], &text);
        assert_eq!(status, Some(0), "{shown}");
        assert!(shown.contains("claims  user_id  customer-1\n"), "{shown}");
    }
}

#[test]
fn paste_survives_a_leading_empty_line_and_backspace() {
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    let (status, shown) = pasted(&["decode"], &format!("see\n\n{token}x\u{7f}\n\n"));
    assert_eq!(status, Some(0), "{shown}");
}

/// Waits at the user's side until this text is shown; nothing may precede it.
///
/// The program's side may be open here too, so the end of the program would go unnoticed.
#[track_caller]
pub(crate) fn wait_for(person: &mut File, text: &str) {
    let until = Instant::now() + WAIT_TIMEOUT;
    let mut seen = Vec::new();
    while seen != text.as_bytes() {
        let rest = until.saturating_duration_since(Instant::now());
        let mut sources = [PollFd::new(person, PollFlags::IN)];
        let count = poll(&mut sources, Some(&rest.try_into().unwrap())).unwrap();
        let mut byte = [0];
        let read = if count == 0 { 0 } else { person.read(&mut byte).unwrap_or_default() };
        assert_eq!(read, 1, "waited in vain for {text:?}, seen {:?}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
        let is_other = byte == *b"\n" && !text.as_bytes().starts_with(&seen);
        assert!(!is_other, "waited for {text:?}, seen {:?}", String::from_utf8_lossy(&seen));
    }
}

/// Runs a call whose standard output is a terminal, and returns the terminal's text.
fn seen(call: &Call) -> String {
    let terminal = Terminal::open();
    // `run_with` checks that the other stream has no colour.
    call.run_with(call.command().stdout(terminal.stream()).stderr(Stdio::piped()));
    terminal.read()
}

/// Decodes text that is no token, with these variables and this colour option.
fn decode_at_a_terminal(variables: &[(&str, &str)], color: &str) -> String {
    let plain = call(&["--color", color, "decode", "x.y"]);
    seen(&variables.iter().fold(plain, |call, (name, value)| call.with_env(name, value)))
}

#[test]
fn result_is_coloured_at_a_capable_terminal() {
    assert!(decode_at_a_terminal(&[("TERM", "xterm-256color")], "auto").contains("\u{1b}["));
    assert!(decode_at_a_terminal(&[("NO_COLOR", ""), ("TERM", "xterm")], "auto").contains("\u{1b}["));
}

#[test]
fn no_color_dumb_terminals_and_never_disable_colour() {
    let plain = call(&["-q", "decode", "x.y"]).run().stdout;
    assert_eq!(decode_at_a_terminal(&[("NO_COLOR", "1")], "auto"), plain);
    for without in ["dumb", "", "vt100"] {
        assert_eq!(decode_at_a_terminal(&[("TERM", without)], "auto"), plain, "{without}");
    }
    assert_eq!(decode_at_a_terminal(&[], "auto"), plain);
    assert_eq!(decode_at_a_terminal(&[("TERM", "xterm-256color")], "never"), plain);
}

#[test]
fn always_overrules_no_color_and_a_dumb_terminal() {
    assert!(decode_at_a_terminal(&[("NO_COLOR", "1"), ("TERM", "dumb")], "always").contains("\u{1b}["));
}

#[test]
fn messages_are_coloured_if_only_standard_error_is_a_terminal() {
    let call = call(&["decode", "x.y"]).with_env("TERM", "xterm");
    let terminal = Terminal::open();
    let output = call.run_with(call.command().stdout(Stdio::piped()).stderr(terminal.stream()));
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
    let note =
        "stream-token: \u{1b}[1m\u{1b}[33mnote:\u{1b}[0m decoded, not verified: anyone can write\na token\n";
    assert_eq!(terminal.read(), note);
}

/// Runs a call with all streams at a terminal, and returns the terminal's text.
fn at_a_terminal(call: &Call) -> String {
    let terminal = Terminal::open();
    let mut command = call.command();
    let mut child =
        command.stdin(terminal.stream()).stdout(terminal.stream()).stderr(terminal.stream()).spawn();
    drop(command);
    assert_eq!(child.as_mut().unwrap().wait().unwrap().code(), Some(2));
    terminal.read()
}

#[test]
fn bare_call_at_a_terminal_shows_first_steps() {
    let new = at_a_terminal(&call(&[]));
    for step in ["--profile demo issue 123", "profile add staging", "stream-token doctor"] {
        assert!(new.contains(step), "{new}");
    }
    assert!(new.lines().all(|line| line.chars().count() <= 60), "{new}");
    assert!(!at_a_terminal(&with_secret(&[])).contains("Nothing is set up yet"));
    assert!(!at_a_terminal(&call(&["profile"])).contains("Nothing is set up yet"));
}

#[test]
fn tables_wrap_at_a_terminal_and_not_in_a_pipe() {
    let token = signed(r#"{"server":true}"#);
    let arguments = ["-q", "--color", "never", "verify", &token];
    let table = seen(&with_secret(&arguments));
    let (_, table) = table.split_once("\n\n").unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
    let piped = with_secret(&arguments).run().stdout;
    assert!(piped.lines().any(|line| line.chars().count() > 60), "{piped}");
}

#[test]
fn token_is_one_line_at_a_terminal() {
    let token = signed(r#"{"user_id":"customer-1"}"#) + "\n";
    assert_eq!(seen(&with_secret(&["issue", "1"])), token);
}

#[test]
fn expiry_is_noted_at_a_terminal_only() {
    let call = demo(&["issue", "1", "--expires", "1h"]);
    let terminal = Terminal::open();
    let said = call.run_with(call.command().stdout(terminal.stream()).stderr(Stdio::piped())).stderr;
    let note = said.strip_prefix(DEMO).unwrap();
    assert!(note.starts_with("stream-token: note: the token expires 20"), "{note}");
    assert!(note.ends_with(", in 60 minutes\n"), "{note}");
    assert_eq!(call.run().stderr, DEMO);
}

#[test]
fn reading_from_a_terminal_prompts_for_a_paste() {
    let call = call(&["decode", "-"]);
    let mut terminal = Terminal::open();
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    terminal.person.write_all(format!("{token}\n\u{4}").as_bytes()).unwrap();
    let mut command = call.command();
    let command = command.stdin(terminal.stream()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let output = child.wait_with_output().unwrap();
    let said = "stream-token: note: paste the token, then press Enter on an empty line, or Ctrl-D\n\
                stream-token: note: decoded, not verified: anyone can write a token\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), said);
    assert!(String::from_utf8(output.stdout).unwrap().contains("claims  user_id  customer-1\n"));
    assert_eq!(output.status.code(), Some(0));
}

/// Mints for a line every tenth of a second, for more than a second; returns the text at the
/// terminal.
fn seen_of_a_long_batch(arguments: &[&str], is_result_seen: bool) -> String {
    let call = demo(&[&["issue", "--from", "-"], arguments].concat())
        .with_env("TERM", "xterm")
        .with_env("NO_COLOR", "1");
    let terminal = Terminal::open();
    let mut command = call.command();
    let result = if is_result_seen { terminal.stream() } else { Stdio::null() };
    let mut child = command.stdin(Stdio::piped()).stdout(result).stderr(terminal.stream()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    drop(command);
    let mut input = child.stdin.take().unwrap();
    let (begun, mut lines) = (Instant::now(), 0);
    until("more than a second is over", || {
        let tenths = begun.elapsed().as_millis() / 100;
        if tenths > lines {
            input.write_all(if tenths == 14 { b"x\n" } else { b"1\n" }).unwrap();
            lines = tenths;
        }
        tenths >= 16
    });
    drop(input);
    let seen = terminal.read();
    assert_eq!(child.wait().unwrap().code(), Some(8), "{seen}");
    seen
}

#[test]
fn long_batch_shows_and_clears_its_progress() {
    let seen = seen_of_a_long_batch(&[], false);
    assert!(seen.contains(" B read in 1s"), "{seen:?}");
    let cleared = "\r\u{1b}[2K";
    assert!(
        seen.contains(&format!("{cleared}stream-token: error: line 14: 'x' is not a customer id\n")),
        "{seen:?}"
    );
    assert!(seen.ends_with(cleared), "{seen:?}");
}

#[test]
fn progress_is_hidden_beside_results_and_with_quiet_or_json() {
    for (arguments, is_result_seen) in [(&[][..], true), (&["-q"], false), (&["--json"], false)] {
        let seen = seen_of_a_long_batch(arguments, is_result_seen);
        assert!(!seen.contains(" read in ") && !seen.contains('\r'), "{arguments:?}: {seen:?}");
    }
}
