//! Creates and revokes sessions, each recorded in the audit log before it takes effect.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::revocation_list::{
    MAX_REVOCATIONS, RevocationListError, Revocations, list_path, read, read_known,
};
use super::signed::{LEEWAY, Session, SessionId, SessionKey, SessionToken};
use crate::audit::{Action, Actor, AuditError, AuditLog, Channel, Event, Outcome};
use crate::error::{ErrorReport, Exit};
use crate::fs::{self, Lock, LockGuard, Replacement};
use crate::profile::ProfileName;
use crate::time::{Timestamp, utc};
use crate::token::{CustomerId, Fingerprint};

/// The manager of the sessions of one state directory.
#[derive(Debug)]
pub struct SessionManager {
    /// The state directory, which holds the revocation list.
    pub state: PathBuf,
    /// The audit log that records changes.
    pub audit_log: AuditLog,
    /// The user who makes the changes.
    pub actor: Actor,
    /// The profile of the sessions.
    pub profile: Option<ProfileName>,
    /// The current time.
    pub now: Timestamp,
}

/// The sessions to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationTarget {
    /// One session, by its token.
    Session(Session),
    /// One session, by its id alone.
    Id(SessionId),
    /// All of a customer's sessions that were issued up to now.
    Customer(CustomerId),
    /// All sessions that were issued up to now. The new list replaces one that is damaged, missing or full.
    Everybody,
}

impl fmt::Display for RevocationTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(Session { id, .. }) | Self::Id(id) => write!(f, "session {id}"),
            Self::Customer(customer) => write!(f, "every session of customer {customer} so far"),
            Self::Everybody => f.write_str("every session of every customer so far"),
        }
    }
}

impl SessionManager {
    /// Creates a session for a customer. Its audit entry is on disk before the token is returned.
    ///
    /// # Errors
    /// The session cannot be created or recorded, and no token is returned.
    pub fn create(
        &self,
        key: &SessionKey,
        customer: CustomerId,
        lifetime: Duration,
    ) -> Result<(Session, SessionToken), ErrorReport> {
        let (session, token) = key.issue(customer, self.now, lifetime)?;
        // A list that cannot be read is an error for the server and for revocations, not here.
        if let Ok(Some((revocations, _))) = read(&list_path(&self.state))
            && let Some(until) = revocations.issued_until(customer)
            && self.now <= until
        {
            let end = utc(until.after(Duration::from_secs(1)));
            return Err(ErrorReport {
                exit: Exit::Failed,
                message: format!(
                    "the sessions of customer {customer} that are made before {end} are revoked"
                ),
                hint: Some("run the command again after that time".into()),
            });
        }
        let event = Event {
            customer: Some(customer.get()),
            expires_at: Some(session.expires_at),
            fingerprint: Some(Fingerprint::of(token.expose().as_bytes()).to_string()),
            reason: Some(format!("session {}", session.id)),
            ..self.event(Action::SessionNew, Outcome::Ok)
        };
        self.audit_log.record(event).map_err(not_recorded)?;
        Ok((session, token))
    }

    /// Records the revocation of sessions, then revokes them. A running server sees it at once. Returns `false`, and
    /// records nothing, if they were revoked before.
    ///
    /// Sessions issued by a clock that is ahead by up to the leeway are included in those issued up to now.
    ///
    /// # Errors
    /// The sessions cannot be revoked, and nothing has changed. But if only the list's directory entry could not be synced
    /// to disk, they are revoked, and a power failure may undo it.
    pub fn revoke(&self, target: &RevocationTarget) -> Result<bool, ErrorReport> {
        let Some((replacement, _lock)) = self.prepare(target)? else { return Ok(false) };
        let customer = match target {
            RevocationTarget::Session(Session { customer, .. }) | RevocationTarget::Customer(customer) => {
                Some(customer.get())
            }
            RevocationTarget::Id(_) | RevocationTarget::Everybody => None,
        };
        let event = |outcome, reason| {
            let event = self.event(Action::SessionRevoke, outcome);
            Event { customer, reason: Some(reason), ..event }
        };
        self.audit_log.record(event(Outcome::Ok, target.to_string())).map_err(not_recorded)?;
        replacement.commit().map_err(|error| {
            // The audit log already reports success. If the failure cannot be recorded, the error still reports it.
            let _ = self.audit_log.record(event(Outcome::Failed, format!("{target}: not written")));
            RevocationListError::from(error)
        })?;
        Ok(true)
    }

    /// Writes the list with the new revocation to a file beside it, under a lock against other processes. Returns `None` if
    /// there is nothing left to revoke. Only [`RevocationTarget::Everybody`] replaces a damaged list.
    pub(super) fn prepare(
        &self,
        target: &RevocationTarget,
    ) -> Result<Option<(Replacement, LockGuard)>, RevocationListError> {
        let path = list_path(&self.state);
        let directory = fs::directory_of(&path);
        fs::create_private_dir(directory)?;
        let lock = Lock::open(directory.join("lock"))?.acquire()?;
        let is_everybody = *target == RevocationTarget::Everybody;
        let known = read_known(&self.state);
        let mut revocations = match known.map(|known| known.map(|(list, _)| list).unwrap_or_default()) {
            Ok(full) if is_everybody && full.len() >= MAX_REVOCATIONS => Revocations::default(),
            Err(RevocationListError::Altered(_) | RevocationListError::Gone(_)) if is_everybody => {
                Revocations::default()
            }
            read => read?,
        };
        let issued_until = self.now.after(LEEWAY);
        match target {
            RevocationTarget::Session(session) if revocations.contains(session) => return Ok(None),
            RevocationTarget::Id(id) if revocations.contains_id(*id) => return Ok(None),
            RevocationTarget::Session(Session { id, .. }) | RevocationTarget::Id(id) => {
                revocations.add_session(*id);
            }
            RevocationTarget::Customer(customer) => revocations.add_customer(*customer, issued_until),
            RevocationTarget::Everybody => revocations.add_everybody(issued_until),
        }
        if revocations.len() > MAX_REVOCATIONS {
            return Err(RevocationListError::Full(path));
        }
        let replacement = Replacement::prepare(&path, revocations.to_text().as_bytes())?;
        Ok(Some((replacement, lock)))
    }

    /// Returns an event of the audit log, with the actor and the profile.
    fn event(&self, action: Action, outcome: Outcome) -> Event {
        let profile = self.profile.as_ref().map(ToString::to_string);
        Event { profile, ..Event::new(action, Channel::Cli, self.actor.clone(), outcome) }
    }
}

/// Returns the error for a change that cannot be recorded.
fn not_recorded(error: AuditError) -> ErrorReport {
    ErrorReport::from(error).about("no session is made or revoked that cannot be recorded")
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
