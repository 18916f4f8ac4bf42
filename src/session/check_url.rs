//! Authenticates clients by asking the app's backend whose session a token is.
//!
//! Each token has at most one question in progress, the number of concurrent questions is limited, and positive answers are
//! cached.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated, BackendError};
use super::backend::{Answer, Backend};
use crate::error::ErrorReport;
use crate::profile::{CheckUrl, TOKEN_PLACEHOLDER};
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint};

/// The most questions at once: half of the requests that the endpoint answers at once, so that the other half never waits
/// for the backend.
const MAX_QUESTIONS: usize = 32;
/// The most cached tokens: about two megabytes.
const MAX_KNOWN: usize = 16 * 1024;

/// A verifier that asks the backend about each token, with the client's own `Authorization`.
///
/// Only a 401, a 403 or a redirect (such as to a login page) refuses a session. A 429 is passed on to the client. After any
/// other failure, it is unknown whose session the token is.
pub struct CheckUrlVerifier {
    /// The configuration: the header of a question, and where the answer names the customer.
    check: CheckUrl,
    /// The client of the backend.
    backend: Backend,
    /// The questions in progress, and the cached answers.
    questions: Questions,
}

impl CheckUrlVerifier {
    /// Returns a verifier with an empty cache.
    ///
    /// # Errors
    /// The certificates that the backend is verified with are not available.
    pub fn new(check: CheckUrl) -> Result<Self, ErrorReport> {
        let backend = Backend::new(check.backend.clone())?;
        let questions = Questions::new(check.cache, check.backend.timeout);
        Ok(Self { check, backend, questions })
    }

    /// Asks the backend whose session a token is.
    fn ask(&self, token: &str, request_id: &str, now: Timestamp) -> Result<CustomerId, AuthError> {
        let authorization = self.check.authorization.replace(TOKEN_PLACEHOLDER, token);
        let headers = [("Authorization", authorization.as_str()), ("X-Request-Id", request_id)];
        let answer = self.backend.get(&headers, now)?;
        customer_of(&answer, &self.check.customer_from)
    }
}

impl Authenticate for CheckUrlVerifier {
    fn authenticate(
        &self,
        token: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Authenticated, AuthError> {
        let customer = self.questions.answer(token, || self.ask(token, request_id, now))?;
        Ok(Authenticated { customer, session: format!("check_url {}", Fingerprint::of(token.as_bytes())) })
    }
}

/// Returns the customer that the backend's answer names.
fn customer_of(answer: &Answer, pointer: &str) -> Result<CustomerId, AuthError> {
    match answer.status {
        200 => {
            let value = serde_json::from_slice::<Value>(&answer.body);
            let value = value.map_err(|_| BackendError::Malformed("is not JSON".into()))?;
            value.pointer(pointer).and_then(customer_in).ok_or_else(|| {
                BackendError::Malformed(format!("has no customer id at customer_from, '{pointer}'")).into()
            })
        }
        401 | 403 | 301..=303 | 307 | 308 => Err(AuthFailure::RefusedByBackend.into()),
        429 => Err(AuthError::TooOften(answer.retry_after)),
        status => Err(BackendError::Status(status).into()),
    }
}

/// Returns the customer that a JSON value names: a number, its digits, or `customer-N`.
pub(super) fn customer_in(value: &Value) -> Option<CustomerId> {
    match value {
        Value::Number(number) => CustomerId::new(number.as_u64()?),
        Value::String(text) => CustomerId::from_digits(text).or_else(|| CustomerId::from_user_id(text)),
        _ => None,
    }
}

/// The answer to a question: the customer whose session a token is.
type Asked = Result<CustomerId, AuthError>;

/// A question: its answer, and until when that is cached; unset while the question is in progress. Other callers with the
/// same token wait for it.
type Question = Arc<OnceLock<(Asked, Instant)>>;

/// All questions of a server.
#[derive(Debug)]
struct Questions {
    /// The questions, by the SHA-256 of their tokens, so that no token is kept in memory.
    known: Mutex<HashMap<[u8; 32], Question>>,
    /// The number of questions in progress.
    running: Mutex<usize>,
    /// Notified when a question ends.
    ended: Condvar,
    /// How long a positive answer is cached.
    cache: Duration,
    /// How long a question waits for its turn.
    patience: Duration,
}

impl Questions {
    /// Returns an empty cache. Positive answers are cached for `cache`, and a question waits up to `patience` for its turn.
    fn new(cache: Duration, patience: Duration) -> Self {
        let (known, running) = (Mutex::default(), Mutex::default());
        Self { known, running, ended: Condvar::new(), cache, patience }
    }

    /// Returns the answer about a token: a cached one, the one that another caller is waiting for, or else the result of
    /// `ask`.
    ///
    /// # Errors
    /// Those of `ask`, or [`BackendError::Busy`] if the question did not get its turn in time.
    fn answer(&self, token: &str, ask: impl FnOnce() -> Asked) -> Asked {
        let question = self.question(Sha256::digest(token).into());
        let (answer, _) = question.get_or_init(|| {
            let answer = self.ask_in_turn(ask);
            (answer, Instant::now() + self.cache)
        });
        answer.clone()
    }

    /// Returns the question about a token: one in progress, one whose answer is still cached, or a new one.
    fn question(&self, token: [u8; 32]) -> Question {
        let is_current = |question: &Question| {
            question.get().is_none_or(|(answer, until)| answer.is_ok() && Instant::now() < *until)
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = known.get(&token).filter(|question| is_current(question)) {
            return Arc::clone(question);
        }
        if known.len() >= MAX_KNOWN {
            known.retain(|_, question| is_current(question));
        }
        let question = Question::default();
        if known.len() < MAX_KNOWN {
            known.insert(token, Arc::clone(&question));
        }
        question
    }

    /// Calls `ask` as soon as fewer than [`MAX_QUESTIONS`] questions are in progress.
    fn ask_in_turn(&self, ask: impl FnOnce() -> Asked) -> Asked {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.ended.wait_timeout_while(running, self.patience, |running| *running >= MAX_QUESTIONS);
        let (mut running, waited) = turn.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(BackendError::Busy.into());
        }
        *running += 1;
        drop(running);
        let _turn = Turn(self);
        ask()
    }
}

/// A question in progress. It ends on drop, even after a panic.
struct Turn<'a>(&'a Questions);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::super::testing::customer;
    use super::*;

    fn answered(status: u16, body: &str) -> Result<CustomerId, AuthError> {
        let body = body.as_bytes().to_vec();
        let answer = Answer { status, retry_after: Duration::from_secs(7), date: None, body };
        customer_of(&answer, "/data/id")
    }

    #[test]
    fn a_customer_is_a_number_digits_or_a_user_id() {
        for id in ["5", "\"5\"", "\"customer-5\""] {
            assert_eq!(answered(200, &format!("{{\"data\":{{\"id\":{id}}}}}")).unwrap(), customer(5), "{id}");
        }
        for id in [
            "5.0",
            "5.5",
            "1e2",
            "-5",
            "0",
            "9223372036854775808",
            "1e400",
            "null",
            "true",
            "[5]",
            "\"\"",
            "\"05\"",
            "\"customer-\"",
            "\" 5\"",
        ] {
            let answer = answered(200, &format!("{{\"data\":{{\"id\":{id}}}}}"));
            assert!(
                matches!(answer, Err(AuthError::Backend(BackendError::Malformed(_)))),
                "{id}: {answer:?}"
            );
        }
    }

    #[test]
    fn only_an_explicit_refusal_refuses_a_session() {
        for status in [401, 403, 301, 302, 303, 307, 308] {
            let answer = answered(status, "");
            assert!(matches!(answer, Err(AuthError::Refused(AuthFailure::RefusedByBackend))), "{status}");
        }
        for status in [201, 204, 300, 304, 400, 402, 404, 405, 410, 418, 500, 502, 503] {
            let answer = answered(status, r#"{"data":{"id":5}}"#);
            assert!(matches!(answer, Err(AuthError::Backend(BackendError::Status(_)))), "{status}");
        }
        for body in
            ["", "5", "[]", "{}", r#"{"data":5}"#, r#"{"data":{"ID":5}}"#, "<html>", r#"{"data":{"id":5}"#]
        {
            let answer = answered(200, body);
            assert!(matches!(answer, Err(AuthError::Backend(BackendError::Malformed(_)))), "{body}");
        }
        assert!(matches!(answered(429, ""), Err(AuthError::TooOften(wait)) if wait.as_secs() == 7));
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn good_answers_are_cached_and_bad_ones_are_not() {
        let asked = AtomicUsize::new(0);
        let answers = |cache, answer: Asked| {
            let questions = Questions::new(cache, MINUTE);
            asked.store(0, Ordering::Relaxed);
            for _ in 0..3 {
                let _ = questions.answer("token", || {
                    asked.fetch_add(1, Ordering::Relaxed);
                    answer.clone()
                });
            }
            asked.load(Ordering::Relaxed)
        };
        assert_eq!(answers(MINUTE, Ok(customer(5))), 1);
        assert_eq!(answers(Duration::ZERO, Ok(customer(5))), 3);
        assert_eq!(answers(MINUTE, Err(BackendError::Busy.into())), 3);
        let questions = Questions::new(Duration::from_nanos(1), MINUTE);
        assert_eq!(questions.answer("token", || Ok(customer(5))).unwrap(), customer(5));
        thread::sleep(Duration::from_millis(1));
        assert_eq!(questions.answer("token", || Ok(customer(6))).unwrap(), customer(6));
    }

    #[test]
    fn concurrent_checks_of_a_token_share_one_request() {
        let (questions, asked) = (Questions::new(Duration::ZERO, MINUTE), AtomicUsize::new(0));
        let (begun, end) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                questions.answer("token", || {
                    asked.fetch_add(1, Ordering::Relaxed);
                    begun.wait();
                    end.wait();
                    Ok(customer(5))
                })
            });
            begun.wait();
            let second = scope.spawn(|| questions.answer("token", || panic!("asked again")));
            assert_eq!(questions.answer("other", || Ok(customer(6))).unwrap(), customer(6));
            end.wait();
            assert_eq!(first.join().unwrap().unwrap(), customer(5));
            // The caller joined before the end, or checks itself and panics.
            let _ = second.join();
        });
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn concurrent_checks_are_limited_and_the_rest_fail() {
        let questions = Questions::new(MINUTE, Duration::from_millis(50));
        questions.answer("known", || Ok(customer(7))).unwrap();
        let (begun, end) = (Barrier::new(MAX_QUESTIONS + 1), Barrier::new(MAX_QUESTIONS + 1));
        thread::scope(|scope| {
            for number in 0..MAX_QUESTIONS {
                let (questions, begun, end) = (&questions, &begun, &end);
                scope.spawn(move || {
                    let ask = || {
                        begun.wait();
                        end.wait();
                        Ok(customer(5))
                    };
                    questions.answer(&number.to_string(), ask).unwrap();
                });
            }
            begun.wait();
            let refused = questions.answer("one more", || panic!("one too many"));
            assert!(matches!(refused, Err(AuthError::Backend(BackendError::Busy))), "{refused:?}");
            // A cached answer needs no check, and does not wait.
            assert_eq!(questions.answer("known", || panic!("asked")).unwrap(), customer(7));
            end.wait();
        });
        assert_eq!(questions.answer("one more", || Ok(customer(6))).unwrap(), customer(6));
    }

    #[test]
    fn panicking_check_leaves_nothing_behind() {
        let questions = Questions::new(MINUTE, MINUTE);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            questions.answer("token", || panic!("!"))
        }));
        assert!(panicked.is_err());
        assert_eq!(questions.answer("token", || Ok(customer(5))).unwrap(), customer(5));
        assert_eq!(*questions.running.lock().unwrap(), 0);
    }

    #[test]
    fn cache_is_bounded_and_evicts_expired_answers() {
        let questions = Questions::new(MINUTE, MINUTE);
        let ask = |number: usize, answer| questions.answer(&number.to_string(), || answer);
        for number in 0..MAX_KNOWN + 10 {
            ask(number, Ok(customer(5))).unwrap();
        }
        let known = || questions.known.lock().unwrap().len();
        assert_eq!((known(), ask(0, Err(BackendError::Busy.into())).unwrap()), (MAX_KNOWN, customer(5)));
        let questions = Questions::new(Duration::from_nanos(1), MINUTE);
        for number in 0..=MAX_KNOWN {
            questions.answer(&number.to_string(), || Ok(customer(5))).unwrap();
        }
        assert!(questions.known.lock().unwrap().len() < 10);
    }
}
