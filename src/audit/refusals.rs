//! Records refusals without blocking the caller, through a bounded queue and one worker thread.
//!
//! A refused client must neither wait for the disk nor fill it. A flood of refusals produces a few entries, and
//! dropped refusals are counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::entry::{Action, Actor, Channel, Event, Outcome};
use super::error::AuditError;
use super::log::AuditLog;
use crate::fs::FileAction;
use crate::time::{Clock, Timestamp};

/// The minimum free disk space in bytes for recording refusals, so that space remains for mints.
pub const MIN_FREE_BYTES: u64 = 256 * 1024 * 1024;
/// The maximum number of refusals per minute, reason and address prefix that get an entry of their own.
const MAX_ENTRIES_PER_MINUTE: u64 = 10;
/// The maximum number of pairs of reason and address prefix that are counted separately; all others share one count
/// per reason.
const MAX_KEYS: usize = 1024;
/// The duration of a count in seconds.
const MINUTE: u64 = 60;
/// The maximum number of refusals that wait to be recorded.
const CAPACITY: usize = 1024;
/// The maximum time between checks for expired counts.
const INTERVAL: Duration = Duration::from_secs(1);
/// The key that stands for all addresses without a count of their own.
const OTHERS: &str = "others";

/// A refusal at the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, one of a fixed set of words.
    pub reason: &'static str,
    /// The client's address.
    pub peer: IpAddr,
    /// The request's id.
    pub request_id: Option<String>,
    /// The session, if it was valid.
    pub session: Option<String>,
    /// The customer of the session, if it has one.
    pub customer: Option<u64>,
}

/// Records refusals until it is closed.
#[derive(Debug)]
pub struct RefusalRecorder {
    /// The sender to the worker thread, and the receiver that disconnects when that thread ends; `None` once closed.
    worker: Mutex<Option<(SyncSender<Refusal>, Receiver<()>)>>,
    /// The number of refusals that are in no entry and no summary.
    dropped: Arc<AtomicU64>,
}

impl RefusalRecorder {
    /// Starts to record refusals of the endpoint that `actor` runs with a profile.
    ///
    /// # Errors
    /// [`AuditError::File`] if no thread can be started.
    pub fn start(
        log: Arc<AuditLog>,
        actor: Actor,
        profile: Option<String>,
        clock: Clock,
    ) -> Result<Self, AuditError> {
        let (queue, waiting) = sync_channel(CAPACITY);
        let (running, ended) = channel::<()>();
        let dropped = Arc::new(AtomicU64::new(0));
        let directory = log.directory().to_owned();
        let refused =
            Event { profile, ..Event::new(Action::Refusal, Channel::Serve, actor, Outcome::Refused) };
        let worker = Worker { log, refused, clock, dropped: Arc::clone(&dropped) };
        let work = move || {
            worker.run(&waiting);
            drop(running);
        };
        let thread = Builder::new().name("audit-refusals".into()).spawn(work);
        thread.map_err(FileAction::Open.failed(&directory))?;
        Ok(Self { worker: Mutex::new(Some((queue, ended))), dropped })
    }

    /// Queues a refusal without blocking.
    pub fn refuse(&self, refusal: Refusal) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = worker.as_ref().is_some_and(|(queue, _)| queue.try_send(refusal).is_ok());
        if !is_taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the number of refusals that are in no entry and no summary, because the queue or the disk was full or
    /// the log could not be written.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Records all refusals that wait, and summaries of all counts. Later refusals are dropped. Returns `false` if
    /// this takes longer than `timeout`, because the log cannot be written, or if the recorder was closed before.
    pub fn close(&self, timeout: Duration) -> bool {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        worker.is_some_and(|(queue, ended)| {
            drop(queue);
            // The thread sends nothing; the channel disconnects when it ends.
            ended.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected)
        })
    }
}

/// The state of the worker thread.
struct Worker {
    /// The log in which refusals are recorded.
    log: Arc<AuditLog>,
    /// The values that the events of all refusals share.
    refused: Event,
    /// The clock for the ages of counts.
    clock: Clock,
    /// The number of refusals that are in no entry and no summary.
    dropped: Arc<AtomicU64>,
}

impl Worker {
    /// Records refusals until the queue is closed.
    fn run(self, waiting: &Receiver<Refusal>) {
        let mut counts = RefusalCounts::default();
        loop {
            let next = waiting.recv_timeout(INTERVAL);
            let now = self.clock.now();
            self.write_summaries(counts.take(|since| is_over(since, now)));
            match next {
                Ok(refusal) if counts.add(refusal.reason, refusal.peer, now) => self.write(refusal),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.write_summaries(counts.take(|_| true));
    }

    /// Records a refusal.
    fn write(&self, refusal: Refusal) {
        let Refusal { reason, peer, request_id, session, customer } = refusal;
        let peer = Some(peer.to_string());
        let event = Event { customer, peer, request_id, session, ..self.refused.clone().reason(reason) };
        self.record(event, 1);
    }

    /// Records summaries of the refusals that got no entry of their own.
    fn write_summaries(&self, summaries: Vec<((&'static str, String), u64)>) {
        for ((reason, prefix), count) in summaries {
            let event = self.refused.clone().reason(reason);
            let (peer, action) = (Some(prefix), Action::Refusals);
            self.record(Event { action, peer, count: Some(count), ..event }, count);
        }
    }

    /// Records an event that represents `count` refusals.
    fn record(&self, event: Event, count: u64) {
        if !has_room(self.log.free_bytes()) || self.log.record(event).is_err() {
            self.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// Returns `true` if the free disk space suffices for recording refusals, or is unknown.
fn has_room(free: Option<u64>) -> bool {
    free.is_none_or(|free| free >= MIN_FREE_BYTES)
}

/// For each reason and address prefix, the time at which its count began and the number of refusals since: at most
/// [`MAX_KEYS`] counts, and one more for each reason.
#[derive(Debug, Default)]
struct RefusalCounts(HashMap<(&'static str, String), (Timestamp, u64)>);

impl RefusalCounts {
    /// Counts a refusal. Returns `true` if it gets an entry of its own.
    ///
    /// Expired counts must be taken first, or they last longer than a minute.
    fn add(&mut self, reason: &'static str, peer: IpAddr, now: Timestamp) -> bool {
        let mut key = (reason, prefix(peer));
        if self.0.len() >= MAX_KEYS && !self.0.contains_key(&key) {
            OTHERS.clone_into(&mut key.1);
        }
        let (_, count) = self.0.entry(key).or_insert((now, 0));
        *count += 1;
        *count <= MAX_ENTRIES_PER_MINUTE
    }

    /// Removes the counts whose start satisfies `is_over`, and returns the number of refusals of each that got no
    /// entry.
    fn take(&mut self, is_over: impl Fn(Timestamp) -> bool) -> Vec<((&'static str, String), u64)> {
        let ended = self.0.extract_if(|_, (since, _)| is_over(*since));
        let silent = ended.map(|(key, (_, count))| (key, count.saturating_sub(MAX_ENTRIES_PER_MINUTE)));
        silent.filter(|(_, silent)| *silent > 0).collect()
    }
}

/// Returns `true` if the times are at least a minute apart.
fn is_over(since: Timestamp, now: Timestamp) -> bool {
    now.epoch_seconds().abs_diff(since.epoch_seconds()) >= MINUTE
}

/// Returns the part of an address that a client can hardly change: the /24 of an IPv4 address, the /64 of an IPv6
/// address. An IPv4-mapped IPv6 address counts as IPv4.
fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::list;
    use super::super::testing::{State, ann, clock};
    use super::*;

    fn refusal(peer: &str) -> Refusal {
        let request_id = Some("r-1".to_owned());
        let session = Some("s-1".to_owned());
        Refusal { reason: "session", peer: peer.parse().unwrap(), request_id, session, customer: Some(5) }
    }

    #[test]
    fn flood_makes_ten_entries_and_a_summary() {
        let state = State::new();
        let refusals =
            RefusalRecorder::start(Arc::new(state.log()), ann(), Some("staging".into()), clock()).unwrap();
        (0..500).for_each(|_| refusals.refuse(refusal("192.0.2.1")));
        refusals.refuse(refusal("2001:db8::1"));
        assert_eq!(refusals.dropped(), 0);
        assert!(refusals.close(Duration::from_mins(1)));
        let mut entries = Vec::new();
        for line in list(state.path(), |_| true) {
            entries.push(line.unwrap().entry.unwrap().body);
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
    fn locked_log_delays_no_caller_and_overflow_is_counted() {
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
        assert!(refusals.close(Duration::from_mins(1)));
        let summary = list(state.path(), |_| true).last().unwrap().unwrap();
        assert_eq!(summary.entry.unwrap().body.count, Some(flood - dropped - 10));
    }

    #[test]
    fn refusals_have_no_room_below_256_mib_of_free_disk() {
        assert!(has_room(Some(268_435_456)) && has_room(None));
        assert!(!has_room(Some(268_435_455)));
    }

    #[test]
    fn free_disk_space_is_known() {
        assert_eq!(State::new().log().free_bytes().is_some(), cfg!(unix));
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn due(counts: &mut RefusalCounts, seconds: u64) -> Vec<((&'static str, String), u64)> {
        counts.take(|since| is_over(since, at(seconds)))
    }

    fn admitted(counts: &mut RefusalCounts, peers: &[&str]) -> usize {
        peers.iter().filter(|peer| counts.add("session", peer.parse().unwrap(), at(0))).count()
    }

    #[test]
    fn ten_refusals_per_prefix_get_entries_and_the_rest_a_summary() {
        let mut counts = RefusalCounts::default();
        assert_eq!(admitted(&mut counts, &["192.0.2.1"; 9]), 9);
        assert_eq!(admitted(&mut counts, &["192.0.2.255", "::ffff:192.0.2.7", "192.0.2.8"]), 1);
        assert_eq!(admitted(&mut counts, &["192.0.3.1"]), 1);
        assert!(due(&mut counts, 59).is_empty());
        let summaries = due(&mut counts, 60);
        assert_eq!(summaries.len(), 1);
        assert_eq!((summaries[0].1, &*summaries[0].0.1), (2, "192.0.2.0/24"));
        assert!(counts.0.is_empty());
    }

    #[test]
    fn ipv6_addresses_of_one_network_count_together() {
        let mut counts = RefusalCounts::default();
        assert_eq!(admitted(&mut counts, &["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"].repeat(6)), 10);
        assert_eq!(admitted(&mut counts, &["2001:db8:0:2::1"]), 1);
        assert_eq!(counts.take(|_| true)[0].0.1, "2001:db8:0:1::/64");
    }

    #[test]
    fn each_reason_has_its_own_count() {
        let mut counts = RefusalCounts::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..20).filter(|_| counts.add("session", peer, at(0))).count(), 10);
        assert!(counts.add("customer", peer, at(0)));
    }

    #[test]
    fn a_flood_of_addresses_is_counted_in_bounded_memory() {
        let mut counts = RefusalCounts::default();
        let entries = (0..1_000_000_u128)
            .filter(|network| {
                let peer = Ipv6Addr::from_bits(network << 64).into();
                counts.add("session", peer, at(0))
            })
            .count();
        assert_eq!(entries, MAX_KEYS + 10);
        assert_eq!(counts.0.len(), MAX_KEYS + 1);
        let summaries = counts.take(|_| true);
        assert_eq!((summaries.len(), &*summaries[0].0.1), (1, OTHERS));
        assert_eq!(summaries[0].1, 1_000_000 - entries as u64);
    }

    #[test]
    fn clock_set_back_ends_a_count() {
        let mut counts = RefusalCounts::default();
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!((0..11).filter(|_| counts.add("session", peer, at(1000))).count(), 10);
        assert_eq!(due(&mut counts, 0)[0].1, 1);
        assert!(counts.add("session", peer, at(0)));
    }
}
