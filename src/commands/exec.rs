//! `exec`: runs a command with a customer's token in its environment.

use std::io;
use std::path::Path;
use std::process::Command;

use super::issue::IssueRun;
use super::{Context, Result};
use crate::cli::ExecArgs;
use crate::error::{ErrorReport, Exit};
use crate::escape::path_in_full;

/// Mints the token, and runs the command in place of this process.
pub(super) fn run(context: &mut Context<'_>, arguments: &ExecArgs) -> Result<Exit> {
    let Some((program, words)) = arguments.command.split_first() else { return Ok(Exit::Usage) };
    let program = Path::new(program);
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let hidden = context.secret_variables();
    let run = IssueRun::prepare(context, &arguments.token, None, Some(&name))?;
    let minted = run.mint(arguments.customer)?;
    let mut command = Command::new(program);
    command.args(words);
    for variable in hidden {
        command.env_remove(variable);
    }
    command.env("STREAM_USER_TOKEN", minted.token.as_str());
    command.env("STREAM_USER_ID", minted.claims.customer().user_id());
    match run.api_key() {
        Some(key) => command.env("STREAM_API_KEY", key),
        // The API key of another app would be misleading.
        None => command.env_remove("STREAM_API_KEY"),
    };
    let error = become_command(&mut command);
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    Err(ErrorReport {
        exit: if is_missing { Exit::NotFound } else { Exit::CannotRun },
        message: format!("cannot run {}: {error}", path_in_full(program)),
        hint: Some("the token was minted and recorded; give the path of a program that can be run".into()),
    })
}

/// Replaces this process with the command. Returns the error if that fails.
#[cfg(unix)]
fn become_command(command: &mut Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// Runs the command, and exits with its exit code. Returns the error if it does not start.
#[cfg(not(unix))]
#[expect(clippy::exit, reason = "the exit code may be any number")]
fn become_command(command: &mut Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
