//! Puts together what a profile and its secrets decide: once at start, and again at each reload.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::super::Context;
use crate::audit::{Actor, Journal, Refusals};
use crate::cli::ServedLifetime;
use crate::custody::Opened;
use crate::failure::Usage;
use crate::mint::{Mint, MintError, Record};
use crate::profile::{Expiry, Profile, Wish};
use crate::server::{Desk, Lifetime, RefusalBook, Telemetry, Till};
use crate::session::{Register, SessionKey, Signed};
use crate::time::{Clock, Timestamp};

/// What outlives every reload.
#[derive(Debug)]
pub(super) struct Books {
    /// The audit log, and what was revoked; neither in the demo, which keeps no state.
    kept: Option<(Arc<Journal>, Arc<Register>)>,
    /// Who runs the server.
    actor: Actor,
    /// Tells the time.
    clock: Clock,
}

impl Books {
    /// Opens the books of a profile, and takes refusals for them.
    pub(super) fn open(
        context: &Context<'_>,
        profile: &Profile,
        telemetry: &Telemetry,
    ) -> Result<(Self, RefusalBook)> {
        let (clock, actor) = (context.clock, context.actor());
        if profile.is_demo() {
            return Ok((Self { kept: None, actor, clock }, RefusalBook::default()));
        }
        let state: PathBuf = context.state_dir()?;
        let journal = Arc::new(Journal::open(&state, clock).map_err(MintError::Audit)?);
        telemetry.watch(&journal);
        let name = profile.name.as_ref().map(ToString::to_string);
        let refusals = Refusals::start(Arc::clone(&journal), actor.clone(), name, clock)?;
        let kept = Some((journal, Arc::new(Register::open(&state))));
        Ok((Self { kept, actor, clock }, RefusalBook::new(refusals)))
    }

    /// Puts a desk together.
    pub(super) fn desk(&self, opened: Opened, key: SessionKey, lifetime: Lifetime) -> Desk {
        let Opened { profile, secret, .. } = opened;
        let (signed, record) = match &self.kept {
            None => (Signed::irrevocable(key), Record::Demo),
            Some((journal, register)) => {
                (Signed::new(key, Arc::clone(register)), Record::Shared(Arc::clone(journal)))
            }
        };
        let mint = Mint::new(&secret, profile.name, profile.policy, record);
        let till = Till::new(mint, self.actor.clone(), lifetime, self.clock);
        Desk { authenticate: Box::new(signed), till }
    }
}

/// Decides how long tokens live; refuses what policy would refuse to every client.
pub(super) fn lifetime(
    asked: Option<ServedLifetime>,
    profile: &Profile,
    now: Timestamp,
) -> Result<Lifetime, Usage> {
    let (lifetime, expiry) = match asked {
        None => (Lifetime::ByPolicy, Expiry::Unsaid),
        Some(ServedLifetime::Never) => (Lifetime::Endless, Expiry::Never),
        Some(ServedLifetime::For(span)) => (Lifetime::For(span), Expiry::At(now.after(span))),
    };
    let decided = profile.policy.decide(&Wish { expiry, issued_at: None }, now);
    decided.map_err(|error| Usage {
        message: error.to_string(),
        hint: "leave --lifetime out, or give one that the policy allows".into(),
    })?;
    Ok(lifetime)
}
