//! Authenticates clients by session tokens that this program issues: signed with a key of their own, and revocable.

use std::sync::Arc;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated};
use super::key::SessionKey;
use super::revocation_list::RevocationList;
use crate::time::Timestamp;

/// Verifies the session tokens that this program issues: by their key, their times and the list of revocations.
#[derive(Debug)]
pub struct SessionVerifier {
    /// Verifies signatures.
    key: SessionKey,
    /// What was revoked; `None` if sessions cannot be revoked.
    revocations: Option<Arc<RevocationList>>,
}

impl SessionVerifier {
    /// Returns a verifier with a key and a list of revocations.
    #[must_use]
    pub fn new(key: SessionKey, revocations: Arc<RevocationList>) -> Self {
        Self { key, revocations: Some(revocations) }
    }

    /// Returns a verifier with a key alone: for the demo, which keeps no state.
    #[must_use]
    pub fn without_revocation(key: SessionKey) -> Self {
        Self { key, revocations: None }
    }
}

impl Authenticate for SessionVerifier {
    fn authenticate(&self, token: &str, _: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        let session = self.key.verify(token)?;
        session.validate(now)?;
        match self.revocations.as_ref().map_or(Ok(false), |list| list.contains(&session)) {
            Ok(false) => Ok(Authenticated { customer: session.customer, session: session.id.to_string() }),
            Ok(true) => Err(AuthFailure::Revoked(session.customer).into()),
            Err(error) => Err(AuthError::Unavailable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::revocation_list;
    use super::super::revoke::{RevocationTarget, revoke};
    use super::super::testing::{at, customer, key};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn verifier(state: &TempDir) -> SessionVerifier {
        SessionVerifier::new(key(), Arc::new(RevocationList::open(state.path()).unwrap()))
    }

    #[test]
    fn a_session_names_its_customer_until_its_end() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(123), at(1_000), HOUR).unwrap();
        let authenticated = |now| verifier(&state).authenticate(token.expose(), "r-1", at(now));
        let own = Authenticated { customer: customer(123), session: session.id().to_string() };
        assert_eq!(authenticated(1_000).unwrap(), own);
        assert_eq!(authenticated(4_599).unwrap(), own);
        let Err(AuthError::Refused(failure)) = authenticated(session.expires_at().epoch_seconds()) else {
            panic!()
        };
        assert_eq!(failure, AuthFailure::Expired(Some(customer(123))));
    }

    #[test]
    fn a_revoked_session_is_refused_and_no_other() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let (_, other) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        revoke(state.path(), &RevocationTarget::Session(session), at(1_001)).unwrap();
        let authenticated = verifier(&state);
        let Err(AuthError::Refused(failure)) = authenticated.authenticate(token.expose(), "r-1", at(1_002))
        else {
            panic!()
        };
        assert_eq!(failure, AuthFailure::Revoked(customer(1)));
        assert!(authenticated.authenticate(other.expose(), "r-1", at(1_002)).is_ok());
    }

    #[test]
    fn an_unreadable_list_makes_a_good_session_unavailable_and_a_bad_one_no_better() {
        let state = TempDir::new().unwrap();
        let authenticated = verifier(&state);
        let path = revocation_list::list_path(state.path());
        std::fs::create_dir_all(&path).unwrap();
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        // What was read of it before is used for a moment.
        while authenticated.authenticate(token.expose(), "-", at(1_000)).is_ok() {
            std::thread::yield_now();
        }
        assert!(matches!(
            authenticated.authenticate(token.expose(), "r-1", at(1_000)),
            Err(AuthError::Unavailable(_))
        ));
        assert!(matches!(authenticated.authenticate("x", "r-1", at(1_000)), Err(AuthError::Refused(_))));
        assert!(matches!(
            authenticated.authenticate(token.expose(), "r-1", at(9_000)),
            Err(AuthError::Refused(_))
        ));
        std::fs::remove_dir(&path).unwrap();
        assert!(verifier(&state).authenticate(token.expose(), "r-1", at(1_000)).is_ok());
    }

    #[test]
    fn without_a_list_the_key_alone_decides() {
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        assert!(
            SessionVerifier::without_revocation(key()).authenticate(token.expose(), "r-1", at(1_000)).is_ok()
        );
    }
}
