//! Authenticates clients by session tokens that this program issues: signed with a key of their own, and revocable.

use std::sync::Arc;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated};
use super::revocation_list::RevocationList;
use super::signed::SessionKey;
use crate::time::Timestamp;

/// A verifier of the session tokens that this program issues: it checks the signature, the times and the revocation list.
#[derive(Debug)]
pub struct SessionVerifier {
    /// The key that verifies signatures.
    pub key: SessionKey,
    /// The revocation list; `None` for the demo, which keeps no state.
    pub revocations: Option<Arc<RevocationList>>,
}

impl Authenticate for SessionVerifier {
    fn authenticate(&self, token: &str, _: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        let session = self.key.verify(token)?;
        session.validate(now)?;
        match self.revocations.as_ref().map_or(Ok(false), |list| list.contains(&session)) {
            Ok(false) => Ok(Authenticated { customer: session.customer, session: session.id.to_string() }),
            Ok(true) => Err(AuthFailure::Revoked(session.customer).into()),
            Err(error) => Err(AuthError::Unavailable(Arc::new(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::manage::RevocationTarget;
    use super::super::revocation_list;
    use super::super::testing::{at, customer, key, revoke};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn verifier(state: &TempDir) -> SessionVerifier {
        let list = RevocationList::open(state.path()).unwrap();
        SessionVerifier { key: key(), revocations: Some(Arc::new(list)) }
    }

    #[test]
    fn a_session_names_its_customer_until_its_end() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(123), at(1_000), HOUR).unwrap();
        let authenticated = |now| verifier(&state).authenticate(token.expose(), "r-1", at(now));
        let own = Authenticated { customer: customer(123), session: session.id.to_string() };
        assert_eq!(authenticated(1_000).unwrap(), own);
        assert_eq!(authenticated(4_599).unwrap(), own);
        let Err(AuthError::Refused(failure)) = authenticated(session.expires_at.epoch_seconds()) else {
            panic!()
        };
        assert_eq!(failure, AuthFailure::Expired(Some(customer(123))));
    }

    #[test]
    fn a_revoked_session_is_refused_and_no_other() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let (_, other) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        revoke(state.path(), RevocationTarget::Session(session), at(1_001)).unwrap();
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
        let demo = SessionVerifier { key: key(), revocations: None };
        assert!(demo.authenticate(token.expose(), "r-1", at(1_000)).is_ok());
    }
}
