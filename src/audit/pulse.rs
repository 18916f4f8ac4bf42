//! What is known of a journal without writing to it: how its last append went, and how its syncs do.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// How a journal does. It is shared by all who want to know.
pub struct Pulse {
    /// Tells the time.
    clock: Clock,
    /// How many syncs of entries there were.
    syncs: AtomicU64,
    /// How the last append went.
    last: Mutex<LastAppend>,
    /// Is told how long each sync took.
    observer: OnceLock<Observer>,
}

/// What is told how long a sync took. It must not block.
type Observer = Box<dyn Fn(Duration) + Send + Sync>;

/// How the last append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastAppend {
    /// There was none yet.
    #[default]
    None,
    /// The entries are on disk.
    Succeeded,
    /// They are not.
    Failed {
        /// When that was.
        at: Timestamp,
    },
}

impl Pulse {
    /// Begins to know.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, syncs: AtomicU64::new(0), last: Mutex::default(), observer: OnceLock::new() }
    }

    /// Has every sync from now on told; the first who asks is the only one.
    pub fn observe(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        // That there is one already is what is promised.
        let _ = self.observer.set(Box::new(observer));
    }

    /// Tells how the last append went.
    #[must_use]
    pub fn last_append(&self) -> LastAppend {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how many syncs of entries there were, failed ones included.
    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Takes note of a sync.
    pub(super) fn synced(&self, took: Duration) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        if let Some(observer) = self.observer.get() {
            observer(took);
        }
    }

    /// Takes note of how an append went.
    pub(super) fn appended(&self, is_on_disk: bool) {
        let last =
            if is_on_disk { LastAppend::Succeeded } else { LastAppend::Failed { at: self.clock.now() } };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pulse")
            .field("syncs", &self.syncs())
            .field("last", &self.last_append())
            .finish_non_exhaustive()
    }
}
