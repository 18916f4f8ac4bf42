//! Questions to the backend about tokens: one at a time for each token, few at once, and good answers kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::authenticate::{AuthError, BackendError};
use crate::token::CustomerId;

/// The most questions at once; half of the requests that the endpoint answers at once, so that the other half never
/// waits for the backend.
const MAX_QUESTIONS: usize = 32;
/// The most tokens whose customers are remembered: about a megabyte.
const MAX_KNOWN: usize = 16 * 1024;

/// The answer about a token.
type Answer = Result<CustomerId, AuthError>;
/// The SHA-256 of a token, so that no memory keeps it.
type TokenHash = [u8; 32];

/// All questions of a server.
#[derive(Debug)]
pub(super) struct Questions {
    /// What is known and what is asked.
    state: Mutex<State>,
    /// Told when a question ends.
    ended: Condvar,
    /// How long a customer is remembered.
    cache: Duration,
    /// How long a question waits until there are few enough others.
    patience: Duration,
}

/// What is known and what is asked.
#[derive(Debug, Default)]
struct State {
    /// The customers of tokens, and until when they are remembered.
    known: HashMap<TokenHash, (CustomerId, Instant)>,
    /// The answers that somebody waits for.
    asked: HashMap<TokenHash, Arc<OnceLock<Answer>>>,
    /// How many questions are with the backend.
    running: usize,
}

impl State {
    /// Returns the customer of a token that is remembered.
    fn known(&self, token: &TokenHash) -> Option<CustomerId> {
        self.known.get(token).filter(|(_, until)| Instant::now() < *until).map(|(customer, _)| *customer)
    }

    /// Remembers a customer, if there is room.
    fn remember(&mut self, token: TokenHash, customer: CustomerId, cache: Duration) {
        let now = Instant::now();
        if self.known.len() >= MAX_KNOWN {
            self.known.retain(|_, (_, until)| now < *until);
        }
        if self.known.len() < MAX_KNOWN && !cache.is_zero() {
            self.known.insert(token, (customer, now + cache));
        }
    }
}

impl Questions {
    /// Remembers good answers for `cache`. A question waits for `patience` until there are few enough others.
    pub(super) fn new(cache: Duration, patience: Duration) -> Self {
        Self { state: Mutex::default(), ended: Condvar::new(), cache, patience }
    }

    /// Returns the answer about a token: one that is remembered, the one that another caller is about to get, or else
    /// what `ask` returns.
    ///
    /// # Errors
    /// Those of `ask`; [`BackendError::Busy`] if too many others ask for too long.
    pub(super) fn answer(&self, token: &str, ask: impl FnOnce() -> Answer) -> Answer {
        let token = Sha256::digest(token).into();
        let mut state = self.lock();
        if let Some(customer) = state.known(&token) {
            return Ok(customer);
        }
        if let Some(answer) = state.asked.get(&token).map(Arc::clone) {
            // The other caller waits for its turn and then for the backend.
            return self
                .wait(state, 2 * self.patience, |_| answer.get().is_none())
                .and_then(|_| answer.get().cloned())
                .unwrap_or_else(|| Err(BackendError::Busy.into()));
        }
        let answer = Arc::new(OnceLock::new());
        state.asked.insert(token, Arc::clone(&answer));
        let mut question = Question { questions: self, token, answer, is_running: false };
        let turn = self.wait(state, self.patience, |state| state.running >= MAX_QUESTIONS);
        if let Some(mut state) = turn {
            state.running += 1;
            question.is_running = true;
            drop(state);
            question.answer.get_or_init(ask).clone()
        } else {
            question.answer.get_or_init(|| Err(BackendError::Busy.into())).clone()
        }
    }

    /// Waits while a condition holds; `None` if it still does after `limit`.
    fn wait<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        limit: Duration,
        mut is_waiting: impl FnMut(&State) -> bool,
    ) -> Option<MutexGuard<'a, State>> {
        let waited = self.ended.wait_timeout_while(state, limit, |state| is_waiting(state));
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        (!timeout.timed_out()).then_some(state)
    }

    /// Locks the state, which is whole after every change.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is asked or waits for its turn. It ends when this is dropped, also if it panics.
struct Question<'a> {
    /// The questions it belongs to.
    questions: &'a Questions,
    /// The token.
    token: TokenHash,
    /// The answer, for those who wait for it too.
    answer: Arc<OnceLock<Answer>>,
    /// Whether it is with the backend.
    is_running: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        // Without an answer there was a panic, and nobody is to wait for one.
        let answer = self.answer.get_or_init(|| Err(BackendError::Busy.into()));
        let mut state = self.questions.lock();
        state.asked.remove(&self.token);
        state.running -= usize::from(self.is_running);
        if let Ok(customer) = answer {
            state.remember(self.token, *customer, self.questions.cache);
        }
        self.questions.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::super::testing::customer;
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_good_answer_is_kept_until_its_time_is_over_and_a_bad_one_is_not() {
        let asked = AtomicUsize::new(0);
        let answers = |cache, answer: Answer| {
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
        let mut state = State::default();
        state.remember([0; 32], customer(5), Duration::from_nanos(1));
        thread::sleep(Duration::from_millis(1));
        assert_eq!(state.known(&[0; 32]), None);
    }

    #[test]
    fn those_who_ask_about_one_token_share_one_question() {
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
            // It came before the end, or asks itself and panics.
            let _ = second.join();
        });
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn only_so_many_are_asked_at_once_and_the_rest_do_not_wait_for_ever() {
        let questions = Questions::new(MINUTE, Duration::from_millis(50));
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
            // What is known is not asked, and does not wait.
            questions.lock().remember(Sha256::digest("known").into(), customer(7), MINUTE);
            assert_eq!(questions.answer("known", || panic!("asked")).unwrap(), customer(7));
            end.wait();
        });
        assert_eq!(questions.answer("one more", || Ok(customer(6))).unwrap(), customer(6));
    }

    #[test]
    fn a_question_that_panics_leaves_nothing_behind() {
        let questions = Questions::new(MINUTE, MINUTE);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            questions.answer("token", || panic!("!"))
        }));
        assert!(panicked.is_err());
        assert_eq!(questions.answer("token", || Ok(customer(5))).unwrap(), customer(5));
        assert_eq!(questions.lock().running, 0);
    }

    #[test]
    fn memory_is_bounded_and_room_is_made_by_what_is_over() {
        let mut state = State::default();
        let hash = |number: usize| -> TokenHash { Sha256::digest(number.to_string()).into() };
        for number in 0..MAX_KNOWN + 10 {
            state.remember(hash(number), customer(5), MINUTE);
        }
        assert_eq!((state.known.len(), state.known(&hash(0))), (MAX_KNOWN, Some(customer(5))));
        let past = Instant::now();
        state.known.values_mut().take(MAX_KNOWN - 1).for_each(|(_, until)| *until = past);
        state.remember(hash(MAX_KNOWN), customer(6), MINUTE);
        assert_eq!((state.known.len(), state.known(&hash(MAX_KNOWN))), (2, Some(customer(6))));
    }
}
