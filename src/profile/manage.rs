//! Changes to profiles and secrets: each one is prepared, recorded in the audit log, then applied.
//!
//! The configuration never names a secret that was not stored: a secret is stored before its profile is added, and
//! removed after its profile.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::edit::{Change, Edit, begin_edit};
use super::{Config, Profile, ProfileError, ProfileName};
use crate::audit::{Action, Actor, AuditLog, Channel, Event, Outcome};
use crate::error::{Diagnostic, ErrorReport};
use crate::secret::keyring::{self, Item, KeyringError, KeyringErrorKind, Kind, LockedItem, SecretRecord};
use crate::secret::{Read, ReadContext, Secret, Source, SourceError};

/// The number of random bytes in a session key: the length of HS256's hash (RFC 7518 section 3.2).
const KEY_BYTES: usize = 32;

/// A manager of profiles and secrets, which records each change in the audit log.
pub struct ProfileManager<'a> {
    /// The path of the configuration.
    pub config: &'a Path,
    /// The path of the lock file that this login's processes share for changes to the keyring.
    pub lock: &'a Path,
    /// The audit log that records the changes.
    pub audit_log: &'a AuditLog,
    /// The user or process that makes the changes.
    pub actor: &'a Actor,
    /// The settings for reading secrets.
    pub context: &'a ReadContext<'a>,
}

/// A change to a secret in the keyring.
#[derive(Debug)]
pub enum SecretChange {
    /// Stores the first secret of a new profile; a different secret that is already stored is not replaced.
    Create(Secret),
    /// Replaces the current secret, which is dropped.
    Set(Secret),
    /// Replaces the current secret, which is kept for this duration.
    Rotate(Secret, Duration),
    /// Removes the previous secrets, which were rotated out.
    RemovePrevious,
    /// Removes the current and the previous secrets.
    Remove,
}

impl ProfileManager<'_> {
    /// Adds a profile, and stores its secret in the keyring if one is given. Returns the new configuration, and `true` if
    /// the secret is new in the keyring.
    ///
    /// A secret that the keyring already holds for a profile of this name is not overwritten.
    ///
    /// # Errors
    /// [`ErrorReport`] if the change fails; the configuration is then unchanged.
    pub fn add(
        &self,
        name: &ProfileName,
        settings: Vec<Edit>,
        secret: Option<Secret>,
    ) -> Result<(Config, bool), ErrorReport> {
        // Before the configuration is locked: a keyring may ask the user to unlock it, which can take long.
        let store = |secret| -> Result<_, ErrorReport> {
            let locked = self.lock_item(&Item { profile: name.to_string(), kind: Kind::ApiSecret })?;
            let is_new = self.change_locked(&locked, SecretChange::Create(secret))?;
            Ok((locked, is_new))
        };
        let stored = secret.map(store).transpose()?;
        let added = self.edit(name, &Change::Add(settings));
        if let (Err(_), Some((locked, true))) = (&added, &stored) {
            // The secret was stored for this profile. If it cannot be removed, adding the profile again reuses it.
            let _ = self.change_locked(locked, SecretChange::Remove);
        }
        Ok((added?, stored.is_some_and(|(_, is_new)| is_new)))
    }

    /// Changes a profile, and returns the new configuration. An edit without effect is not recorded.
    ///
    /// # Errors
    /// [`ErrorReport`] if the change fails; the configuration is then unchanged.
    pub fn edit(&self, name: &ProfileName, change: &Change) -> Result<Config, ErrorReport> {
        let pending = begin_edit(self.config, name, change)?;
        if !pending.is_change {
            return Ok(pending.after);
        }
        let (action, edits) = match change {
            Change::Add(_) => (Action::ProfileAdd, None),
            Change::Set(edits) => (Action::ProfileChange, Some(edits)),
            Change::MakeDefault => (Action::ProfileDefault, None),
            Change::Remove => (Action::ProfileRemove, None),
        };
        let keys =
            edits.map(|edits| edits.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", "));
        let event = |outcome| keys.iter().fold(self.event(action, name.as_str(), outcome), Event::reason);
        self.audited(event, || pending.commit())
    }

    /// Removes a profile, and then its secrets in the keyring.
    ///
    /// # Errors
    /// [`ErrorReport`] if the change fails; the configuration is then unchanged. If only the keyring fails, the profile is
    /// removed and a secret of it remains.
    pub fn remove(&self, profile: &Profile, name: &ProfileName) -> Result<(), ErrorReport> {
        self.edit(name, &Change::Remove)?;
        for kind in [Kind::ApiSecret, Kind::SessionKey] {
            if profile.source_of(kind) == Some(&Source::Keyring) {
                let kept = format!(
                    "profile {name} is removed; 'stream-token secret remove {name}' removes its secret"
                );
                self.change_secret(profile, kind, SecretChange::Remove)
                    .map_err(|report| report.about(kept))?;
            }
        }
        Ok(())
    }

    /// Checks that a secret can be stored in the keyring, before the user types it.
    ///
    /// # Errors
    /// [`ErrorReport`] if the profile's secret has another source, or the keyring stays locked or does not reply.
    pub fn ensure_storable(&self, profile: &Profile, kind: Kind) -> Result<(), ErrorReport> {
        let item = item_of(profile, kind)?;
        match keyring::read(&item, self.context) {
            Err(error) if !error.kind.is_item_error() => Err(error.into()),
            Err(KeyringError { kind: KeyringErrorKind::Missing, .. }) => {
                Ok(keyring::unlock(&item, self.context)?)
            }
            _ => Ok(()),
        }
    }

    /// Checks that a profile can be added and its secret stored in the keyring, before the user types it. Returns the
    /// profile.
    ///
    /// # Errors
    /// [`ErrorReport`] if the configuration would not be valid, or as [`ProfileManager::ensure_storable`].
    pub fn ensure_new(&self, name: &ProfileName, settings: Vec<Edit>) -> Result<Profile, ErrorReport> {
        let profile = begin_edit(self.config, name, &Change::Add(settings))?.after.require(name)?;
        self.ensure_storable(&profile, Kind::ApiSecret)?;
        Ok(profile)
    }

    /// Changes a profile's secret in the keyring. Returns `false` if the change has no effect.
    ///
    /// # Errors
    /// [`ErrorReport`] if the change fails; the keyring is then unchanged. After [`KeyringErrorKind::OutcomeUnknown`] it
    /// holds the old or the new secret.
    pub fn change_secret(
        &self,
        profile: &Profile,
        kind: Kind,
        change: SecretChange,
    ) -> Result<bool, ErrorReport> {
        let locked = self.lock_item(&item_of(profile, kind)?)?;
        if matches!(change, SecretChange::Remove) && locked.found == Ok(None) {
            return Ok(false);
        }
        self.change_locked(&locked, change)
    }

    /// Returns the key that signs sessions, and `true` if it was created because its source is the keyring, which did not
    /// hold it.
    ///
    /// # Errors
    /// [`ErrorReport`] if the key can be neither read nor created.
    pub fn session_key(&self, profile: &Profile) -> Result<(Read, bool), ErrorReport> {
        let item = profile.item(Kind::SessionKey);
        let source = profile.require_source(Kind::SessionKey)?;
        match source.read(&item, self.context) {
            Ok(read) => Ok((read, false)),
            Err(SourceError::Keyring(KeyringError { kind: KeyringErrorKind::Missing, .. })) => {
                let locked = self.lock_item(&item)?;
                // Another process may have created the key in the meantime.
                let is_made = locked.found == Ok(None)
                    && self.change_locked(&locked, SecretChange::Create(random_key()?))?;
                Ok((source.read(&item, self.context)?, is_made))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Locks an item in the keyring.
    fn lock_item(&self, item: &Item) -> Result<LockedItem<'_>, KeyringError> {
        keyring::lock_item(item.clone(), self.lock, self.context)
    }

    /// Changes a locked item in the keyring. Returns `false` if the change has no effect.
    fn change_locked(&self, locked: &LockedItem<'_>, change: SecretChange) -> Result<bool, ErrorReport> {
        use SecretChange::{Create, Remove, RemovePrevious, Rotate, Set};
        let (item, now) = (&locked.item, self.context.now);
        let (action, record) = match (change, locked.found.clone()) {
            (Remove, _) => (Action::SecretRemove, None),
            (_, Err(error)) => return Err(error.into()),
            (Create(secret) | Set(secret) | Rotate(secret, _), Ok(Some(record)))
                if record.current.secret == secret =>
            {
                return Ok(false);
            }
            (RemovePrevious, Ok(None)) => return Ok(false),
            (RemovePrevious, Ok(Some(record))) if record.previous.is_empty() => return Ok(false),
            (RemovePrevious, Ok(Some(record))) => (Action::SecretRemove, Some(record.without_previous())),
            (Create(_), Ok(Some(_))) => return Err(ProfileError::AlreadyStored(item.clone()).into()),
            (Create(secret) | Set(secret), Ok(None)) => {
                (Action::SecretSet, Some(SecretRecord::new(secret, now)))
            }
            (Set(secret), Ok(Some(record))) => (Action::SecretSet, Some(record.with(secret, now))),
            (Rotate(..), Ok(None)) => return Err(item.error(KeyringErrorKind::Missing).into()),
            (Rotate(secret, keep_for), Ok(Some(record))) => {
                (Action::SecretRotate, Some(record.rotated(secret, now, keep_for)))
            }
        };
        // A secret that is too long for a keyring is rejected before anything is recorded.
        let bytes = record.as_ref().map(SecretRecord::to_bytes).transpose();
        let bytes = bytes.map_err(|kind| item.error(kind))?;
        let fingerprint = record.map(|record| record.current.secret.fingerprint());
        let event = |outcome| {
            let event = self.event(action, &item.profile, outcome);
            let event = Event { fingerprint: fingerprint.clone(), ..event };
            if item.kind == Kind::SessionKey { event.reason("session key") } else { event }
        };
        self.audited(event, || locked.write(bytes))?;
        Ok(true)
    }

    /// Records a change in the audit log, then applies it. A failure is recorded as a second entry.
    fn audited<T, E: Diagnostic>(
        &self,
        event: impl Fn(Outcome) -> Event,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, ErrorReport> {
        self.audit_log
            .record(event(Outcome::Ok))
            .map_err(|error| ErrorReport::from(error).about("nothing is changed that cannot be recorded"))?;
        make().map_err(|error| {
            // The log already says that the change succeeded. If the failure cannot be recorded, the caller still gets it.
            let _ = self.audit_log.record(event(Outcome::Failed).reason(error.to_string()));
            error.into()
        })
    }

    /// Returns an audit event about a profile.
    fn event(&self, action: Action, profile: &str, outcome: Outcome) -> Event {
        Event::new(action, Channel::Cli, self.actor.clone(), outcome).profile(profile)
    }
}

/// Returns the keyring item of a profile's secret.
fn item_of(profile: &Profile, kind: Kind) -> Result<Item, ProfileError> {
    match profile.require_source(kind)? {
        Source::Keyring => Ok(profile.item(kind)),
        source => Err(ProfileError::NotInKeyring(profile.item(kind), source.clone())),
    }
}

/// Returns a new key from the system's random number generator, encoded as text.
///
/// # Errors
/// [`ErrorReport`] if the generator fails.
pub fn random_key() -> Result<Secret, ErrorReport> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *bytes).context("the system gives no random numbers")?;
    Ok(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes).into_bytes()).context("the random key is empty")?)
}
