//! Lists the entries of a log, filtered, in constant memory; lines that are no entries are shown too.

use std::iter;
use std::path::Path;

use super::entry::{Action, Channel, Entry, EntryBody, Outcome};
use super::error::AuditError;
use super::find::TokenQuery;
use super::reader::{EntryError, LogReader, ReadItem};
use super::segment;
use crate::time::Timestamp;

/// Which entries are listed; the default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those at this time or later.
    pub since: Option<Timestamp>,
    /// Those at this time or earlier.
    pub until: Option<Timestamp>,
    /// Those of this profile.
    pub profile: Option<String>,
    /// Those of one of these actions; of any, if there are none.
    pub actions: Vec<Action>,
    /// Those that came this way.
    pub channel: Option<Channel>,
    /// Those for this customer, also among others.
    pub customer: Option<u64>,
    /// Those by this user, also through sudo.
    pub actor: Option<String>,
    /// Those that ended so.
    pub outcome: Option<Outcome>,
    /// Those about this token.
    pub token: Option<TokenQuery>,
    /// Those whose reason, or what they were for, contains this text.
    pub reason: Option<String>,
}

impl Filter {
    /// Returns `true` if an entry is listed.
    #[must_use]
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
            && self.customer.is_none_or(|customer| body.customers.contains(customer))
            && self.actor.as_deref().is_none_or(is_by)
            && self.outcome.is_none_or(|outcome| body.outcome == outcome)
            && self.token.as_ref().is_none_or(|token| token.matches(body).is_some())
            && (self.reason.as_deref())
                .is_none_or(|part| contains(&body.purpose, part) || contains(&body.reason, part))
    }
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListItem {
    /// An entry, as it was written.
    Entry {
        /// The entry.
        entry: Box<Entry>,
        /// Its line, as the log has it.
        text: String,
    },
    /// A line that is none, whatever the filter.
    Invalid {
        /// The segment's file name.
        segment: String,
        /// The line in it, from 1.
        line: u64,
        /// What is wrong with it.
        error: EntryError,
    },
}

/// Lists the lines of the log under a state directory that a filter admits, in order; one that is not there is empty.
///
/// # Errors
/// Whatever keeps the log from being read; each item can fail so too, and is then the last.
pub fn list(
    state: &Path,
    filter: Filter,
) -> Result<impl Iterator<Item = Result<ListItem, AuditError>> + use<>, AuditError> {
    let mut reader = Some(LogReader::open(state)?);
    Ok(iter::from_fn(move || {
        let read = read(reader.as_mut()?, &filter);
        if read.is_err() {
            reader = None;
        }
        read.transpose()
    }))
}

/// Returns `true` if the log under a state directory has an entry that a filter admits and `is_meant` too.
///
/// # Errors
/// Whatever keeps the log from being read.
pub fn contains(
    state: &Path,
    filter: Filter,
    is_meant: impl Fn(&EntryBody) -> bool,
) -> Result<bool, AuditError> {
    for listed in list(state, filter)? {
        if matches!(listed?, ListItem::Entry { entry, .. } if is_meant(&entry.body)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads on to the next line that is listed.
fn read(reader: &mut LogReader, filter: &Filter) -> Result<Option<ListItem>, AuditError> {
    while let Some(item) = reader.next()? {
        match item {
            ReadItem::Entry(_, entry) if filter.matches(&entry) => {
                let text = String::from_utf8_lossy(reader.line()).into_owned();
                return Ok(Some(ListItem::Entry { entry, text }));
            }
            ReadItem::Invalid(at, error, _) => {
                let segment = segment::name(at.segment);
                return Ok(Some(ListItem::Invalid { segment, line: at.line, error }));
            }
            ReadItem::Entry(..) | ReadItem::Unfinished(_) => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Action, Actor, Channel, Event};
    use super::super::log::AuditLog;
    use super::super::ranges::IdRanges;
    use super::super::testing::{State, edit, mint};
    use super::*;
    use crate::time::Clock;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    /// Returns the numbers of the entries that a filter admits, 0 for a bad line.
    fn numbers(state: &State, filter: Filter) -> Vec<u64> {
        let number = |listed: Result<ListItem, AuditError>| match listed.unwrap() {
            ListItem::Entry { entry, .. } => entry.sequence,
            ListItem::Invalid { .. } => 0,
        };
        list(state.path(), filter).unwrap().map(number).collect()
    }

    #[test]
    fn filters_by_customer_also_inside_a_batch() {
        let state = State::with_entries(4);
        let mut ranges = IdRanges::new();
        assert!((2..=500).chain([777]).all(|id| ranges.insert_next(id)));
        let batch = Event::new(Action::MintBatch, Channel::Cli, super::super::testing::ann(), Outcome::Ok);
        state.log().record(batch.customers(ranges)).unwrap();
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
        let served =
            Event::new(Action::Refusal, Channel::Serve, super::super::testing::ann(), Outcome::Refused);
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
        let last = list(state.path(), Filter::default()).unwrap().last().unwrap().unwrap();
        let segment = "audit-00000001.jsonl".to_owned();
        assert_eq!(last, ListItem::Invalid { segment, line: 4, error: EntryError::Edited });
    }

    #[test]
    fn gives_the_line_as_the_log_has_it() {
        let state = State::with_entries(1);
        state.log().record(mint(7)).unwrap();
        let last = list(state.path(), Filter::default()).unwrap().last().unwrap().unwrap();
        let ListItem::Entry { entry, text } = last else { panic!("{last:?}") };
        assert_eq!(format!("{text}\n").into_bytes(), state.lines(1)[1]);
        assert!(entry.body.customers.contains(7));
    }

    #[test]
    fn contains_an_entry_that_the_filter_admits_and_no_bad_line() {
        let state = State::with_entries(2);
        let of = |action| {
            let filter = Filter { actions: vec![action], outcome: Some(Outcome::Ok), ..Filter::default() };
            contains(state.path(), filter, |_| true).unwrap()
        };
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
}
