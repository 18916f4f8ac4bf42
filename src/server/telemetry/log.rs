//! The server log: one line per event, as text or JSON, written by a dedicated thread.
//!
//! Callers never block: lines pass through a bounded queue, and lines that do not fit are dropped and counted.

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use serde_json::Value;

use crate::escape::{is_unprintable, json_line};
use crate::time::{Clock, Timestamp, utc};

/// The capacity of the queue, in lines.
const CAPACITY: usize = 8192;
/// How long [`ServerLog::close`] waits for the last lines to be written: the reader of the log may have stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// The fields of an event: names and values, in order. Null values are left out.
pub type Fields<'a> = &'a [(&'static str, Value)];

/// The log of a server.
pub struct ServerLog {
    /// Whether lines are JSON objects. Otherwise they are `TIME key=value …`; values that are not a single plain word are
    /// quoted.
    is_json: bool,
    /// The clock.
    clock: Clock,
    /// The queue to the writing thread; `None` once the log is closed.
    queue: Mutex<Option<SyncSender<String>>>,
    /// The number of lines that did not fit into the queue.
    dropped: Arc<AtomicU64>,
    /// Disconnected when the writing thread ends.
    written: Mutex<Receiver<()>>,
}

impl ServerLog {
    /// Starts a log. `write` is called with whole lines, on a dedicated thread.
    ///
    /// # Errors
    /// The operating system's error if the thread cannot be started.
    pub fn start(is_json: bool, clock: Clock, write: impl Fn(&str) + Send + 'static) -> io::Result<Self> {
        let (queue, lines) = sync_channel::<String>(CAPACITY);
        let (done, written) = sync_channel(0);
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        let write_lines = move || {
            let _done: SyncSender<()> = done;
            // Lines that arrived in the meantime are written together.
            while let Ok(first) = lines.recv() {
                let mut text = first + &lines.try_iter().take(CAPACITY).collect::<String>();
                let count = lost.swap(0, Ordering::Relaxed);
                if count > 0 {
                    let note = ("note", "lines of this log were lost".into());
                    text += &line(is_json, clock.now(), &[note, ("count", count.into())]);
                }
                write(&text);
            }
        };
        Builder::new().name("log".into()).spawn(write_lines)?;
        let queue = Mutex::new(Some(queue));
        Ok(Self { is_json, clock, queue, dropped, written: Mutex::new(written) })
    }

    /// Logs an event.
    pub fn event(&self, fields: Fields<'_>) {
        let line = line(self.is_json, self.clock.now(), fields);
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.as_ref().is_some_and(|queue| queue.try_send(line).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Closes the log, and waits until all lines are written, but at most one second.
    pub fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever sent: this fails when the thread ends or the timeout expires.
        let _ = written.recv_timeout(SHUTDOWN_TIMEOUT);
    }
}

/// Returns the line of an event, including the newline.
fn line(is_json: bool, at: Timestamp, fields: Fields<'_>) -> String {
    let mut line = if is_json { format!(r#"{{"time":"{}""#, utc(at)) } else { utc(at) };
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        // Writing to a String cannot fail.
        let _ = match value {
            value if is_json => write!(line, r#","{name}":{}"#, json_line(value)),
            Value::String(text) if needs_no_quotes(text) => write!(line, " {name}={text}"),
            value => write!(line, " {name}={}", json_line(value)),
        };
    }
    line + if is_json { "}\n" } else { "\n" }
}

/// Returns `true` if a value needs no quotes.
fn needs_no_quotes(text: &str) -> bool {
    let is_plain = |character: char| {
        !character.is_whitespace() && !is_unprintable(character) && !matches!(character, '"' | '=' | '\\')
    };
    !text.is_empty() && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    /// Returns the lines that `log` logs.
    fn lines(is_json: bool, log: impl Fn(&ServerLog)) -> String {
        let written = Arc::new(Mutex::new(String::new()));
        let page = Arc::clone(&written);
        let write = move |text: &str| page.lock().unwrap().push_str(text);
        let server_log = ServerLog::start(is_json, Clock::Fixed(Timestamp::EPOCH), write).unwrap();
        log(&server_log);
        server_log.close();
        written.lock().unwrap().clone()
    }

    #[test]
    fn an_event_is_one_line_of_its_fields() {
        let log = |log: &ServerLog| {
            let absent = ("customer", None::<u64>.into());
            log.event(&[
                ("request_id", "a-1".into()),
                ("peer", "::1".into()),
                ("status", 200.into()),
                absent,
            ]);
        };
        assert_eq!(lines(false, log), "1970-01-01T00:00:00Z request_id=a-1 peer=::1 status=200\n");
        assert_eq!(
            lines(true, log),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"request_id\":\"a-1\",\"peer\":\"::1\",\"status\":200}\n"
        );
    }

    #[test]
    fn values_are_quoted_and_never_break_the_line() {
        let fields = [
            ("plain", "::1".into()),
            ("spaced", "a b".into()),
            ("forged", "x\nstatus=200\u{1b}".into()),
            ("empty", "".into()),
        ];
        assert_eq!(
            line(false, Timestamp::EPOCH, &fields),
            "1970-01-01T00:00:00Z plain=::1 spaced=\"a b\" forged=\"x\\nstatus=200\\u001b\" empty=\"\"\n"
        );
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let text = lines(false, |log| {
            thread::scope(|scope| {
                for number in 0..8 {
                    scope.spawn(move || (0..50).for_each(|_| log.event(&[("number", number.into())])));
                }
            });
        });
        for number in 0..8 {
            let line = format!("1970-01-01T00:00:00Z number={number}");
            assert_eq!(text.lines().filter(|found| *found == line).count(), 50);
        }
        assert_eq!(text.lines().count(), 400);
    }

    #[test]
    fn slow_reader_delays_no_caller_and_lost_lines_are_counted() {
        let (written, texts) = channel();
        let (go, gate) = channel::<()>();
        let write = move |text: &str| {
            written.send(text.to_owned()).unwrap();
            let _ = gate.recv();
        };
        let log = ServerLog::start(false, Clock::Fixed(Timestamp::EPOCH), write).unwrap();
        log.event(&[("first", 1.into())]);
        assert!(texts.recv().unwrap().ends_with("first=1\n"));
        // No reader takes the following lines.
        (0..CAPACITY + 3).for_each(|_| log.event(&[]));
        drop(go);
        log.close();
        let rest: String = texts.try_iter().collect();
        assert_eq!(rest.lines().count(), CAPACITY + 1);
        assert!(rest.contains(" note=\"lines of this log were lost\" count=3\n"));
    }
}
