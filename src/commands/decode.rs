//! `decode`: reads a token without a secret.

use super::{Context, Result, input};
use crate::cli::DecodeArgs;
use crate::error::Exit;
use crate::output;
use crate::token::{Inspection, Malformed};

/// Reads the token that was given, or what can be read of it.
pub(super) fn run(context: &mut Context<'_>, arguments: &DecodeArgs) -> Result<Exit> {
    let is_json = context.is_json_or_text("decode")?;
    let token = input::token_of(&arguments.token, context)?;
    let inspection = Inspection::read(&token);
    let shown = if is_json {
        output::decode_json(&inspection, arguments.redact)
    } else {
        context.terminal.note("decoded, not verified: anyone can write a token");
        output::decode_text(&inspection, arguments.redact, context.clock.now(), context.layout())
    };
    context.terminal.print(&shown)?;
    let is_broken = inspection.faults().iter().any(|fault| !matches!(fault, Malformed::Time { .. }));
    Ok(if is_broken { Exit::Malformed } else { Exit::Success })
}
