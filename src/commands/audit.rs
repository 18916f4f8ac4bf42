//! `audit`: reads and checks the audit log.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Context, Result};
use crate::audit::{self, Filter, ListItem};
use crate::cli::{AuditCommand, AuditListArgs, AuditVerifyArgs};
use crate::error::{Exit, Usage};
use crate::escape::{escaped, escaped_or_redacted, json_line};
use crate::output::{self, AuditRow};
use crate::profile::ProfileName;

/// How many lines are laid out in one table; the columns of the next may be of another width.
const ROWS_A_TABLE: usize = 500;

/// Carries out what was asked of the log.
pub(super) fn run(context: &mut Context<'_>, command: &AuditCommand) -> Result<Exit> {
    let is_json = context.is_json_or_text("audit")?;
    match command {
        AuditCommand::List(arguments) => list(context, arguments, is_json),
        AuditCommand::Verify(arguments) => verify(context, arguments, is_json),
        AuditCommand::Head => head(context, is_json),
    }
}

/// Lists the entries that are asked for, and every invalid line.
fn list(context: &mut Context<'_>, arguments: &AuditListArgs, is_json: bool) -> Result<Exit> {
    let now = context.clock.now();
    let filter = Filter {
        since: arguments.since.as_ref().map(|when| when.resolve_past(now)).transpose()?,
        until: arguments.until.as_ref().map(|when| when.resolve_last(now)),
        profile: profile(context)?,
        actions: arguments.action.clone(),
        channel: arguments.channel,
        customer: arguments.customer.map(crate::token::CustomerId::get),
        actor: arguments.actor.clone(),
        outcome: arguments.outcome,
        reason: arguments.reason.clone(),
    };
    let listing = audit::list(&context.state_dir()?, filter)?;
    let mut rows = Vec::new();
    let mut is_first = true;
    for listed in listing {
        let listed = listed?;
        if is_json {
            context.terminal.print(&json_of(&listed))?;
            continue;
        }
        rows.push(row_of(&listed));
        if rows.len() >= ROWS_A_TABLE {
            let shown = output::audit_table(std::mem::take(&mut rows), is_first, context.terminal.layout());
            context.terminal.print(&shown)?;
            is_first = false;
        }
    }
    if !is_json && (is_first || !rows.is_empty()) {
        let shown = output::audit_table(rows, is_first, context.terminal.layout());
        context.terminal.print(&shown)?;
    }
    Ok(Exit::Success)
}

/// Returns the profile whose entries are asked for. One that was removed has entries still; one that is neither
/// configured nor in the log is a mistake.
fn profile(context: &Context<'_>) -> Result<Option<String>> {
    let Some(name) = context.global.profile.clone() else { return Ok(None) };
    let mut known: BTreeSet<_> = context.config()?.names().map(ToString::to_string).collect();
    if known.contains(&name) {
        return Ok(Some(name));
    }
    for listed in audit::list(&context.state_dir()?, Filter::default())? {
        if let ListItem::Entry { entry, .. } = listed? {
            known.extend(entry.body.profile);
        }
    }
    if known.contains(&name) {
        return Ok(Some(name));
    }
    let is_demo = ProfileName::demo().as_str() == name;
    let name = escaped_or_redacted(&name);
    let known: Vec<_> = known.iter().map(|name| escaped(name).to_string()).collect();
    let hint = match &known[..] {
        _ if is_demo => "the demo profile is not audited".into(),
        [] => "no profile is configured, and no entry of the log has one".into(),
        known => format!("those configured or in the log are {}", known.join(", ")),
    };
    Err(Usage::report(format!("there is no profile {name}, and no entry of one"), hint))
}

/// Shows a line of the log as JSON: an entry as the log has it.
fn json_of(listed: &ListItem) -> String {
    match listed {
        ListItem::Entry { text, .. } => format!("{text}\n"),
        ListItem::Invalid { segment, line, error } => {
            output::audit_invalid_json(segment, *line, &error.to_string())
        }
    }
}

/// Lays a line of the log out for people.
fn row_of(listed: &ListItem) -> AuditRow {
    match listed {
        ListItem::Entry { entry, .. } => AuditRow::of(entry),
        ListItem::Invalid { segment, line, error } => AuditRow::invalid(segment, *line, &error.to_string()),
    }
}

/// Checks the whole log.
fn verify(context: &mut Context<'_>, arguments: &AuditVerifyArgs, is_json: bool) -> Result<Exit> {
    let verified = audit::verify(&context.state_dir()?, arguments.expect.as_ref())?;
    let shown = if is_json {
        output::audit_verified_json(&verified)
    } else {
        output::audit_verified_text(&verified, context.terminal.layout())
    };
    context.terminal.print(&shown)?;
    Ok(if verified.is_intact() { Exit::Success } else { Exit::AuditDamaged })
}

/// Prints the log's head.
fn head(context: &mut Context<'_>, is_json: bool) -> Result<Exit> {
    let state = context.state_dir()?;
    let Some(head) = audit::head(&state)? else {
        return Err(Usage::report(
            format!("there is no audit log in {}", crate::escape::path_in_full(&state)),
            "it begins with the first token that is minted, or the first profile that is added",
        ));
    };
    let head = head.to_string();
    let shown = if is_json { json_line(&json!({ "head": head })) } else { head };
    context.terminal.print(&format!("{shown}\n"))?;
    Ok(Exit::Success)
}
