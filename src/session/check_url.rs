//! Authenticates clients by asking the app's own backend whose session a token is.

use serde_json::Value;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated, BackendError};
use super::backend::{Answer, Backend, BackendSetupError};
use super::questions::Questions;
use crate::profile::{CheckUrl, TOKEN_PLACEHOLDER};
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint};

/// Asks the backend about each token, with the client's own `Authorization`.
///
/// Only the backend's own no (401, 403 or a redirect, as to a page for logging in) refuses a session. A 429 is passed
/// on. After everything else nobody knows whose session it is.
#[derive(Debug)]
pub struct CheckUrlVerifier {
    /// Where and how the customer is in an answer, and how the question is put.
    check: CheckUrl,
    /// Makes requests.
    backend: Backend,
    /// What is asked and known.
    questions: Questions,
}

impl CheckUrlVerifier {
    /// Returns a verifier that has asked nothing yet.
    ///
    /// # Errors
    /// [`BackendSetupError`]
    pub fn new(check: CheckUrl) -> Result<Self, BackendSetupError> {
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

/// Returns the customer whom the backend's answer names.
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

/// Returns the customer that a value of JSON names: a number, its digits, or `customer-N`.
pub(super) fn customer_in(value: &Value) -> Option<CustomerId> {
    match value {
        Value::Number(number) => CustomerId::new(number.as_u64()?),
        Value::String(text) => CustomerId::from_digits(text).or_else(|| CustomerId::from_user_id(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn only_the_backends_own_no_refuses_a_session() {
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
}
