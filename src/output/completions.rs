//! What a shell needs to complete calls, as JSON.

use serde::Serialize;

use crate::escape::json_line;

/// A script in JSON.
#[derive(Serialize)]
struct CompletionsJson<'a> {
    /// The script.
    script: &'a str,
}

/// Shows a shell's script as a line of JSON.
#[must_use]
pub fn completions_json(script: &str) -> String {
    json_line(&CompletionsJson { script }) + "\n"
}
