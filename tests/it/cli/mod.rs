//! Commands as processes: arguments, environment and input; status, stdout and stderr together.
//!
//! In every test, no run may show a secret, a token that was given to it, or a character
//! that a terminal would obey or hide. [`Call::run`] checks this.

mod batch;
mod decode;
mod exec;
mod foreign;
mod help;
mod issue;
mod secret_check;
mod secrets;
mod share;
mod streams;
pub(crate) mod terminal;
pub(crate) mod token;
mod verdicts;
mod verify;
pub(crate) mod watchdog;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use token::{SECRET, signatures};
use watchdog::Watchdog;

use crate::test_home::TestHome;

/// The note on the built-in profile.
pub(crate) const DEMO: &str =
    "stream-token: note: demo profile: its secret is published, and Stream accepts nothing signed with it\n";

/// The note on a secret from the environment.
pub(crate) const FROM_ENV: &str = "stream-token: note: secret from env:STREAM_API_SECRET\n";

/// The shortest text that is searched for as a secret; shorter ones also occur in messages.
const MIN_SEARCHED: usize = 16;

/// A call of the program, in an environment and a home of its own.
#[derive(Debug)]
pub(crate) struct Call {
    /// The arguments.
    pub(crate) arguments: Vec<OsString>,
    /// The whole environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// Standard input.
    stdin: Vec<u8>,
    /// The home and working directory.
    pub(crate) home: TestHome,
}

/// The exit status and output of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The exit status; `None` if a signal ended the process.
    pub(crate) status: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Prepares a call with only a home and the time zone in its environment, and empty standard input.
pub(crate) fn call(arguments: &[&str]) -> Call {
    let home = TestHome::new();
    let environment = [("HOME", home.path().as_os_str()), ("TZ", OsStr::new("UTC"))];
    let environment = environment.map(|(name, value)| (name.into(), value.into())).into();
    Call { arguments: arguments.iter().map(Into::into).collect(), environment, stdin: Vec::new(), home }
}

/// Prepares a call under the built-in profile.
pub(crate) fn demo(arguments: &[&str]) -> Call {
    call(arguments).with_env("STREAM_TOKEN_PROFILE", "demo")
}

/// Prepares a call with [`SECRET`] in its environment.
pub(crate) fn with_secret(arguments: &[&str]) -> Call {
    call(arguments).with_env("STREAM_API_SECRET", SECRET)
}

/// Returns the time in epoch seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Makes one command start another: as its last arguments, in its directory, with its environment variables.
pub(crate) fn start_by<'a>(starter: &'a mut Command, command: &Command) -> &'a mut Command {
    starter.arg(command.get_program()).args(command.get_args());
    starter.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        starter.current_dir(folder);
    }
    starter
}

impl Call {
    /// Adds an argument that need not be text.
    pub(crate) fn with_argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Sets a variable.
    pub(crate) fn with_env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// Sets standard input.
    pub(crate) fn with_stdin(mut self, stdin: impl AsRef<[u8]>) -> Self {
        stdin.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// Writes a file into the working directory.
    pub(crate) fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.home.write(name, content.as_ref(), 0o600);
        self
    }

    /// Makes the command, its streams not yet set.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stream-token"));
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(self.home.path());
        command
    }

    /// Makes the command of a shell that runs this first, and then becomes the program.
    pub(crate) fn command_after(&self, first: &str) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]).env_clear();
        start_by(&mut shell, &self.command());
        shell
    }

    /// Runs the call to its end.
    #[track_caller]
    pub(crate) fn run(&self) -> Output {
        self.run_with(self.command().stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Runs a command of this call whose outputs are set; what is not piped comes out empty.
    #[track_caller]
    pub(crate) fn run_with(&self, command: &mut Command) -> Output {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let _watchdog = Watchdog::over(&child);
        let mut stdin = child.stdin.take().unwrap();
        let text = self.stdin.clone();
        // A call that refuses its arguments leaves its input unread.
        let writer = thread::spawn(move || stdin.write_all(&text).unwrap_or_default());
        let ended = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let output = Output {
            status: ended.status.code(),
            stdout: String::from_utf8(ended.stdout).unwrap(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        };
        self.assert_gives_nothing_away(&output);
        output
    }

    /// Checks the rules for every call.
    #[track_caller]
    fn assert_gives_nothing_away(&self, output: &Output) {
        let all = format!("{}{}", output.stdout, output.stderr);
        for sought in self.secrets().into_iter().chain(self.signatures()) {
            assert!(!all.contains(&sought), "gives {sought} away: {self:?}\n{output}");
        }
        let is_colored = self.arguments.iter().any(|argument| argument == "always");
        let plain = if is_colored { without_colors(&all) } else { all };
        if let Some(found) = plain.chars().find(|character| is_obeyed_or_hidden(*character)) {
            panic!("writes {found:?} as it is: {self:?}\n{output}");
        }
    }

    /// Returns every secret that this call can read.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec!["demo-secret-published-in-the-readme-never-use-it".to_owned()];
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        let variable = |name: &str| self.environment.get(OsStr::new(name)).cloned();
        secrets.extend(variable("STREAM_API_SECRET").and_then(|value| text(value.into_encoded_bytes())));
        let file = variable("STREAM_API_SECRET_FILE").map(|path| self.home.path().join(path));
        let file = file.filter(|path| path.is_file()).and_then(|path| fs::read(path).ok());
        secrets.extend(file.and_then(text));
        let trimmed = secrets.into_iter().map(|secret| secret.trim().to_owned());
        trimmed.filter(|secret| secret.len() >= MIN_SEARCHED).collect()
    }

    /// Returns the signature of every token that the call is given.
    fn signatures(&self) -> Vec<String> {
        let given = self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        let given = given.chain([String::from_utf8_lossy(&self.stdin).into_owned()]);
        given.flat_map(|text| signatures(&text)).collect()
    }
}

impl Output {
    /// Checks status, stdout and stderr, each of them whole.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        let expected = Self { status: Some(status), stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        assert!(*self == expected, "\nexpected\n{expected}\nfound\n{self}");
    }

    /// Checks that the call was refused with this status, error and hint, and gave no result.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: i32, error: &str, hint: &str) {
        self.is(status, "", &refusal(error, hint));
    }

    /// Checks that the call succeeded without a message, and returns its result.
    #[track_caller]
    pub(crate) fn result(&self) -> &str {
        self.is(0, &self.stdout, "");
        &self.stdout
    }
}

/// Returns standard error of a refusal.
pub(crate) fn refusal(error: &str, hint: &str) -> String {
    format!("stream-token: error: {error}\nstream-token: hint: {hint}\n")
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  status {:?}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            writeln!(f, "  {name}, {} bytes", text.len())?;
            text.split_inclusive('\n').try_for_each(|line| writeln!(f, "    {line:?}"))?;
        }
        Ok(())
    }
}

/// Returns `true` if a terminal would obey a character or hide it. A line feed and a tab are layout.
///
/// The list is independent of the program's own.
fn is_obeyed_or_hidden(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\t');
    let is_bidi = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unseen = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    (character.is_control() && !is_layout) || is_bidi || is_unseen
}

/// Removes colour sequences, and no others: ESC [ digits and semicolons m.
fn without_colors(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let body = &rest[at + 2..];
        let end = body.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        let Some(after) = end.strip_prefix('m') else { break };
        plain.push_str(&rest[..at]);
        rest = after;
    }
    plain + rest
}
