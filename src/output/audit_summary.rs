//! How many tokens the log says were minted and refused, for each day and profile.

use std::collections::BTreeMap;
use std::iter;

use serde_json::json;

use crate::audit::{Action, Entry, Outcome};
use crate::escape::{escaped, json_line};
use crate::time::utc;

/// The most columns of a bar.
const MAX_BAR: u64 = 30;

/// The fewest: a narrower bar is left out.
const MIN_BAR: u64 = 8;

/// The counts of each day and profile, in order.
#[derive(Debug, Default)]
pub struct AuditSummary(BTreeMap<(String, Option<String>), Counts>);

/// What is counted.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Tokens that were minted; those that fail on purpose are not among them.
    mints: u64,
    /// Clients and calls that were refused.
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
    #[must_use]
    pub fn to_json(&self) -> String {
        let line = |((date, profile), Counts { mints, refusals }): (&(String, Option<String>), &Counts)| {
            let object = json!({ "date": date, "profile": profile, "mints": mints, "refusals": refusals });
            json_line(&object) + "\n"
        };
        self.0.iter().map(line).collect()
    }

    /// Returns a table, with bars if it goes to a terminal of this width: full blocks for mints, light ones for refusals.
    #[must_use]
    pub fn to_text(&self, width: Option<u16>) -> String {
        let head = ["DATE", "PROFILE", "MINTS", "REFUSALS"].map(str::to_owned);
        let row = |((date, profile), counts): (&(String, Option<String>), &Counts)| {
            let profile = escaped(profile.as_deref().unwrap_or("-")).to_string();
            [date.clone(), profile, counts.mints.to_string(), counts.refusals.to_string()]
        };
        let rows: Vec<_> = iter::once(head).chain(self.0.iter().map(row)).collect();
        let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [widest(0), widest(1), widest(2), widest(3)];
        let left =
            width.map_or(0, u64::from).saturating_sub(widths.iter().map(|width| *width as u64 + 2).sum());
        let bar_width = if left < MIN_BAR { 0 } else { left.min(MAX_BAR) };
        let most =
            self.0.values().map(|counts| counts.mints.saturating_add(counts.refusals)).max().unwrap_or(0);
        let bars = self.0.values().map(|counts| counts.bar(bar_width, most));
        let lines = rows.iter().zip(iter::once(String::new()).chain(bars)).map(|(row, bar)| {
            let [date, profile, mints, refusals] = row;
            let [dates, profiles, most_mints, most_refusals] = widths;
            let line = format!(
                "{date:<dates$}  {profile:<profiles$}  {mints:>most_mints$}  {refusals:>most_refusals$}  {bar}"
            );
            line.trim_end().to_owned() + "\n"
        });
        lines.collect()
    }
}

impl Counts {
    /// Returns the bar of so many columns for `most`. What is not nothing has a block of its own.
    fn bar(self, width: u64, most: u64) -> String {
        let blocks = |count: u64| {
            let blocks = u128::from(count) * u128::from(width) / u128::from(most.max(1));
            usize::try_from(blocks).unwrap_or(0).max(usize::from(count > 0 && width > 0))
        };
        "█".repeat(blocks(self.mints)) + &"░".repeat(blocks(self.refusals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, AuditLog, Channel, Event, Filter, IdRanges, ListItem, list};
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
        let mut ids = IdRanges::new();
        assert!((1..=97).all(|id| ids.insert_next(id)));
        record(1, event(Action::MintBatch, Outcome::Ok).customers(ids));
        record(1, event(Action::Mint, Outcome::Ok));
        record(1, event(Action::Refusal, Outcome::Refused));
        record(1, event(Action::Refusals, Outcome::Refused).count(49));
        record(2, event(Action::Fault, Outcome::Ok));
        let mut summary = AuditSummary::default();
        for item in list(state.path(), Filter::default()).unwrap() {
            if let ListItem::Entry { entry, .. } = item.unwrap() {
                summary.add(&entry);
            }
        }
        summary
    }

    #[test]
    fn counts_the_tokens_of_a_batch_and_the_refusals_of_a_summary_for_each_day_and_profile() {
        let json = "{\"date\":\"2030-01-01\",\"profile\":\"staging\",\"mints\":1,\"refusals\":0}\n\
                    {\"date\":\"2030-01-02\",\"profile\":\"staging\",\"mints\":98,\"refusals\":50}\n";
        assert_eq!(summary().to_json(), json);
    }

    #[test]
    fn has_plain_columns_in_a_pipe_and_where_bars_do_not_fit() {
        let text = "DATE        PROFILE  MINTS  REFUSALS\n2030-01-01  staging      1         0\n\
                    2030-01-02  staging     98        50\n";
        assert_eq!(summary().to_text(None), text);
        assert_eq!(summary().to_text(Some(40)), text);
        assert_eq!(AuditSummary::default().to_text(None), "DATE  PROFILE  MINTS  REFUSALS\n");
    }

    #[test]
    fn bars_fit_the_width_and_what_is_not_nothing_is_seen() {
        for width in 46..100 {
            let text = summary().to_text(Some(width));
            let bars: Vec<_> = text.lines().map(|line| line.rsplit("  ").next().unwrap()).collect();
            let count = |bar: &str, block| bar.chars().filter(|character| *character == block).count();
            assert_eq!((count(bars[1], '█'), count(bars[1], '░')), (1, 0), "{text}");
            assert!(count(bars[2], '█') > count(bars[2], '░') && count(bars[2], '░') > 0, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{text}");
        }
    }
}
