//! `completions`: prints what a shell needs to complete this program's calls.

use super::{Context, Result};
use crate::cli::CompletionsArgs;
use crate::error::Exit;
use crate::output;

/// Prints the script of the shell that was named.
pub(super) fn run(context: &mut Context<'_>, arguments: &CompletionsArgs) -> Result<Exit> {
    let script = arguments.shell.script();
    let shown =
        if context.is_json_or_text("completions")? { output::completions_json(&script) } else { script };
    context.terminal.print(&shown)?;
    Ok(Exit::Success)
}
