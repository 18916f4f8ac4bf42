//! A value that is exchanged while others use it.

use std::sync::{Arc, PoisonError, RwLock};

/// Holds what is in use now. Whoever took it keeps what they took.
///
/// The standard library's lock is enough: it is held for no longer than an `Arc` is cloned or moved, and a
/// crate for lock-free exchange would save nanoseconds once a request.
#[derive(Debug)]
pub struct Swap<T>(RwLock<Arc<T>>);

impl<T> Swap<T> {
    /// Begins with a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// Gives what is in use now.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another value in its place.
    pub fn put(&self, value: T) {
        let mut value = Arc::new(value);
        std::mem::swap(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), &mut value);
        // The one before is dropped here, when nobody waits for the lock.
        drop(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_took_a_value_keeps_it_and_others_get_the_next() {
        let swap = Swap::new("old");
        let taken = swap.current();
        swap.put("new");
        assert_eq!((*taken, *swap.current()), ("old", "new"));
    }
}
