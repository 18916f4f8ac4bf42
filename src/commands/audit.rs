//! `audit`: reads and verifies the audit log.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;

use super::input::Paste;
use super::{Context, Result, input};
use crate::audit::{self, Entry, Head, LogLine, PrunePlan, TokenMatch, TokenQuery};
use crate::cli::{AuditCommand, AuditFilterArgs, AuditListArgs, AuditPruneArgs};
use crate::error::{ErrorReport, Exit};
use crate::escape::{escaped_or_redacted, path_in_full};
use crate::output::{self, AuditSummary, Layout};
use crate::process::stdout::loses_reader_within;
use crate::time::utc;
use crate::token::{Fingerprint, Inspection, UserId};

/// The interval at which the log is checked for new entries.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The maximum number of batches shown in which a token may have been minted; the latest are shown.
const MAX_BATCHES: usize = 20;

/// Runs a subcommand of `audit`.
pub(super) fn run(context: &mut Context<'_>, command: &AuditCommand) -> Result<Exit> {
    match command {
        AuditCommand::List(arguments) => list(context, arguments),
        AuditCommand::Find { token } => find(context, token),
        AuditCommand::Follow(arguments) => follow(context, arguments),
        AuditCommand::Verify { expect } => verify(context, expect.as_ref()),
        AuditCommand::Prune(arguments) => prune(context, arguments),
        AuditCommand::Head => head(context),
    }
}

/// Lists the entries that match the filter, and every invalid line; or counts their tokens for each day and profile.
fn list(context: &mut Context<'_>, arguments: &AuditListArgs) -> Result<Exit> {
    let now = context.clock.now();
    let since = arguments.since.as_ref().map(|when| when.resolve_past(now)).transpose()?;
    let until = arguments.until.as_ref().map(|when| when.resolve_last(now));
    let is_wanted = filter(context, &arguments.filter)?;
    let is_wanted = |entry: &Entry| {
        since.is_none_or(|since| entry.time >= since)
            && until.is_none_or(|until| entry.time <= until)
            && is_wanted(entry)
    };
    if arguments.summary {
        let mut summary = AuditSummary::default();
        for_each_entry(context, is_wanted, |entry, _| output::count_tokens(&mut summary, &entry))?;
        let days: Vec<_> = summary.into_iter().collect();
        context.print_all(&days, output::audit_day_json, output::audit_days_text)?;
        return Ok(Exit::Success);
    }
    let lines = audit::list(&context.state_dir()?, is_wanted);
    let layout = context.terminal.layout();
    if !context.is_json() {
        context.terminal.print(&output::audit_heading(layout))?;
    }
    for line in lines {
        print_line(context, &line?, layout)?;
    }
    Ok(Exit::Success)
}

/// Prints a line of the log.
fn print_line(context: &mut Context<'_>, line: &LogLine, layout: Layout) -> Result<()> {
    let shown = if context.is_json() { output::audit_json(line) } else { output::audit_line(line, layout) };
    Ok(context.terminal.print(&shown)?)
}

/// Calls `each` with every entry for which `is_wanted` returns `true`, and its text. Notes if invalid lines were skipped.
fn for_each_entry(
    context: &mut Context<'_>,
    is_wanted: impl Fn(&Entry) -> bool,
    mut each: impl FnMut(Entry, String),
) -> Result<()> {
    let mut is_damaged = false;
    for line in audit::list(&context.state_dir()?, is_wanted) {
        let LogLine { entry, text, .. } = line?;
        match entry {
            Ok(entry) => each(entry, text),
            Err(_) => is_damaged = true,
        }
    }
    if is_damaged {
        context.terminal.note("some lines of the log cannot be read: see 'stream-token audit verify'");
    }
    Ok(())
}

/// Returns a function that returns `true` for the entries that the arguments ask for.
fn filter<'a>(
    context: &Context<'_>,
    arguments: &'a AuditFilterArgs,
) -> Result<impl Fn(&Entry) -> bool + use<'a>> {
    let profile = profile(context)?;
    Ok(move |Entry { body, .. }: &Entry| {
        let is_by = |user: &String| body.actor.user == *user || body.actor.sudo_user.as_ref() == Some(user);
        let has = |text: &Option<String>, part| text.as_ref().is_some_and(|text| text.contains(part));
        (profile.is_none() || profile == body.profile)
            && (arguments.action.is_empty() || arguments.action.contains(&body.action))
            && arguments.channel.is_none_or(|channel| body.channel == channel)
            && arguments.customer.is_none_or(|customer| body.is_for(customer.get()))
            && arguments.actor.as_ref().is_none_or(is_by)
            && arguments.outcome.is_none_or(|outcome| body.outcome == outcome)
            && (arguments.reason.as_deref())
                .is_none_or(|part| has(&body.purpose, part) || has(&body.reason, part))
    })
}

/// Returns the profile whose entries are requested. A removed profile still has entries; a profile that is neither
/// configured nor in the log is an error.
fn profile(context: &Context<'_>) -> Result<Option<String>> {
    let Some(name) = context.global.profile.clone() else { return Ok(None) };
    let is_configured = context.config()?.names().any(|known| known.as_str() == name);
    if is_configured || audit::contains(&context.state_dir()?, |event| event.profile.as_ref() == Some(&name))?
    {
        return Ok(Some(name));
    }
    let message = format!("there is no profile {}, and no entry of one", escaped_or_redacted(&name));
    Err(ErrorReport::usage(message, "see 'stream-token profile list'; the demo profile is not audited"))
}

/// Prints entries as they are written, until the reader of standard output is gone.
fn follow(context: &mut Context<'_>, arguments: &AuditFilterArgs) -> Result<Exit> {
    let mut lines = audit::follow(&context.state_dir()?, filter(context, arguments)?)?;
    loop {
        for line in &mut lines {
            let layout = context.terminal.layout();
            print_line(context, &line?, layout)?;
        }
        context.terminal.flush()?;
        if loses_reader_within(POLL_INTERVAL) {
            return Ok(Exit::Success);
        }
    }
}

/// Shows the entry of a token; or, if no entry names it, the batches in which it may have been minted.
fn find(context: &mut Context<'_>, token: &str) -> Result<Exit> {
    let query = token_query(context, token)?;
    let (mut certain, mut possible) = (Vec::new(), Vec::new());
    for_each_entry(
        context,
        |_: &_| true,
        |entry, text| match query.matches(&entry.body) {
            Some(TokenMatch::Certain) => certain.push((entry, text)),
            Some(TokenMatch::Possible) => possible.push((entry, text)),
            None => {}
        },
    )?;
    let batches = possible.split_off(possible.len().saturating_sub(MAX_BATCHES));
    let note = match (certain.len(), batches.len()) {
        (0, 0) => {
            let hint = "it may be in the log of another machine or login, or was pruned from this one";
            let fingerprint = query.fingerprint;
            let missing = anyhow!("no entry of this log names the token with the fingerprint {fingerprint}");
            return Err(ErrorReport { hint: Some(hint.into()), ..missing.into() });
        }
        (0, _) => "no entry names the token; it may have been minted in one of these batches",
        (_, 0) => "",
        _ => "the same token may have been minted in a batch too: see 'stream-token audit list --customer'",
    };
    if !note.is_empty() {
        context.terminal.note(note);
    }
    let (kind, found) =
        if certain.is_empty() { (TokenMatch::Possible, batches) } else { (TokenMatch::Certain, certain) };
    let (now, layout) = (context.clock.now(), context.terminal.layout());
    let shown = found.iter().map(|(entry, text)| {
        if context.is_json() {
            output::audit_found_json(text, kind)
        } else {
            output::audit_found_text(entry, kind, now, layout)
        }
    });
    let shown: Vec<_> = shown.collect();
    context.terminal.print(&shown.join(if context.is_json() { "" } else { "\n" }))?;
    Ok(Exit::Success)
}

/// Parses the token to search for: a fingerprint, or a token as `verify` accepts it.
fn token_query(context: &mut Context<'_>, argument: &str) -> Result<TokenQuery> {
    if argument.len() == 16 && argument.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(TokenQuery { fingerprint: argument.to_ascii_lowercase(), claims: None });
    }
    let paste = Paste::read(argument, context)?;
    let token = paste.extract(context).map_err(|error| paste.without_token(error))?;
    let inspection = Inspection::read(&token.token);
    let claims = inspection.claims.and_then(|claims| match (claims.user_id, claims.expires_at) {
        (UserId::Customer(customer), Ok(expires_at)) => Some((customer.get(), expires_at)),
        _ => None,
    });
    Ok(TokenQuery { fingerprint: Fingerprint::of(token.token.as_bytes()).to_string(), claims })
}

/// Verifies the whole log.
fn verify(context: &mut Context<'_>, expected: Option<&Head>) -> Result<Exit> {
    let verified = audit::verify(&context.state_dir()?, expected)?;
    context.print(
        || output::audit_verified_json(&verified),
        |layout| output::audit_verified_text(&verified, layout),
    )?;
    Ok(if verified.is_intact() { Exit::Success } else { Exit::AuditDamaged })
}

/// Removes old segments of the log; with `--dry-run`, only reports them.
fn prune(context: &mut Context<'_>, arguments: &AuditPruneArgs) -> Result<Exit> {
    let before = arguments.before.resolve_past(context.clock.now())?;
    let (report, plan) = PrunePlan::new(&context.state_dir()?, before)?;
    if !report.is_intact() {
        return Err(ErrorReport {
            exit: Exit::AuditDamaged,
            message: "the audit log does not verify, and nothing was removed".into(),
            hint: Some("see what is wrong with 'stream-token audit verify'".into()),
        });
    }
    let Some(plan) = plan else {
        context
            .terminal
            .note(&format!("nothing to remove: no segment before the newest ended before {}", utc(before)));
        return Ok(Exit::Success);
    };
    let (first, last, entries, segments) = (plan.first, plan.last.sequence, plan.entries(), plan.segments);
    let what = format!("entries {first} to {last} of the audit log {}", plan.last.log_id);
    let mut done = json!({ "first": first, "last": last, "entries": entries, "segments": segments });
    let message = if arguments.dry_run {
        format!("would remove {what}\n")
    } else {
        let (name, why) = (plan.last.log_id.to_string(), format!("{what} will be removed"));
        input::confirm_by_typing(context, &name, &why, arguments.confirm.as_deref())?;
        let head = context.audit_log()?.prune(&plan, context.actor())?;
        done["head"] = head.to_string().into();
        format!("removed {what}\nhead {head}\n")
    };
    context.print(|| done, |_| message)?;
    Ok(Exit::Success)
}

/// Prints the log's head.
fn head(context: &mut Context<'_>) -> Result<Exit> {
    let state = context.state_dir()?;
    let Some(head) = audit::head(&state)? else {
        return Err(ErrorReport::usage(
            format!("there is no audit log in {}", path_in_full(&state)),
            "it begins with the first token that is minted, or the first profile that is added",
        ));
    };
    context.print(|| json!({ "head": head.to_string() }), |_| format!("{head}\n"))?;
    Ok(Exit::Success)
}
