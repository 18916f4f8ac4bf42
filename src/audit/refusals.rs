//! Records refusals without anybody waiting for it: a bounded queue, and one thread behind it.
//!
//! A refused client must neither wait for the disk nor fill it. What does not fit is counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::Builder;
use std::time::Duration;

use super::entry::{Action, Actor, Channel, Event, Outcome};
use super::error::AuditError;
use super::log::AuditLog;
use super::refusal_counter::{Refusal, RefusalCount, RefusalCounter};
use crate::fs::DiskError;
use crate::time::Clock;

/// Below how much free disk refusals are no longer recorded, so that mints still are.
pub const MIN_FREE_BYTES: u64 = 256 * 1024 * 1024;
/// How many refusals wait to be recorded at most.
const CAPACITY: usize = 1024;
/// How often ended counts are looked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// Records refusals. When it is dropped, what waits is recorded, and all counts are summed up.
#[derive(Debug)]
pub struct RefusalRecorder {
    /// Reaches the thread.
    queue: RwLock<Option<SyncSender<Refusal>>>,
    /// How many refusals are in no entry and no summary.
    dropped: Arc<AtomicU64>,
    /// Hangs up when the thread ends.
    ended: Mutex<Receiver<()>>,
}

impl RefusalRecorder {
    /// Starts to record refusals of the endpoint, which `actor` runs with a profile.
    ///
    /// # Errors
    /// [`AuditError::Disk`] where no thread can be had.
    pub fn start(
        log: Arc<AuditLog>,
        actor: Actor,
        profile: Option<String>,
        clock: Clock,
    ) -> Result<Self, AuditError> {
        let (queue, waiting) = sync_channel(CAPACITY);
        let dropped = Arc::new(AtomicU64::new(0));
        let directory = log.directory().to_owned();
        let counter = RefusalCounter::default();
        let worker = Worker { log, actor, profile, clock, counter, dropped: Arc::clone(&dropped) };
        let (running, ended) = channel::<()>();
        Builder::new()
            .name("audit-refusals".into())
            .spawn(move || {
                worker.run(&waiting);
                drop(running);
            })
            .map_err(|error| DiskError::Open(directory.clone(), error))?;
        Ok(Self { queue: RwLock::new(Some(queue)), dropped, ended: Mutex::new(ended) })
    }

    /// Queues a refusal, and never waits.
    pub fn refuse(&self, refusal: Refusal) {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let is_taken = queue.as_ref().is_some_and(|queue| queue.try_send(refusal).is_ok());
        if !is_taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many refusals are in no entry and no summary: the queue or the disk was full, or
    /// the log could not be written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Records all refusals that wait, and the counts of the others. Later refusals are dropped. Returns `false` if
    /// that takes longer than `timeout`, because the log cannot be written.
    #[must_use]
    pub fn close(&self, timeout: Duration) -> bool {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread sends nothing; it hangs up when it ends.
        ended.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected)
    }
}

impl Drop for RefusalRecorder {
    fn drop(&mut self) {
        // A caller that has closed it does not wait any more.
        if self.queue.write().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            // It ends when the thread hangs up.
            let _ = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    }
}

/// What the thread has.
struct Worker {
    /// Where refusals are recorded.
    log: Arc<AuditLog>,
    /// Who runs the endpoint.
    actor: Actor,
    /// With which profile; none for a secret from the environment.
    profile: Option<String>,
    /// Where the time comes from.
    clock: Clock,
    /// The counts.
    counter: RefusalCounter,
    /// How many refusals are in no entry and no summary.
    dropped: Arc<AtomicU64>,
}

impl Worker {
    /// Records until nobody can hand in refusals any more.
    fn run(mut self, waiting: &Receiver<Refusal>) {
        loop {
            let next = waiting.recv_timeout(INTERVAL);
            let due = self.counter.due(self.clock.now());
            self.write_summaries(due);
            match next {
                Ok(refusal) => self.take(refusal),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let rest = self.counter.drain();
        self.write_summaries(rest);
    }

    /// Records a refusal, or counts it.
    fn take(&mut self, refusal: Refusal) {
        let now = self.clock.now();
        let Refusal { reason, peer, request_id, session, customer } = refusal;
        if !self.counter.count(reason, peer, now, has_room(self.log.free_bytes())) {
            return;
        }
        let mut event = self.event(Action::Refusal, reason).peer(peer.to_string());
        if let Some(id) = request_id {
            event = event.request_id(id);
        }
        if let Some(session) = session {
            event = event.session(session);
        }
        if let Some(customer) = customer {
            event = event.customer(customer);
        }
        self.record(event, 1);
    }

    /// Records what got no entry of its own.
    fn write_summaries(&self, summaries: Vec<RefusalCount>) {
        for RefusalCount { reason, prefix, count } in summaries {
            let event = self.event(Action::Refusals, reason).peer(prefix).count(count);
            self.record(event, count);
        }
    }

    /// Returns the event of a refusal.
    fn event(&self, action: Action, reason: &str) -> Event {
        let event = Event::new(action, Channel::Serve, self.actor.clone(), Outcome::Refused).reason(reason);
        match &self.profile {
            Some(profile) => event.profile(profile),
            None => event,
        }
    }

    /// Records an event that stands for `count` refusals.
    fn record(&self, event: Event, count: u64) {
        if !has_room(self.log.free_bytes()) || self.log.record(event).is_err() {
            self.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// Returns `true` if so much free disk is enough for refusals; where it cannot be told, it is.
fn has_room(free: Option<u64>) -> bool {
    free.is_none_or(|free| free >= MIN_FREE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::super::list::{Filter, ListItem, list};
    use super::super::testing::{State, ann, clock};
    use super::*;

    fn refusal(peer: &str) -> Refusal {
        let request_id = Some("r-1".to_owned());
        let session = Some("s-1".to_owned());
        Refusal { reason: "session", peer: peer.parse().unwrap(), request_id, session, customer: Some(5) }
    }

    #[test]
    fn a_flood_makes_ten_entries_and_a_summary() {
        let state = State::new();
        let refusals =
            RefusalRecorder::start(Arc::new(state.log()), ann(), Some("staging".into()), clock()).unwrap();
        (0..500).for_each(|_| refusals.refuse(refusal("192.0.2.1")));
        refusals.refuse(refusal("2001:db8::1"));
        assert_eq!(refusals.dropped(), 0);
        drop(refusals);
        let mut entries = Vec::new();
        for listed in list(state.path(), Filter { customer: None, ..Filter::default() }).unwrap() {
            if let ListItem::Entry { entry, .. } = listed.unwrap() {
                entries.push(entry.body);
            }
        }
        assert_eq!(entries.len(), 13);
        assert_eq!(entries[1].peer.as_deref(), Some("192.0.2.1"));
        assert_eq!(entries[1].request_id.as_deref(), Some("r-1"));
        assert_eq!(entries[1].session.as_deref(), Some("s-1"));
        assert!(entries[1..].iter().all(|facts| facts.profile.as_deref() == Some("staging")));
        assert_eq!(entries[11].peer.as_deref(), Some("2001:db8::1"));
        let summary = &entries[12];
        assert_eq!((summary.action.name(), summary.count), ("refusals", Some(490)));
        assert_eq!(summary.peer.as_deref(), Some("192.0.2.0/24"));
        assert!(state.verify().is_intact());
    }

    #[test]
    fn nobody_waits_while_the_log_is_locked_and_what_does_not_fit_is_counted() {
        let state = State::with_entries(1);
        let lock = std::fs::File::open(state.path().join("audit/lock")).unwrap();
        lock.lock().unwrap();
        let refusals =
            RefusalRecorder::start(Arc::new(state.log()), ann(), Some("staging".into()), clock()).unwrap();
        let flood = 5 * CAPACITY as u64;
        (0..flood).for_each(|_| refusals.refuse(refusal("192.0.2.1")));
        let dropped = refusals.dropped();
        assert!(dropped >= flood - CAPACITY as u64 - 1, "{dropped}");
        lock.unlock().unwrap();
        drop(refusals);
        let summary = list(state.path(), Filter::default()).unwrap().last().unwrap().unwrap();
        let ListItem::Entry { entry, .. } = summary else { panic!("{summary:?}") };
        assert_eq!(entry.body.count, Some(flood - dropped - 10));
    }

    #[test]
    fn below_256_mib_of_free_disk_there_is_no_room_for_refusals() {
        assert!(has_room(Some(268_435_456)) && has_room(None));
        assert!(!has_room(Some(268_435_455)));
    }

    #[test]
    fn the_free_disk_is_known() {
        assert_eq!(State::new().log().free_bytes().is_some(), cfg!(unix));
    }
}
