//! `completions`: prints what a shell needs to complete this program's calls.

use serde_json::json;

use super::{Context, Result};
use crate::cli::{CompletionsArgs, completion_script};
use crate::error::Exit;

/// Prints the script of the shell that was named.
pub(super) fn run(context: &mut Context<'_>, arguments: &CompletionsArgs) -> Result<Exit> {
    let script = completion_script(&arguments.shell);
    context.print(|| json!({ "script": &script }), |_| script.clone())?;
    Ok(Exit::Success)
}
