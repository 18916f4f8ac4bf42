//! Makes and revokes sessions, each recorded in the audit log before it takes effect.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::{RegisterError, Revocation, Revoked, Session, SessionError, SessionKey, SessionToken, revoke};
use crate::audit::{Action, Actor, AuditError, AuditLog, Channel, Event, Outcome};
use crate::error::{Diagnostic, Exit};
use crate::profile::ProfileName;
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint};

/// Makes and revokes the sessions of one state directory.
#[derive(Debug)]
pub struct Sessions<'a> {
    /// The state directory, which holds what was revoked.
    pub state: &'a Path,
    /// Where both are recorded.
    pub audit_log: &'a AuditLog,
    /// Who does it.
    pub actor: &'a Actor,
    /// With which profile.
    pub profile: Option<&'a ProfileName>,
    /// The present.
    pub now: Timestamp,
}

/// Why no session was made or revoked.
#[derive(Debug)]
pub enum SessionsError {
    /// There is no such session.
    Session(SessionError),
    /// It cannot be recorded.
    Audit(AuditError),
    /// What was revoked cannot be written down.
    Register(RegisterError),
}

impl fmt::Display for SessionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(error) => error.fmt(f),
            Self::Audit(error) => {
                write!(f, "no session is made or revoked that cannot be recorded: {error}")
            }
            Self::Register(error) => error.fmt(f),
        }
    }
}

impl Error for SessionsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Session(error) => error.source(),
            Self::Audit(error) => error.source(),
            Self::Register(error) => error.source(),
        }
    }
}

impl Sessions<'_> {
    /// Makes a session of a customer. Its entry is on disk before this returns its token.
    ///
    /// # Errors
    /// [`SessionsError`], and there is no token.
    pub fn begin(
        &self,
        key: &SessionKey,
        customer: CustomerId,
        lifetime: Duration,
    ) -> Result<(Session, SessionToken), SessionsError> {
        let (session, token) = key.issue(customer, self.now, lifetime).map_err(SessionsError::Session)?;
        let event = self
            .event(Action::SessionNew, Outcome::Ok)
            .customer(customer.get())
            .expires_at(session.expires_at())
            .fingerprint(Fingerprint::of(token.expose().as_bytes()).to_string())
            .reason(format!("session {}", session.id()));
        self.audit_log.record(event).map_err(SessionsError::Audit)?;
        Ok((session, token))
    }

    /// Revokes one or all sessions of a customer, once that is recorded.
    ///
    /// # Errors
    /// [`SessionsError`], and they stand as they were.
    pub fn revoke(&self, revocation: &Revocation) -> Result<Revoked, SessionsError> {
        let event = |outcome| {
            let event = self.event(Action::SessionRevoke, outcome);
            match revocation {
                Revocation::Session(session) => event.customer(session.customer().get()),
                Revocation::Customer(customer) => event.customer(customer.get()),
                Revocation::Id(_) => event,
            }
        };
        let what = match revocation {
            Revocation::Session(session) => format!("session {}", session.id()),
            Revocation::Id(id) => format!("session {id}"),
            Revocation::Customer(_) => "all sessions".into(),
        };
        self.audit_log.record(event(Outcome::Ok).reason(&what)).map_err(SessionsError::Audit)?;
        revoke(self.state, revocation, self.now).map_err(|error| {
            // The log said that it would be done. Where it cannot say that it failed, the error still does.
            let _ = self.audit_log.record(event(Outcome::Failed).reason(format!("{what}: not written")));
            SessionsError::Register(error)
        })
    }

    /// Makes an event of these sessions.
    fn event(&self, action: Action, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome);
        match self.profile {
            Some(name) => event.profile(name.as_str()),
            None => event,
        }
    }
}

impl Diagnostic for SessionsError {
    fn exit(&self) -> Exit {
        match self {
            Self::Session(error) => error.exit(),
            Self::Audit(_) | Self::Register(_) => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.hint(),
            Self::Audit(error) => error.hint(),
            Self::Register(error) => error.hint(),
        }
    }
}
