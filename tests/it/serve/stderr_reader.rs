//! What a process says, as it says it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use crate::cli::watchdog::WAIT_TIMEOUT;

/// What has been said so far. A thread of its own listens, so that who speaks never waits.
pub(crate) struct StderrReader(Arc<(Mutex<Received>, Condvar)>);

/// What was heard.
#[derive(Default)]
struct Received {
    /// The text.
    text: String,
    /// Whether nothing more comes.
    is_over: bool,
}

impl StderrReader {
    /// Listens to a stream until its end.
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

    /// Waits until something can be found in what was said, and gives it.
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

    /// Waits until a text was said.
    #[track_caller]
    pub(crate) fn wait_until(&self, text: &str) {
        self.wait_for(text, |said| said.contains(text).then_some(()));
    }

    /// Waits for the end, and gives all that was said.
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
