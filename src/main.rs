//! Parses the call, runs it, and maps how it ended to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use stream_token::commands;
use stream_token::time::Clock;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let environment = |name: &str| std::env::var_os(name);
    ExitCode::from(commands::run(&arguments, &environment, Clock::System).code())
}
