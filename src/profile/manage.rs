//! Makes changes of profiles and secrets: worked out, recorded in the audit log, then made.
//!
//! The configuration never names a secret that was not stored: a secret is stored before its profile
//! stands, and removed after its profile is gone.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::change_error::ChangeError;
use super::{Change, Config, Profile, ProfileName, prepare};
use crate::audit::{Action, Actor, AuditLog, Channel, Event, Outcome};
use crate::secret::keyring::{self, Item, KeyringError, KeyringErrorKind, Kind, LockedItem, SecretRecord};
use crate::secret::{Read, ReadContext, Secret, Source, SourceError};

/// How many random bytes a session key is made from: the length of HS256's hash (RFC 7518 section 3.2).
const KEY_BYTES: usize = 32;

/// Makes changes, and records them.
pub struct Custodian<'a> {
    /// The configuration.
    pub config: &'a Path,
    /// The file that is locked while a secret of this login is changed.
    pub lock: &'a Path,
    /// Where changes are recorded.
    pub audit_log: &'a AuditLog,
    /// Who makes them.
    pub actor: &'a Actor,
    /// How a keyring is asked.
    pub asking: &'a ReadContext<'a>,
}

/// A change of a secret in the keyring.
#[derive(Debug)]
pub enum SecretChange {
    /// The secret is put in the current one's place, which is not kept.
    Set(Secret),
    /// The secret is put in the current one's place, which is kept for a while.
    Rotate(Secret, Duration),
    /// Secrets that were rotated away are kept no longer.
    RemovePrevious,
    /// Nothing of it is kept.
    Remove,
}

/// How a change of a secret ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was made.
    Changed,
    /// Nothing had to be changed: the secret was the current one, or there was nothing to remove.
    Unchanged,
}

/// A profile that was added.
#[derive(Debug)]
pub struct Added {
    /// What the configuration says now.
    pub config: Config,
    /// Whether its secret was stored in the keyring, or was there.
    pub kept: Option<Kept>,
}

impl Custodian<'_> {
    /// Adds a profile, and stores its secret in the keyring where that is its source.
    ///
    /// A secret that the keyring holds already for a profile of this name is not overwritten.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration stands as it was.
    pub fn add(&self, profile: Profile, secret: Option<Secret>) -> Result<Added, ChangeError> {
        let item = profile.item(Kind::ApiSecret);
        let name = profile.name.clone();
        let prepared = prepare(self.config, &Change::Add(Box::new(profile))).map_err(ChangeError::Config)?;
        let stored = match secret {
            Some(secret) => self.store_first(item, secret)?,
            None => None,
        };
        let event = |outcome| self.event(Action::ProfileAdd, name.as_ref(), outcome);
        let done = self.audit_log.record(event(Outcome::Ok)).map_err(ChangeError::Audit).and_then(|_| {
            prepared.commit().map_err(|error| {
                // The log said that it would be done. Where it cannot say that it failed, the error still does.
                let _ = self.audit_log.record(event(Outcome::Failed).reason(UNWRITTEN));
                ChangeError::Config(error)
            })
        });
        match (done, stored) {
            (Ok(config), stored) => Ok(Added { config, kept: stored.map(|(_, kept)| kept) }),
            (Err(error), Some((held, Kept::Changed))) => {
                // It was stored for this profile. Where it cannot be taken back, adding it again finds it.
                let _ = self.removed(&held, "the profile could not be added");
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Stores the secret of a new profile.
    fn store_first(&self, item: Item, secret: Secret) -> Result<Option<(LockedItem<'_>, Kept)>, ChangeError> {
        let mut held =
            keyring::lock_item(item.clone(), self.lock, self.asking).map_err(ChangeError::Keyring)?;
        match held.record().map_err(ChangeError::Keyring)? {
            Some(record) if record.current().secret == secret => Ok(Some((held, Kept::Unchanged))),
            Some(_) => Err(ChangeError::Taken { item }),
            None => {
                let record = SecretRecord::new(secret, self.asking.now);
                self.written(&held, Action::SecretSet, &record)?;
                Ok(Some((held, Kept::Changed)))
            }
        }
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration stands as it was.
    pub fn make_default(&self, name: &ProfileName) -> Result<Config, ChangeError> {
        self.configure(&Change::Default(name.clone()), Action::ProfileDefault, name)
    }

    /// Removes a profile, and then what the keyring holds for it.
    ///
    /// # Errors
    /// [`ChangeError`], and the configuration stands as it was; but after [`ChangeError::LeftBehind`] the
    /// profile is gone, and a secret of it is not.
    pub fn remove(&self, profile: &Profile, name: &ProfileName) -> Result<Config, ChangeError> {
        let after = self.configure(&Change::Remove(name.clone()), Action::ProfileRemove, name)?;
        for kind in [Kind::ApiSecret, Kind::SessionKey] {
            if profile.source_of(kind) == Some(&Source::Keyring) {
                let removed = self.change(profile.item(kind), SecretChange::Remove);
                removed.map_err(|error| match error {
                    ChangeError::Keyring(error) => ChangeError::LeftBehind { name: name.clone(), error },
                    other => other,
                })?;
            }
        }
        Ok(after)
    }

    /// Changes the configuration.
    fn configure(&self, change: &Change, action: Action, name: &ProfileName) -> Result<Config, ChangeError> {
        let prepared = prepare(self.config, change).map_err(ChangeError::Config)?;
        let event = |outcome| self.event(action, Some(name), outcome);
        self.audit_log.record(event(Outcome::Ok)).map_err(ChangeError::Audit)?;
        prepared.commit().map_err(|error| {
            // The log said that it would be done. Where it cannot say that it failed, the error still does.
            let _ = self.audit_log.record(event(Outcome::Failed).reason(UNWRITTEN));
            ChangeError::Config(error)
        })
    }

    /// Checks that a secret can be changed here at all: before somebody types one.
    ///
    /// # Errors
    /// [`ChangeError`] where it is in no keyring, or the keyring does not answer.
    pub fn check(&self, profile: &Profile, kind: Kind) -> Result<(), ChangeError> {
        Self::item_of(profile, kind).and_then(|item| match keyring::read(&item, self.asking) {
            Ok(_) => Ok(()),
            Err(KeyringError { kind, .. }) if kind.is_item_error() => Ok(()),
            Err(error) => Err(ChangeError::Keyring(error)),
        })
    }

    /// Checks that a profile can be added, and its secret be stored in the keyring: before somebody types it.
    ///
    /// # Errors
    /// [`ChangeError`] where the configuration refuses it, or the keyring does not answer.
    pub fn check_new(&self, profile: &Profile) -> Result<(), ChangeError> {
        let change = Change::Add(Box::new(profile.clone()));
        drop(prepare(self.config, &change).map_err(ChangeError::Config)?);
        self.check(profile, Kind::ApiSecret)
    }

    /// Returns what the keyring knows a secret by.
    fn item_of(profile: &Profile, kind: Kind) -> Result<Item, ChangeError> {
        let item = profile.item(kind);
        match profile.source_of(kind) {
            Some(Source::Keyring) => Ok(item),
            Some(source) => Err(ChangeError::Elsewhere { item, source: source.clone() }),
            None => Err(ChangeError::NoSource { item }),
        }
    }

    /// Changes a secret of a profile in the keyring.
    ///
    /// # Errors
    /// [`ChangeError`], and the keyring holds what it held; but after [`KeyringErrorKind::OutcomeUnknown`] it may hold
    /// the old or the new.
    pub fn change_secret(
        &self,
        profile: &Profile,
        kind: Kind,
        change: SecretChange,
    ) -> Result<Kept, ChangeError> {
        self.change(Self::item_of(profile, kind)?, change)
    }

    /// Changes an item of the keyring.
    ///
    /// # Errors
    /// As [`Custodian::change_secret`].
    pub fn change(&self, item: Item, change: SecretChange) -> Result<Kept, ChangeError> {
        let mut held =
            keyring::lock_item(item.clone(), self.lock, self.asking).map_err(ChangeError::Keyring)?;
        if matches!(change, SecretChange::Remove) {
            if held.is_empty() {
                return Ok(Kept::Unchanged);
            }
            self.removed(&held, "")?;
            return Ok(Kept::Changed);
        }
        let record = held.record().map_err(ChangeError::Keyring)?;
        let missing = || ChangeError::Keyring(KeyringError { item, kind: KeyringErrorKind::Missing });
        let now = self.asking.now;
        let (action, record) = match (change, record) {
            (SecretChange::Set(secret) | SecretChange::Rotate(secret, _), Some(record))
                if record.current().secret == secret =>
            {
                return Ok(Kept::Unchanged);
            }
            (SecretChange::Set(secret), Some(record)) => (Action::SecretSet, record.with(secret, now)),
            (SecretChange::Set(secret), None) => (Action::SecretSet, SecretRecord::new(secret, now)),
            (SecretChange::Rotate(secret, keep_for), Some(record)) => {
                (Action::SecretRotate, record.rotated(secret, now, keep_for))
            }
            (SecretChange::RemovePrevious, Some(record)) => {
                if record.has_no_previous() {
                    return Ok(Kept::Unchanged);
                }
                (Action::SecretRemove, record.without_previous())
            }
            (SecretChange::Rotate(..) | SecretChange::RemovePrevious | SecretChange::Remove, _) => {
                return Err(missing());
            }
        };
        self.written(&held, action, &record)?;
        Ok(Kept::Changed)
    }

    /// Reads the key that signs sessions. Where the keyring should have it and does not, it is made, and
    /// [`Kept::Changed`] says so.
    ///
    /// # Errors
    /// [`ChangeError`] where it can be neither read nor made.
    pub fn session_key(&self, profile: &Profile) -> Result<(Read, Kept), ChangeError> {
        let item = profile.item(Kind::SessionKey);
        let source =
            profile.source_of(Kind::SessionKey).ok_or(ChangeError::NoSource { item: item.clone() })?;
        match source.read(&item, self.asking) {
            Ok(read) => Ok((read, Kept::Unchanged)),
            Err(SourceError::Keyring(KeyringError { kind: KeyringErrorKind::Missing, .. })) => {
                let held = keyring::lock_item(item.clone(), self.lock, self.asking);
                let held = held.map_err(ChangeError::Keyring)?;
                // Another process may have made it meanwhile.
                let made = held.is_empty();
                if made {
                    let record = SecretRecord::new(random_key()?, self.asking.now);
                    self.written(&held, Action::SecretSet, &record)?;
                }
                drop(held);
                let read = source.read(&item, self.asking).map_err(ChangeError::Source)?;
                Ok((read, if made { Kept::Changed } else { Kept::Unchanged }))
            }
            Err(error) => Err(ChangeError::Source(error)),
        }
    }

    /// Records that an item is written, and writes it.
    fn written(
        &self,
        held: &LockedItem<'_>,
        action: Action,
        record: &SecretRecord,
    ) -> Result<(), ChangeError> {
        // What no keyring takes is refused before anything is recorded.
        held.check_size(record).map_err(ChangeError::Keyring)?;
        let fingerprint = record.current().secret.fingerprint();
        let event = |outcome| self.secret_event(action, held.item(), outcome).fingerprint(&fingerprint);
        self.audit_log.record(event(Outcome::Ok)).map_err(ChangeError::Audit)?;
        held.write(record).map_err(|error| self.failed(event(Outcome::Failed), error))
    }

    /// Records that an item is removed, and removes it.
    fn removed(&self, held: &LockedItem<'_>, why: &str) -> Result<(), ChangeError> {
        let event = |outcome| self.secret_event(Action::SecretRemove, held.item(), outcome);
        let begun = if why.is_empty() { event(Outcome::Ok) } else { event(Outcome::Ok).reason(why) };
        self.audit_log.record(begun).map_err(ChangeError::Audit)?;
        held.remove().map_err(|error| self.failed(event(Outcome::Failed), error))
    }

    /// Records that the keyring did not do what was recorded before.
    fn failed(&self, event: Event, error: KeyringError) -> ChangeError {
        // Where the log cannot say that it failed, the error still does.
        let _ = self.audit_log.record(event.reason(format!("the keyring: {}", error.kind.name())));
        ChangeError::Keyring(error)
    }

    /// Makes an event of a profile.
    fn event(&self, action: Action, name: Option<&ProfileName>, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome);
        event.profile(name.map(ToString::to_string).unwrap_or_default())
    }

    /// Makes an event of a secret.
    fn secret_event(&self, action: Action, item: &Item, outcome: Outcome) -> Event {
        let event = Event::new(action, Channel::Cli, self.actor.clone(), outcome).profile(&item.profile);
        if item.kind == Kind::SessionKey { event.reason("session key") } else { event }
    }
}

/// What the log says where the configuration could not be changed.
const UNWRITTEN: &str = "the configuration could not be written";

/// Makes a key from the system's random numbers, as text.
///
/// # Errors
/// [`ChangeError::NoRandom`].
pub fn random_key() -> Result<Secret, ChangeError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *bytes).map_err(|_| ChangeError::NoRandom)?;
    Secret::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes).into_bytes()).map_err(|_| ChangeError::NoRandom)
}
