//! The sessions that this program issues itself: signed with a key of their own, and revocable.

use std::sync::Arc;

use super::authenticate::{Authenticate, Denial, Refused};
use super::key::SessionKey;
use super::register::Register;
use crate::time::Timestamp;
use crate::token::CustomerId;

/// Judges session tokens of ours by their key, their times and the register of revocations.
#[derive(Debug)]
pub struct Signed {
    /// Verifies.
    key: SessionKey,
    /// What was revoked; nothing where sessions cannot be.
    register: Option<Arc<Register>>,
}

impl Signed {
    /// Judges by a key, and by what was revoked.
    #[must_use]
    pub fn new(key: SessionKey, register: Arc<Register>) -> Self {
        Self { key, register: Some(register) }
    }

    /// Judges by a key alone: for the demo, which has no state.
    #[must_use]
    pub fn irrevocable(key: SessionKey) -> Self {
        Self { key, register: None }
    }
}

impl Authenticate for Signed {
    fn authenticate(&self, token: &str, now: Timestamp) -> Result<CustomerId, Denial> {
        let session = self.key.verify(token)?;
        session.judge(now)?;
        let is_revoked = self.register.as_ref().map_or(Ok(false), |register| register.contains(&session));
        match is_revoked {
            Ok(false) => Ok(session.customer),
            Ok(true) => Err(Refused::Revoked(session.customer).into()),
            Err(error) => Err(Denial::CannotTell(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::revoke::{self, Revocation, revoke};
    use super::super::testing::{at, customer, key};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn signed(state: &TempDir) -> Signed {
        Signed::new(key(), Arc::new(Register::open(state.path())))
    }

    #[test]
    fn names_the_customer_of_a_session_until_its_end() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(123), at(1_000), HOUR).unwrap();
        let judged = |now| signed(&state).authenticate(token.expose(), at(now));
        assert_eq!(judged(1_000).unwrap(), customer(123));
        assert_eq!(judged(4_599).unwrap(), customer(123));
        let Err(Denial::Refused(refused)) = judged(session.expires_at().epoch_seconds()) else { panic!() };
        assert_eq!(refused, Refused::Expired(customer(123)));
    }

    #[test]
    fn refuses_a_revoked_session_and_no_other() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let (_, other) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        revoke(state.path(), &Revocation::Session(session), at(1_001)).unwrap();
        let judged = signed(&state);
        let Err(Denial::Refused(refused)) = judged.authenticate(token.expose(), at(1_002)) else { panic!() };
        assert_eq!(refused, Refused::Revoked(customer(1)));
        assert!(judged.authenticate(other.expose(), at(1_002)).is_ok());
    }

    #[test]
    fn a_register_that_cannot_be_read_makes_a_good_session_doubtful_and_a_bad_one_no_better() {
        let state = TempDir::new().unwrap();
        let path = revoke::register(state.path());
        std::fs::create_dir_all(&path).unwrap();
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let judged = signed(&state);
        assert!(matches!(judged.authenticate(token.expose(), at(1_000)), Err(Denial::CannotTell(_))));
        assert!(matches!(judged.authenticate("x", at(1_000)), Err(Denial::Refused(_))));
        assert!(matches!(judged.authenticate(token.expose(), at(9_000)), Err(Denial::Refused(_))));
        std::fs::remove_dir(&path).unwrap();
        assert!(signed(&state).authenticate(token.expose(), at(1_000)).is_ok());
    }

    #[test]
    fn without_a_register_the_key_alone_judges() {
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        assert!(Signed::irrevocable(key()).authenticate(token.expose(), at(1_000)).is_ok());
    }
}
