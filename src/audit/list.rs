//! Lists the entries of a log, filtered, in constant memory. Lines that are not entries are listed too.

use std::path::Path;

use super::entry::{Action, Entry, Event, Outcome};
use super::error::AuditError;
use super::reader::{LogLine, LogReader};
use crate::time::Timestamp;

/// A token to search for in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenQuery {
    /// The token's fingerprint.
    pub fingerprint: String,
    /// The token's customer and expiration time; `None` if only the fingerprint is known.
    pub claims: Option<(u64, Option<Timestamp>)>,
}

/// How surely an entry concerns a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMatch {
    /// The entry names the token's fingerprint.
    Certain,
    /// The entry names no fingerprint, and records a batch for the token's customer with the token's expiration time.
    Possible,
}

impl TokenQuery {
    /// Returns how surely the entry concerns the token; `None` if it does not.
    pub fn matches(&self, event: &Event) -> Option<TokenMatch> {
        let makes_tokens =
            matches!(event.action, Action::Mint | Action::MintBatch | Action::Fault | Action::SessionNew);
        if !makes_tokens || event.outcome != Outcome::Ok {
            return None;
        }
        if event.fingerprint.is_some() {
            return (event.fingerprint.as_ref() == Some(&self.fingerprint)).then_some(TokenMatch::Certain);
        }
        let (customer, expires_at) = self.claims?;
        let is_in_batch = event.customers.as_ref().is_some_and(|ids| ids.contains(customer));
        (is_in_batch && event.expires_at == expires_at).then_some(TokenMatch::Possible)
    }
}

/// Lists the lines of the log under a state directory, in order: the entries for which `is_listed` returns `true`, and
/// all lines that are not entries. A missing log is empty. An error, if the log cannot be read, is the last item.
pub fn list<F: Fn(&Entry) -> bool>(
    state: &Path,
    is_listed: F,
) -> impl Iterator<Item = Result<LogLine, AuditError>> + use<F> {
    admitted(LogReader::open(state), is_listed)
}

/// Lists the lines that are appended to the log from now on, as [`list()`] does. The iterator returns `None` while there
/// are no new lines, and can be polled again.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn follow<F: Fn(&Entry) -> bool>(
    state: &Path,
    is_listed: F,
) -> Result<impl Iterator<Item = Result<LogLine, AuditError>> + use<F>, AuditError> {
    Ok(admitted(LogReader::open_at_end(state)?, is_listed))
}

/// Skips the entries for which `is_listed` returns `false`.
fn admitted(
    reader: LogReader,
    is_listed: impl Fn(&Entry) -> bool,
) -> impl Iterator<Item = Result<LogLine, AuditError>> {
    reader.filter(move |line| {
        let entry = line.as_ref().ok().and_then(|line| line.entry.as_ref().ok());
        entry.is_none_or(&is_listed)
    })
}

/// Returns `true` if the log under a state directory has an entry whose event satisfies `is_meant`.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn contains(state: &Path, is_meant: impl Fn(&Event) -> bool) -> Result<bool, AuditError> {
    for line in LogReader::open(state) {
        if line?.entry.is_ok_and(|entry| is_meant(&entry.body)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::entry::{Action, Channel, EntryError, Event, IdRanges};
    use super::super::testing::{State, ann, edit, mint};
    use super::*;

    /// Returns the numbers of entries, 0 for a bad line.
    fn numbers_of(lines: impl Iterator<Item = Result<LogLine, AuditError>>) -> Vec<u64> {
        lines.map(|line| line.unwrap().entry.map_or(0, |entry| entry.sequence)).collect()
    }

    /// Returns the numbers of the entries that a filter admits.
    fn numbers(state: &State, is_listed: impl Fn(&Entry) -> bool) -> Vec<u64> {
        numbers_of(list(state.path(), is_listed))
    }

    #[test]
    fn filters_by_customer_also_inside_a_batch() {
        let state = State::with_entries(4);
        let mut ranges = IdRanges::default();
        assert!((2..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let batch = Event::new(Action::MintBatch, Channel::Cli, ann(), Outcome::Ok);
        state.log().record(Event { customers: Some(ranges), ..batch }).unwrap();
        let of = |customer| numbers(&state, |entry| entry.body.is_for(customer));
        assert_eq!(of(1), [2]);
        assert_eq!(of(2), [3, 5]);
        assert_eq!(of(777), [5]);
        assert!(of(501).is_empty());
    }

    #[test]
    fn shows_bad_lines_whatever_the_filter() {
        let state = State::with_entries(4);
        let mut lines = state.lines(1);
        lines[2] = b"gone\n".to_vec();
        edit(&mut lines[3]);
        state.write(1, &lines.concat());
        assert_eq!(numbers(&state, |entry| entry.body.is_for(1)), [2, 0, 0]);
        let last = list(state.path(), |_| true).last().unwrap().unwrap();
        assert_eq!(
            (last.at.to_string().as_str(), last.entry),
            ("audit-00000001.jsonl, line 4", Err(EntryError::Edited))
        );
    }

    #[test]
    fn gives_the_line_as_the_log_has_it() {
        let state = State::with_entries(1);
        state.log().record(mint(7)).unwrap();
        let LogLine { entry, text, .. } = list(state.path(), |_| true).last().unwrap().unwrap();
        assert_eq!(format!("{text}\n").into_bytes(), state.lines(1)[1]);
        assert!(entry.unwrap().body.is_for(7));
    }

    #[test]
    fn contains_an_entry_that_is_meant_and_no_bad_line() {
        let state = State::with_entries(2);
        let of = |action| contains(state.path(), |event| event.action == action).unwrap();
        assert!(of(Action::Mint) && !of(Action::SessionRevoke));
        let mut lines = state.lines(1);
        edit(&mut lines[1]);
        state.write(1, &lines.concat());
        assert!(!of(Action::Mint));
    }

    #[test]
    fn a_log_that_is_not_there_has_no_lines() {
        assert!(numbers(&State::new(), |_| true).is_empty());
    }

    fn of(customer: u64, expires_at: Option<u64>) -> TokenQuery {
        let expires_at = expires_at.and_then(Timestamp::from_epoch_seconds);
        TokenQuery { fingerprint: format!("{customer:016x}"), claims: Some((customer, expires_at)) }
    }

    #[test]
    fn an_entry_with_the_fingerprint_is_certain_and_one_with_another_is_none() {
        let matches = |query: &TokenQuery| query.matches(&mint(7));
        assert_eq!(matches(&of(7, Some(1))), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { claims: None, ..of(7, None) }), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { fingerprint: "00".into(), ..of(7, None) }), None);
    }

    #[test]
    fn a_batch_is_possible_if_the_customer_and_the_expiry_are_the_tokens() {
        let mut ranges = IdRanges::default();
        assert!((5..9).all(|id| ranges.insert_next(id)));
        let batch = |action, expires_at| Event {
            customers: Some(ranges.clone()),
            expires_at,
            ..Event::new(action, Channel::Cli, ann(), Outcome::Ok)
        };
        let event = batch(Action::MintBatch, Timestamp::from_epoch_seconds(100));
        assert_eq!(of(7, Some(100)).matches(&event), Some(TokenMatch::Possible));
        for other in [of(9, Some(100)), of(7, Some(101)), of(7, None)] {
            assert_eq!(other.matches(&event), None, "{other:?}");
        }
        assert_eq!(of(7, None).matches(&batch(Action::Fault, None)), Some(TokenMatch::Possible));
        assert_eq!(TokenQuery { claims: None, ..of(7, None) }.matches(&batch(Action::MintBatch, None)), None);
    }

    #[test]
    fn what_made_no_token_is_not_found() {
        for (action, outcome) in [(Action::Repaired, Outcome::Ok), (Action::Mint, Outcome::Failed)] {
            let event = Event { action, outcome, ..mint(7) };
            assert_eq!(of(7, None).matches(&event), None);
        }
    }

    #[test]
    fn returns_what_came_since_the_last_call_and_nothing_from_before() {
        let state = State::with_entries(3);
        let mut follower = follow(state.path(), |_| true).unwrap();
        assert!(numbers_of(&mut follower).is_empty());
        (1..3).for_each(|customer| drop(state.log().record(mint(customer)).unwrap()));
        assert_eq!(numbers_of(&mut follower), [4, 5]);
        assert!(numbers_of(&mut follower).is_empty());
    }

    #[test]
    fn follows_into_new_segments_and_past_those_that_are_gone() {
        let state = State::new();
        let mut follower = follow(state.path(), |_| true).unwrap();
        let log = state.log_of_short_segments();
        let record = |customer| drop(log.record(mint(customer)).unwrap());
        record(1);
        assert_eq!(numbers_of(&mut follower), [1, 2]);
        (2..5).for_each(record);
        assert_eq!(numbers_of(&mut follower), [3, 4, 5, 6, 7, 8]);
        fs::remove_file(state.segment(3)).unwrap();
        record(5);
        fs::remove_file(state.segment(4)).unwrap();
        assert_eq!(numbers_of(&mut follower), [9, 10]);
    }

    #[test]
    fn waits_for_the_end_of_a_line_and_passes_over_one_that_was_torn_and_repaired() {
        let state = State::with_entries(2);
        let mut follower = follow(state.path(), |_| true).unwrap();
        state.log().record(mint(2)).unwrap();
        let whole = state.read(1);
        state.write(1, &whole[..whole.len() - 9]);
        assert!(numbers_of(&mut follower).is_empty());
        state.log().record(mint(3)).unwrap();
        assert_eq!(numbers_of(&mut follower), [3, 4]);
        assert!(state.verify().is_intact());
    }

    #[test]
    fn shows_a_bad_line_with_its_place() {
        let state = State::with_entries(2);
        let follower = follow(state.path(), |_| true).unwrap();
        state.log().record(mint(2)).unwrap();
        let mut lines = state.lines(1);
        edit(&mut lines[2]);
        lines.push([vec![b'x'; 100_000], vec![b'\n']].concat());
        state.write(1, &lines.concat());
        let bad: Vec<_> =
            follower.map(Result::unwrap).map(|line| (line.at.line, line.entry.unwrap_err())).collect();
        assert_eq!(bad, [(3, EntryError::Edited), (4, EntryError::Unreadable)]);
    }
}
