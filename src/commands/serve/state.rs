//! Builds the state that depends on the profile and its secrets: once at the start, and again on SIGHUP.
//!
//! A reload loads the profile, its secrets and the certificate, or changes nothing. A dedicated thread waits for the signal
//! and does the work, so that clients never wait for a file or a keyring. It never prompts. Requests that have begun keep
//! the state that they began with.

use std::io;
use std::sync::Arc;
use std::thread;

use signal_hook::iterator::Signals;

use super::super::{Context, Result, SECRET_TIMEOUT, session};
use crate::audit::AuditLog;
use crate::error::ErrorReport;
use crate::issuer::{IssueError, TokenIssuer};
use crate::process::environment::Environment;
use crate::profile::{
    self, ConfigPlace, Lifetime, LoadedProfile, Profile, SessionKind, TokenRequest, select,
};
use crate::secret::keyring::Kind;
use crate::secret::{Access, ReadContext, Secret, SecretFinding};
use crate::server::{ActiveProfile, Reloadable, TokenService};
use crate::session::{
    Authenticate, CheckUrlVerifier, JwtVerifier, RevocationList, SessionKey, SessionVerifier,
};
use crate::time::Timestamp;
use crate::tls::{IdentityPaths, ServerIdentity};

/// The audit log and the revocation list, which reloads keep; `None` for the demo, which keeps no state.
pub(super) type Stored = Option<(Arc<AuditLog>, Arc<RevocationList>)>;

/// Opens a profile's audit log and revocation list.
pub(super) fn open_stored(context: &Context<'_>, profile: &Profile) -> Result<Stored> {
    if profile.is_demo() {
        return Ok(None);
    }
    let state = context.state_dir()?;
    let audit_log = AuditLog::open(&state, context.clock).map_err(IssueError::Audit)?;
    Ok(Some((Arc::new(audit_log), Arc::new(RevocationList::open(&state)?))))
}

/// Returns the authentication that the profile configures. `read_key` reads the secret of the session key, and is called
/// only if the key is needed.
pub(super) fn authenticate(
    profile: &Profile,
    stored: &Stored,
    now: Timestamp,
    read_key: impl FnOnce() -> Result<Secret>,
) -> Result<Box<dyn Authenticate>> {
    Ok(match profile.sessions.as_ref().map(|sessions| &sessions.kind) {
        None => {
            let revocations = stored.as_ref().map(|(_, revocations)| Arc::clone(revocations));
            Box::new(SessionVerifier { key: SessionKey::new(&read_key()?), revocations })
        }
        Some(SessionKind::CheckUrl(check)) => Box::new(CheckUrlVerifier::new(check.clone())?),
        Some(SessionKind::Jwt(jwt)) => Box::new(JwtVerifier::new(jwt, read_key, now)?),
    })
}

/// Returns the active profile of a loaded profile.
pub(super) fn active_profile(
    stored: &Stored,
    opened: LoadedProfile,
    authenticate: Box<dyn Authenticate>,
    lifetime: Lifetime,
) -> ActiveProfile {
    let LoadedProfile { profile, secret, .. } = opened;
    let audit_log = stored.as_ref().map(|(audit_log, _)| Arc::clone(audit_log));
    let issuer = TokenIssuer::new(&secret, profile.name, profile.policy, audit_log);
    ActiveProfile { authenticate, issuer, lifetime }
}

/// Returns the lifetime of tokens. Refuses a lifetime that the policy would refuse for every client.
pub(super) fn lifetime(
    asked: Option<Lifetime>,
    profile: &Profile,
    now: Timestamp,
) -> Result<Lifetime, ErrorReport> {
    let lifetime = asked.unwrap_or(Lifetime::PolicyDefault);
    let request = TokenRequest { expiry: lifetime.expiry(now), issued_at: None, fault: None };
    let hint = "leave --lifetime out, or give one that the policy allows";
    let allowed = profile.policy.evaluate(&request, now);
    allowed.map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    Ok(lifetime)
}

/// Everything that a reload needs.
pub(super) struct Reload {
    /// The name of the profile that was chosen at the start; `None` for a secret from the environment.
    pub(super) profile: Option<String>,
    /// The location of the configuration.
    pub(super) config: ConfigPlace,
    /// The lifetime of tokens, as given on the command line.
    pub(super) lifetime: Option<Lifetime>,
    /// The paths of the certificate and its key, and the identity in use.
    pub(super) tls: Option<(IdentityPaths, Arc<Reloadable<ServerIdentity>>)>,
    /// The audit log and the revocation list.
    pub(super) stored: Stored,
    /// The service that answers requests.
    pub(super) service: Arc<TokenService>,
    /// The environment variables.
    pub(super) environment: &'static Environment<'static>,
}

/// The result of loading, not in use yet: the active profile, the certificate and its key, and notes for the operator.
type Loaded = (ActiveProfile, Option<ServerIdentity>, Vec<String>);

impl Reload {
    /// Starts a thread that reloads on every signal, until `signals` is closed. Signals during a reload cause one more
    /// reload.
    pub(super) fn start(self, mut signals: Signals) -> io::Result<()> {
        let reload = move || signals.forever().for_each(|_| self.run());
        thread::Builder::new().name("reload".into()).spawn(reload).map(drop)
    }

    /// Loads everything and puts it to use. On failure, changes nothing and logs the error.
    fn run(&self) {
        let telemetry = &self.service.telemetry;
        telemetry.reloading();
        match self.load() {
            Ok((profile, identity, notes)) => {
                telemetry.record_reload(true);
                if let (Some((_, in_use)), Some(identity)) = (&self.tls, identity) {
                    telemetry.certificate_expires(identity.expires_at);
                    in_use.store(identity);
                }
                self.service.faults.allow(profile.issuer.allows_faults());
                self.service.profile.store(profile);
                for note in &notes {
                    telemetry.note(note);
                }
                telemetry.log.event(&[
                    ("note", "reloaded".into()),
                    ("profile", self.profile.clone().into()),
                    ("tls", self.tls.is_some().into()),
                ]);
            }
            Err(report) => {
                telemetry.record_reload(false);
                telemetry.log.event(&[
                    ("note", "not reloaded: everything stays as it was".into()),
                    ("error", report.message.into()),
                    ("hint", report.hint.into()),
                ]);
            }
        }
        telemetry.ready();
    }

    /// Loads the profile, its secrets and the certificate.
    fn load(&self) -> Result<Loaded> {
        let now = self.service.clock.now();
        let identity = match &self.tls {
            Some((files, _)) => Some(ServerIdentity::load(files, now)?),
            None => None,
        };
        let profile = select(self.profile.as_deref(), self.environment, || self.config.load())?.profile;
        let lifetime = lifetime(self.lifetime, &profile, now)?;
        let (environment, access) = (self.environment, Access::Unattended);
        let asking = ReadContext { environment, now, limit: SECRET_TIMEOUT, access, on_slow: &|| () };
        let mut notes = identity.as_ref().map(|identity| identity.warnings.clone()).unwrap_or_default();
        let authenticate = authenticate(&profile, &self.stored, now, || {
            let key = session_key(&profile, &asking)?;
            let finding = SecretFinding::of(&key, profile.api_key.as_deref());
            notes.extend(finding.map(|finding| format!("session key: {finding}")));
            Ok(key)
        })?;
        let opened = profile::load(profile, &asking)?;
        notes.extend(opened.notes.iter().skip(1).cloned());
        Ok((active_profile(&self.stored, opened, authenticate, lifetime), identity, notes))
    }
}

/// Reads a profile's session key again.
fn session_key(profile: &Profile, asking: &ReadContext<'_>) -> Result<Secret> {
    let item = profile.item(Kind::SessionKey);
    let source = profile.source_of(Kind::SessionKey).ok_or_else(|| session::no_source(profile))?;
    let read = source.read(&item, asking);
    Ok(read.map_err(|error| ErrorReport::from(error).about(format!("the {item}")))?.secret)
}
