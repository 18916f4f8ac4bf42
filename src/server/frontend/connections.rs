//! The open connections of a listener: their phases and timeouts, and which connection is closed to make room for a new
//! one.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::limits::Limits;
use crate::server::telemetry::Telemetry;

/// The time after its opening or last request in which a connection is not closed to make room for another. Without it, a
/// new connection would be closed in a rush before its request is read.
const MIN_AGE: Duration = Duration::from_millis(100);

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The TLS handshake is not finished.
    Handshake,
    /// The connection is new, or the client is sending the head of a request.
    Head,
    /// The client is sending the body of a request.
    Body,
    /// The request is being answered.
    Answering,
    /// The client is receiving a response.
    Writing,
    /// The client may send another request.
    Idle,
    /// The last response was sent, and the connection is read until it ends.
    Lingering,
}

/// The open connections of one listener.
pub(super) struct Connections {
    /// The limits of the listener.
    limits: Limits,
    /// The telemetry for the number of connections, and for those closed to make room; `None` for an admin listener.
    telemetry: Option<Arc<Telemetry>>,
    /// The table of connections.
    table: Mutex<Table>,
    /// Notified when a connection ends, or may be closed again.
    changed: Notify,
}

/// The connections, by id.
#[derive(Default)]
struct Table {
    /// The id of the next connection.
    next_id: u64,
    /// The connections.
    entries: HashMap<u64, Entry>,
}

/// The entry of a connection.
struct Entry {
    /// The phase.
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the last complete request arrived, or when the connection was opened if none has arrived.
    last_request: Instant,
    /// The handle that aborts the connection's task, which closes the connection.
    task: Option<AbortHandle>,
}

/// A connection's slot in the table. Dropping it removes the connection from the table.
pub(super) struct Slot {
    /// The table.
    connections: Arc<Connections>,
    /// The id of the connection.
    id: u64,
}

impl Connections {
    /// Returns a table without connections.
    pub(super) fn new(limits: Limits, telemetry: Option<Arc<Telemetry>>) -> Self {
        Self { limits, telemetry, table: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until there is room for one more connection, or a connection that can be closed to make room.
    pub(super) async fn has_room(&self) {
        while self.is_full() && self.table().first_to_close(|entry| entry.is_old(Instant::now())).is_none() {
            let _ = timeout(MIN_AGE / 10, self.changed.notified()).await;
        }
    }

    /// Starts the task of a new connection, and closes another connection if there are too many.
    pub(super) fn open<F>(self: &Arc<Self>, phase: Phase, serve: impl FnOnce(Slot) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.is_full() {
            self.close_first(|_| true);
            let note = "the most connections are open: one is closed for each new one";
            self.telemetry.iter().for_each(|telemetry| telemetry.note_rarely(note));
        }
        let is_handshake = |entry: &Entry| entry.phase == Phase::Handshake;
        if phase == Phase::Handshake && self.count(is_handshake) >= self.limits.handshakes {
            self.close_first(is_handshake);
        }
        let (now, mut table) = (Instant::now(), self.table());
        table.next_id += 1;
        let id = table.next_id;
        // The runtime has one thread, so the new task does not run before this one awaits.
        let task = tokio::spawn(serve(Slot { connections: Arc::clone(self), id }));
        let task = Some(task.abort_handle());
        table.entries.insert(id, Entry { phase, since: now, last_request: now, task });
        self.report_count(&table);
    }

    /// Closes the connection with the oldest last request, unless all are being answered.
    pub(super) fn close_one(&self) {
        self.close_first(|_| true);
    }

    /// Closes the connection with the oldest last request among those that match.
    fn close_first(&self, matches: impl Fn(&Entry) -> bool) {
        let mut table = self.table();
        if let Some(id) = table.first_to_close(matches) {
            table.close(id);
        }
        self.report_count(&table);
    }

    /// Closes all connections that have been in their phase for too long.
    pub(super) fn close_overdue(&self) {
        self.close_all(|entry| {
            self.timeout(entry.phase).is_some_and(|timeout| entry.since.elapsed() >= timeout)
        });
    }

    /// Closes all connections that have not sent the head of another request.
    pub(super) fn close_idle(&self) {
        self.close_all(|entry| matches!(entry.phase, Phase::Handshake | Phase::Head | Phase::Idle));
    }

    /// Waits until no connection is open.
    pub(super) async fn all_closed(&self) {
        while self.count(|_| true) > 0 {
            self.changed.notified().await;
        }
    }

    /// Returns the number of requests that have arrived and are not answered.
    pub(super) fn unanswered(&self) -> usize {
        self.count(|entry| entry.phase == Phase::Answering)
    }

    /// Returns `true` if the maximum number of connections is open.
    fn is_full(&self) -> bool {
        self.count(|_| true) >= self.limits.connections
    }

    /// Returns the number of connections that match.
    fn count(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        self.table().entries.values().filter(|entry| matches(entry)).count()
    }

    /// Closes all connections that match.
    fn close_all(&self, matches: impl Fn(&Entry) -> bool) {
        let mut table = self.table();
        let matching = table.entries.iter().filter(|(_, entry)| matches(entry)).map(|(id, _)| *id);
        for id in matching.collect::<Vec<_>>() {
            table.close(id);
        }
        self.report_count(&table);
    }

    /// Returns how long a connection may be in a phase; `None` where the request's own timeouts apply.
    fn timeout(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Handshake | Phase::Body | Phase::Answering => None,
            Phase::Head => Some(self.limits.head_timeout),
            Phase::Writing => Some(self.limits.write_timeout),
            Phase::Idle => Some(self.limits.idle_timeout),
            Phase::Lingering => Some(self.limits.linger_timeout),
        }
    }

    /// Reports the number of connections, which may have changed.
    fn report_count(&self, table: &Table) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.metrics.connections.set(table.entries.len() as u64);
        }
        self.changed.notify_one();
    }

    /// Locks the table. A thread that panicked while it held the lock left the table consistent.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Returns the first connection to close among those that match: the one with the oldest last request, or the oldest
    /// opening if it has sent none. A connection that is being answered is never closed.
    fn first_to_close(&self, matches: impl Fn(&Entry) -> bool) -> Option<u64> {
        let closable = |entry: &Entry| entry.phase != Phase::Answering && matches(entry);
        let candidates = self.entries.iter().filter(|(_, entry)| closable(entry));
        candidates.min_by_key(|(_, entry)| entry.last_request).map(|(id, _)| *id)
    }

    /// Closes a connection. Its slot is free at once, however long its task takes to end.
    fn close(&mut self, id: u64) {
        if let Some(task) = self.entries.remove(&id).and_then(|entry| entry.task) {
            task.abort();
        }
    }
}

impl Entry {
    /// Returns `true` if the connection may be closed to make room for another.
    fn is_old(&self, now: Instant) -> bool {
        now.duration_since(self.last_request) >= MIN_AGE
    }
}

impl Slot {
    /// Sets the phase of the connection.
    pub(super) fn enter(&self, phase: Phase) {
        self.update(|entry| {
            let now = Instant::now();
            if phase == Phase::Answering {
                entry.last_request = now;
            }
            (entry.phase, entry.since) = (phase, now);
        });
        if phase == Phase::Writing {
            self.connections.changed.notify_one();
        }
    }

    /// Sets the phase of the connection to `to` if it is `from`.
    pub(super) fn advance(&self, from: Phase, to: Phase) {
        self.update(|entry| {
            if entry.phase == from {
                (entry.phase, entry.since) = (to, Instant::now());
            }
        });
    }

    /// Changes the connection's entry, unless the connection was closed.
    fn update(&self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.connections.table().entries.get_mut(&self.id) {
            change(entry);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        table.entries.remove(&self.id);
        self.connections.report_count(&table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a table with one entry for each phase and the seconds since its last request.
    fn table(entries: &[(Phase, u64)]) -> Table {
        let start = Instant::now();
        let entry = |(phase, ago): &(Phase, u64)| Entry {
            phase: *phase,
            since: start,
            last_request: start + Duration::from_secs(1_000 - ago),
            task: None,
        };
        let entries = (0..).zip(entries.iter().map(entry)).collect();
        Table { next_id: 0, entries }
    }

    #[test]
    fn the_connection_whose_last_request_is_longest_ago_is_closed_first() {
        let all = [(Phase::Idle, 5), (Phase::Head, 9), (Phase::Writing, 7)];
        assert_eq!(table(&all).first_to_close(|_| true), Some(1));
    }

    #[test]
    fn a_connection_that_is_being_answered_is_never_closed() {
        assert_eq!(table(&[(Phase::Answering, 9), (Phase::Idle, 1)]).first_to_close(|_| true), Some(1));
        assert_eq!(table(&[(Phase::Answering, 9)]).first_to_close(|_| true), None);
    }

    #[test]
    fn a_connection_that_was_just_opened_is_not_closed_for_another() {
        let table = table(&[(Phase::Head, 0), (Phase::Head, 0)]);
        let opened = table.entries[&0].last_request;
        let first = |after| table.first_to_close(|entry| entry.is_old(opened + after));
        assert_eq!(first(Duration::ZERO), None);
        assert!(first(MIN_AGE).is_some());
    }

    #[test]
    fn a_closed_connection_frees_its_place_at_once() {
        let mut table = table(&[(Phase::Idle, 5), (Phase::Head, 9)]);
        table.close(1);
        assert_eq!(table.entries.keys().collect::<Vec<_>>(), [&0]);
    }
}
