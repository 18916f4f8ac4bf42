//! Removes old entries: whole segments, after verifying them and recording the removal in the log.
//!
//! The record names the last pruned entry and its hash, which the first remaining entry has as `prev`. After a crash
//! at any point of a prune, the log still verifies, and the next prune removes the remaining segments.

use std::path::Path;

use super::entry::{Action, Actor, Channel, Event, Outcome};
use super::error::AuditError;
use super::head::Head;
use super::log::AuditLog;
use super::verify::{VerifyReport, verify_each};
use crate::time::Timestamp;

/// The oldest segments of a log, to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunePlan {
    /// The number of the last segment to remove.
    up_to: u32,
    /// The number of segments to remove.
    pub segments: usize,
    /// The sequence number of the first entry to remove.
    pub first: u64,
    /// The last entry to remove.
    pub last: Head,
    /// Whether one of the entries records that sessions were revoked.
    has_revocation: bool,
}

impl PrunePlan {
    /// Verifies the log under a state directory, and plans to remove the oldest segments whose entries were all
    /// written before a time. The plan is `None` if there are no such segments, or if the log does not verify. The
    /// newest segment is never removed.
    ///
    /// # Errors
    /// [`AuditError`] if the log cannot be read.
    pub fn new(state: &Path, before: Timestamp) -> Result<(VerifyReport, Option<Self>), AuditError> {
        let mut first = None;
        // For each segment, the plan to remove it alone, and whether all of its entries are old.
        let mut segments: Vec<(Self, bool)> = Vec::new();
        let report = verify_each(state, None, |number, entry| {
            let first = *first.get_or_insert(entry.sequence);
            if segments.last().is_none_or(|(segment, _)| segment.up_to != number) {
                let segment =
                    Self { up_to: number, segments: 1, first, last: entry.head(), has_revocation: false };
                segments.push((segment, true));
            }
            if let Some((segment, is_old)) = segments.last_mut() {
                *is_old &= entry.time < before;
                segment.last = entry.head();
                segment.has_revocation |= entry.body.tells_of_revocation();
            }
        })?;
        segments.pop();
        let old = segments.into_iter().take_while(|(_, is_old)| *is_old).map(|(segment, _)| segment);
        let plan = old.reduce(|older, newer| Self {
            segments: older.segments + 1,
            has_revocation: older.has_revocation || newer.has_revocation,
            ..newer
        });
        let plan = plan.filter(|_| report.is_intact());
        Ok((report, plan))
    }

    /// Returns the number of entries to remove.
    pub fn entries(&self) -> u64 {
        self.last.sequence.saturating_sub(self.first).saturating_add(1)
    }

    /// Records the removal, then removes the segments. Returns the entry of the record.
    ///
    /// # Errors
    /// [`AuditError`] if the removal cannot be recorded, in which case nothing is removed, or if a segment cannot be
    /// removed.
    pub fn carry_out(&self, log: &AuditLog, actor: Actor) -> Result<Head, AuditError> {
        let receipt = log.record(Event {
            pruned_up_to: Some(self.last.to_string()),
            count: Some(self.entries()),
            // A server whose revocation list is missing searches the log for revocations.
            reason: self.has_revocation.then(|| Action::SessionRevoke.name().into()),
            ..Event::new(Action::Pruned, Channel::Cli, actor, Outcome::Ok)
        })?;
        log.remove_segments(self.up_to)?;
        Ok(receipt.head())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::testing::{State, ann, edit, mint};
    use super::super::verify::{FindingKind, verify};
    use super::*;
    use crate::time::Clock;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    /// Returns the log at a time, every write of which makes a new segment.
    fn log_at(state: &State, seconds: u64) -> AuditLog {
        AuditLog::open_with(state.path(), Clock::Fixed(at(seconds)), 1).unwrap()
    }

    /// Makes a log of four segments, with two entries each, written at 10, 20, 30 and 40 seconds; returns their last heads.
    fn four_segments() -> (State, Vec<Head>) {
        let state = State::new();
        let record = |time| log_at(&state, time).record(mint(time)).unwrap().head();
        let heads = [10, 20, 30, 40].map(record).to_vec();
        (state, heads)
    }

    fn pruned_up_to(head: Head) -> Event {
        let event = Event::new(Action::Pruned, Channel::Cli, ann(), Outcome::Ok);
        Event { pruned_up_to: Some(head.to_string()), ..event }
    }

    fn plan(state: &State, before: u64) -> Option<PrunePlan> {
        PrunePlan::new(state.path(), at(before)).unwrap().1
    }

    /// Removes what was written before a time. The record goes into a segment of its own.
    fn prune(state: &State, before: u64) -> Head {
        plan(state, before).unwrap().carry_out(&log_at(state, 50), ann()).unwrap()
    }

    fn segments(state: &State) -> Vec<u32> {
        super::super::segment::numbers(&state.path().join("audit")).unwrap()
    }

    fn findings(state: &State, expected: &Head) -> Vec<FindingKind> {
        verify(state.path(), Some(expected))
            .unwrap()
            .findings
            .into_iter()
            .map(|finding| finding.kind)
            .collect()
    }

    #[test]
    fn removes_the_segments_that_ended_before_a_time_and_the_log_verifies() {
        let (state, heads) = four_segments();
        assert_eq!(plan(&state, 10), None);
        let planned = plan(&state, 30).unwrap();
        assert_eq!((planned.first, planned.last, planned.segments, planned.entries()), (1, heads[1], 2, 4));
        assert_eq!(prune(&state, 30).sequence, 10);
        assert_eq!(segments(&state), [3, 4, 5]);
        let report = state.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
        assert_eq!((report.entries, report.head.unwrap().sequence), (6, 10));
        let actions = ["segment_opened", "mint", "segment_opened", "mint", "segment_opened", "pruned"];
        assert_eq!(state.actions(), actions);
        // And again, with the record of the first prune among what stays.
        prune(&state, 40);
        assert_eq!((segments(&state), state.verify().is_intact()), (vec![4, 5, 6], true));
    }

    #[test]
    fn the_newest_segment_that_has_entries_stays_and_empty_ones_before_it_go() {
        let (state, _) = four_segments();
        state.write(5, b"");
        log_at(&state, 50).record(mint(5)).unwrap();
        state.write(6, b"");
        prune(&state, 1_000);
        assert_eq!(segments(&state), [5, 6]);
        assert!(state.verify().is_intact(), "{:?}", state.findings());
    }

    #[test]
    fn of_an_expected_head_that_was_pruned_it_says_so_and_the_last_one_is_still_proved() {
        let (state, heads) = four_segments();
        prune(&state, 30);
        assert_eq!(findings(&state, &heads[0]), [FindingKind::HeadPruned(2)]);
        assert!(verify(state.path(), Some(&heads[0])).unwrap().is_unproven());
        for head in &heads[1..] {
            assert_eq!(findings(&state, head), []);
        }
        let forged = Head { hash: heads[2].hash, ..heads[1] };
        assert_eq!(findings(&state, &forged), [FindingKind::Rewritten(4)]);
    }

    #[test]
    fn what_is_removed_without_a_record_is_found() {
        let (state, heads) = four_segments();
        fs::remove_file(state.segment(1)).unwrap();
        assert_eq!(findings(&state, &heads[0]), [FindingKind::Missing(1..=2)]);
        assert_eq!(plan(&state, 100), None, "a log that does not verify is not pruned");
        let (state, heads) = four_segments();
        prune(&state, 20);
        fs::remove_file(state.segment(2)).unwrap();
        assert_eq!(
            findings(&state, &heads[2]),
            [FindingKind::Missing(1..=4)],
            "more is gone than was recorded"
        );
    }

    #[test]
    fn a_record_of_another_entry_than_the_one_before_the_first_does_not_count() {
        let (state, heads) = four_segments();
        let other = Head { hash: heads[2].hash, ..heads[1] };
        let event = pruned_up_to(other);
        log_at(&state, 50).record(event).unwrap();
        (1..3).for_each(|number| fs::remove_file(state.segment(number)).unwrap());
        assert!(findings(&state, &heads[3]).contains(&FindingKind::Missing(1..=4)));
    }

    #[test]
    fn neither_the_record_nor_what_is_left_can_be_changed() {
        for number in [3, 5] {
            let (state, _) = four_segments();
            prune(&state, 30);
            let mut lines = state.lines(number);
            edit(&mut lines[1]);
            state.write(number, &lines.concat());
            assert!(!state.verify().is_intact(), "segment {number}");
        }
        // Segments of another log with as many entries do not fit the record.
        let ((state, _), (other, _)) = (four_segments(), four_segments());
        prune(&state, 20);
        state.write(2, &other.read(2));
        assert!(!state.verify().is_intact());
    }

    #[test]
    fn a_prune_that_is_broken_off_leaves_a_log_that_verifies_and_the_next_one_finishes_it() {
        for removed in 0..3 {
            let (state, heads) = four_segments();
            let event = pruned_up_to(heads[2]);
            log_at(&state, 50).record(event).unwrap();
            (1..=removed).for_each(|number| fs::remove_file(state.segment(number)).unwrap());
            assert!(state.verify().is_intact(), "{removed}: {:?}", state.findings());
            prune(&state, 40);
            assert_eq!(segments(&state), [4, 5, 6]);
            assert!(state.verify().is_intact(), "{removed}: {:?}", state.findings());
        }
    }

    #[test]
    fn that_sessions_were_revoked_is_told_though_its_entry_is_pruned() {
        let state = State::new();
        let event = Event::new(Action::SessionRevoke, Channel::Cli, ann(), Outcome::Ok);
        log_at(&state, 10).record(event).unwrap();
        for time in [20, 30] {
            log_at(&state, time).record(mint(1)).unwrap();
            plan(&state, time).unwrap().carry_out(&log_at(&state, time), ann()).unwrap();
        }
        log_at(&state, 40).record(mint(1)).unwrap();
        prune(&state, 40);
        let is_told = |state: &State| {
            let is_record = |event: &Event| event.action == Action::Pruned && event.tells_of_revocation();
            super::super::contains(state.path(), is_record).unwrap()
        };
        assert!(is_told(&state));
        let (state, _) = four_segments();
        prune(&state, 30);
        assert!(!is_told(&state));
    }
}
