//! A place of a test's own: an empty home, nothing of the user's environment, the program on the path.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set where everything must be checked: a tool that is missing is then a failure.
const ALL_VARIABLE: &str = "STREAM_TOKEN_ALL";

/// A folder of a test's own, and commands that know nothing else.
pub(crate) struct Place(PathBuf);

impl Place {
    /// Makes an empty folder. `name` is the test's own.
    pub(crate) fn new(name: &str) -> Self {
        // A short path, wherever the project lies: messages cut long ones.
        let home = env::temp_dir().join(format!("st-{}-{name}", std::process::id()));
        if home.exists() {
            fs::remove_dir_all(&home).unwrap();
        }
        fs::create_dir_all(&home).unwrap();
        Self(home)
    }

    /// Returns the folder.
    pub(crate) fn home(&self) -> &Path {
        &self.0
    }

    /// Prepares a command that runs here.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", &self.0)
            .env("PATH", path())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .current_dir(&self.0);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What a failed test leaves is no reason to hide why it failed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the path with the program that was built before everything else.
fn path() -> OsString {
    let built = Path::new(env!("CARGO_BIN_EXE_stream-token")).parent().unwrap().to_owned();
    let usual = env::var_os("PATH").unwrap_or_default();
    env::join_paths([built].into_iter().chain(env::split_paths(&usual))).unwrap()
}

/// Returns `true` if a tool is here, and says what is not checked without it.
pub(crate) fn has(tool: &str, unchecked: &str) -> bool {
    let is_here = env::split_paths(&path()).any(|folder| folder.join(tool).is_file());
    if !is_here {
        assert!(env::var_os(ALL_VARIABLE).is_none(), "{tool} is not here, and {ALL_VARIABLE} is set");
        say_unchecked(unchecked, &format!("{tool} is not here"));
    }
    is_here
}

/// Puts the program into a place where others than its builder reach it.
///
/// A process of its own writes it: whatever is started elsewhere in the tests has open for a moment what this process
/// writes, and nothing is run that is open for writing.
pub(crate) fn install_program(to: &Path) {
    install(Path::new(env!("CARGO_BIN_EXE_stream-token")), to, Stdio::null());
}

/// Writes a shell script that can be run, in the same way.
pub(crate) fn install_script(script: &str, to: &Path) {
    let (ours, mut text) = io::pipe().unwrap();
    text.write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    drop(text);
    install(Path::new("/dev/stdin"), to, ours.into());
}

/// Copies a file, to be run by anybody.
fn install(from: &Path, to: &Path, input: Stdio) {
    let mut command = Command::new("install");
    assert!(command.args(["-m", "755"]).args([from, to]).stdin(input).status().unwrap().success());
}

/// Says loudly what is not checked, and why: past the test harness, which keeps to itself what a
/// passing test prints with a macro.
pub(crate) fn say_unchecked(unchecked: &str, why: &str) {
    let mut seen = io::stderr().lock();
    writeln!(seen, "not checked: {unchecked}: {why}").unwrap();
}
