//! Where the state of keys is kept: a table of fixed size that forgets the least important first.
//!
//! The state of a key is one time, its theoretical arrival time (TAT): when all that it used will have been given
//! back. A key whose TAT has passed is as good as one that was never seen.
//!
//! The table has 4,096 sets of 16 entries. A key belongs to one set, which a hash with a random key of this process
//! chooses, so that nobody outside knows which keys share a set. If a set is full, the key with the earliest TAT
//! loses its entry: the one of the sixteen that used least, and that gains least by being forgotten. That makes a
//! limit costly to evade: to have a key forgotten that has used its whole rate, a client must bring as many others
//! in its set as far. Not knowing the set, that takes about as many keys as the table has entries, each up to its
//! whole rate and all within one period. A flood of keys that ask once each forgets only its own.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

/// The most keys that are remembered.
pub(super) const CAPACITY: usize = 65_536;
/// The number of keys that share a set.
const ASSOCIATIVITY: usize = 16;
/// The number of sets.
const SETS: usize = CAPACITY / ASSOCIATIVITY;

/// The table. It takes one megabyte and never grows; one request locks one set, and looks at its entries.
pub(super) struct TatStore {
    /// The sets.
    sets: Box<[Mutex<Set>]>,
    /// Chooses a key's set.
    hasher: RandomState,
}

/// The entries of a set.
type Set = [Entry; ASSOCIATIVITY];

/// The entry of a key.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The key.
    key: u64,
    /// When all that it used will have been given back, in nanoseconds; 0 if there is no key, which
    /// is no key's TAT.
    tat: u64,
}

impl Entry {
    /// Returns `true` if this is the key's entry.
    fn is_occupied_by(&self, key: u64) -> bool {
        self.tat != 0 && self.key == key
    }
}

impl TatStore {
    /// Returns an empty table.
    pub(super) fn new() -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { sets, hasher: RandomState::new() }
    }

    /// Returns the set of a key.
    fn set(&self, key: u64) -> &Mutex<Set> {
        let sets = self.sets.len() as u64;
        let index = usize::try_from(self.hasher.hash_one(key) % sets).unwrap_or_default();
        &self.sets[index]
    }
}

impl StateStore for TatStore {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &Self::Key, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // A thread that panicked with a set left whole entries in it.
        let mut set = self.set(*key).lock().unwrap_or_else(PoisonError::into_inner);
        let found = set.iter().position(|entry| entry.is_occupied_by(*key));
        let (outcome, tat) = decide(found.map(|at| set[at].tat.into()))?;
        let earliest = || (0..ASSOCIATIVITY).min_by_key(|at| set[*at].tat).unwrap_or_default();
        let at = found.unwrap_or_else(earliest);
        set[at] = Entry { key: *key, tat: tat.as_u64() };
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a key in with its tat, and gives the one that it had.
    fn put(table: &TatStore, key: u64, tat: u64) -> Option<u64> {
        let kept = |was: Option<Nanos>| Ok::<_, ()>((was.map(Nanos::as_u64), tat.into()));
        table.measure_and_replace(&key, kept).unwrap()
    }

    /// Returns which tat is known of a key, and changes nothing.
    fn known(table: &TatStore, key: u64) -> Option<u64> {
        let outcome = table.measure_and_replace(&key, |was| Err::<((), Nanos), _>(was.map(Nanos::as_u64)));
        outcome.unwrap_err()
    }

    /// Counts the keys that are known.
    fn count(table: &TatStore) -> usize {
        let known = |set: &Mutex<Set>| set.lock().unwrap().iter().filter(|entry| entry.tat != 0).count();
        table.sets.iter().map(known).sum()
    }

    #[test]
    fn a_key_has_the_tat_that_was_put_last_and_a_refusal_changes_nothing() {
        let table = TatStore::new();
        assert_eq!(put(&table, 0, 5), None);
        assert_eq!(put(&table, 0, 7), Some(5));
        assert_eq!((known(&table, 0), known(&table, 0), known(&table, 1)), (Some(7), Some(7), None));
        assert_eq!(count(&table), 1);
    }

    #[test]
    fn however_many_keys_come_no_more_than_65_536_are_known() {
        let table = TatStore::new();
        (0..200_000).for_each(|key| _ = put(&table, key, key + 1));
        assert_eq!(count(&table), 65_536);
        assert_eq!(size_of_val(&*table.sets), SETS * 264);
    }

    #[test]
    fn a_flood_of_keys_that_used_little_forgets_none_that_used_more() {
        let table = TatStore::new();
        (0..1_000).for_each(|key| _ = put(&table, key, 1_000));
        (1_000..200_000).for_each(|key| _ = put(&table, key, 999));
        assert!((0..1_000).all(|key| known(&table, key) == Some(1_000)));
    }

    #[test]
    fn a_full_set_forgets_the_key_whose_tat_comes_first() {
        let table = TatStore { sets: [Mutex::default()].into(), hasher: RandomState::new() };
        for (key, tat) in (100..).zip([9, 8, 7, 6, 5, 4, 3, 20, 11, 12, 13, 14, 15, 16, 17, 18]) {
            put(&table, key, tat);
        }
        assert_eq!(put(&table, 1, 10), None);
        assert_eq!((known(&table, 106), known(&table, 105), known(&table, 1)), (None, Some(4), Some(10)));
        put(&table, 2, 1);
        assert_eq!((known(&table, 105), known(&table, 2)), (None, Some(1)));
        put(&table, 3, 1);
        assert_eq!((known(&table, 2), known(&table, 3), known(&table, 104)), (None, Some(1), Some(5)));
    }
}
