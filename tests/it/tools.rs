//! The tools that tests call: whether they are installed, and helpers to install the program and scripts.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// The variable that turns a missing tool into a failure.
const ALL_VARIABLE: &str = "STREAM_TOKEN_ALL";

/// Returns `PATH` with the folder of the built program in front.
pub(crate) fn path() -> OsString {
    let built = Path::new(env!("CARGO_BIN_EXE_stream-token")).parent().unwrap().to_owned();
    let usual = env::var_os("PATH").unwrap_or_default();
    env::join_paths([built].into_iter().chain(env::split_paths(&usual))).unwrap()
}

/// Returns `true` if a tool is installed; otherwise reports the check that is skipped.
pub(crate) fn has(tool: &str, unchecked: &str) -> bool {
    let is_here = env::split_paths(&path()).any(|folder| folder.join(tool).is_file());
    if !is_here {
        assert!(env::var_os(ALL_VARIABLE).is_none(), "{tool} is not here, and {ALL_VARIABLE} is set");
        say_unchecked(unchecked, &format!("{tool} is not here"));
    }
    is_here
}

/// Copies the program to a path that other users can reach.
///
/// A separate process writes it: processes that other tests start briefly inherit the files that this process
/// writes, and a file that is open for writing cannot be executed.
pub(crate) fn install_program(to: &Path) {
    install(Path::new(env!("CARGO_BIN_EXE_stream-token")), to, Stdio::null());
}

/// Writes an executable shell script in the same way.
pub(crate) fn install_script(script: &str, to: &Path) {
    let (ours, mut text) = io::pipe().unwrap();
    text.write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    drop(text);
    install(Path::new("/dev/stdin"), to, ours.into());
}

/// Copies a file, executable by every user.
fn install(from: &Path, to: &Path, input: Stdio) {
    let mut command = Command::new("install");
    assert!(command.args(["-m", "755"]).args([from, to]).stdin(input).status().unwrap().success());
}

/// Reports a check that is skipped, and why. It bypasses the test harness, which captures what a
/// passing test prints with a macro.
pub(crate) fn say_unchecked(unchecked: &str, why: &str) {
    let mut seen = io::stderr().lock();
    writeln!(seen, "not checked: {unchecked}: {why}").unwrap();
}
