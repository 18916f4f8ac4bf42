//! Shared fixtures of the session tests: short constructors for values.

use std::path::Path;

use super::manage::{RevocationTarget, SessionManager};
use super::revocation_list::RevocationListError;
use super::signed::{MAX_LIFETIME, Session, SessionId, SessionKey};
use crate::audit::{Actor, AuditLog};
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};
use crate::token::CustomerId;

/// The secret of session keys in tests.
pub(super) const SECRET: &[u8] = b"a-session-key-for-tests-0123456789abc";

pub(super) fn secret(bytes: &[u8]) -> Secret {
    Secret::new(bytes.to_vec()).unwrap()
}

pub(super) fn key() -> SessionKey {
    SessionKey::new(&secret(SECRET))
}

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

pub(super) fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

pub(super) fn id(number: u32) -> SessionId {
    SessionId::from_hex(&format!("{number:032x}")).unwrap()
}

/// Returns a session with this ID, customer and time of issue.
pub(super) fn session(number: u32, customer_number: u64, issued_at: u64) -> Session {
    let issued_at = at(issued_at);
    let expires_at = issued_at.after(MAX_LIFETIME);
    Session { id: id(number), customer: customer(customer_number), issued_at, expires_at }
}

/// Revokes sessions under a state directory. Returns whether anything was still to be revoked.
pub(super) fn revoke(
    state: &Path,
    target: RevocationTarget,
    now: Timestamp,
) -> Result<bool, RevocationListError> {
    let audit_log = AuditLog::open(state, Clock::Fixed(now)).unwrap();
    let actor = Actor { user: "ann".into(), sudo_user: None };
    let manager = SessionManager { state: state.to_owned(), audit_log, actor, profile: None, now };
    let Some((replacement, _lock)) = manager.prepare(&target)? else { return Ok(false) };
    replacement.commit()?;
    Ok(true)
}
