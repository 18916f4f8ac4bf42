//! Measures the audit log: entries per second with one and with many callers, and the speed of verification.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports, and stops at a failure")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use stream_token::audit::{Action, Actor, AuditLog, Channel, Event, IdRanges, Outcome, head, list, verify};
use stream_token::time::Clock;

/// The duration of each measurement of recording.
const SPAN: Duration = Duration::from_secs(2);
/// The length of the log to verify.
const LOG_BYTES: u64 = 256 * 1024 * 1024;

/// The event of minting one token.
fn mint(customer: u64) -> Event {
    let actor = Actor { user: "ann".into(), sudo_user: None };
    let event = Event::new(Action::Mint, Channel::Serve, actor, Outcome::Ok);
    Event {
        fingerprint: Some(format!("{customer:016x}")),
        peer: Some("192.0.2.1".into()),
        request_id: Some(format!("{customer:032x}")),
        ..event.profile("staging").customer(customer)
    }
}

/// Makes an empty state directory.
fn state(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("stream-token-bench-{}-{name}", std::process::id()));
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    path
}

/// Records from this many concurrent callers; returns entries per second and entries per sync.
fn record(callers: u64) -> (f64, f64) {
    let state = state("record");
    let log = AuditLog::open(&state, Clock::System).unwrap();
    let syncs = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&syncs);
    log.observe_syncs(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let barrier = Barrier::new(usize::try_from(callers).unwrap());
    let start = Instant::now();
    let caller = |first: u64| {
        barrier.wait();
        let mut count = 0;
        while start.elapsed() < SPAN {
            log.record(mint(first + count * callers)).unwrap();
            count += 1;
        }
        count
    };
    let count: u64 = thread::scope(|scope| {
        let callers: Vec<_> = (0..callers).map(|first| scope.spawn(move || caller(first))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    let seconds = start.elapsed().as_secs_f64();
    assert!(verify(&state, None).unwrap().is_intact());
    fs::remove_dir_all(&state).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    (count as f64 / seconds, count as f64 / syncs.load(Ordering::Relaxed) as f64)
}

/// Reopens a log of some length for each entry, as a command does; returns the time per entry.
fn start_up(state: &Path) -> Duration {
    let rounds = 200;
    let start = Instant::now();
    for customer in 0..rounds {
        let log = AuditLog::open(state, Clock::System).unwrap();
        black_box(log.record(mint(u64::from(customer))).unwrap());
    }
    start.elapsed() / rounds
}

/// Fills a log up to a length; a few of its entries are long.
fn fill(state: &Path) {
    let log = AuditLog::open(state, Clock::System).unwrap();
    let length = || -> u64 {
        let files = fs::read_dir(log.directory()).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    while length() < LOG_BYTES {
        thread::scope(|scope| {
            for caller in 0..256 {
                let log = &log;
                scope.spawn(move || {
                    for at in 0..64 {
                        let customer = caller * 64 + at;
                        let mut ranges = IdRanges::default();
                        (0..16).for_each(|id| assert!(ranges.insert_next(customer + 2 * id)));
                        let is_batch = at % 16 == 0;
                        log.record(Event { customers: is_batch.then_some(ranges), ..mint(customer) })
                            .unwrap();
                    }
                });
            }
        });
    }
}

/// Prints the speed of an operation on a log.
fn report(what: &str, entries: u64, span: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    let rate = entries as f64 / span.as_secs_f64();
    println!("{what:<40} {rate:>9.0} entries/s");
}

fn main() {
    let (alone, _) = record(1);
    println!("{:<40} {alone:>9.0} entries/s", "one caller, one sync an entry");
    for callers in [8, 64] {
        let (rate, share) = record(callers);
        let what = format!("{callers} callers");
        println!(
            "{what:<40} {rate:>9.0} entries/s {share:>9.1} entries/sync {:>6.1} times one",
            rate / alone
        );
    }
    let state = state("verify");
    fill(&state);
    let start = Instant::now();
    let verified = verify(&state, None).unwrap();
    assert!(verified.is_intact());
    report("verify", verified.entries, start.elapsed());
    let start = Instant::now();
    let listed = list(&state, |entry| entry.body.is_for(u64::MAX)).count();
    assert_eq!(listed, 0);
    report("list, no entry admitted", verified.entries, start.elapsed());
    let start = Instant::now();
    black_box(head(&state).unwrap());
    println!("{:<40} {:>9.1} µs", "head", start.elapsed().as_secs_f64() * 1e6);
    println!("{:<40} {:>9.1} µs", "open and record one entry", start_up(&state).as_secs_f64() * 1e6);
    fs::remove_dir_all(&state).unwrap();
}
