//! Revokes sessions: replaces the list under a lock, whole or not at all.

use std::path::Path;

use super::claims::{LEEWAY, MAX_LIFETIME, Session, SessionId};
use super::revocation_list::{RevocationListError, list_directory, list_path, read};
use super::revocations::{MAX_REVOCATIONS, Revocations};
use crate::fs::{self, Lock, Replacement};
use crate::time::Timestamp;
use crate::token::CustomerId;

/// What is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationTarget {
    /// One session, whose token was given.
    Session(Session),
    /// One session, of which only the id is known.
    Id(SessionId),
    /// All of a customer's sessions that were issued up to now.
    Customer(CustomerId),
}

/// The outcome of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// It was added to the list.
    Added,
    /// It was revoked before.
    Unchanged,
}

/// Revokes sessions under a state directory. A running server sees it within a second.
///
/// The change is on disk when this returns. Sessions are issued in whole seconds: those that a customer gets within
/// the second of a revocation are revoked with the earlier ones.
///
/// # Errors
/// [`RevocationListError`], and the list is as it was: a damaged one is never overwritten. If only its name could
/// not be synced to disk, the change is made, and a power cut may undo it.
pub fn revoke(
    state: &Path,
    target: &RevocationTarget,
    now: Timestamp,
) -> Result<RevokeOutcome, RevocationListError> {
    let directory = list_directory(state);
    fs::create_private_dir(&directory)?;
    let _lock = Lock::open(directory.join("lock"))?.acquire()?;
    let path = list_path(state);
    let mut revocations = match read(&path) {
        Ok((revocations, _)) => revocations,
        Err(error) if error.is_missing() => Revocations::default(),
        Err(error) => return Err(error),
    };
    let is_revoked = match target {
        RevocationTarget::Session(session) => revocations.contains(session),
        RevocationTarget::Id(id) => revocations.contains_id(*id),
        RevocationTarget::Customer(_) => false,
    };
    if is_revoked {
        return Ok(RevokeOutcome::Unchanged);
    }
    revocations.prune(now);
    match target {
        RevocationTarget::Session(session) => revocations.add_session(session.id, session.expires_at),
        // Issued now at the latest, by a clock that is ahead by the leeway at most.
        RevocationTarget::Id(id) => revocations.add_session(*id, now.after(LEEWAY).after(MAX_LIFETIME)),
        RevocationTarget::Customer(customer) => revocations.add_customer(*customer, now),
    }
    if revocations.len() > MAX_REVOCATIONS {
        return Err(RevocationListError::Full(path));
    }
    Replacement::prepare(&path, revocations.to_text().as_bytes())?.commit()?;
    Ok(RevokeOutcome::Added)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
