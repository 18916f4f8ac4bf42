//! A value that can be replaced while other threads use it.

use std::sync::{Arc, PoisonError, RwLock};

/// A holder of the current value. A caller that loaded a value keeps it after it is replaced.
///
/// The standard library's lock is enough: it is held only while an `Arc` is cloned or moved.
pub struct Reloadable<T>(RwLock<Arc<T>>);

impl<T> Reloadable<T> {
    /// Returns a holder of this value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// Returns the current value.
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the current value.
    pub fn store(&self, value: T) {
        // The old value is dropped at the end, after the lock is released.
        let _old =
            std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), Arc::new(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loaded_value_is_kept_and_the_next_load_returns_the_new_one() {
        let value = Reloadable::new("old");
        let loaded = value.load();
        value.store("new");
        assert_eq!((*loaded, *value.load()), ("old", "new"));
    }
}
