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
    /// The side of the person.
    pub(crate) person: File,
    /// The side of the program.
    pub(crate) program: OwnedFd,
}

impl Terminal {
    /// Opens one that leaves line breaks as they are.
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

    /// Reads all that was written, once nobody else can write.
    pub(crate) fn read(self) -> String {
        let Self { mut person, program } = self;
        drop(program);
        let mut text = Vec::new();
        // Linux ends a terminal whose other side is closed with an error, and not with an end.
        let _ = person.read_to_end(&mut text);
        String::from_utf8(text).unwrap()
    }
}

/// Runs a command at whose terminal a person pastes `text`, once its note is shown; returns what it prints.
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
fn a_paste_at_a_terminal_may_have_lines_of_any_length() {
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
fn an_empty_line_before_the_token_does_not_end_a_paste_and_backspace_takes_a_character_back() {
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    let (status, shown) = pasted(&["decode"], &format!("see\n\n{token}x\u{7f}\n\n"));
    assert_eq!(status, Some(0), "{shown}");
}

/// Waits at the side of the person until this is shown, and nothing before it.
///
/// The program's side may be open here too, so that the end of whoever asks would never be seen.
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

/// Runs a call whose standard output is a terminal, and returns what a person sees there.
fn seen(call: &Call) -> String {
    let terminal = Terminal::open();
    // No colour on the other stream is among what goes for every run.
    call.run_with(call.command().stdout(terminal.stream()).stderr(Stdio::piped()));
    terminal.read()
}

/// Decodes a text that is no token, under these variables and colour.
fn decoded(variables: &[(&str, &str)], color: &str) -> String {
    let plain = call(&["--color", color, "decode", "x.y"]);
    seen(&variables.iter().fold(plain, |call, (name, value)| call.with_env(name, value)))
}

#[test]
fn the_result_is_in_colour_at_a_terminal_that_shows_it() {
    assert!(decoded(&[("TERM", "xterm-256color")], "auto").contains("\u{1b}["));
    assert!(decoded(&[("NO_COLOR", ""), ("TERM", "xterm")], "auto").contains("\u{1b}["));
}

#[test]
fn no_color_a_dumb_terminal_and_never_rule_colour_out() {
    let plain = call(&["-q", "decode", "x.y"]).run().stdout;
    assert_eq!(decoded(&[("NO_COLOR", "1")], "auto"), plain);
    for without in ["dumb", "", "vt100"] {
        assert_eq!(decoded(&[("TERM", without)], "auto"), plain, "{without}");
    }
    assert_eq!(decoded(&[], "auto"), plain);
    assert_eq!(decoded(&[("TERM", "xterm-256color")], "never"), plain);
}

#[test]
fn always_overrules_no_color_and_a_dumb_terminal() {
    assert!(decoded(&[("NO_COLOR", "1"), ("TERM", "dumb")], "always").contains("\u{1b}["));
}

#[test]
fn errors_are_in_colour_where_standard_error_alone_is_a_terminal() {
    let call = call(&["decode", "x.y"]).with_env("TERM", "xterm");
    let terminal = Terminal::open();
    let output = call.run_with(call.command().stdout(Stdio::piped()).stderr(terminal.stream()));
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
    let note =
        "stream-token: \u{1b}[1m\u{1b}[33mnote:\u{1b}[0m decoded, not verified: anyone can write\na token\n";
    assert_eq!(terminal.read(), note);
}

/// Returns what somebody at a terminal sees of a call that reads nothing.
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
fn the_program_alone_says_at_a_terminal_what_to_do_first_where_nothing_is_set_up() {
    let new = at_a_terminal(&call(&[]));
    for step in ["--profile demo issue 123", "profile add staging", "stream-token doctor"] {
        assert!(new.contains(step), "{new}");
    }
    assert!(new.lines().all(|line| line.chars().count() <= 60), "{new}");
    assert!(!at_a_terminal(&with_secret(&[])).contains("Nothing is set up yet"));
    assert!(!at_a_terminal(&call(&["profile"])).contains("Nothing is set up yet"));
}

#[test]
fn a_table_fits_the_terminal_and_a_pipe_has_lines_of_any_length() {
    let token = signed(r#"{"server":true}"#);
    let arguments = ["-q", "--color", "never", "verify", &token];
    let table = seen(&with_secret(&arguments));
    let (_, table) = table.split_once("\n\n").unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
    let piped = with_secret(&arguments).run().stdout;
    assert!(piped.lines().any(|line| line.chars().count() > 60), "{piped}");
}

#[test]
fn a_token_is_on_one_line_at_a_terminal_too() {
    let token = signed(r#"{"user_id":"customer-1"}"#) + "\n";
    assert_eq!(seen(&with_secret(&["issue", "1"])), token);
}

#[test]
fn a_person_at_a_terminal_is_told_when_the_token_ends_and_a_script_is_not() {
    let call = demo(&["issue", "1", "--expires", "1h"]);
    let terminal = Terminal::open();
    let said = call.run_with(call.command().stdout(terminal.stream()).stderr(Stdio::piped())).stderr;
    let note = said.strip_prefix(DEMO).unwrap();
    assert!(note.starts_with("stream-token: note: the token expires 20"), "{note}");
    assert!(note.ends_with(", in 60 minutes\n"), "{note}");
    assert_eq!(call.run().stderr, DEMO);
}

#[test]
fn reading_from_a_terminal_asks_for_the_paste() {
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

/// Mints for a line every tenth of a second, until a person has waited for more than a second; returns what is seen at the
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
fn a_long_batch_shows_its_progress_and_clears_it_for_messages_and_at_its_end() {
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
fn no_progress_is_shown_beside_the_result_nor_to_programs_nor_where_it_is_not_wanted() {
    for (arguments, is_result_seen) in [(&[][..], true), (&["-q"], false), (&["--json"], false)] {
        let seen = seen_of_a_long_batch(arguments, is_result_seen);
        assert!(!seen.contains(" read in ") && !seen.contains('\r'), "{arguments:?}: {seen:?}");
    }
}
