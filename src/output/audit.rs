//! The audit log for people and for programs.

use serde::Serialize;

use super::Layout;
use super::table::{Style, StyledCell, headline, listing};
use crate::audit::{Customers, Deed, Entry, Outcome, Verified};
use crate::escape::{escaped, escaped_truncated, json_line};
use crate::time::utc;

/// How many characters of an entry's last column are shown.
const LONGEST_DETAIL: usize = 200;

/// A line of the log that cannot be read, in JSON.
#[derive(Serialize)]
struct BadJson<'a> {
    /// The one key.
    bad: BadBody<'a>,
}

/// What stands in a [`BadJson`].
#[derive(Serialize)]
struct BadBody<'a> {
    /// The segment's file.
    segment: &'a str,
    /// The line, from 1.
    line: u64,
    /// What is wrong with it.
    why: &'a str,
}

/// What was found of the whole log, in JSON.
#[derive(Serialize)]
struct VerifiedJson {
    /// Whether nothing was found.
    intact: bool,
    /// How many entries there are.
    entries: u64,
    /// How many segments there are.
    segments: usize,
    /// How many torn lines were healed.
    repaired: u64,
    /// How many bytes at the end are no whole entry.
    unfinished: u64,
    /// The last entry's head.
    head: Option<String>,
    /// What was found, in words, each with its place.
    faults: Vec<String>,
    /// How many more faults there are.
    further_faults: u64,
}

/// Shows a bad line as a line of JSON.
#[must_use]
pub fn audit_bad_json(segment: &str, line: u64, why: &str) -> String {
    json_line(&BadJson { bad: BadBody { segment, line, why } }) + "\n"
}

/// A line of the log as people are shown it.
#[derive(Debug)]
pub struct AuditRow([StyledCell; 6]);

impl AuditRow {
    /// Lays out an entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let facts = &entry.facts;
        let actor = match &facts.actor.sudo_user {
            Some(sudo_user) => format!("{} (sudo {sudo_user})", facts.actor.user),
            None => facts.actor.user.clone(),
        };
        let style = if facts.outcome == Outcome::Ok { Style::Good } else { Style::Bad };
        Self([
            (utc(entry.time), Style::Plain),
            (escaped(&actor).to_string(), Style::Plain),
            (facts.deed.name().into(), Style::Name),
            (escaped(facts.profile.as_deref().unwrap_or("-")).to_string(), Style::Plain),
            (facts.outcome.name().into(), style),
            (escaped_truncated(&about(entry), LONGEST_DETAIL).to_string(), Style::Plain),
        ])
    }

    /// Lays out a line that cannot be read.
    #[must_use]
    pub fn bad(segment: &str, line: u64, why: &str) -> Self {
        let place = format!("{segment}:{line}");
        let dash = || ("-".to_owned(), Style::Faint);
        Self([
            dash(),
            dash(),
            ("bad line".into(), Style::Bad),
            dash(),
            dash(),
            (format!("{place}: {}", escaped(why)), Style::Bad),
        ])
    }
}

/// Shows lines of the log; `is_first` says that none were shown before.
#[must_use]
pub fn audit_table(rows: Vec<AuditRow>, is_first: bool, layout: Layout) -> String {
    let rows: Vec<_> = rows.into_iter().map(|AuditRow(row)| row).collect();
    listing(["TIME", "ACTOR", "ACTION", "PROFILE", "OUTCOME", "ABOUT"], &rows, is_first, layout)
}

/// Says what else an entry tells.
fn about(entry: &Entry) -> String {
    let facts = &entry.facts;
    let mut words = Vec::new();
    match &facts.customers {
        Customers::None => {}
        Customers::One(customer) => words.push(format!("customer-{customer}")),
        Customers::Many(ranges) => {
            let run = |&(first, last): &(u64, u64)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            };
            words.push(format!("customers {}", ranges.runs().iter().map(run).collect::<Vec<_>>().join(" ")));
        }
    }
    words.extend(facts.count.map(|count| match facts.deed {
        Deed::Action(_) => format!("{count} in all"),
        Deed::Upkeep(_) => format!("{count} bytes"),
    }));
    words.extend(facts.expires_at.map(|at| format!("until {}", utc(at))));
    words.extend(facts.fingerprint.as_ref().map(|fingerprint| format!("fingerprint {fingerprint}")));
    words.extend(facts.peer.as_ref().map(|peer| format!("from {peer}")));
    words.extend(facts.reason.clone());
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// Shows what was found of the whole log as a line of JSON.
#[must_use]
pub fn audit_verified_json(verified: &Verified) -> String {
    let shown = VerifiedJson {
        intact: verified.is_intact(),
        entries: verified.entries,
        segments: verified.segments,
        repaired: verified.repaired,
        unfinished: verified.unfinished,
        head: verified.head.as_ref().map(ToString::to_string),
        faults: verified.faults.iter().map(ToString::to_string).collect(),
        further_faults: verified.further_faults,
    };
    json_line(&shown) + "\n"
}

/// Shows what was found of the whole log for people.
#[must_use]
pub fn audit_verified_text(verified: &Verified, layout: Layout) -> String {
    let entries = counted(verified.entries, "entry", "entries");
    let segments = counted(verified.segments as u64, "segment", "segments");
    let (word, style) = if verified.is_intact() { ("intact", Style::Good) } else { ("DAMAGED", Style::Bad) };
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
    lines.extend(verified.faults.iter().map(|fault| escaped(&fault.to_string()).to_string()));
    if verified.further_faults > 0 {
        lines.push(format!("and {}", counted(verified.further_faults, "more fault", "more faults")));
    }
    lines.extend(verified.head.as_ref().map(|head| format!("head {head}")));
    let head = headline(&format!("{word}: {entries} in {segments}"), style, layout);
    head + &lines.into_iter().map(|line| line + "\n").collect::<String>()
}

/// Returns a number and the noun that goes with it.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
