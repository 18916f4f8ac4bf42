//! Revokes sessions: replaces the list under a lock, whole or not at all.

use std::path::Path;

use super::claims::{LEEWAY, Session, SessionId};
use super::revocation_list::{RevocationListError, list_directory, list_path, read_or_new};
use super::revocations::{MAX_REVOCATIONS, Revocations};
use crate::fs::{self, Lock, LockGuard, Replacement};
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
    /// All sessions that were issued up to now. It takes the place of a list that is damaged, gone or full.
    Everybody,
}

/// The outcome of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// It was added to the list.
    Added,
    /// It was revoked before.
    Unchanged,
}

/// A list with a further revocation, written beside the file and not in effect yet.
///
/// Dropped without a commit, it leaves no trace.
#[derive(Debug)]
pub struct PendingRevocation {
    /// The new text.
    replacement: Replacement,
    /// The lock against other processes that revoke.
    _lock: LockGuard,
}

/// Locks the list under a state directory, and prepares a revocation; `None` if there is nothing to revoke any more.
///
/// Sessions that were issued by a clock that is ahead by the leeway are revoked with those that were issued now.
///
/// # Errors
/// [`RevocationListError`], and the list is as it was: only a revocation of everybody's sessions replaces a damaged one.
pub fn begin_revocation(
    state: &Path,
    target: &RevocationTarget,
    now: Timestamp,
) -> Result<Option<PendingRevocation>, RevocationListError> {
    let directory = list_directory(state);
    fs::create_private_dir(&directory)?;
    let lock = Lock::open(directory.join("lock"))?.acquire()?;
    let path = list_path(state);
    let is_everybody = *target == RevocationTarget::Everybody;
    let mut revocations = match read_or_new(state) {
        Ok(full) if is_everybody && full.len() >= MAX_REVOCATIONS => Revocations::default(),
        Err(RevocationListError::Format(..) | RevocationListError::Gone(_)) if is_everybody => {
            Revocations::default()
        }
        read => read?,
    };
    let issued_until = now.after(LEEWAY);
    match target {
        RevocationTarget::Session(session) if revocations.contains(session) => return Ok(None),
        RevocationTarget::Id(id) if revocations.contains_id(*id) => return Ok(None),
        RevocationTarget::Session(session) => revocations.add_session(session.id),
        RevocationTarget::Id(id) => revocations.add_session(*id),
        RevocationTarget::Customer(customer) => revocations.add_customer(*customer, issued_until),
        RevocationTarget::Everybody => revocations.add_everybody(issued_until),
    }
    if revocations.len() > MAX_REVOCATIONS {
        return Err(RevocationListError::Full(path));
    }
    let replacement = Replacement::prepare(&path, revocations.to_text().as_bytes())?;
    Ok(Some(PendingRevocation { replacement, _lock: lock }))
}

impl PendingRevocation {
    /// Replaces the list. The change is on disk when this returns, and a running server sees it within a second.
    ///
    /// # Errors
    /// [`RevocationListError`], and the list is as it was; but if only its name could not be synced to disk, the change
    /// is made, and a power cut may undo it.
    pub fn commit(self) -> Result<(), RevocationListError> {
        Ok(self.replacement.commit()?)
    }
}

/// Revokes sessions at once.
#[cfg(test)]
pub(crate) fn revoke(
    state: &Path,
    target: &RevocationTarget,
    now: Timestamp,
) -> Result<RevokeOutcome, RevocationListError> {
    let pending = begin_revocation(state, target, now)?;
    pending.map_or(Ok(RevokeOutcome::Unchanged), |pending| pending.commit().map(|()| RevokeOutcome::Added))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
