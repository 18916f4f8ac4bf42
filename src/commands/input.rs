//! Input from the user: a pasted token, a secret, a reason, a confirmation. The only reader of standard input, except
//! for batches, which are read line by line.

use std::io::{self, Read as _};

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{Context, Result, prompt_error};
use crate::cli::SecretInputArgs;
use crate::error::{Diagnostic as _, ErrorReport};
use crate::escape::escaped_or_redacted;
use crate::output::terminal::PromptError;
use crate::profile::{Profile, ProfileName, Reason};
use crate::secret::keyring::{Item, Kind};
use crate::secret::{MAX_SECRET_BYTES, Secret};
use crate::token::{ExtractedToken, MAX_PASTE_BYTES, PasteError, decode_text, extract};
use crate::verdict::{StreamError, stream_error};

/// The hint for a text that cannot be used as a secret.
const SECRET_ALONE: &str = "give the secret alone, as it was made, with nothing around it";

/// The hint if the user cannot be prompted for a secret.
const PIPE_IT: &str = "pipe it in, with --secret-stdin";

/// Reads standard input to its end, or to one byte more than `limit`, so that the caller can detect a longer text.
fn stdin(limit: usize, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.min(MAX_SECRET_BYTES) + 1));
    let read = io::stdin().lock().take(limit as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {what}"))?;
    Ok(bytes)
}

/// Reads the value of `option`, such as `--secret-stdin`, from a pipe or a file; refuses to read from a terminal.
pub(super) fn piped(
    context: &Context<'_>,
    option: &str,
    limit: usize,
    what: &str,
    hint: &str,
) -> Result<Zeroizing<Vec<u8>>> {
    if context.terminal.stdin_is_terminal() {
        let message = format!("{option} reads from a pipe or a file, and standard input is a terminal");
        return Err(ErrorReport::usage(message, hint));
    }
    stdin(limit, &format!("{what} from standard input"))
}

/// The text given as a token.
pub(super) struct Paste {
    /// The decoded text.
    pub(super) text: Zeroizing<String>,
    /// Whether the input was UTF-16.
    is_utf16: bool,
    /// Whether the input has more than [`MAX_PASTE_BYTES`] bytes.
    is_too_long: bool,
}

impl Paste {
    /// Reads the token argument; `-` reads standard input.
    pub(super) fn read(argument: &str, context: &mut Context<'_>) -> Result<Self> {
        if argument != "-" {
            let text = Zeroizing::new(argument.to_owned());
            return Ok(Self { text, is_utf16: false, is_too_long: false });
        }
        let kept = if context.terminal.stdin_is_terminal() {
            context.terminal.note("paste the token, then press Enter on an empty line, or Ctrl-D");
            let read = context.terminal.read_paste();
            read.map_err(|error| prompt_error(error, "pipe the token to 'stream-token verify -'"))?
        } else {
            stdin(MAX_PASTE_BYTES, "standard input")?
        };
        let (text, is_utf16) = decode_text(&kept);
        let is_too_long = kept.len() > MAX_PASTE_BYTES;
        Ok(Self { text: text.into_owned().into(), is_utf16, is_too_long })
    }

    /// Extracts the token. Notes what was stripped from around it, except one line break at the end.
    pub(super) fn extract(
        &self,
        context: &mut Context<'_>,
    ) -> std::result::Result<ExtractedToken, PasteError> {
        if self.is_too_long {
            return Err(PasteError::TooLong);
        }
        let text = self.text.strip_suffix('\n').unwrap_or(&self.text);
        let mut token = extract(text.strip_suffix('\r').unwrap_or(text))?;
        token.stripped.extend(self.is_utf16.then(|| "UTF-16".to_owned()));
        note_stripped(&token, "", context);
        Ok(token)
    }

    /// Returns the report that the paste contains no token. If the paste is one of Stream's error messages, explains it.
    pub(super) fn without_token(&self, error: PasteError) -> ErrorReport {
        match stream_error(&self.text) {
            Some(StreamError { code, meaning, remedy }) if error == PasteError::NoToken => ErrorReport {
                exit: error.exit(),
                message: format!("{error}, but Stream's error {code}: {meaning}"),
                hint: Some(remedy.into()),
            },
            _ => error.into(),
        }
    }
}

/// Notes what was stripped from around a token.
pub(super) fn note_stripped(token: &ExtractedToken, prefix: &str, context: &mut Context<'_>) {
    if !token.stripped.is_empty() {
        context.terminal.note(&format!("{prefix}stripped from the token: {}", token.stripped.join(", ")));
    }
}

/// Returns the secret to store for a profile: piped in, or typed twice. A suspicious secret is refused, unless
/// `--as-is` is given.
pub(super) fn secret(
    context: &mut Context<'_>,
    profile: &Profile,
    kind: Kind,
    arguments: &SecretInputArgs,
) -> Result<Secret> {
    let item = profile.item(kind);
    let mut bytes = if arguments.secret_stdin {
        let hint = "leave --secret-stdin out, and type the secret at a prompt that does not show it";
        // Two bytes more than a secret: a line break may follow it.
        piped(context, "--secret-stdin", MAX_SECRET_BYTES + 2, "the secret", hint)?
    } else {
        typed_secret(context, &item)?
    };
    let secret = Secret::new(std::mem::take(&mut *bytes))
        .map_err(|error| ErrorReport::usage(format!("cannot store the {item}: {error}"), SECRET_ALONE))?;
    match secret.finding(profile.api_key.as_deref()) {
        None => {}
        Some(finding) if arguments.as_is => context.terminal.note(&finding),
        Some(finding) => {
            let hint = format!("{SECRET_ALONE}; if this is it, add --as-is");
            return Err(ErrorReport::usage(format!("cannot store the {item}: {finding}"), hint));
        }
    }
    Ok(secret)
}

/// Prompts for a secret twice, without echo.
fn typed_secret(context: &mut Context<'_>, item: &Item) -> Result<Zeroizing<Vec<u8>>> {
    let missing = |why: &str| ErrorReport::usage(format!("the {item} is missing, and {why}"), PIPE_IT);
    if context.global.no_input {
        return Err(missing("--no-input forbids to ask for it"));
    }
    let typed = context.terminal.ask_hidden(&item.to_string(), true);
    let mut typed = typed.map_err(|error| match error {
        PromptError::NoTerminal(_) => missing("there is no terminal to ask for it at"),
        other => prompt_error(other, "run the command again; or pipe it in, with --secret-stdin"),
    })?;
    Ok(Zeroizing::new(std::mem::take(&mut *typed).into_bytes()))
}

/// Requires a confirmation before minting for a production profile, or changing it.
pub(super) fn confirm_production(
    context: &mut Context<'_>,
    profile: &Profile,
    given: Option<&str>,
) -> Result<()> {
    if !profile.policy.is_production {
        return Ok(());
    }
    let name = profile.name.as_ref().or(profile.policy_of.as_ref());
    let name = name.map_or("production", ProfileName::as_str);
    let source = &profile.source;
    let why = match profile.name {
        Some(_) => format!("{name} is a production profile"),
        None => format!("the production profile {name} is the default, and its policy applies to {source}"),
    };
    confirm_by_typing(context, name, &why, given)
}

/// Returns the reason for issuing tokens of a profile: as given, or prompted for if the profile's policy requires one.
/// Without a terminal there is no prompt, and the policy refuses the request.
pub(super) fn reason(
    context: &mut Context<'_>,
    profile: &Profile,
    given: Option<Reason>,
) -> Result<Option<Reason>> {
    if given.is_some() || !profile.policy.requires_reason || !context.can_ask() {
        return Ok(given);
    }
    let typed = context.ask("why are the tokens needed? ", "say why with --reason TEXT")?;
    Ok(Some(typed.parse()?))
}

/// Requires that the user types `name`, or gives it with `--confirm`.
pub(super) fn confirm_by_typing(
    context: &mut Context<'_>,
    name: &str,
    why: &str,
    given: Option<&str>,
) -> Result<()> {
    let hint = format!("confirm with --confirm {name}");
    let answer = match given {
        Some(given) => given.to_owned(),
        None if context.can_ask() => context.ask(&format!("{why}; type its name to continue: "), &hint)?,
        None => return Err(ErrorReport::usage(format!("{why}, and there is no terminal to ask at"), hint)),
    };
    if answer == name {
        return Ok(());
    }
    let found = escaped_or_redacted(&answer);
    Err(ErrorReport::usage(format!("{why}, and {found} is not its name"), hint))
}
