//! Loads again, on SIGHUP, what the server was started with: all of it, or nothing.
//!
//! A thread of its own waits for the signal and does the work, so that clients never wait for a file or a
//! keyring. Nobody is asked for anything. Requests that have begun end with what they began with.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};
use signal_hook::SigId;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::{pipe, unregister};
use tracing::{info, warn};

use super::super::{PATIENCE, session};
use super::desk::{Books, lifetime};
use crate::cli::ServedLifetime;
use crate::custody;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::profile::{Config, choose};
use crate::secret::Asking;
use crate::secret::keyring::Kind;
use crate::server::{Desk, Service, Swap};
use crate::session::SessionKey;
use crate::time::Clock;
use crate::tls::{Files, Identity};

/// SIGHUP as a socket. Once it is dropped, the signal has no effect.
#[derive(Debug)]
pub(super) struct Hangups {
    /// Has a byte for each signal.
    received: Option<UnixStream>,
    /// What is to be undone.
    handler: SigId,
}

impl Hangups {
    /// Has the signal received here from now on.
    pub(super) fn watch() -> io::Result<Self> {
        let (received, sender) = UnixStream::pair()?;
        Ok(Self { received: Some(received), handler: pipe::register(SIGHUP, sender)? })
    }

    /// Has everything loaded again whenever the signal comes, until this is dropped.
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

impl Drop for Hangups {
    fn drop(&mut self) {
        // The other end is closed by it.
        unregister(self.handler);
    }
}

/// Everything that a reload needs.
pub(super) struct Reload {
    /// The name of the profile that was chosen at start.
    pub(super) profile: String,
    /// The configuration; `None` where there is no place for one.
    pub(super) config: Option<PathBuf>,
    /// How long tokens live, as the call has it.
    pub(super) lifetime: Option<ServedLifetime>,
    /// Where the certificate and its key are, and what shows them to clients.
    pub(super) tls: Option<(Files, Arc<Swap<Identity>>)>,
    /// What outlives it.
    pub(super) books: Books,
    /// What answers requests.
    pub(super) service: Arc<Service>,
    /// Looks up environment variables.
    pub(super) environment: &'static Environment<'static>,
    /// Tells the time.
    pub(super) clock: Clock,
}

/// What was loaded and is not in use yet.
struct Loaded {
    /// What the profile and its secrets decide.
    desk: Desk,
    /// The certificate and its key.
    identity: Option<Identity>,
    /// What a person should know.
    notes: Vec<String>,
}

impl Reload {
    /// Loads everything, and puts it to use; or nothing, and says why.
    fn run(&self) {
        match self.load() {
            Ok(Loaded { desk, identity, notes }) => {
                self.service.telemetry.reloaded(true);
                if let (Some((_, in_use)), Some(identity)) = (&self.tls, identity) {
                    self.service.telemetry.certificate_expires(identity.expires_at());
                    in_use.put(identity);
                }
                self.service.desk.put(desk);
                for note in notes {
                    warn!(note);
                }
                info!(note = "reloaded", profile = self.profile.as_str(), tls = self.tls.is_some());
            }
            Err(error) => {
                self.service.telemetry.reloaded(false);
                let failure = Failure::of(&error);
                let (message, hint) =
                    failure.map(|failure| (failure.message, failure.hint)).unwrap_or_default();
                warn!(note = "not reloaded: everything stays as it was", error = message, hint);
            }
        }
    }

    /// Loads everything.
    fn load(&self) -> Result<Loaded> {
        let now = self.clock.now();
        let identity = match &self.tls {
            Some((files, _)) => Some(Identity::load(files, now)?),
            None => None,
        };
        let config = || self.config.as_ref().map_or_else(|| Ok(Config::default()), |path| Config::load(path));
        let profile = choose(Some(&self.profile), self.environment, config)?.profile;
        let lifetime = lifetime(self.lifetime, &profile, now)?;
        let asking = Asking { environment: self.environment, now, limit: PATIENCE, tell: &|| () };
        let item = profile.item(Kind::SessionKey);
        let source = profile.source_of(Kind::SessionKey).ok_or_else(|| session::no_source(&profile))?;
        let key = source.reread(&item, &asking).with_context(|| format!("the {item}"))?;
        let key = SessionKey::new(&key.secret);
        let opened = custody::reopen(profile, &asking)?;
        let mut notes = identity.as_ref().map(|identity| identity.notes().to_vec()).unwrap_or_default();
        notes.extend(opened.notes.iter().skip(1).cloned());
        Ok(Loaded { desk: self.books.desk(opened, key, lifetime), identity, notes })
    }
}
