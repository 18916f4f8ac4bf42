//! `completions`: prints what a shell needs to complete this program's calls.

use serde_json::json;

use super::{Context, Result};
use crate::cli::{CompletionsArgs, completion_script};
use crate::error::Exit;
use crate::escape::json_line;

/// Prints the script of the shell that was named.
pub(super) fn run(context: &mut Context<'_>, arguments: &CompletionsArgs) -> Result<Exit> {
    let script = completion_script(&arguments.shell);
    let is_json = context.is_json_or_text("completions")?;
    let shown = if is_json { json_line(&json!({ "script": script })) + "\n" } else { script };
    context.terminal.print(&shown)?;
    Ok(Exit::Success)
}
