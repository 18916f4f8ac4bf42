//! Creates and revokes sessions, each recorded in the audit log before it takes effect.

use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::revocation_list::{list_path, read};
use super::{
    RevocationListError, RevocationTarget, RevokeOutcome, Session, SessionKey, SessionToken,
    SessionTokenError, begin_revocation,
};
use crate::audit::{Action, Actor, AuditError, AuditLog, Channel, Event, Outcome};
use crate::error::{Diagnostic, Exit};
use crate::profile::ProfileName;
use crate::time::{Timestamp, utc};
use crate::token::{CustomerId, Fingerprint};

/// Creates and revokes the sessions of one state directory.
#[derive(Debug)]
pub struct SessionManager<'a> {
    /// The state directory, which holds what was revoked.
    pub state: &'a Path,
    /// Where changes are recorded.
    pub audit_log: &'a AuditLog,
    /// Who makes them.
    pub actor: &'a Actor,
    /// The profile of the sessions.
    pub profile: Option<&'a ProfileName>,
    /// The present.
    pub now: Timestamp,
}

/// Why no session was created or revoked.
#[derive(Debug, Error)]
pub enum SessionChangeError {
    /// The session cannot be created.
    #[error(transparent)]
    Session(#[from] SessionTokenError),
    /// The sessions of the customer are revoked that are issued up to this time, and this would be one of them.
    #[error("the sessions of customer {} that are made before {} are revoked", .0, utc(*.1))]
    Revoked(CustomerId, Timestamp),
    /// The change cannot be recorded.
    #[error("no session is made or revoked that cannot be recorded: {0}")]
    Audit(#[from] AuditError),
    /// The list of revocations cannot be changed.
    #[error(transparent)]
    Revocations(#[from] RevocationListError),
}

impl Diagnostic for SessionChangeError {
    fn exit(&self) -> Exit {
        if let Self::Session(error) = self { error.exit() } else { Exit::Failed }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.hint(),
            Self::Revoked(..) => Some("run the command again after that time".into()),
            Self::Audit(error) => error.hint(),
            Self::Revocations(error) => error.hint(),
        }
    }
}

impl SessionManager<'_> {
    /// Creates a session of a customer. Its entry is on disk before this returns its token.
    ///
    /// # Errors
    /// [`SessionChangeError`], and there is no token.
    pub fn create(
        &self,
        key: &SessionKey,
        customer: CustomerId,
        lifetime: Duration,
    ) -> Result<(Session, SessionToken), SessionChangeError> {
        let (session, token) = key.issue(customer, self.now, lifetime)?;
        // A list that cannot be read is for the server and for revocations to judge.
        if let Ok((revocations, _)) = read(&list_path(self.state))
            && let Some(until) = revocations.issued_until(customer)
            && self.now <= until
        {
            return Err(SessionChangeError::Revoked(customer, until.after(Duration::from_secs(1))));
        }
        self.audit_log.record(Event {
            customer: Some(customer.get()),
            expires_at: Some(session.expires_at()),
            fingerprint: Some(Fingerprint::of(token.expose().as_bytes()).to_string()),
            reason: Some(format!("session {}", session.id())),
            ..self.event(Action::SessionNew, Outcome::Ok)
        })?;
        Ok((session, token))
    }

    /// Revokes sessions, once that is recorded. What was revoked before is not recorded again.
    ///
    /// # Errors
    /// [`SessionChangeError`], and they are as they were.
    pub fn revoke(&self, target: &RevocationTarget) -> Result<RevokeOutcome, SessionChangeError> {
        let (customer, what) = match target {
            RevocationTarget::Session(session) => {
                (Some(session.customer()), format!("session {}", session.id()))
            }
            RevocationTarget::Id(id) => (None, format!("session {id}")),
            RevocationTarget::Customer(customer) => (Some(*customer), "all sessions".into()),
            RevocationTarget::Everybody => (None, "all sessions of all customers".into()),
        };
        let Some(pending) = begin_revocation(self.state, target, self.now)? else {
            return Ok(RevokeOutcome::Unchanged);
        };
        let event = |outcome| {
            let event = self.event(Action::SessionRevoke, outcome);
            if let Some(customer) = customer { event.customer(customer.get()) } else { event }
        };
        self.audit_log.record(event(Outcome::Ok).reason(&what))?;
        pending.commit().map_err(|error| {
            // The log says that it was done. If it cannot say that it failed, the error still does.
            let _ = self.audit_log.record(event(Outcome::Failed).reason(format!("{what}: not written")));
            SessionChangeError::from(error)
        })?;
        Ok(RevokeOutcome::Added)
    }

    /// Returns an event of these sessions.
    fn event(&self, action: Action, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome);
        match self.profile {
            Some(name) => event.profile(name.as_str()),
            None => event,
        }
    }
}
