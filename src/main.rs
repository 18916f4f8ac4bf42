//! Closes the process's memory, parses the call, runs it, and maps how it ended to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use stream_token::environment::Environment;
use stream_token::time::Clock;
use stream_token::{commands, hygiene};

fn main() -> ExitCode {
    let environment: &'static Environment<'static> = &|name| std::env::var_os(name);
    // Before anything else: whatever comes may bring a secret.
    let closed = hygiene::close_memory(environment);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let exit = match closed {
        Ok(()) => commands::run(&arguments, environment, Clock::System),
        Err(error) => commands::refuse(&arguments, environment, error),
    };
    ExitCode::from(exit.code())
}
