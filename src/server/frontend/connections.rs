//! The open connections of a listener: their phases and timeouts, and which connection is closed to make room for a new
//! one.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::select;
use tokio::sync::{Notify, oneshot};
use tokio::time::{interval, timeout};

use super::Limits;
use crate::server::telemetry::Telemetry;

/// The time after its opening or last request in which a connection is not closed to make room for another. Without it, a
/// new connection would be closed in a rush before its request is read.
const MIN_AGE: Duration = Duration::from_millis(100);

/// The interval at which overdue connections are closed.
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);

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
    pub(super) limits: Limits,
    /// The telemetry for what the endpoint does not see; `None` for an admin listener.
    pub(super) telemetry: Option<Arc<Telemetry>>,
    /// The connections, by id.
    entries: Mutex<HashMap<u64, Entry>>,
    /// The id of the next connection.
    next_id: AtomicU64,
    /// Notified when a connection ends, or may be closed again.
    changed: Notify,
}

/// The entry of a connection. Dropping it closes the connection.
pub(super) struct Entry {
    /// The phase.
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the last complete request arrived, or when the connection was opened if none has arrived.
    last_request: Instant,
    /// The sender whose end the connection's task waits for.
    _keep_open: oneshot::Sender<()>,
}

/// A connection's slot in the table. Dropping it removes the connection from the table.
pub(super) struct Slot {
    /// The table.
    connections: Arc<Connections>,
    /// The id of the connection.
    id: u64,
}

impl Connections {
    /// Returns a table without connections. Those that become overdue are closed in the background.
    pub(super) fn start(limits: Limits, telemetry: Option<Arc<Telemetry>>) -> Arc<Self> {
        let (entries, next_id, changed) = (Mutex::default(), AtomicU64::default(), Notify::new());
        let connections = Arc::new(Self { limits, telemetry, entries, next_id, changed });
        let swept = Arc::clone(&connections);
        tokio::spawn(async move {
            let mut ticks = interval(SWEEP_INTERVAL);
            loop {
                ticks.tick().await;
                swept.close_overdue();
            }
        });
        connections
    }

    /// Waits until there is room for one more connection, or a connection that can be closed to make room.
    pub(super) async fn has_room(&self) {
        let is_old = |entry: &Entry| entry.last_request.elapsed() >= MIN_AGE;
        while self.is_full() && first_to_close(&self.entries(), is_old).is_none() {
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
        let (id, now) = (self.next_id.fetch_add(1, Ordering::Relaxed), Instant::now());
        let (keep_open, closed) = oneshot::channel();
        let entry = Entry { phase, since: now, last_request: now, _keep_open: keep_open };
        self.change(|entries| entries.insert(id, entry));
        let connection = serve(Slot { connections: Arc::clone(self), id });
        tokio::spawn(async move {
            select! { () = connection => {}, _ = closed => {} }
        });
    }

    /// Closes the connection with the oldest last request among those that match, unless all are being answered. Its place
    /// is free at once, however long its task takes to end.
    pub(super) fn close_first(&self, matches: impl Fn(&Entry) -> bool) {
        self.change(|entries| first_to_close(entries, matches).and_then(|id| entries.remove(&id)));
    }

    /// Closes all connections that have been in their phase for too long.
    fn close_overdue(&self) {
        self.change(|entries| entries.retain(|_, entry| entry.since.elapsed() < self.timeout(entry.phase)));
    }

    /// Closes all connections that have not sent the head of another request.
    pub(super) fn close_idle(&self) {
        let is_idle = |entry: &Entry| matches!(entry.phase, Phase::Handshake | Phase::Head | Phase::Idle);
        self.change(|entries| entries.retain(|_, entry| !is_idle(entry)));
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
        self.entries().values().filter(|entry| matches(entry)).count()
    }

    /// Returns how long a connection may be in a phase.
    fn timeout(&self, phase: Phase) -> Duration {
        match phase {
            // These phases have timeouts of their own.
            Phase::Handshake | Phase::Body | Phase::Answering => Duration::MAX,
            Phase::Head => self.limits.head_timeout,
            Phase::Writing => self.limits.write_timeout,
            Phase::Idle => self.limits.idle_timeout,
            Phase::Lingering => self.limits.linger_timeout,
        }
    }

    /// Adds or removes connections, and reports their number.
    fn change<T>(&self, change: impl FnOnce(&mut HashMap<u64, Entry>) -> T) {
        let mut entries = self.entries();
        change(&mut entries);
        if let Some(telemetry) = &self.telemetry {
            telemetry.metrics.connections.set(entries.len() as u64);
        }
        self.changed.notify_one();
    }

    /// Locks the table. A thread that panicked while it held the lock left the table consistent.
    fn entries(&self) -> MutexGuard<'_, HashMap<u64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the first connection to close among those that match: the one with the oldest last request, or the oldest
/// opening if it has sent none. A connection that is being answered is never closed.
fn first_to_close(entries: &HashMap<u64, Entry>, matches: impl Fn(&Entry) -> bool) -> Option<u64> {
    let closable = |entry: &Entry| entry.phase != Phase::Answering && matches(entry);
    let candidates = entries.iter().filter(|(_, entry)| closable(entry));
    candidates.min_by_key(|(_, entry)| entry.last_request).map(|(id, _)| *id)
}

impl Slot {
    /// Sets the phase of the connection.
    pub(super) fn enter(&self, phase: Phase) {
        self.advance(None, phase);
    }

    /// Sets the phase of the connection to `to`; if `from` is given, only if that is its phase.
    pub(super) fn advance(&self, from: Option<Phase>, to: Phase) {
        let mut entries = self.connections.entries();
        let entry = entries.get_mut(&self.id).filter(|entry| from.is_none_or(|from| entry.phase == from));
        // The connection may have been closed.
        let Some(entry) = entry else { return };
        (entry.phase, entry.since) = (to, Instant::now());
        match to {
            Phase::Answering => entry.last_request = entry.since,
            Phase::Writing => self.connections.changed.notify_one(),
            _ => {}
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.change(|entries| entries.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// Returns entries, each in a phase, and so many seconds after its last request.
    fn entries(entries: &[(Phase, u64)]) -> HashMap<u64, Entry> {
        let start = Instant::now();
        let entry = |(phase, ago): &(Phase, u64)| Entry {
            phase: *phase,
            since: start,
            last_request: start + Duration::from_secs(1_000 - ago),
            _keep_open: oneshot::channel().0,
        };
        (0..).zip(entries.iter().map(entry)).collect()
    }

    #[test]
    fn least_recently_used_connection_is_closed_first() {
        let all = [(Phase::Idle, 5), (Phase::Head, 9), (Phase::Writing, 7)];
        assert_eq!(first_to_close(&entries(&all), |_| true), Some(1));
    }

    #[test]
    fn active_connection_is_never_closed() {
        let all = [(Phase::Answering, 9), (Phase::Idle, 1)];
        assert_eq!(first_to_close(&entries(&all), |_| true), Some(1));
        assert_eq!(first_to_close(&entries(&all[..1]), |_| true), None);
    }

    #[test]
    fn new_connection_is_not_closed_for_another() {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let limits = Limits { connections: 1, ..Limits::default() };
            let connections = Connections::start(limits, None);
            connections.has_room().await;
            let opened = Instant::now();
            connections.open(Phase::Head, |slot| async move {
                let _kept = slot;
                std::future::pending::<()>().await;
            });
            connections.has_room().await;
            assert!(opened.elapsed() >= MIN_AGE);
        });
    }

    #[test]
    fn a_connection_that_is_closed_frees_its_place_at_once_and_its_task_ends() {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let connections = Connections::start(Limits::default(), None);
            let (alive, ended) = oneshot::channel::<()>();
            connections.open(Phase::Idle, |slot| async move {
                let _kept = (slot, alive);
                std::future::pending::<()>().await;
            });
            connections.close_idle();
            assert_eq!(connections.count(|_| true), 0);
            assert!(ended.await.is_err());
        });
    }
}
