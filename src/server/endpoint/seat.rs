//! The seat: one worker at a time takes requests off the socket, so that they are taken in the order in which
//! they came, and that who takes the next one is awake already.
//!
//! Whoever has no seat stands by. A worker that is at one request for longer than a tick loses the seat to one
//! that stands by, so that handlers that block are as many at once as there are workers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// After how long the usher looks again. A worker keeps the seat for one to two of these.
const TICK: Duration = Duration::from_millis(1);

/// The seat of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Seat {
    /// How often a request was begun or ended at it: odd while one is being answered.
    turn: AtomicU64,
    /// Whether somebody has it.
    is_taken: Mutex<bool>,
    /// Tells those who stand by of the seat, and of the end.
    stand_by: Condvar,
    /// Whether all is at its end.
    is_over: AtomicBool,
    /// Whether the usher is to be woken.
    is_calm: AtomicBool,
    /// Who gives the seat to others.
    usher: OnceLock<Thread>,
}

/// A worker's right to take requests; given back when dropped.
#[derive(Debug)]
pub(super) struct Seated<'a> {
    /// The seat.
    seat: &'a Seat,
    /// How often a request was begun or ended at it, as far as this worker did it.
    turn: u64,
    /// Whether it was given to another.
    is_lost: bool,
}

impl Seat {
    /// Waits for the seat, and takes it; `None` at the end.
    pub(super) fn take(&self) -> Option<Seated<'_>> {
        let wait = |is_taken: &mut bool| *is_taken && !self.is_over.load(Ordering::Acquire);
        let mut is_taken =
            self.stand_by.wait_while(self.is_taken(), wait).unwrap_or_else(PoisonError::into_inner);
        if self.is_over.load(Ordering::Acquire) {
            return None;
        }
        *is_taken = true;
        Some(Seated { seat: self, turn: self.turn.load(Ordering::Relaxed), is_lost: false })
    }

    /// Says that all is at its end.
    pub(super) fn close(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Nobody is between its look and its wait while this is held.
        drop(self.is_taken());
        self.stand_by.notify_all();
        self.wake_usher();
    }

    /// Gives the seat of whoever is at one request for too long to another, until the end.
    pub(super) fn usher(&self) {
        let mut seen = 0;
        // Nobody else sets it.
        let _ = self.usher.set(thread::current());
        while !self.is_over.load(Ordering::SeqCst) {
            self.is_calm.store(true, Ordering::SeqCst);
            if !is_begun(self.turn.load(Ordering::SeqCst)) && !self.is_over.load(Ordering::SeqCst) {
                thread::park();
            }
            self.is_calm.store(false, Ordering::SeqCst);
            thread::sleep(TICK);
            self.look(&mut seen);
        }
    }

    /// Takes the seat where nothing has changed since it was `seen`.
    fn look(&self, seen: &mut u64) {
        let turn = self.turn.load(Ordering::Acquire);
        if is_begun(turn) && turn == *seen && self.end(turn) {
            self.give();
        }
        *seen = turn;
    }

    /// Ends a turn that was begun; false where another has ended it.
    fn end(&self, turn: u64) -> bool {
        self.turn.compare_exchange(turn, turn + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Gives the seat to one who stands by.
    fn give(&self) {
        *self.is_taken() = false;
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

    /// Tells whether somebody has it.
    fn is_taken(&self) -> MutexGuard<'_, bool> {
        self.is_taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seated<'_> {
    /// Says that a request is begun. Until then nobody else takes one.
    pub(super) fn begin(&mut self) {
        self.turn += 1;
        self.seat.turn.store(self.turn, Ordering::SeqCst);
        if self.seat.is_calm.load(Ordering::SeqCst) {
            self.seat.wake_usher();
        }
    }

    /// Says that the request is answered. Tells whether the seat is still this worker's.
    pub(super) fn end(&mut self) -> bool {
        self.is_lost = !self.seat.end(self.turn);
        self.turn += 1;
        !self.is_lost
    }
}

impl Drop for Seated<'_> {
    fn drop(&mut self) {
        if is_begun(self.turn) {
            self.end();
        }
        if !self.is_lost {
            self.seat.give();
        }
    }
}

/// Tells whether a request is being answered at a turn.
fn is_begun(turn: u64) -> bool {
    turn % 2 == 1
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Looks, and looks again.
    fn look_twice(seat: &Seat) {
        let mut seen = 0;
        seat.look(&mut seen);
        seat.look(&mut seen);
    }

    #[test]
    fn there_is_one_and_when_it_is_left_it_is_there_for_the_next() {
        let seat = Seat::default();
        let one = seat.take().unwrap();
        assert!(*seat.is_taken());
        drop(one);
        assert!(!*seat.is_taken());
        drop(seat.take().unwrap());
    }

    #[test]
    fn who_is_at_one_request_for_two_looks_loses_the_seat_to_another() {
        let seat = Seat::default();
        let mut slow = seat.take().unwrap();
        slow.begin();
        look_twice(&seat);
        let other = seat.take().unwrap();
        assert!(!slow.end());
        drop(slow);
        assert!(*seat.is_taken());
        drop(other);
        assert!(!*seat.is_taken());
    }

    #[test]
    fn who_has_begun_another_request_or_has_none_keeps_the_seat() {
        let seat = Seat::default();
        let mut quick = seat.take().unwrap();
        look_twice(&seat);
        let mut seen = 0;
        quick.begin();
        seat.look(&mut seen);
        assert!(quick.end());
        quick.begin();
        seat.look(&mut seen);
        assert!(quick.end() && *seat.is_taken());
    }

    #[test]
    fn a_worker_that_ends_amid_a_request_leaves_the_seat_to_another_once() {
        let seat = Seat::default();
        let mut amid = seat.take().unwrap();
        amid.begin();
        drop(amid);
        let mut amid = seat.take().unwrap();
        amid.begin();
        look_twice(&seat);
        let other = seat.take().unwrap();
        drop(amid);
        assert!(*seat.is_taken());
        drop(other);
        assert!(!*seat.is_taken());
    }

    #[test]
    fn the_usher_sees_to_it_that_a_seat_that_is_held_up_goes_to_who_stands_by() {
        let seat = Seat::default();
        // Each is held up until all have had the seat.
        let (arrived, here) = channel();
        let (gone, may_go) = channel::<()>();
        let may_go = Mutex::new(may_go);
        thread::scope(|scope| {
            scope.spawn(|| seat.usher());
            for _ in 0..16 {
                let (arrived, may_go, seat) = (arrived.clone(), &may_go, &seat);
                scope.spawn(move || {
                    let mut seated = seat.take().unwrap();
                    seated.begin();
                    arrived.send(()).unwrap();
                    // It ends when nobody is left who could tell.
                    let _ = may_go.lock().unwrap().recv();
                    seated.end();
                });
            }
            (0..16).for_each(|_| here.recv().unwrap());
            drop(gone);
            seat.close();
        });
        assert!(!is_begun(seat.turn.load(Ordering::SeqCst)));
    }

    #[test]
    fn whoever_stands_by_is_told_of_the_end_and_so_is_the_usher() {
        let seat = Seat::default();
        let held = seat.take().unwrap();
        thread::scope(|scope| {
            let usher = scope.spawn(|| seat.usher());
            let standing_by = scope.spawn(|| seat.take().is_none());
            seat.close();
            assert!(standing_by.join().unwrap());
            usher.join().unwrap();
        });
        drop(held);
    }
}
