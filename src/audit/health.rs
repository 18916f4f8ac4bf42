//! How appends to an audit log went, and how long its syncs took: known without writing to the log.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// The health of an audit log, shared by its writer and its observer.
pub struct AuditHealth {
    /// The clock.
    clock: Clock,
    /// The number of syncs of entries.
    fsync_count: AtomicU64,
    /// How the last append went.
    last: Mutex<LastAppend>,
    /// Called with the duration of each sync.
    observer: OnceLock<Observer>,
}

/// Called with the duration of a sync. It must not block.
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

impl AuditHealth {
    /// Returns the health of a log that nothing was appended to yet.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, fsync_count: AtomicU64::new(0), last: Mutex::default(), observer: OnceLock::new() }
    }

    /// Calls `observer` with the duration of every sync from now on. Only the first observer is kept.
    pub fn observe(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        // A second observer is dropped, as the documentation says.
        let _ = self.observer.set(Box::new(observer));
    }

    /// Returns how the last append went.
    #[must_use]
    pub fn last_append(&self) -> LastAppend {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of syncs of entries, failed ones included.
    pub(super) fn fsync_count(&self) -> u64 {
        self.fsync_count.load(Ordering::Relaxed)
    }

    /// Records a sync.
    pub(super) fn record_fsync(&self, took: Duration) {
        self.fsync_count.fetch_add(1, Ordering::Relaxed);
        if let Some(observer) = self.observer.get() {
            observer(took);
        }
    }

    /// Records an append.
    pub(super) fn record_append(&self, is_on_disk: bool) {
        let last =
            if is_on_disk { LastAppend::Succeeded } else { LastAppend::Failed { at: self.clock.now() } };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

impl fmt::Debug for AuditHealth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditHealth")
            .field("fsync_count", &self.fsync_count())
            .field("last", &self.last_append())
            .finish_non_exhaustive()
    }
}
