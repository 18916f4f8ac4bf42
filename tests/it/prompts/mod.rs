//! Questions at a real terminal: the answer, the visible text, and the restored modes.
//!
//! The process at the terminal is this test binary again, in the test `asks`, so that prompting
//! is tested independently of the commands.

mod hidden;
mod signals;

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, SpecialCodeIndex, Termios, tcgetattr};
use stream_token::output::terminal::{OutputOptions, PromptError, Terminal};

use crate::cli::start_by;
use crate::cli::terminal as pty;
use crate::cli::watchdog::Watchdog;
use crate::test_home::TestHome;

/// The variable that makes this process ask, with the kind of question.
const ASKED: &str = "STREAM_TOKEN_TEST_ASKED";

/// The variable with the path of the file for the answer.
const ANSWER: &str = "STREAM_TOKEN_TEST_ANSWER";

/// The hidden question.
const QUESTION: &str = "stream-token: API secret of profile staging (hidden): ";

/// The question after it.
const AGAIN: &str = "stream-token: type it again: ";

/// Printed once a question was answered and the process waits.
const WAITING: &str = "waiting";

#[test]
#[ignore = "other tests run it, at a terminal of theirs"]
fn asks() {
    let asked = env::var(ASKED).unwrap();
    let mut terminal = Terminal::new(OutputOptions::default(), &|_| None);
    let subject = "API secret of profile staging";
    let answer = terminal.ask_hidden(subject, asked == "twice");
    let told = match answer {
        Ok(answer) => format!("typed {}", *answer),
        Err(error @ PromptError::Io(_)) => format!("{error}: {:?}", std::error::Error::source(&error)),
        Err(error) => error.to_string(),
    };
    fs::write(env::var(ANSWER).unwrap(), told).unwrap();
    if asked == "then wait" {
        fs::write("/dev/tty", WAITING).unwrap();
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
}

/// A process that asks at a terminal, and the user's side of it.
struct Dialogue {
    /// The process, or the shell around it.
    child: Child,
    /// Kills the process if the test hangs.
    _watchdog: Watchdog,
    /// The terminal.
    terminal: pty::Terminal,
    /// The terminal's modes before.
    before: Termios,
    /// The folder with the answer.
    home: TestHome,
}

/// The end of a dialogue.
struct Ended {
    /// The exit status.
    status: ExitStatus,
    /// The answer; `None` if the process ended before.
    answer: Option<String>,
    /// The terminal's text after the last question.
    seen: String,
}

/// Prepares the process that asks.
fn asking(asked: &str, answer: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "prompts::asks", "--ignored", "--quiet"]);
    command.env(ASKED, asked).env(ANSWER, answer);
    command
}

/// Starts a session without a terminal.
const APART: [&str; 2] = ["setsid", "--wait"];

/// Starts a session at the terminal of its standard input.
const AT_TERMINAL: [&str; 3] = ["setsid", "--wait", "--ctty"];

/// Wraps a command in other programs, each of which starts the next.
fn started_by(starters: &[&str], command: &Command) -> Command {
    let mut starter = Command::new(starters[0]);
    start_by(starter.args(&starters[1..]), command);
    starter
}

impl Dialogue {
    /// Starts the process, and waits for its question.
    fn begin(asked: &str) -> Self {
        let home = TestHome::new();
        let terminal = pty::Terminal::open();
        let before = tcgetattr(&terminal.program).unwrap();
        let mut command = started_by(&AT_TERMINAL, &asking(asked, &home.path().join("answer")));
        // Only standard input is the terminal; the other streams are pipes.
        command.stdin(terminal.stream()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let watchdog = Watchdog::over(&child);
        let mut dialogue = Self { child, _watchdog: watchdog, terminal, before, home };
        dialogue.wait_for(QUESTION);
        dialogue
    }

    /// Waits until the terminal shows this and nothing before it.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        pty::wait_for(&mut self.terminal.person, text);
    }

    /// Types text.
    fn types(&mut self, typed: impl AsRef<[u8]>) {
        self.terminal.person.write_all(typed.as_ref()).unwrap();
    }

    /// Returns the process that asks.
    fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends the process a signal.
    fn sends(&self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
    }

    /// Waits for the end, and checks that the terminal is restored and has no input left for the shell.
    #[track_caller]
    fn end(self) -> Ended {
        let Self { child, terminal, before, home, .. } = self;
        let output = child.wait_with_output().unwrap();
        let after = tcgetattr(&terminal.program).unwrap();
        assert_eq!(after.local_modes, before.local_modes);
        assert!(after.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
        let fewest = |modes: &Termios| modes.special_codes[SpecialCodeIndex::VMIN];
        assert_eq!(fewest(&after), fewest(&before));
        assert_eq!(ioctl_fionread(&terminal.program).unwrap(), 0);
        for stream in [output.stdout, output.stderr] {
            let stream = String::from_utf8(stream).unwrap();
            assert!(!stream.contains("stream-token:"), "{stream}");
        }
        Ended { status: output.status, answer: answer_in(&home), seen: terminal.read().replace('\r', "") }
    }
}

/// Returns the answer.
fn answer_in(home: &TestHome) -> Option<String> {
    let path: PathBuf = home.path().join("answer");
    path.exists().then(|| fs::read_to_string(path).unwrap())
}

impl Ended {
    /// Checks the answer, and that none of it was visible.
    #[track_caller]
    fn is(&self, answer: &str) {
        assert_eq!((self.answer.as_deref(), self.seen.as_str()), (Some(answer), "\n"));
    }

    /// Checks that a signal ended the process without an answer.
    #[track_caller]
    fn is_killed_by(&self, signal: Signal) {
        assert_eq!((self.status.signal(), self.answer.as_deref()), (Some(signal.as_raw()), None));
    }
}
