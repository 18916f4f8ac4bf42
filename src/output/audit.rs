//! The audit log as text for people and as JSON.

use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, StyledCell, cell, cut_last, headline, listing, table};
use crate::audit::{Channel, Entry, Event, Head, IdRanges, LogLine, Outcome, TokenMatch, VerifyReport};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::{Timestamp, absolute_and_relative, utc};

/// The number of lines laid out in one table; the next table may have other column widths.
pub const AUDIT_ROWS: usize = 500;

/// Returns a line of the log as JSON. An entry is returned as the log contains it.
pub fn audit_json(line: &LogLine) -> String {
    match &line.entry {
        Ok(_) => format!("{}\n", line.text),
        Err(error) => {
            let (segment, why) = (line.at.file_name(), error.to_string());
            json_line(&json!({ "bad": { "segment": segment, "line": line.at.line, "why": why } })) + "\n"
        }
    }
}

/// Returns the columns of a line of the log: time, action, profile, customer and detail.
fn row(line: &LogLine) -> [StyledCell; 5] {
    let entry = match &line.entry {
        Ok(entry) => entry,
        Err(error) => {
            let dash = || ("-".to_owned(), Style::Faint);
            let detail = format!("{}:{}: {error}", line.at.file_name(), line.at.line);
            return [dash(), ("bad line".into(), Style::Bad), dash(), dash(), (detail, Style::Bad)];
        }
    };
    let event = &entry.body;
    let customer = match (event.customer, &event.customers) {
        (Some(customer), _) => customer.to_string(),
        (None, Some(_)) => "several".into(),
        (None, None) => "-".into(),
    };
    let style = if event.outcome == Outcome::Ok { Style::Name } else { Style::Bad };
    [
        (utc(entry.time), Style::Plain),
        (event.action.name().into(), style),
        cell(event.profile.as_deref().unwrap_or("-"), Style::Plain),
        (customer, Style::Plain),
        cell(detail(event), Style::Plain),
    ]
}

/// Returns a table of lines of the log, one row each; the detail is cut to the terminal's width. `is_first` is `true`
/// for the first table, which has the heading.
pub fn audit_table(lines: &[LogLine], is_first: bool, layout: Layout) -> String {
    const NAMES: [&str; 5] = ["TIME", "ACTION", "PROFILE", "CUSTOMER", "DETAIL"];
    let mut rows: Vec<_> = lines.iter().map(row).collect();
    cut_last(NAMES, &mut rows, layout);
    listing(NAMES, &rows, is_first, layout)
}

/// Returns one line of the log, in columns that suit most entries, cut to the terminal's width.
pub fn audit_line(line: &LogLine, layout: Layout) -> String {
    let [time, action, profile, customer, detail] = row(line).map(|(text, _)| text);
    let line = format!("{time}  {action:<11}  {profile:<8}  {customer:<8}  {detail}");
    let most = layout.width.map_or(usize::MAX, |width| usize::from(width) - 1);
    escaped_truncated(&line, most).to_string() + "\n"
}

/// Returns the other values of an entry, the most important first.
fn detail(event: &Event) -> String {
    let pruned = event.pruned_up_to.as_ref().and_then(|last| last.parse::<Head>().ok());
    let unit = if event.action.is_maintenance() { "bytes" } else { "in all" };
    let parts = [
        (event.outcome != Outcome::Ok).then(|| event.outcome.name().to_owned()),
        event.reason.clone(),
        event.purpose.as_ref().map(|purpose| format!("for: {purpose}")),
        event.count.map(|count| format!("{count} {unit}")),
        pruned.map(|last| format!("up to entry {}", last.sequence)),
        event.fingerprint.as_ref().map(|fingerprint| format!("fingerprint {fingerprint}")),
        event.expires_at.map(|at| format!("until {}", utc(at))),
        event.peer.as_ref().map(|peer| format!("from {peer}")),
        Some(format!("by {}", actor(event))),
        event.customers.as_ref().map(|customers| format!("customers {}", ranges(customers))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the user who caused the event.
fn actor(event: &Event) -> String {
    match &event.actor.sudo_user {
        Some(sudo_user) => format!("{} (sudo {sudo_user})", event.actor.user),
        None => event.actor.user.clone(),
    }
}

/// Returns the customers of a batch as ranges.
fn ranges(customers: &IdRanges) -> String {
    let range = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    customers.iter().map(range).collect::<Vec<_>>().join(" ")
}

/// Returns an entry that concerns a token as a line of JSON. `text` is the entry as the log contains it.
pub fn audit_found_json(text: &str, kind: TokenMatch) -> String {
    let kind = if kind == TokenMatch::Certain { "certain" } else { "possible" };
    format!("{{\"match\":\"{kind}\",\"entry\":{text}}}\n")
}

/// Returns an entry that concerns a token as text.
pub fn audit_found_text(entry: &Entry, kind: TokenMatch, now: Timestamp, layout: Layout) -> String {
    let body = &entry.body;
    let certainty = if kind == TokenMatch::Certain { "" } else { ", perhaps" };
    let customers = body.customer.map(|customer| customer.to_string());
    let customers = customers.or_else(|| body.customers.as_ref().map(ranges));
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

/// Returns the result of a verification as JSON.
pub fn audit_verified_json(verified: &VerifyReport) -> Value {
    json!({
        "intact": verified.is_intact(),
        "entries": verified.entries,
        "segments": verified.segments,
        "repaired": verified.repaired,
        "unfinished": verified.unfinished,
        "head": verified.head.as_ref().map(ToString::to_string),
        "faults": verified.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "further_faults": verified.further_findings,
    })
}

/// Returns the result of a verification as text.
pub fn audit_verified_text(verified: &VerifyReport, layout: Layout) -> String {
    let (word, style) = match verified {
        _ if verified.is_intact() => ("intact", Style::Good),
        _ if verified.is_unproven() => ("NOT PROVEN", Style::Bad),
        _ => ("DAMAGED", Style::Bad),
    };
    let entries = counted(verified.entries, "entry", "entries");
    let segments = counted(verified.segments as u64, "segment", "segments");
    let mut shown = headline(&format!("{word}: {entries} in {segments}"), style, layout);
    let mut say = |line: &str| shown.extend([line, "\n"]);
    if verified.repaired > 0 {
        say(&format!("{} torn by a crash, and healed", counted(verified.repaired, "line", "lines")));
    }
    if verified.unfinished > 0 {
        let bytes = counted(verified.unfinished, "byte", "bytes");
        say(&format!(
            "{bytes} at the end, no whole entry: being written, or torn and healed by the next mint"
        ));
    }
    verified.findings.iter().for_each(|finding| say(&escaped(&finding.to_string()).to_string()));
    if verified.further_findings > 0 {
        say(&format!("and {}", counted(verified.further_findings, "more fault", "more faults")));
    }
    if let Some(head) = verified.head {
        say(&format!("head {head}"));
    }
    shown
}

/// Returns a number with its noun in the singular or plural.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Action, Actor, AuditLog, list};
    use crate::time::Clock;

    #[test]
    fn an_entry_has_one_line_of_80_columns_on_a_terminal_and_is_whole_in_a_pipe() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path(), Clock::Fixed(Timestamp::EPOCH)).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Refusal, Channel::Serve, actor, Outcome::Refused)
            .profile("production")
            .customer(12_345_678)
            .reason("the session has expired");
        log.record(Event { peer: Some("2001:db8::1".into()), ..event }).unwrap();
        let rows: Vec<_> = list(state.path(), |_| true).map(Result::unwrap).collect();
        let shown = audit_table(&rows, true, Layout { width: Some(80), has_color: false });
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
        assert!(lines[2].ends_with('…'), "{shown}");
        let by_itself = |width| audit_line(&rows[1], Layout { width, has_color: false });
        let cut = "1970-01-01T00:00:00Z  refusal      production  12345678  refused, the session h…\n";
        assert_eq!(by_itself(Some(80)), cut);
        assert_eq!(by_itself(Some(200)), by_itself(None));
        let whole = audit_table(&rows, false, Layout::default());
        let detail = "  refused, the session has expired, from 2001:db8::1, by ann";
        assert!(whole.lines().nth(1).unwrap().ends_with(detail), "{whole}");
    }
}
