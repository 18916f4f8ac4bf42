//! Loads again, on SIGHUP, what the server was started with: all of it, or nothing.
//!
//! A thread of its own waits for the signal and does the work, so that clients never wait for a file or a
//! keyring. It never prompts. Requests that have begun end with what they began with.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use signal_hook::SigId;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::{pipe, unregister};

use super::super::Result;
use super::super::{SECRET_TIMEOUT, session};
use super::state::{AuditHandles, lifetime};
use crate::error::ErrorReport;
use crate::process::environment::Environment;
use crate::profile;
use crate::profile::{Config, Lifetime, select};
use crate::secret::keyring::Kind;
use crate::secret::{ReadContext, SecretFinding};
use crate::server::{ActiveProfile, Reloadable, TokenService};
use crate::session::SessionKey;
use crate::time::Clock;
use crate::tls::{IdentityPaths, ServerIdentity};

/// Receives SIGHUP through a socket. Once it is dropped, the signal has no effect.
#[derive(Debug)]
pub(super) struct SighupListener {
    /// Has a byte for each signal.
    received: Option<UnixStream>,
    /// The handler, which is removed at the end.
    handler: SigId,
}

impl SighupListener {
    /// Receives the signal from now on.
    pub(super) fn start() -> io::Result<Self> {
        let (received, sender) = UnixStream::pair()?;
        Ok(Self { received: Some(received), handler: pipe::register(SIGHUP, sender)? })
    }

    /// Reloads whenever the signal comes, until this is dropped.
    pub(super) fn serve(&mut self, reload: Reload) -> io::Result<()> {
        let Some(mut received) = self.received.take() else { return Ok(()) };
        thread::Builder::new().name("reload".into()).spawn(move || {
            let mut bytes = [0; 64];
            // Signals that came meanwhile are one.
            while let Ok(1..) = received.read(&mut bytes) {
                reload.run();
            }
        })?;
        Ok(())
    }
}

impl Drop for SighupListener {
    fn drop(&mut self) {
        // This closes the other end.
        unregister(self.handler);
    }
}

/// Everything that a reload needs.
pub(super) struct Reload {
    /// The name of the profile that was chosen at the start.
    pub(super) profile: String,
    /// The configuration; `None` if there is no place for one.
    pub(super) config: Option<PathBuf>,
    /// How long tokens live, as the command line says.
    pub(super) lifetime: Option<Lifetime>,
    /// The files of the certificate and its key, and what shows them to clients.
    pub(super) tls: Option<(IdentityPaths, Arc<Reloadable<ServerIdentity>>)>,
    /// What outlives it.
    pub(super) audit: AuditHandles,
    /// What answers requests.
    pub(super) service: Arc<TokenService>,
    /// Looks up environment variables.
    pub(super) environment: &'static Environment<'static>,
    /// The clock.
    pub(super) clock: Clock,
}

/// What was loaded and is not in use yet.
struct Loaded {
    /// What the profile and its secrets decide.
    profile: ActiveProfile,
    /// The certificate and its key.
    identity: Option<ServerIdentity>,
    /// What a person should know.
    notes: Vec<String>,
}

impl Reload {
    /// Loads everything and puts it to use; or nothing, and logs why.
    fn run(&self) {
        let telemetry = &self.service.telemetry;
        telemetry.reloading();
        match self.load() {
            Ok(Loaded { profile, identity, notes }) => {
                telemetry.record_reload(true);
                if let (Some((_, in_use)), Some(identity)) = (&self.tls, identity) {
                    telemetry.certificate_expires(identity.expires_at());
                    in_use.store(identity);
                }
                self.service.profile.store(profile);
                for note in &notes {
                    telemetry.note(note);
                }
                telemetry.log().event(&[
                    ("note", "reloaded".into()),
                    ("profile", self.profile.as_str().into()),
                    ("tls", self.tls.is_some().into()),
                ]);
            }
            Err(report) => {
                telemetry.record_reload(false);
                telemetry.log().event(&[
                    ("note", "not reloaded: everything stays as it was".into()),
                    ("error", report.message.into()),
                    ("hint", report.hint.into()),
                ]);
            }
        }
        telemetry.ready();
    }

    /// Loads everything.
    fn load(&self) -> Result<Loaded> {
        let now = self.clock.now();
        let identity = match &self.tls {
            Some((files, _)) => Some(ServerIdentity::load(files, now)?),
            None => None,
        };
        let config = || self.config.as_ref().map_or_else(|| Ok(Config::default()), |path| Config::load(path));
        let profile = select(Some(&self.profile), self.environment, config)?.profile;
        let lifetime = lifetime(self.lifetime, &profile, now)?;
        let asking =
            ReadContext { environment: self.environment, now, limit: SECRET_TIMEOUT, on_slow: &|| () };
        let item = profile.item(Kind::SessionKey);
        let source = profile.source_of(Kind::SessionKey).ok_or_else(|| session::no_source(&profile))?;
        let key = source
            .reload(&item, &asking)
            .map_err(|error| ErrorReport::from(error).about(format!("the {item}")))?;
        let finding = SecretFinding::of(&key.secret, profile.api_key.as_deref());
        let key = SessionKey::new(&key.secret);
        let opened = profile::reload(profile, &asking)?;
        let mut notes = identity.as_ref().map(|identity| identity.warnings().to_vec()).unwrap_or_default();
        notes.extend(opened.notes.iter().skip(1).cloned());
        notes.extend(finding.map(|finding| format!("session key: {finding}")));
        let profile = self.audit.active_profile(opened, key, lifetime);
        Ok(Loaded { profile, identity, notes })
    }
}
