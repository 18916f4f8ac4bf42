//! The customers of a batch, as exact ranges.

use serde::Serialize;

/// The maximum number of ranges in an entry, which keeps its line within the maximum length.
pub(super) const MAX_RANGES: usize = 256;

/// Customer ids in order of insertion, with consecutive ids merged: the first and last id of each range, both
/// inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IdRanges(pub(super) Vec<(u64, u64)>);

impl IdRanges {
    /// Appends an id. Returns `false`, and adds nothing, if that would exceed the maximum number of ranges.
    pub fn insert_next(&mut self, customer: u64) -> bool {
        if let Some((_, last)) = self.0.last_mut()
            && last.checked_add(1) == Some(customer)
        {
            *last = customer;
            return true;
        }
        if self.0.len() >= MAX_RANGES {
            return false;
        }
        self.0.push((customer, customer));
        true
    }

    /// Returns `true` if a range contains the id.
    pub fn contains(&self, customer: u64) -> bool {
        self.iter().any(|(first, last)| (first..=last).contains(&customer))
    }

    /// Iterates over the first and last id of each range, both inclusive.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_successive_ids_together_and_keeps_every_other() {
        let mut ranges = IdRanges::default();
        for id in (1..=500).chain([777, 776, 776, u64::MAX, 1]) {
            assert!(ranges.insert_next(id));
        }
        let expected = [(1, 500), (777, 777), (776, 776), (776, 776), (u64::MAX, u64::MAX), (1, 1)];
        assert!(ranges.iter().eq(expected));
        assert!(ranges.contains(500) && ranges.contains(777) && !ranges.contains(501));
    }

    #[test]
    fn is_full_after_its_last_range_but_still_extends_that_one() {
        let mut ranges = IdRanges::default();
        for id in 0..256 {
            assert!(ranges.insert_next(id * 10));
        }
        assert!(!ranges.insert_next(9_000));
        assert!(ranges.insert_next(2_551));
        assert_eq!(ranges.iter().last(), Some((2_550, 2_551)));
    }
}
