//! Where the state of keys is kept: a table of fixed size that forgets the least important first.
//!
//! The state of a key is one moment: when all that it used will have been given back. A key whose moment
//! has passed is as good as one that was never seen.
//!
//! The table has 4,096 sets of 16 places. A key belongs to one set, which a hash with a random key of this
//! process chooses, so nobody outside knows whose keys meet. Where a set is full, the key whose moment
//! comes first gives its place up: of the sixteen the one that used least, and so the one to which
//! forgetting gives least. That is what makes a limit costly to shake off. Whoever wants a key forgotten
//! that has used its whole rate must bring as many others in its set as far; not knowing the set, about
//! as many as the table has places, each up to its whole rate and all within one period. A flood of keys
//! that ask once each forgets only its own.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

/// How many keys are remembered at most.
pub(super) const MOST_KEYS: usize = 65_536;
/// How many of them share a set.
const WAYS: usize = 16;
/// How many sets there are.
const SETS: usize = MOST_KEYS / WAYS;

/// The table. It takes one megabyte and never grows; one request locks one set, and looks at its places.
pub(super) struct Table {
    /// The sets.
    sets: Box<[Mutex<Set>]>,
    /// Chooses a key's set.
    hasher: RandomState,
}

/// The places of a set.
type Set = [Place; WAYS];

/// A place for a key.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The key.
    key: u64,
    /// When all that it used will have been given back, in nanoseconds; 0 where no key is here, which
    /// no key's moment is.
    moment: u64,
}

impl Place {
    /// Tells whether a key is here.
    fn holds(&self, key: u64) -> bool {
        self.moment != 0 && self.key == key
    }
}

impl Table {
    /// Makes an empty table.
    pub(super) fn new() -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { sets, hasher: RandomState::new() }
    }

    /// Gives the set of a key.
    fn set(&self, key: u64) -> &Mutex<Set> {
        let sets = self.sets.len() as u64;
        let index = usize::try_from(self.hasher.hash_one(key) % sets).unwrap_or_default();
        &self.sets[index]
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Table").finish_non_exhaustive()
    }
}

impl StateStore for Table {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &Self::Key, judge: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // Whoever panicked with a set left whole places in it.
        let mut set = self.set(*key).lock().unwrap_or_else(PoisonError::into_inner);
        let found = set.iter().position(|place| place.holds(*key));
        let (outcome, moment) = judge(found.map(|at| set[at].moment.into()))?;
        let earliest = || (0..WAYS).min_by_key(|at| set[*at].moment).unwrap_or_default();
        let at = found.unwrap_or_else(earliest);
        set[at] = Place { key: *key, moment: moment.as_u64() };
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a key in with its moment, and gives the one that it had.
    fn put(table: &Table, key: u64, moment: u64) -> Option<u64> {
        let kept = |was: Option<Nanos>| Ok::<_, ()>((was.map(Nanos::as_u64), moment.into()));
        table.measure_and_replace(&key, kept).unwrap()
    }

    /// Tells which moment is known of a key, and changes nothing.
    fn known(table: &Table, key: u64) -> Option<u64> {
        let outcome = table.measure_and_replace(&key, |was| Err::<((), Nanos), _>(was.map(Nanos::as_u64)));
        outcome.unwrap_err()
    }

    /// Counts the keys that are known.
    fn count(table: &Table) -> usize {
        let known = |set: &Mutex<Set>| set.lock().unwrap().iter().filter(|place| place.moment != 0).count();
        table.sets.iter().map(known).sum()
    }

    #[test]
    fn a_key_has_the_moment_that_was_put_last_and_a_refusal_changes_nothing() {
        let table = Table::new();
        assert_eq!(put(&table, 0, 5), None);
        assert_eq!(put(&table, 0, 7), Some(5));
        assert_eq!((known(&table, 0), known(&table, 0), known(&table, 1)), (Some(7), Some(7), None));
        assert_eq!(count(&table), 1);
    }

    #[test]
    fn however_many_keys_come_no_more_than_65_536_are_known() {
        let table = Table::new();
        (0..200_000).for_each(|key| _ = put(&table, key, key + 1));
        assert_eq!(count(&table), 65_536);
        assert_eq!(size_of_val(&*table.sets), SETS * 264);
    }

    #[test]
    fn a_flood_of_keys_that_used_little_forgets_none_that_used_more() {
        let table = Table::new();
        (0..1_000).for_each(|key| _ = put(&table, key, 1_000));
        (1_000..200_000).for_each(|key| _ = put(&table, key, 999));
        assert!((0..1_000).all(|key| known(&table, key) == Some(1_000)));
    }

    #[test]
    fn a_full_set_forgets_the_key_whose_moment_comes_first() {
        let table = Table { sets: [Mutex::default()].into(), hasher: RandomState::new() };
        for (key, moment) in (100..).zip([9, 8, 7, 6, 5, 4, 3, 20, 11, 12, 13, 14, 15, 16, 17, 18]) {
            put(&table, key, moment);
        }
        assert_eq!(put(&table, 1, 10), None);
        assert_eq!((known(&table, 106), known(&table, 105), known(&table, 1)), (None, Some(4), Some(10)));
        put(&table, 2, 1);
        assert_eq!((known(&table, 105), known(&table, 2)), (None, Some(1)));
        put(&table, 3, 1);
        assert_eq!((known(&table, 2), known(&table, 3), known(&table, 104)), (None, Some(1), Some(5)));
    }
}
