//! `decode`: reads a token without a secret.

use super::input::Paste;
use super::{Context, Result};
use crate::cli::DecodeArgs;
use crate::error::Exit;
use crate::output;
use crate::token::{Inspection, MalformedToken};

/// Runs `decode`: prints the header, claims and lints of the given token, as far as they can be read.
pub(super) fn run(context: &mut Context<'_>, arguments: &DecodeArgs) -> Result<Exit> {
    let paste = Paste::read(&arguments.token, context)?;
    let token = paste.extract(context).map_err(|error| paste.without_token(error))?;
    let inspection = Inspection::read(&token.token);
    if !context.is_json() {
        context.terminal.note("decoded, not verified: anyone can write a token");
    }
    let (now, is_redacted) = (context.clock.now(), arguments.redact);
    context.print(
        || output::decode_json(&inspection, &token, is_redacted),
        |layout| output::decode_text(&inspection, &token, is_redacted, now, layout),
    )?;
    let is_malformed = inspection.errors.iter().any(|error| !matches!(error, MalformedToken::Time(..)));
    Ok(if is_malformed { Exit::Malformed } else { Exit::Success })
}
