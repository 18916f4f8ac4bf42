//! Counts of minted and refused tokens in the audit log, for each day and profile.

use std::collections::BTreeMap;

use serde_json::json;

use super::Layout;
use super::table::{Style, cell, listing};
use crate::audit::{Action, Entry, Outcome};
use crate::escape::json_line;
use crate::time::utc;

/// The length of the longest bar in columns.
const BAR: u64 = 20;

/// The counts of each day and profile, in order.
#[derive(Debug, Default)]
pub struct AuditSummary(BTreeMap<(String, Option<String>), Counts>);

/// The counts of one day and profile.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// The number of minted tokens, without those that fail on purpose.
    mints: u64,
    /// The number of refused clients and calls.
    refusals: u64,
}

impl AuditSummary {
    /// Counts an entry.
    pub fn add(&mut self, entry: &Entry) {
        let body = &entry.body;
        let counts = match body.action {
            Action::Mint | Action::MintBatch if body.outcome == Outcome::Ok => {
                Counts { mints: body.count.unwrap_or(1), refusals: 0 }
            }
            Action::Refusal | Action::Refusals => Counts { mints: 0, refusals: body.count.unwrap_or(1) },
            _ => return,
        };
        let time = utc(entry.time);
        let date = time.split('T').next().unwrap_or_default().to_owned();
        let sum = self.0.entry((date, body.profile.clone())).or_default();
        sum.mints = sum.mints.saturating_add(counts.mints);
        sum.refusals = sum.refusals.saturating_add(counts.refusals);
    }

    /// Returns a line of JSON for each day and profile.
    pub fn to_json(&self) -> String {
        let line = |((date, profile), Counts { mints, refusals }): (&(String, Option<String>), &Counts)| {
            let object = json!({ "date": date, "profile": profile, "mints": mints, "refusals": refusals });
            json_line(&object) + "\n"
        };
        self.0.iter().map(line).collect()
    }

    /// Returns a table; on a terminal with bars: full blocks for mints, light ones for refusals.
    pub fn to_text(&self, layout: Layout) -> String {
        let total = |counts: &Counts| counts.mints.saturating_add(counts.refusals);
        let most = self.0.values().map(total).max().filter(|_| layout.width.is_some());
        let row = |((date, profile), counts): (&(String, Option<String>), &Counts)| {
            let bar = most.map_or(String::new(), |most| counts.bar(most));
            let (mints, refusals) = (counts.mints.to_string(), counts.refusals.to_string());
            [date, profile.as_deref().unwrap_or("-"), &mints, &refusals, &bar]
                .map(|text| cell(text, Style::Plain))
        };
        let rows: Vec<_> = self.0.iter().map(row).collect();
        listing(["DATE", "PROFILE", "MINTS", "REFUSALS", ""], &rows, true, layout)
    }
}

impl Counts {
    /// Returns the bar, scaled so that `most` has [`BAR`] columns. A count above zero has at least one block.
    fn bar(self, most: u64) -> String {
        let blocks = |count: u64| {
            let blocks = u128::from(count) * u128::from(BAR) / u128::from(most.max(1));
            usize::try_from(blocks).unwrap_or(0).max(usize::from(count > 0))
        };
        "█".repeat(blocks(self.mints)) + &"░".repeat(blocks(self.refusals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, AuditLog, Channel, Event, IdRanges, list};
    use crate::time::{Clock, Timestamp};

    /// Returns the summary of three days: a mint, a batch and a flood of refusals, and a fault.
    fn summary() -> AuditSummary {
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
        list(state.path(), |_| true).for_each(|line| summary.add(&line.unwrap().entry.unwrap()));
        summary
    }

    #[test]
    fn counts_the_tokens_of_a_batch_and_the_refusals_of_a_summary_for_each_day_and_profile() {
        let json = "{\"date\":\"2030-01-01\",\"profile\":\"staging\",\"mints\":1,\"refusals\":0}\n\
                    {\"date\":\"2030-01-02\",\"profile\":\"staging\",\"mints\":98,\"refusals\":50}\n";
        assert_eq!(summary().to_json(), json);
    }

    #[test]
    fn has_plain_columns_in_a_pipe_and_bars_that_fit_a_terminal() {
        let text = "DATE        PROFILE  MINTS  REFUSALS\n2030-01-01  staging  1      0\n\
                    2030-01-02  staging  98     50\n";
        assert_eq!(summary().to_text(Layout::default()), text);
        assert_eq!(AuditSummary::default().to_text(Layout::default()), "DATE  PROFILE  MINTS  REFUSALS\n");
        for width in 40..100 {
            let text = summary().to_text(Layout { width: Some(width), has_color: false });
            assert!(text.contains("█████████████░░░░░░\n"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{text}");
        }
    }
}
