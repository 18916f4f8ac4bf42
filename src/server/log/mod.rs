//! Turns `tracing` events into lines, and lines into whole writes.
//!
//! Nobody who logs ever waits: lines go through a bounded queue, and what does not fit is counted.

mod line;
mod queue;

use std::fmt;
use std::sync::Arc;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use self::line::Fields;
pub use self::line::Form;
use self::queue::Queue;
use crate::time::Clock;

/// The crate whose events are logged.
const OURS: &str = env!("CARGO_CRATE_NAME");

/// Writes events as lines.
pub struct Log {
    /// The form of lines.
    form: Form,
    /// Tells the time.
    clock: Clock,
    /// What is to be written.
    queue: Arc<Queue>,
}

/// Sees the last lines out.
#[derive(Debug)]
pub struct Ending(Arc<Queue>);

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Log").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Log {
    /// Begins a log; `write` writes whole lines, and is called by one thread of its own.
    ///
    /// # Errors
    /// What the operating system said, where there is no thread.
    pub fn start(
        form: Form,
        clock: Clock,
        write: impl Fn(&str) + Send + 'static,
    ) -> std::io::Result<(Self, Ending)> {
        let lost = move |count: u64| form.line(clock.now(), &Fields::of_lost(count));
        let queue = Queue::start(write, lost)?;
        let log = Self { form, clock, queue: Arc::clone(&queue) };
        Ok((log, Ending(queue)))
    }
}

impl Ending {
    /// Waits until all lines are written, or for a second: whoever reads them may have stopped.
    pub fn wait(&self) {
        self.0.close();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = target.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        is_ours && metadata.is_event() && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.queue.put(&self.form.line(self.clock.now(), &fields));
    }

    /// Nothing here has spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use tracing::{Dispatch, dispatcher, info};

    use super::*;
    use crate::time::Timestamp;

    /// Logs what `log` does, and gives the lines.
    fn lines(form: Form, log: impl Fn()) -> String {
        let written = Arc::new(Mutex::new(String::new()));
        let clock = Clock::Fixed(Timestamp::from_epoch_seconds(0).unwrap());
        let page = Arc::clone(&written);
        let (subscriber, ending) =
            Log::start(form, clock, move |text| page.lock().unwrap().push_str(text)).unwrap();
        dispatcher::with_default(&Dispatch::new(subscriber), log);
        ending.wait();
        written.lock().unwrap().clone()
    }

    #[test]
    fn an_event_is_one_line_of_its_fields() {
        let log = || info!(request_id = "a-1", peer = %"::1", status = 200_u16, customer = None::<u64>);
        assert_eq!(lines(Form::Text, log), "1970-01-01T00:00:00Z request_id=a-1 peer=::1 status=200\n");
        assert_eq!(
            lines(Form::Json, log),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"request_id\":\"a-1\",\"peer\":\"::1\",\"status\":200}\n"
        );
    }

    #[test]
    fn events_of_others_are_left_out() {
        let log = || {
            info!(target: "mio", status = 1);
            info!(target: "stream_token_else", status = 2);
            tracing::debug!(status = 3);
        };
        assert_eq!(lines(Form::Text, log), "");
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let text = lines(Form::Text, || {
            let dispatch = dispatcher::get_default(Clone::clone);
            thread::scope(|scope| {
                for number in 0..8 {
                    let dispatch = dispatch.clone();
                    scope.spawn(move || {
                        dispatcher::with_default(&dispatch, || (0..50).for_each(|_| info!(number)));
                    });
                }
            });
        });
        for number in 0..8 {
            let line = format!("1970-01-01T00:00:00Z number={number}");
            assert_eq!(text.lines().filter(|found| *found == line).count(), 50);
        }
        assert_eq!(text.lines().count(), 400);
    }
}
