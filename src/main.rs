//! Protects the process's memory, parses the arguments, runs the command, and returns its exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use stream_token::commands;
use stream_token::process::environment::Environment;
use stream_token::process::hardening;
use stream_token::time::Clock;

fn main() -> ExitCode {
    let environment: &'static Environment<'static> = &|name| std::env::var_os(name);
    // Before anything else, as the arguments may hold a secret.
    let closed = hardening::disable_core_dumps(environment);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let exit = match closed {
        Ok(()) => commands::run(&arguments, environment, Clock::System),
        Err(error) => commands::refuse(&arguments, environment, error),
    };
    ExitCode::from(exit.code())
}
