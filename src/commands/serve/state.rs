//! Puts together what a profile and its secrets decide: once at the start, and again at each reload.

use std::sync::Arc;

use super::super::Context;
use super::super::Result;
use crate::audit::{Actor, AuditLog, RefusalRecorder};
use crate::error::Usage;
use crate::issuer::{AuditSink, IssueError, TokenIssuer};
use crate::profile::LoadedProfile;
use crate::profile::{Lifetime, Profile, TokenRequest};
use crate::server::{ActiveProfile, RequestIssuer, Telemetry};
use crate::session::{RevocationList, SessionKey, SessionVerifier};
use crate::time::{Clock, Timestamp};

/// What outlives every reload.
#[derive(Debug)]
pub(super) struct AuditHandles {
    /// The audit log and the revocations; neither in the demo, which keeps no state.
    stored: Option<(Arc<AuditLog>, Arc<RevocationList>)>,
    /// The user that runs the server.
    actor: Actor,
    /// The clock.
    clock: Clock,
}

impl AuditHandles {
    /// Opens a profile's audit log and revocations. Returns them with what records refusals; the
    /// demo records none.
    pub(super) fn open(
        context: &Context<'_>,
        profile: &Profile,
        telemetry: &Telemetry,
    ) -> Result<(Self, Option<RefusalRecorder>)> {
        let (clock, actor) = (context.clock, context.actor());
        if profile.is_demo() {
            return Ok((Self { stored: None, actor, clock }, None));
        }
        let state = context.state_dir()?;
        let audit_log = Arc::new(AuditLog::open(&state, clock).map_err(IssueError::Audit)?);
        telemetry.watch_audit_log(&audit_log);
        let name = profile.name.as_ref().map(ToString::to_string);
        let refusals = RefusalRecorder::start(Arc::clone(&audit_log), actor.clone(), name, clock)?;
        let stored = Some((audit_log, Arc::new(RevocationList::open(&state))));
        Ok((Self { stored, actor, clock }, Some(refusals)))
    }

    /// Returns what requests are answered with, for a profile whose secrets were read.
    pub(super) fn active_profile(
        &self,
        opened: LoadedProfile,
        key: SessionKey,
        lifetime: Lifetime,
    ) -> ActiveProfile {
        let LoadedProfile { profile, secret, .. } = opened;
        let (verifier, sink) = match &self.stored {
            None => (SessionVerifier::without_revocation(key), AuditSink::Demo),
            Some((audit_log, revocations)) => {
                (SessionVerifier::new(key, Arc::clone(revocations)), AuditSink::Shared(Arc::clone(audit_log)))
            }
        };
        let issuer = TokenIssuer::new(&secret, profile.name, profile.policy, sink);
        let issuer = RequestIssuer { issuer, actor: self.actor.clone(), lifetime, clock: self.clock };
        ActiveProfile { authenticate: Box::new(verifier), issuer }
    }
}

/// Returns how long tokens live. Refuses what the policy would refuse to every client.
pub(super) fn lifetime(
    asked: Option<Lifetime>,
    profile: &Profile,
    now: Timestamp,
) -> Result<Lifetime, Usage> {
    let lifetime = asked.unwrap_or(Lifetime::PolicyDefault);
    let granted =
        profile.policy.evaluate(&TokenRequest { expiry: lifetime.expiry(now), issued_at: None }, now);
    granted.map_err(|error| Usage {
        message: error.to_string(),
        hint: "leave --lifetime out, or give one that the policy allows".into(),
    })?;
    Ok(lifetime)
}
