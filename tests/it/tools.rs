//! The tools that tests call: which are installed, and how the program and scripts are installed for them.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Set where everything must be checked: a tool that is missing is then a failure.
const ALL_VARIABLE: &str = "STREAM_TOKEN_ALL";

/// Returns the path with the program that was built before everything else.
pub(crate) fn path() -> OsString {
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
