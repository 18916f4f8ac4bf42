//! The audit log as text for people and as JSON.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style as Color};
use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, cell, headline, listing, table};
use crate::audit::{
    Action, Channel, Entry, Event, Head, IdRanges, LogLine, Outcome, TokenMatch, VerifyReport,
};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::{Timestamp, absolute_and_relative, utc};

/// The length of the longest bar of a summary in columns.
const BAR: u64 = 20;

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

/// Returns the heading of a list of lines of the log.
pub fn audit_heading(layout: Layout) -> String {
    columns(["TIME", "ACTION", "PROFILE", "CUSTOMER", "DETAIL"], Color::new(), layout)
}

/// Returns a line of the log in columns. At a terminal the detail is cut to its width.
pub fn audit_line(line: &LogLine, layout: Layout) -> String {
    let bad = Color::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let entry = match &line.entry {
        Ok(entry) => entry,
        Err(error) => {
            let detail = format!("{}:{}: {error}", line.at.file_name(), line.at.line);
            return columns(["-", "bad line", "-", "-", &detail], bad, layout);
        }
    };
    let event = &entry.body;
    let customer = match (event.customer, &event.customers) {
        (Some(customer), _) => customer.to_string(),
        (None, Some(_)) => "several".into(),
        (None, None) => "-".into(),
    };
    let color = if event.outcome == Outcome::Ok { Color::new().bold() } else { bad };
    let (time, action, profile) = (utc(entry.time), event.action.name(), event.profile.as_deref());
    columns([&time, action, profile.unwrap_or("-"), &customer, &detail(event)], color, layout)
}

/// Returns one line of text in columns that suit most entries, with the second column in colour. It is cut to the
/// terminal's width.
fn columns([time, action, profile, customer, detail]: [&str; 5], color: Color, layout: Layout) -> String {
    let line = format!("{time:<20}  {action:<14}  {profile:<10}  {customer:<8}  {detail}");
    let most = layout.width.map_or(usize::MAX, |width| usize::from(width) - 1);
    let line = escaped_truncated(&line, most).to_string() + "\n";
    if !layout.has_color {
        return line;
    }
    line.replacen(action, &format!("{color}{action}{color:#}"), 1)
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

/// Counts of tokens in the audit log, for each day and profile in order.
pub type AuditSummary = BTreeMap<(String, Option<String>), Counts>;

/// A day and profile, and its counts.
pub type AuditDay = ((String, Option<String>), Counts);

/// The counts of one day and profile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// The number of minted tokens, without those that fail on purpose.
    mints: u64,
    /// The number of refused clients and calls.
    refusals: u64,
}

/// Counts the tokens of an entry.
pub fn count_tokens(summary: &mut AuditSummary, Entry { time, body, .. }: &Entry) {
    let is_refusal = match body.action {
        Action::Mint | Action::MintBatch if body.outcome == Outcome::Ok => false,
        Action::Refusal | Action::Refusals => true,
        _ => return,
    };
    let date = utc(*time).split('T').next().unwrap_or_default().to_owned();
    let counts = summary.entry((date, body.profile.clone())).or_default();
    let count = if is_refusal { &mut counts.refusals } else { &mut counts.mints };
    *count = count.saturating_add(body.count.unwrap_or(1));
}

/// Returns the counts of a day and profile as JSON.
pub fn audit_day_json(((date, profile), Counts { mints, refusals }): &AuditDay) -> Value {
    json!({ "date": date, "profile": profile, "mints": mints, "refusals": refusals })
}

/// Returns a table of the days; on a terminal with bars: full blocks for mints, light ones for refusals. The longest bar
/// has `BAR` columns, and a count above zero at least one block.
pub fn audit_days_text(days: &[AuditDay], layout: Layout) -> String {
    let most = days.iter().map(|(_, counts)| counts.mints.saturating_add(counts.refusals)).max();
    let blocks = |count: u64| {
        let blocks = u128::from(count) * u128::from(BAR) / u128::from(most.unwrap_or(1));
        usize::try_from(blocks).unwrap_or(0).max(usize::from(count > 0))
    };
    let row = |((date, profile), Counts { mints, refusals }): &AuditDay| {
        let bar = "█".repeat(blocks(*mints)) + &"░".repeat(blocks(*refusals));
        let bar = if layout.width.is_some() { bar } else { String::new() };
        [date, profile.as_deref().unwrap_or("-"), &mints.to_string(), &refusals.to_string(), &bar]
            .map(|text| cell(text, Style::Plain))
    };
    let rows: Vec<_> = days.iter().map(row).collect();
    listing(["DATE", "PROFILE", "MINTS", "REFUSALS", ""], &rows, layout)
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
    table(rows.into_iter().filter_map(row), layout)
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
    use crate::audit::{Actor, AuditLog, list};
    use crate::time::Clock;

    #[test]
    fn entry_is_cut_to_80_columns_at_a_terminal_only() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path(), Clock::Fixed(Timestamp::EPOCH)).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let event = Event::new(Action::Refusal, Channel::Serve, actor, Outcome::Refused)
            .profile("production")
            .customer(12_345_678)
            .reason("the session has expired");
        log.record(Event { peer: Some("2001:db8::1".into()), ..event }).unwrap();
        let rows: Vec<_> = list(state.path(), |_| true).map(Result::unwrap).collect();
        let shown = |line: &LogLine, width| audit_line(line, Layout { width, has_color: false });
        let heading = "TIME                  ACTION          PROFILE     CUSTOMER  DETAIL\n";
        assert_eq!(audit_heading(Layout::default()), heading);
        let cut = "1970-01-01T00:00:00Z  refusal         production  12345678  refused, the sessio…\n";
        assert_eq!(shown(&rows[1], Some(80)), cut);
        assert_eq!(shown(&rows[1], Some(200)), shown(&rows[1], None));
        let detail = "  refused, the session has expired, from 2001:db8::1, by ann\n";
        assert!(shown(&rows[1], None).ends_with(detail), "{}", shown(&rows[1], None));
        let colored = audit_line(&rows[1], Layout { width: Some(80), has_color: true });
        assert_eq!(colored, cut.replace("refusal", "\u{1b}[1m\u{1b}[31mrefusal\u{1b}[0m"));
    }

    /// Returns the summary of three days: a mint, a batch and a flood of refusals, and a fault.
    fn summary() -> Vec<AuditDay> {
        let state = tempfile::tempdir().unwrap();
        let actor = || Actor { user: "ann".into(), sudo_user: None };
        let record = |day: u64, event: Event| {
            let time = Timestamp::from_epoch_seconds(1_893_456_000 + day * 86_400 + 86_399).unwrap();
            let log = AuditLog::open(state.path(), Clock::Fixed(time)).unwrap();
            log.record(event.profile("staging")).unwrap();
        };
        let event = |action, outcome| Event::new(action, Channel::Cli, actor(), outcome);
        record(0, event(Action::Mint, Outcome::Ok));
        record(0, event(Action::Fault, Outcome::Ok));
        let mut ids = IdRanges::default();
        assert!((1..=97).all(|id| ids.insert_next(id)));
        record(1, Event { customers: Some(ids), count: Some(97), ..event(Action::MintBatch, Outcome::Ok) });
        record(1, event(Action::Mint, Outcome::Ok));
        record(1, event(Action::Refusal, Outcome::Refused));
        record(1, Event { count: Some(49), ..event(Action::Refusals, Outcome::Refused) });
        record(2, event(Action::Fault, Outcome::Ok));
        let mut summary = AuditSummary::default();
        list(state.path(), |_| true)
            .for_each(|line| count_tokens(&mut summary, &line.unwrap().entry.unwrap()));
        summary.into_iter().collect()
    }

    #[test]
    fn batches_and_summaries_are_counted_by_day_and_profile() {
        let json = "{\"date\":\"2030-01-01\",\"profile\":\"staging\",\"mints\":1,\"refusals\":0}\n\
                    {\"date\":\"2030-01-02\",\"profile\":\"staging\",\"mints\":98,\"refusals\":50}\n";
        let lines = summary().iter().map(|day| json_line(&audit_day_json(day)) + "\n").collect::<String>();
        assert_eq!(lines, json);
    }

    #[test]
    fn pipe_gets_columns_and_terminal_gets_bars() {
        let text = "DATE        PROFILE  MINTS  REFUSALS\n2030-01-01  staging  1      0\n\
                    2030-01-02  staging  98     50\n";
        assert_eq!(audit_days_text(&summary(), Layout::default()), text);
        assert_eq!(audit_days_text(&[], Layout::default()), "DATE  PROFILE  MINTS  REFUSALS\n");
        for width in 40..100 {
            let text = audit_days_text(&summary(), Layout { width: Some(width), has_color: false });
            assert!(text.contains("█████████████░░░░░░\n"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{text}");
        }
    }
}
