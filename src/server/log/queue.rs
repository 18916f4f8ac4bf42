//! Lines that wait to be written, bounded, and the one thread that writes them.

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// How many lines wait at most.
const MOST_WAITING: usize = 8192;
/// How long lines are gathered before they are written together: waking the thread for each of them, and
/// writing each alone, cost more than making it.
const GATHERING: Duration = Duration::from_millis(10);
/// How many lines are written without waiting for more.
const ENOUGH: usize = MOST_WAITING / 4;
/// How long the end is waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// Lines that wait.
pub(super) struct Queue {
    /// What is to be done.
    state: Mutex<State>,
    /// Told when that changes.
    changed: Condvar,
}

/// What is to be done.
#[derive(Default)]
struct State {
    /// Whole lines, one behind the other.
    text: String,
    /// How many they are.
    count: usize,
    /// How many lines did not fit since it was told last.
    lost: u64,
    /// Whether the thread waits for a first line.
    is_idle: bool,
    /// Whether no more is to come.
    is_closed: bool,
    /// Whether everything is written and the thread has ended.
    is_over: bool,
}

impl fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts the thread. `write` writes whole lines, `lost` gives the line that tells of lost ones.
    pub(super) fn start(
        write: impl Fn(&str) + Send + 'static,
        lost: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self { state: Mutex::default(), changed: Condvar::new() });
        let shared = Arc::clone(&queue);
        Builder::new().name("log".into()).spawn(move || shared.run(&write, &lost))?;
        Ok(queue)
    }

    /// Takes a line, with its end; counts it where there is no room.
    pub(super) fn put(&self, line: &str) {
        let mut state = self.state();
        if state.count < MOST_WAITING {
            state.text.push_str(line);
            state.count += 1;
        } else {
            state.lost += 1;
        }
        let is_awaited = std::mem::take(&mut state.is_idle) || state.count == ENOUGH;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// Ends it, and waits until everything is written; not for ever.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        self.changed.notify_all();
        // Whether it is over or was waited for long enough comes to the same.
        drop(self.changed.wait_timeout_while(state, FAREWELL, |state| !state.is_over));
    }

    /// Writes until the end.
    fn run(&self, write: &impl Fn(&str), lost: &impl Fn(u64) -> String) {
        loop {
            let mut state = self.gathered();
            if state.count == 0 {
                state.is_over = true;
                self.changed.notify_all();
                return;
            }
            state.count = 0;
            let mut text = std::mem::take(&mut state.text);
            let missing = std::mem::take(&mut state.lost);
            drop(state);
            if missing > 0 {
                text.push_str(&lost(missing));
            }
            write(&text);
        }
    }

    /// Waits for a first line, and a little for those that follow it; for none once it is closed.
    fn gathered(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.is_idle = state.count == 0;
        let is_idle = |state: &mut State| state.count == 0 && !state.is_closed;
        let state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        let is_short = |state: &mut State| state.count < ENOUGH && !state.is_closed;
        let waited = self.changed.wait_timeout_while(state, GATHERING, is_short);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Gives what is to be done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_logs_does_not_wait_for_who_reads_and_what_is_lost_is_told() {
        let (written, texts) = channel();
        let (go, gate) = channel::<()>();
        let write = move |text: &str| {
            written.send(text.to_owned()).unwrap();
            let _ = gate.recv();
        };
        let queue = Queue::start(write, |count| format!("lost {count}\n")).unwrap();
        queue.put("first\n");
        assert_eq!(texts.recv().unwrap(), "first\n");
        // Nobody takes what follows.
        (0..MOST_WAITING + 3).for_each(|_| queue.put("x\n"));
        drop(go);
        queue.close();
        assert_eq!(texts.recv().unwrap(), "x\n".repeat(MOST_WAITING) + "lost 3\n");
    }

    #[test]
    fn the_end_waits_for_the_last_line() {
        let (written, texts) = channel();
        let queue = Queue::start(move |text| written.send(text.to_owned()).unwrap(), |_| String::new());
        let queue = queue.unwrap();
        queue.put("last\n");
        queue.close();
        assert_eq!(texts.try_recv().unwrap(), "last\n");
    }
}
