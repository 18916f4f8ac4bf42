//! The audit log for people and for programs.

use serde_json::json;

use super::Layout;
use super::table::{Style, StyledCell, cell, cut_last, headline, listing, table};
use crate::audit::{Channel, CustomerSet, Entry, EntryBody, IdRanges, Outcome, TokenMatch, VerifyReport};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::{Timestamp, absolute_and_relative, utc};

/// Returns an invalid line as a line of JSON.
#[must_use]
pub fn audit_invalid_json(segment: &str, line: u64, why: &str) -> String {
    json_line(&json!({ "bad": { "segment": segment, "line": line, "why": why } })) + "\n"
}

/// A line of the log as people are shown it: time, action, profile, customer and detail.
#[derive(Debug)]
pub struct AuditRow([StyledCell; 5]);

impl AuditRow {
    /// Returns the row of an entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let body = &entry.body;
        let customer = match &body.customers {
            CustomerSet::None {} => "-".into(),
            CustomerSet::One { customer } => customer.to_string(),
            CustomerSet::Many { .. } => "several".into(),
        };
        let style = if body.outcome == Outcome::Ok { Style::Name } else { Style::Bad };
        Self([
            (utc(entry.time), Style::Plain),
            (body.action.name().into(), style),
            (escaped(body.profile.as_deref().unwrap_or("-")).to_string(), Style::Plain),
            (customer, Style::Plain),
            (escaped(&detail(body)).to_string(), Style::Plain),
        ])
    }

    /// Returns the row of a line that cannot be read.
    #[must_use]
    pub fn invalid(segment: &str, line: u64, why: &str) -> Self {
        let dash = || ("-".to_owned(), Style::Faint);
        let detail = format!("{segment}:{line}: {}", escaped(why));
        Self([dash(), ("bad line".into(), Style::Bad), dash(), dash(), (detail, Style::Bad)])
    }
}

/// Shows lines of the log, each in one line: the detail is cut to what fits the width. `is_first` says that none
/// were shown before.
#[must_use]
pub fn audit_table(rows: Vec<AuditRow>, is_first: bool, layout: Layout) -> String {
    const NAMES: [&str; 5] = ["TIME", "ACTION", "PROFILE", "CUSTOMER", "DETAIL"];
    let mut rows: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    cut_last(NAMES, &mut rows, layout);
    listing(NAMES, &rows, is_first, layout)
}

/// Shows one line of the log by itself, in columns of a width that most entries need, cut to the width.
#[must_use]
pub fn audit_line(row: AuditRow, layout: Layout) -> String {
    let [time, action, profile, customer, detail] = row.0.map(|(text, _)| text);
    let line = format!("{time}  {action:<11}  {profile:<8}  {customer:<8}  {detail}\n");
    match layout.width.map(usize::from) {
        Some(width) if line.chars().count() > width + 1 => {
            escaped_truncated(line.trim_end(), width - 1).to_string() + "\n"
        }
        _ => line,
    }
}

/// Returns what an entry says beside its time, action, profile and customer, the most telling first.
fn detail(body: &EntryBody) -> String {
    let mut detail = String::with_capacity(128);
    let mut say = |words: &[&str]| {
        detail.push_str(if detail.is_empty() { "" } else { ", " });
        detail.extend(words.iter().copied());
    };
    if body.outcome != Outcome::Ok {
        say(&[body.outcome.name()]);
    }
    if let Some(reason) = &body.reason {
        say(&[reason]);
    }
    if let Some(purpose) = &body.purpose {
        say(&["for: ", purpose]);
    }
    if let Some(count) = body.count {
        say(&[&count.to_string(), if body.action.is_maintenance() { " bytes" } else { " in all" }]);
    }
    if let Some(last) = body.pruned_up_to {
        say(&["up to entry ", &last.sequence.to_string()]);
    }
    if let Some(fingerprint) = &body.fingerprint {
        say(&["fingerprint ", fingerprint]);
    }
    if let Some(at) = body.expires_at {
        say(&["until ", &utc(at)]);
    }
    if let Some(peer) = &body.peer {
        say(&["from ", peer]);
    }
    say(&["by ", &actor(body)]);
    if let CustomerSet::Many { customers } = &body.customers {
        say(&["customers ", &ranges(customers)]);
    }
    detail
}

/// Returns who did it.
fn actor(body: &EntryBody) -> String {
    match &body.actor.sudo_user {
        Some(sudo_user) => format!("{} (sudo {sudo_user})", body.actor.user),
        None => body.actor.user.clone(),
    }
}

/// Returns the customers of a batch.
fn ranges(customers: &IdRanges) -> String {
    let range = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    customers.iter().map(range).collect::<Vec<_>>().join(" ")
}

/// Shows an entry about a token as a line of JSON. `text` is the entry as the log has it.
#[must_use]
pub fn audit_found_json(text: &str, kind: TokenMatch) -> String {
    let kind = if kind == TokenMatch::Certain { "certain" } else { "possible" };
    format!("{{\"match\":\"{kind}\",\"entry\":{text}}}\n")
}

/// Shows an entry about a token for people.
#[must_use]
pub fn audit_found_text(entry: &Entry, kind: TokenMatch, now: Timestamp, layout: Layout) -> String {
    let body = &entry.body;
    let certainty = if kind == TokenMatch::Certain { "" } else { ", perhaps" };
    let customers = match &body.customers {
        CustomerSet::One { customer } => Some(customer.to_string()),
        CustomerSet::Many { customers } => Some(ranges(customers)),
        CustomerSet::None {} => None,
    };
    let rows = [
        ("action", Some(format!("{}{certainty}", body.action.name()))),
        ("when", Some(absolute_and_relative(entry.time, now))),
        ("who", Some(actor(body))),
        ("for", customers),
        ("why", body.purpose.clone().or((body.channel == Channel::Cli).then(|| "no reason given".into()))),
        ("channel", Some(body.channel.name().into())),
        ("profile", body.profile.clone()),
        ("detail", body.reason.clone()),
        ("expires", Some(body.expires_at.map_or("never".into(), |at| absolute_and_relative(at, now)))),
        ("client", body.peer.clone()),
        ("request", body.request_id.clone()),
        ("session", body.session.clone()),
        ("entry", Some(entry.sequence.to_string())),
    ];
    let row = |(name, text): (_, Option<String>)| Some([cell(name, Style::Name), cell(text?, Style::Plain)]);
    table(&rows.into_iter().filter_map(row).collect::<Vec<_>>(), layout)
}

/// Shows what was found of the whole log as a line of JSON.
#[must_use]
pub fn audit_verified_json(verified: &VerifyReport) -> String {
    json_line(&json!({
        "intact": verified.is_intact(),
        "entries": verified.entries,
        "segments": verified.segments,
        "repaired": verified.repaired,
        "unfinished": verified.unfinished,
        "head": verified.head.as_ref().map(ToString::to_string),
        "faults": verified.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "further_faults": verified.further_findings,
    })) + "\n"
}

/// Shows what was found of the whole log for people.
#[must_use]
pub fn audit_verified_text(verified: &VerifyReport, layout: Layout) -> String {
    let entries = counted(verified.entries, "entry", "entries");
    let segments = counted(verified.segments as u64, "segment", "segments");
    let (word, style) = match verified {
        _ if verified.is_intact() => ("intact", Style::Good),
        _ if verified.is_unproven() => ("NOT PROVEN", Style::Bad),
        _ => ("DAMAGED", Style::Bad),
    };
    let mut lines = Vec::new();
    if verified.repaired > 0 {
        lines.push(format!("{} torn by a crash, and healed", counted(verified.repaired, "line", "lines")));
    }
    if verified.unfinished > 0 {
        let bytes = counted(verified.unfinished, "byte", "bytes");
        lines.push(format!(
            "{bytes} at the end, no whole entry: being written, or torn and healed by the next mint"
        ));
    }
    lines.extend(verified.findings.iter().map(|finding| escaped(&finding.to_string()).to_string()));
    if verified.further_findings > 0 {
        lines.push(format!("and {}", counted(verified.further_findings, "more fault", "more faults")));
    }
    lines.extend(verified.head.as_ref().map(|head| format!("head {head}")));
    let head = headline(&format!("{word}: {entries} in {segments}"), style, layout);
    head + &lines.into_iter().map(|line| line + "\n").collect::<String>()
}

/// Returns a number and the noun that goes with it.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Action, Actor, AuditLog, Event, Filter, ListItem, list};
    use crate::time::Clock;

    #[test]
    fn an_entry_has_one_line_of_80_columns_on_a_terminal_and_is_whole_in_a_pipe() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path(), Clock::Fixed(Timestamp::EPOCH)).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Refusal, Channel::Serve, actor, Outcome::Refused)
            .profile("production")
            .customer(12_345_678)
            .reason("the session has expired")
            .peer("2001:db8::1");
        log.record(event).unwrap();
        let rows = || -> Vec<AuditRow> {
            let row = |item| match item {
                ListItem::Entry { entry, .. } => AuditRow::of(&entry),
                ListItem::Invalid { .. } => panic!("{item:?}"),
            };
            list(state.path(), Filter::default()).unwrap().map(|item| row(item.unwrap())).collect()
        };
        let shown = audit_table(rows(), true, Layout { width: Some(80), has_color: false });
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
        assert!(lines[2].ends_with('…'), "{shown}");
        let by_itself = |width| audit_line(rows().remove(1), Layout { width, has_color: false });
        let cut = "1970-01-01T00:00:00Z  refusal      production  12345678  refused, the session h…\n";
        assert_eq!(by_itself(Some(80)), cut);
        assert_eq!(by_itself(Some(200)), by_itself(None));
        let whole = audit_table(rows(), false, Layout::default());
        let detail = "  refused, the session has expired, from 2001:db8::1, by ann";
        assert!(whole.lines().nth(1).unwrap().ends_with(detail), "{whole}");
    }
}
