//! Lists the entries of a log, filtered, in constant memory. Lines that are not entries are listed too.

use std::path::Path;

use super::entry::{Action, Channel, Entry, Event, Outcome};
use super::error::AuditError;
use super::reader::{LogLine, LogReader};
use crate::time::Timestamp;

/// Criteria for the entries to list; the default matches all entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The earliest time, inclusive.
    pub since: Option<Timestamp>,
    /// The latest time, inclusive.
    pub until: Option<Timestamp>,
    /// The profile's name.
    pub profile: Option<String>,
    /// The actions; any action if empty.
    pub actions: Vec<Action>,
    /// The channel.
    pub channel: Option<Channel>,
    /// The customer, alone or in a batch.
    pub customer: Option<u64>,
    /// The user, directly or through sudo.
    pub actor: Option<String>,
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// A text that the reason or the purpose contains.
    pub reason: Option<String>,
}

impl Filter {
    /// Returns `true` if the entry meets all criteria.
    pub fn matches(&self, entry: &Entry) -> bool {
        let body = &entry.body;
        let is_by = |user: &str| body.actor.user == user || body.actor.sudo_user.as_deref() == Some(user);
        let contains =
            |text: &Option<String>, part: &str| text.as_ref().is_some_and(|text| text.contains(part));
        self.since.is_none_or(|since| entry.time >= since)
            && self.until.is_none_or(|until| entry.time <= until)
            && (self.profile.is_none() || self.profile == body.profile)
            && (self.actions.is_empty() || self.actions.contains(&body.action))
            && self.channel.is_none_or(|channel| body.channel == channel)
            && self.customer.is_none_or(|customer| body.is_for(customer))
            && self.actor.as_deref().is_none_or(is_by)
            && self.outcome.is_none_or(|outcome| body.outcome == outcome)
            && (self.reason.as_deref())
                .is_none_or(|part| contains(&body.purpose, part) || contains(&body.reason, part))
    }
}

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

/// Lists the lines of the log under a state directory, in order: the entries that match the filter, and all lines
/// that are not entries. A missing log is empty. An error, if the log cannot be read, is the last item.
pub fn list(state: &Path, filter: Filter) -> impl Iterator<Item = Result<LogLine, AuditError>> + use<> {
    admitted(LogReader::open(state), filter)
}

/// Lists the lines that are appended to the log from now on. The iterator returns `None` while there are no new
/// lines, and can be polled again.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn follow(
    state: &Path,
    filter: Filter,
) -> Result<impl Iterator<Item = Result<LogLine, AuditError>> + use<>, AuditError> {
    Ok(admitted(LogReader::open_at_end(state)?, filter))
}

/// Skips the entries that do not match the filter.
fn admitted(reader: LogReader, filter: Filter) -> impl Iterator<Item = Result<LogLine, AuditError>> {
    reader.filter(move |line| {
        let entry = line.as_ref().ok().and_then(|line| line.entry.as_ref().ok());
        entry.is_none_or(|entry| filter.matches(entry))
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

    use super::super::entry::{Action, Actor, Channel, EntryError, Event, IdRanges};
    use super::super::log::AuditLog;
    use super::super::testing::{State, ann, edit, mint};
    use super::*;
    use crate::time::Clock;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    /// Returns the numbers of entries, 0 for a bad line.
    fn numbers_of(lines: impl Iterator<Item = Result<LogLine, AuditError>>) -> Vec<u64> {
        lines.map(|line| line.unwrap().entry.map_or(0, |entry| entry.sequence)).collect()
    }

    /// Returns the numbers of the entries that a filter admits.
    fn numbers(state: &State, filter: Filter) -> Vec<u64> {
        numbers_of(list(state.path(), filter))
    }

    #[test]
    fn filters_by_customer_also_inside_a_batch() {
        let state = State::with_entries(4);
        let mut ranges = IdRanges::default();
        assert!((2..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let batch = Event::new(Action::MintBatch, Channel::Cli, ann(), Outcome::Ok);
        state.log().record(Event { customers: Some(ranges), ..batch }).unwrap();
        let of = |customer| numbers(&state, Filter { customer: Some(customer), ..Filter::default() });
        assert_eq!(of(1), [2]);
        assert_eq!(of(2), [3, 5]);
        assert_eq!(of(777), [5]);
        assert!(of(501).is_empty());
    }

    #[test]
    fn filters_by_time_actor_and_outcome_with_both_ends_included() {
        let state = State::new();
        for seconds in [10, 20, 30] {
            let log = AuditLog::open(state.path(), Clock::Fixed(at(seconds))).unwrap();
            let actor = Actor { user: "root".into(), sudo_user: Some(format!("user{seconds}")) };
            let outcome = if seconds == 20 { Outcome::Refused } else { Outcome::Ok };
            log.record(Event::new(Action::Mint, Channel::Cli, actor, outcome)).unwrap();
        }
        assert_eq!(numbers(&state, Filter { since: Some(at(20)), ..Filter::default() }), [3, 4]);
        assert_eq!(numbers(&state, Filter { until: Some(at(20)), ..Filter::default() }), [1, 2, 3]);
        let by = |user: &str| Filter { actor: Some(user.into()), ..Filter::default() };
        assert_eq!(numbers(&state, by("user30")), [4]);
        assert_eq!(numbers(&state, by("root")), [1, 2, 3, 4]);
        assert!(numbers(&state, by("user")).is_empty());
        assert_eq!(numbers(&state, Filter { outcome: Some(Outcome::Refused), ..Filter::default() }), [3]);
    }

    #[test]
    fn filters_by_profile_actions_and_channel() {
        let state = State::with_entries(2);
        let log = state.log();
        let served = Event::new(Action::Refusal, Channel::Serve, ann(), Outcome::Refused);
        log.record(served.profile("live")).unwrap();
        let of = |filter| numbers(&state, filter);
        assert_eq!(of(Filter { profile: Some("staging".into()), ..Filter::default() }), [2]);
        assert_eq!(of(Filter { profile: Some("live".into()), ..Filter::default() }), [3]);
        assert!(of(Filter { profile: Some("stag".into()), ..Filter::default() }).is_empty());
        assert_eq!(of(Filter { actions: vec![Action::Mint], ..Filter::default() }), [2]);
        assert_eq!(of(Filter { actions: vec![Action::Refusal, Action::Mint], ..Filter::default() }), [2, 3]);
        assert_eq!(of(Filter { channel: Some(Channel::Cli), ..Filter::default() }), [1, 2]);
        assert_eq!(of(Filter { channel: Some(Channel::Serve), ..Filter::default() }), [3]);
    }

    #[test]
    fn shows_bad_lines_whatever_the_filter() {
        let state = State::with_entries(4);
        let mut lines = state.lines(1);
        lines[2] = b"gone\n".to_vec();
        edit(&mut lines[3]);
        state.write(1, &lines.concat());
        assert_eq!(numbers(&state, Filter { customer: Some(1), ..Filter::default() }), [2, 0, 0]);
        let last = list(state.path(), Filter::default()).last().unwrap().unwrap();
        assert_eq!(
            (last.at.to_string().as_str(), last.entry),
            ("audit-00000001.jsonl, line 4", Err(EntryError::Edited))
        );
    }

    #[test]
    fn gives_the_line_as_the_log_has_it() {
        let state = State::with_entries(1);
        state.log().record(mint(7)).unwrap();
        let LogLine { entry, text, .. } = list(state.path(), Filter::default()).last().unwrap().unwrap();
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
        assert!(numbers(&State::new(), Filter::default()).is_empty());
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
        let mut follower = follow(state.path(), Filter::default()).unwrap();
        assert!(numbers_of(&mut follower).is_empty());
        (1..3).for_each(|customer| drop(state.log().record(mint(customer)).unwrap()));
        assert_eq!(numbers_of(&mut follower), [4, 5]);
        assert!(numbers_of(&mut follower).is_empty());
    }

    #[test]
    fn follows_into_new_segments_and_past_those_that_are_gone() {
        let state = State::new();
        let mut follower = follow(state.path(), Filter::default()).unwrap();
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
        let mut follower = follow(state.path(), Filter::default()).unwrap();
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
        let follower = follow(state.path(), Filter::default()).unwrap();
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
