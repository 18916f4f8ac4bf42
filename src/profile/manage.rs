//! Changes profiles and secrets; each change is prepared, recorded in the audit log, then made.
//!
//! The configuration never names a secret that was not stored: a secret is stored before its profile is added, and
//! removed after its profile.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::config_text::Edit;
use super::edit::{Change, PendingEdit, begin_edit};
use super::error::ChangeError;
use super::{Config, Profile, ProfileName};
use crate::audit::{Action, Actor, AuditLog, Channel, Event, Outcome};
use crate::secret::keyring::{self, Item, KeyringError, KeyringErrorKind, Kind, LockedItem, SecretRecord};
use crate::secret::{Read, ReadContext, Secret, Source, SourceError};

/// How many random bytes a session key is made from: the length of HS256's hash (RFC 7518 section 3.2).
const KEY_BYTES: usize = 32;

/// Changes profiles and secrets, and records each change.
pub struct ProfileManager<'a> {
    /// The configuration.
    pub config: &'a Path,
    /// The lock file of all changes of the keyring by this login.
    pub lock: &'a Path,
    /// Where changes are recorded.
    pub audit_log: &'a AuditLog,
    /// Who makes them.
    pub actor: &'a Actor,
    /// How secrets are read.
    pub context: &'a ReadContext<'a>,
}

/// A change of a secret in the keyring.
#[derive(Debug)]
pub enum SecretChange {
    /// Replaces the current secret, which is not kept.
    Set(Secret),
    /// Replaces the current secret, which is kept for this time.
    Rotate(Secret, Duration),
    /// Removes the secrets that were rotated away.
    RemovePrevious,
    /// Removes all of it.
    Remove,
}

/// The outcome of a change of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOutcome {
    /// The change was made.
    Changed,
    /// Nothing had to be changed: the secret was the current one, or there was nothing to remove.
    Unchanged,
}

/// A profile that was added.
#[derive(Debug)]
pub struct AddOutcome {
    /// The configuration after the change.
    pub config: Config,
    /// Whether its secret was stored in the keyring or was there already, if one was given.
    pub secret: Option<SecretOutcome>,
}

impl ProfileManager<'_> {
    /// Adds a profile, and stores its secret in the keyring if one is given.
    ///
    /// A secret that the keyring holds already for a profile of this name is not overwritten.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration is as it was.
    pub fn add(&self, profile: Profile, secret: Option<Secret>) -> Result<AddOutcome, ChangeError> {
        let (item, name) = (profile.item(Kind::ApiSecret), profile.name.clone());
        // Before the configuration is locked: a keyring may ask somebody to unlock it, and that takes long.
        let stored = secret.map(|secret| self.store_initial_secret(item, secret)).transpose()?;
        let added = begin_edit(self.config, &Change::Add(Box::new(profile)))
            .map_err(ChangeError::from)
            .and_then(|pending| self.commit(pending, Action::ProfileAdd, name.as_ref(), None));
        match (added, stored) {
            (Ok(config), stored) => Ok(AddOutcome { config, secret: stored.map(|(_, outcome)| outcome) }),
            (Err(error), Some((locked, SecretOutcome::Changed))) => {
                // It was stored for this profile. If it cannot be removed, adding the profile again finds it.
                let _ = self.remove_audited(&locked, "the profile could not be added");
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Stores the secret of a new profile.
    fn store_initial_secret(
        &self,
        item: Item,
        secret: Secret,
    ) -> Result<(LockedItem<'_>, SecretOutcome), ChangeError> {
        let mut locked = self.lock_item(&item)?;
        match locked.record()? {
            Some(record) if record.current().secret == secret => Ok((locked, SecretOutcome::Unchanged)),
            Some(_) => Err(ChangeError::AlreadyStored(item)),
            None => {
                let record = SecretRecord::new(secret, self.context.now);
                self.write_audited(&locked, Action::SecretSet, &record)?;
                Ok((locked, SecretOutcome::Changed))
            }
        }
    }

    /// Changes settings of a profile, and returns it as it is then. What changes nothing is not recorded.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration is as it was.
    pub fn set(&self, name: &ProfileName, edits: &[Edit]) -> Result<Profile, ChangeError> {
        let pending = begin_edit(self.config, &Change::Set(name.clone(), edits.to_vec()))?;
        let after = if pending.is_change() {
            let keys: Vec<_> = edits.iter().map(|(key, _)| key.as_str()).collect();
            self.commit(pending, Action::ProfileChange, Some(name), Some(keys.join(", ")))?
        } else {
            pending.before
        };
        Ok(after.require(name)?)
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration is as it was.
    pub fn make_default(&self, name: &ProfileName) -> Result<Config, ChangeError> {
        let pending = begin_edit(self.config, &Change::Default(name.clone()))?;
        self.commit(pending, Action::ProfileDefault, Some(name), None)
    }

    /// Removes a profile, and then what the keyring holds for it.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration is as it was; but after [`ChangeError::SecretNotRemoved`] the
    /// profile is gone, and a secret of it is not.
    pub fn remove(&self, profile: &Profile, name: &ProfileName) -> Result<Config, ChangeError> {
        let pending = begin_edit(self.config, &Change::Remove(name.clone()))?;
        let after = self.commit(pending, Action::ProfileRemove, Some(name), None)?;
        for kind in [Kind::ApiSecret, Kind::SessionKey] {
            if profile.source_of(kind) == Some(&Source::Keyring) {
                let removed = self.change(profile.item(kind), SecretChange::Remove);
                removed.map_err(|error| match error {
                    ChangeError::Keyring(error) => {
                        ChangeError::SecretNotRemoved { name: name.clone(), error }
                    }
                    other => other,
                })?;
            }
        }
        Ok(after)
    }

    /// Records a change of the configuration, with what is changed, and makes it.
    fn commit(
        &self,
        pending: PendingEdit,
        action: Action,
        name: Option<&ProfileName>,
        what: Option<String>,
    ) -> Result<Config, ChangeError> {
        let event = |outcome| self.event(action, name, outcome);
        let begun = event(Outcome::Ok);
        self.audit_log.record(what.into_iter().fold(begun, Event::reason))?;
        pending.commit().map_err(|error| {
            // The log says that it was done. If it cannot say that it failed, the error still does.
            let failed = event(Outcome::Failed).reason("the configuration could not be written");
            let _ = self.audit_log.record(failed);
            error.into()
        })
    }

    /// Locks an item of the keyring.
    fn lock_item(&self, item: &Item) -> Result<LockedItem<'_>, KeyringError> {
        keyring::lock_item(item.clone(), self.lock, self.context)
    }

    /// Returns `true` if the keyring holds an item for a secret, usable or not.
    ///
    /// # Errors
    /// [`ChangeError`] if the profile's secret is elsewhere, or the keyring does not reply.
    pub fn holds(&self, profile: &Profile, kind: Kind) -> Result<bool, ChangeError> {
        match keyring::read(&Self::item_of(profile, kind)?, self.context) {
            Err(KeyringError { kind: KeyringErrorKind::Missing, .. }) => Ok(false),
            Err(error) if !error.kind.is_item_error() => Err(error.into()),
            _ => Ok(true),
        }
    }

    /// Checks that a secret can be stored in the keyring, before somebody types it.
    ///
    /// # Errors
    /// As [`ProfileManager::holds`]; [`ChangeError::Keyring`] if the keyring stays locked.
    pub fn ensure_storable(&self, profile: &Profile, kind: Kind) -> Result<(), ChangeError> {
        if !self.holds(profile, kind)? {
            keyring::unlock(&profile.item(kind), self.context)?;
        }
        Ok(())
    }

    /// Checks that a profile can be added and its secret stored in the keyring, before somebody types it.
    ///
    /// # Errors
    /// [`ChangeError`] if the configuration refuses it, or as [`ProfileManager::ensure_storable`].
    pub fn ensure_new(&self, profile: &Profile) -> Result<(), ChangeError> {
        let change = Change::Add(Box::new(profile.clone()));
        drop(begin_edit(self.config, &change)?);
        self.ensure_storable(profile, Kind::ApiSecret)
    }

    /// Returns the keyring item of a secret.
    fn item_of(profile: &Profile, kind: Kind) -> Result<Item, ChangeError> {
        let item = profile.item(kind);
        match profile.source_of(kind) {
            Some(Source::Keyring) => Ok(item),
            Some(source) => Err(ChangeError::NotInKeyring { item, origin: source.clone() }),
            None => Err(ChangeError::NoSource(item)),
        }
    }

    /// Changes a secret of a profile in the keyring.
    ///
    /// # Errors
    /// [`ChangeError`], and the keyring holds what it locked; but after [`KeyringErrorKind::OutcomeUnknown`] it may hold
    /// the old or the new.
    pub fn change_secret(
        &self,
        profile: &Profile,
        kind: Kind,
        change: SecretChange,
    ) -> Result<SecretOutcome, ChangeError> {
        self.change(Self::item_of(profile, kind)?, change)
    }

    /// Changes an item of the keyring.
    ///
    /// # Errors
    /// As [`ProfileManager::change_secret`].
    pub fn change(&self, item: Item, change: SecretChange) -> Result<SecretOutcome, ChangeError> {
        let mut locked = self.lock_item(&item)?;
        if matches!(change, SecretChange::Remove) {
            if locked.is_empty() {
                return Ok(SecretOutcome::Unchanged);
            }
            self.remove_audited(&locked, "")?;
            return Ok(SecretOutcome::Changed);
        }
        let record = locked.record()?;
        let now = self.context.now;
        let (action, record) = match (change, record) {
            (SecretChange::Set(secret) | SecretChange::Rotate(secret, _), Some(record))
                if record.current().secret == secret =>
            {
                return Ok(SecretOutcome::Unchanged);
            }
            (SecretChange::Set(secret), Some(record)) => (Action::SecretSet, record.with(secret, now)),
            (SecretChange::Set(secret), None) => (Action::SecretSet, SecretRecord::new(secret, now)),
            (SecretChange::Rotate(secret, keep_for), Some(record)) => {
                (Action::SecretRotate, record.rotated(secret, now, keep_for))
            }
            (SecretChange::RemovePrevious, Some(record)) => {
                if record.has_no_previous() {
                    return Ok(SecretOutcome::Unchanged);
                }
                (Action::SecretRemove, record.without_previous())
            }
            (SecretChange::Rotate(..) | SecretChange::RemovePrevious | SecretChange::Remove, _) => {
                return Err(KeyringError { item, kind: KeyringErrorKind::Missing }.into());
            }
        };
        self.write_audited(&locked, action, &record)?;
        Ok(SecretOutcome::Changed)
    }

    /// Reads the key that signs sessions. If the keyring is its source and does not hold it, the key is made, and the
    /// outcome is [`SecretOutcome::Changed`].
    ///
    /// # Errors
    /// [`ChangeError`] if it can be neither read nor made.
    pub fn session_key(&self, profile: &Profile) -> Result<(Read, SecretOutcome), ChangeError> {
        let item = profile.item(Kind::SessionKey);
        let source = profile.source_of(Kind::SessionKey).ok_or(ChangeError::NoSource(item.clone()))?;
        match source.read(&item, self.context) {
            Ok(read) => Ok((read, SecretOutcome::Unchanged)),
            Err(SourceError::Keyring(KeyringError { kind: KeyringErrorKind::Missing, .. })) => {
                let locked = self.lock_item(&item)?;
                // Another process may have made it meanwhile.
                let made = locked.is_empty();
                if made {
                    let record = SecretRecord::new(random_key()?, self.context.now);
                    self.write_audited(&locked, Action::SecretSet, &record)?;
                }
                drop(locked);
                let read = source.read(&item, self.context)?;
                Ok((read, if made { SecretOutcome::Changed } else { SecretOutcome::Unchanged }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Records that an item is written, and writes it.
    fn write_audited(
        &self,
        locked: &LockedItem<'_>,
        action: Action,
        record: &SecretRecord,
    ) -> Result<(), ChangeError> {
        // A secret that is too long for a keyring is refused before anything is recorded.
        locked.check_size(record)?;
        let fingerprint = record.current().secret.fingerprint();
        let event = |outcome| self.secret_event(action, locked.item(), outcome).fingerprint(&fingerprint);
        self.audit_log.record(event(Outcome::Ok))?;
        locked.write(record).map_err(|error| self.failed(event(Outcome::Failed), error))
    }

    /// Records that an item is removed, and removes it.
    fn remove_audited(&self, locked: &LockedItem<'_>, why: &str) -> Result<(), ChangeError> {
        let event = |outcome| self.secret_event(Action::SecretRemove, locked.item(), outcome);
        let begun = if why.is_empty() { event(Outcome::Ok) } else { event(Outcome::Ok).reason(why) };
        self.audit_log.record(begun)?;
        locked.remove().map_err(|error| self.failed(event(Outcome::Failed), error))
    }

    /// Records that the keyring failed to do what was recorded before.
    fn failed(&self, event: Event, error: KeyringError) -> ChangeError {
        // If the log cannot say that it failed, the error still does.
        let _ = self.audit_log.record(event.reason(format!("the keyring: {}", error.kind.name())));
        ChangeError::Keyring(error)
    }

    /// Returns an event of a profile.
    fn event(&self, action: Action, name: Option<&ProfileName>, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome);
        event.profile(name.map(ToString::to_string).unwrap_or_default())
    }

    /// Returns an event of a secret.
    fn secret_event(&self, action: Action, item: &Item, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome).profile(&item.profile);
        if item.kind == Kind::SessionKey { event.reason("session key") } else { event }
    }
}

/// Makes a key from the system's random numbers, as text.
///
/// # Errors
/// [`ChangeError::NoRandom`].
pub fn random_key() -> Result<Secret, ChangeError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *bytes).map_err(|_| ChangeError::NoRandom)?;
    Secret::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes).into_bytes()).map_err(|_| ChangeError::NoRandom)
}
