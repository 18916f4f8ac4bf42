//! Reads the standard error of a running process.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use crate::cli::watchdog::WAIT_TIMEOUT;

/// The text read so far. A thread reads, so that the process never waits for a full pipe.
pub(crate) struct StderrReader(Arc<(Mutex<Received>, Condvar)>);

/// The text, and whether the stream has ended.
#[derive(Default)]
struct Received {
    /// The text.
    text: String,
    /// Whether the stream has ended.
    is_over: bool,
}

impl StderrReader {
    /// Starts to read a stream until its end.
    pub(crate) fn by(mut stream: impl Read + Send + 'static) -> Self {
        let heard = Arc::new((Mutex::<Received>::default(), Condvar::new()));
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            let (heard, changed) = &*shared;
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                heard.lock().unwrap().text.push_str(&String::from_utf8_lossy(&bytes[..count]));
                changed.notify_all();
            }
            heard.lock().unwrap().is_over = true;
            changed.notify_all();
        });
        Self(heard)
    }

    /// Waits until `find` finds something in the text, and returns it.
    #[track_caller]
    pub(crate) fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let (heard, changed) = &*self.0;
        let until = Instant::now() + WAIT_TIMEOUT;
        let mut heard = heard.lock().unwrap();
        loop {
            if let Some(found) = find(&heard.text) {
                return found;
            }
            let rest = until.saturating_duration_since(Instant::now());
            assert!(!heard.is_over && !rest.is_zero(), "waited in vain for {what} in\n{}", heard.text);
            heard = changed.wait_timeout(heard, rest).unwrap().0;
        }
    }

    /// Waits until the stream contains a text.
    #[track_caller]
    pub(crate) fn wait_until(&self, text: &str) {
        self.wait_for(text, |said| said.contains(text).then_some(()));
    }

    /// Waits for the end of the stream, and returns the whole text.
    #[track_caller]
    pub(crate) fn all(&self) -> String {
        let (heard, changed) = &*self.0;
        let heard = heard.lock().unwrap();
        let (heard, waited) =
            changed.wait_timeout_while(heard, WAIT_TIMEOUT, |heard| !heard.is_over).unwrap();
        assert!(!waited.timed_out(), "waited in vain for the end of\n{}", heard.text);
        heard.text.clone()
    }
}
