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
use crate::tls::ServerIdentity;

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

/// Returns the active profile. Refuses a lifetime that the policy would refuse for every client. `read_key` reads the
/// secret of the session key, and is called only if the key is needed.
pub(super) fn active_profile(
    opened: LoadedProfile,
    stored: &Stored,
    lifetime: Option<Lifetime>,
    now: Timestamp,
    read_key: impl FnOnce(&Profile) -> Result<Secret>,
) -> Result<ActiveProfile> {
    let LoadedProfile { profile, secret, .. } = opened;
    let lifetime = lifetime.unwrap_or(Lifetime::PolicyDefault);
    let request = TokenRequest { expiry: lifetime.expiry(now), issued_at: None, fault: None };
    let allowed = profile.policy.evaluate(&request, now);
    let hint = "leave --lifetime out, or give one that the policy allows";
    allowed.map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    let (audit_log, revocations) = stored.clone().unzip();
    let authenticate: Box<dyn Authenticate> = match profile.sessions.as_ref().map(|sessions| &sessions.kind) {
        None => Box::new(SessionVerifier { key: SessionKey::new(&read_key(&profile)?), revocations }),
        Some(SessionKind::CheckUrl(check)) => Box::new(CheckUrlVerifier::new(check.clone())?),
        Some(SessionKind::Jwt(jwt)) => Box::new(JwtVerifier::new(jwt, || read_key(&profile), now)?),
    };
    let issuer = TokenIssuer::new(&secret, profile.name, profile.policy, audit_log);
    Ok(ActiveProfile { authenticate, issuer, lifetime })
}

/// Everything that a reload needs.
pub(super) struct Reload {
    /// The name of the profile that was chosen at the start; `None` for a secret from the environment.
    pub(super) profile: Option<String>,
    /// The location of the configuration.
    pub(super) config: ConfigPlace,
    /// The lifetime of tokens, as given on the command line.
    pub(super) lifetime: Option<Lifetime>,
    /// The certificate and its key.
    pub(super) identity: Option<Arc<Reloadable<ServerIdentity>>>,
    /// The audit log and the revocation list.
    pub(super) stored: Stored,
    /// The service that answers requests.
    pub(super) service: Arc<TokenService>,
    /// The environment variables.
    pub(super) environment: &'static Environment<'static>,
}

impl Reload {
    /// Starts a thread that reloads on every signal, until `signals` is closed. Signals during a reload cause one more
    /// reload.
    pub(super) fn start(self, mut signals: Signals) -> io::Result<()> {
        let reload = move || signals.forever().for_each(|_| self.run());
        thread::Builder::new().name("reload".into()).spawn(reload).map(drop)
    }

    /// Reloads, and logs whether that succeeded.
    fn run(&self) {
        let telemetry = &self.service.telemetry;
        telemetry.reloading();
        let loaded = self.load();
        telemetry.record_reload(loaded.is_ok());
        match loaded {
            Ok(notes) => {
                notes.iter().for_each(|note| telemetry.note(note));
                telemetry.log.event(&[
                    ("note", "reloaded".into()),
                    ("profile", self.profile.clone().into()),
                    ("tls", self.identity.is_some().into()),
                ]);
            }
            Err(report) => telemetry.log.event(&[
                ("note", "not reloaded: everything stays as it was".into()),
                ("error", report.message.into()),
                ("hint", report.hint.into()),
            ]),
        }
        telemetry.ready();
    }

    /// Loads the profile, its secrets and the certificate, and puts them to use once all are loaded. Returns notes for the
    /// operator.
    fn load(&self) -> Result<Vec<String>> {
        let (service, environment, now) = (&self.service, self.environment, self.service.clock.now());
        let paths = self.identity.as_ref().map(|in_use| in_use.borrow().paths.clone());
        let identity = paths.map(|paths| ServerIdentity::load(&paths, now)).transpose()?;
        let profile = select(self.profile.as_deref(), environment, || self.config.load())?.profile;
        let access = Access::Unattended;
        let asking = ReadContext { environment, now, limit: SECRET_TIMEOUT, access, on_slow: &|| () };
        let opened = profile::load(profile, &asking)?;
        // The first note names the source.
        let mut notes: Vec<_> = opened.notes.iter().skip(1).cloned().collect();
        let active = active_profile(opened, &self.stored, self.lifetime, now, |profile| {
            let item = profile.item(Kind::SessionKey);
            let source = profile.source_of(Kind::SessionKey).ok_or_else(|| session::no_source(profile))?;
            let read = source.read(&item, &asking);
            let key = read.map_err(|error| ErrorReport::from(error).about(format!("the {item}")))?.secret;
            let finding = SecretFinding::of(&key, profile.api_key.as_deref());
            notes.extend(finding.map(|finding| format!("session key: {finding}")));
            Ok(key)
        })?;
        if let (Some(in_use), Some(identity)) = (&self.identity, identity) {
            notes.extend_from_slice(&identity.warnings);
            service.telemetry.certificate_expires(identity.expires_at);
            in_use.send_replace(Arc::new(identity));
        }
        service.faults.allow(active.issuer.allows_faults());
        service.profile.send_replace(Arc::new(active));
        Ok(notes)
    }
}
