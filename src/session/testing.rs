//! What the tests of sessions share: short names for values.

use super::claims::{MAX_LIFETIME, Session, SessionId};
use super::key::SessionKey;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::CustomerId;

/// The secret that session keys in tests come from.
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

/// A session by the numbers of its id and customer, and when it was issued.
pub(super) fn session(number: u32, customer_number: u64, issued_at: u64) -> Session {
    let issued_at = at(issued_at);
    let expires_at = issued_at.after(MAX_LIFETIME);
    Session { id: id(number), customer: customer(customer_number), issued_at, expires_at }
}
