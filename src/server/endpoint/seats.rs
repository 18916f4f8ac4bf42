//! Seats: few workers take requests at a time, so that who takes the next one is awake already.
//!
//! Whoever has no seat stands by. A worker that is at one request for longer than a tick loses its seat to
//! one that stands by, so that handlers that block are as many at once as there are workers.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// After how long the usher looks again. A worker keeps its seat for one to two of these.
const TICK: Duration = Duration::from_millis(1);

/// The seats of an endpoint.
#[derive(Debug)]
pub(super) struct Seats {
    /// How often a request was begun or ended at each: odd while one is being answered.
    turns: Vec<AtomicU64>,
    /// How many of these are odd.
    taken: AtomicUsize,
    /// The seats that nobody has.
    empty: Mutex<Vec<usize>>,
    /// Tells those who stand by of a seat, and of the end.
    stand_by: Condvar,
    /// Whether all is at its end.
    is_over: AtomicBool,
    /// Whether the usher is to be woken.
    is_calm: AtomicBool,
    /// Who gives seats to others.
    usher: OnceLock<Thread>,
}

/// A worker's right to take requests; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    /// The seats.
    seats: &'a Seats,
    /// Which it is.
    at: usize,
    /// How often a request was begun or ended at it, as far as this worker did it.
    turn: u64,
    /// Whether it was given to another.
    is_lost: bool,
}

impl Seats {
    /// Puts up so many.
    pub(super) fn new(count: usize) -> Self {
        Self {
            turns: (0..count).map(|_| AtomicU64::new(0)).collect(),
            taken: AtomicUsize::new(0),
            empty: Mutex::new((0..count).collect()),
            stand_by: Condvar::new(),
            is_over: AtomicBool::new(false),
            is_calm: AtomicBool::new(false),
            usher: OnceLock::new(),
        }
    }

    /// Waits for a seat, and takes it; `None` at the end.
    pub(super) fn take(&self) -> Option<Seat<'_>> {
        let empty = self.empty();
        let wait = |empty: &mut Vec<usize>| empty.is_empty() && !self.is_over.load(Ordering::Acquire);
        let mut empty = self.stand_by.wait_while(empty, wait).unwrap_or_else(PoisonError::into_inner);
        if self.is_over.load(Ordering::Acquire) {
            return None;
        }
        let at = empty.pop()?;
        Some(Seat { seats: self, at, turn: self.turns[at].load(Ordering::Relaxed), is_lost: false })
    }

    /// Says that all is at its end.
    pub(super) fn close(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Nobody is between its look and its wait while this is held.
        drop(self.empty());
        self.stand_by.notify_all();
        self.wake_usher();
    }

    /// Gives the seats of those who are at one request for too long to others, until the end.
    pub(super) fn usher(&self) {
        let mut seen = vec![0; self.turns.len()];
        // Nobody else sets it.
        let _ = self.usher.set(thread::current());
        while !self.is_over.load(Ordering::SeqCst) {
            self.is_calm.store(true, Ordering::SeqCst);
            if self.taken.load(Ordering::SeqCst) < self.turns.len() && !self.is_over.load(Ordering::SeqCst) {
                thread::park();
            }
            self.is_calm.store(false, Ordering::SeqCst);
            thread::sleep(TICK);
            self.look(&mut seen);
        }
    }

    /// Takes the seats at which nothing has changed since they were `seen`.
    fn look(&self, seen: &mut [u64]) {
        for (at, (turn, seen)) in self.turns.iter().zip(seen).enumerate() {
            let now = turn.load(Ordering::Acquire);
            if now % 2 == 1 && now == *seen && self.end(at, now) {
                self.give(at);
            }
            *seen = now;
        }
    }

    /// Ends a turn that was begun; false where another has ended it.
    fn end(&self, at: usize, turn: u64) -> bool {
        let is_ended =
            self.turns[at].compare_exchange(turn, turn + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if is_ended {
            self.taken.fetch_sub(1, Ordering::SeqCst);
        }
        is_ended
    }

    /// Gives a seat to one who stands by.
    fn give(&self, at: usize) {
        self.empty().push(at);
        self.stand_by.notify_one();
    }

    /// Wakes the usher where it sleeps.
    fn wake_usher(&self) {
        if self.is_calm.swap(false, Ordering::SeqCst)
            && let Some(usher) = self.usher.get()
        {
            usher.unpark();
        }
    }

    /// Gives the seats that nobody has.
    fn empty(&self) -> MutexGuard<'_, Vec<usize>> {
        self.empty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Says that a request is begun.
    pub(super) fn begin(&mut self) {
        let taken = self.seats.taken.fetch_add(1, Ordering::SeqCst) + 1;
        self.turn += 1;
        self.seats.turns[self.at].store(self.turn, Ordering::Release);
        if taken == self.seats.turns.len() && self.seats.is_calm.load(Ordering::SeqCst) {
            self.seats.wake_usher();
        }
    }

    /// Says that the request is answered. Tells whether the seat is still this worker's.
    pub(super) fn end(&mut self) -> bool {
        self.is_lost = !self.seats.end(self.at, self.turn);
        self.turn += 1;
        !self.is_lost
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if self.turn % 2 == 1 {
            self.end();
        }
        if !self.is_lost {
            self.seats.give(self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Looks, and looks again.
    fn look_twice(seats: &Seats) {
        let mut seen = vec![0; seats.turns.len()];
        seats.look(&mut seen);
        seats.look(&mut seen);
    }

    #[test]
    fn there_are_so_many_seats_and_one_that_is_left_is_there_for_the_next() {
        let seats = Seats::new(2);
        let (one, two) = (seats.take().unwrap(), seats.take().unwrap());
        assert!(seats.empty().is_empty() && one.at != two.at);
        drop(one);
        assert_eq!(seats.empty().len(), 1);
        drop(two);
        assert_eq!(seats.empty().len(), 2);
    }

    #[test]
    fn who_is_at_one_request_for_two_looks_loses_the_seat_to_another() {
        let seats = Seats::new(1);
        let mut slow = seats.take().unwrap();
        slow.begin();
        look_twice(&seats);
        let other = seats.take().unwrap();
        assert!(!slow.end());
        drop(slow);
        assert!(seats.empty().is_empty());
        drop(other);
        assert_eq!((seats.empty().len(), seats.taken.load(Ordering::SeqCst)), (1, 0));
    }

    #[test]
    fn who_has_begun_another_request_or_has_none_keeps_the_seat() {
        let seats = Seats::new(1);
        let mut quick = seats.take().unwrap();
        look_twice(&seats);
        let mut seen = vec![0; 1];
        quick.begin();
        seats.look(&mut seen);
        assert!(quick.end());
        quick.begin();
        seats.look(&mut seen);
        assert!(quick.end() && seats.empty().is_empty());
    }

    #[test]
    fn a_worker_that_ends_amid_a_request_leaves_its_seat_to_another_once() {
        let seats = Seats::new(1);
        let mut amid = seats.take().unwrap();
        amid.begin();
        drop(amid);
        let mut amid = seats.take().unwrap();
        amid.begin();
        look_twice(&seats);
        drop(amid);
        assert_eq!((seats.empty().len(), seats.taken.load(Ordering::SeqCst)), (1, 0));
    }

    #[test]
    fn the_usher_sees_to_it_that_a_seat_that_is_held_up_goes_to_who_stands_by() {
        let seats = Seats::new(2);
        // Each is held up until all have a seat, eight times as many as there are.
        let (arrived, here) = channel();
        let (gone, may_go) = channel::<()>();
        let may_go = Mutex::new(may_go);
        thread::scope(|scope| {
            scope.spawn(|| seats.usher());
            for _ in 0..16 {
                let (arrived, may_go, seats) = (arrived.clone(), &may_go, &seats);
                scope.spawn(move || {
                    let mut seat = seats.take().unwrap();
                    seat.begin();
                    arrived.send(()).unwrap();
                    // It ends when nobody is left who could tell.
                    let _ = may_go.lock().unwrap().recv();
                    seat.end();
                });
            }
            (0..16).for_each(|_| here.recv().unwrap());
            drop(gone);
            seats.close();
        });
        assert_eq!(seats.taken.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn whoever_stands_by_is_told_of_the_end_and_so_is_the_usher() {
        let seats = Seats::new(1);
        let held = seats.take().unwrap();
        thread::scope(|scope| {
            let usher = scope.spawn(|| seats.usher());
            let standing_by = scope.spawn(|| seats.take().is_none());
            seats.close();
            assert!(standing_by.join().unwrap());
            usher.join().unwrap();
        });
        drop(held);
    }
}
