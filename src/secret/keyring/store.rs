//! The platform's keyring: keyring-core's store for it, and what its errors mean.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::{Fault, Item};

/// An item of the keyring that may be there or not.
pub(super) struct Place(Entry);

impl Place {
    /// Names an item, in the platform's keyring.
    pub(super) fn of(item: &Item) -> Result<Self, Fault> {
        Self::in_store(&platform::connect().map_err(fault)?, item)
    }

    /// Names an item in a store.
    pub(super) fn in_store(store: &Arc<CredentialStore>, item: &Item) -> Result<Self, Fault> {
        let label = item.label();
        let modifiers = platform::modifiers(&label);
        store.build(item.service(), &item.profile, Some(&modifiers)).map(Self).map_err(fault)
    }

    /// Reads the item.
    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        self.0.get_secret().map(Zeroizing::new).map_err(fault)
    }

    /// Writes the item, new or in the place of what it holds, and reads it again.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        self.0.set_secret(bytes).map_err(|error| fault(error).of_a_write())?;
        // Some keyrings store what they then show to nobody.
        match self.read() {
            Ok(kept) if *kept == bytes => Ok(()),
            Ok(_) | Err(Fault::Missing) => Err(Fault::NotKept),
            Err(other) => Err(other),
        }
    }

    /// Removes the item; every one that answers to its name, where there are several.
    pub(super) fn remove(&self) -> Result<(), Fault> {
        let removed = match self.0.delete_credential() {
            Err(Error::Ambiguous(entries)) => entries.iter().try_for_each(Entry::delete_credential),
            removed => removed,
        };
        removed.map_err(|error| fault(error).of_a_write())
    }
}

/// Returns what an error of a store means.
///
/// Some of them hold what the keyring gave, so none is kept.
fn fault(error: Error) -> Fault {
    match error {
        Error::NoEntry => Fault::Missing,
        Error::Ambiguous(entries) => Fault::Ambiguous { items: entries.len() },
        Error::TooLong(_, limit) => Fault::TooLarge { bytes: limit as usize + 1 },
        Error::NoStorageAccess(error) => platform::no_access(error.as_ref()),
        Error::PlatformFailure(error) => platform::failure(error.as_ref()),
        Error::NoDefaultStore => Fault::NoService { detail: "it has no store".into() },
        Error::NotSupportedByStore(detail) => Fault::Failed { detail },
        Error::Invalid(attribute, reason) => Fault::Failed { detail: format!("{attribute}: {reason}") },
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            Fault::Failed { detail: "what it gave could not be read".into() }
        }
        Error::BadStoreFormat(_) => Fault::Failed { detail: "its store is damaged".into() },
        _ => Fault::Failed { detail: "an error of another kind".into() },
    }
}

/// The Secret Service, over D-Bus.
#[cfg(all(unix, not(target_vendor = "apple")))]
mod platform {
    use std::collections::HashMap;
    use std::error::Error;
    use std::sync::Arc;
    use std::time::Duration;

    use dbus_secret_service::{EncryptionType, Error as ServiceError, SecretService};
    use dbus_secret_service_keyring_store::Store;
    use keyring_core::CredentialStore;
    use zeroize::Zeroizing;

    use super::{Fault, Item};

    /// How long the crates wait for one answer on the bus.
    const LONGEST_ANSWER: Duration = Duration::from_secs(2);

    /// Connects to the login's keyring.
    pub(super) fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(Store::new()?)
    }

    /// Says how a new item is called in keyring programs.
    pub(super) fn modifiers(label: &str) -> HashMap<&str, &str> {
        HashMap::from([("label", label)])
    }

    /// Reads an item without unlocking anything.
    pub(super) fn peek(item: &Item) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let service = SecretService::connect(EncryptionType::Dh).map_err(|error| failure(&error))?;
        let attributes = HashMap::from([("service", item.service()), ("username", item.profile.as_str())]);
        let found = service.search_items(attributes).map_err(|error| failure(&error))?;
        match (found.unlocked.as_slice(), found.locked.len()) {
            ([], 0) => Err(Fault::Missing),
            ([], _) => Err(Fault::Locked),
            ([one], 0) => one.get_secret().map(Zeroizing::new).map_err(|error| failure(&error)),
            (unlocked, locked) => Err(Fault::Ambiguous { items: unlocked.len() + locked }),
        }
    }

    /// Returns what it means that the keyring cannot be accessed.
    pub(super) fn no_access(error: &(dyn Error + Send + Sync + 'static)) -> Fault {
        failure(error)
    }

    /// Returns what a failure means.
    pub(super) fn failure(error: &(dyn Error + Send + Sync + 'static)) -> Fault {
        match error.downcast_ref::<ServiceError>() {
            Some(ServiceError::Locked | ServiceError::Prompt) => Fault::Locked,
            Some(ServiceError::NoResult) => Fault::NoCollection,
            Some(ServiceError::Unavailable) => Fault::NoService { detail: error.to_string() },
            Some(ServiceError::Dbus(error)) => {
                let detail = error.message().unwrap_or_default().to_owned();
                of_the_bus(error.name().unwrap_or_default(), detail)
            }
            _ => Fault::Failed { detail: error.to_string() },
        }
    }

    /// Returns what an error of the bus means, by its name (D-Bus specification; Secret Service API,
    /// "Errors").
    fn of_the_bus(name: &str, detail: String) -> Fault {
        let known = name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name);
        match known {
            "NoReply" | "Timeout" | "TimedOut" => Fault::TimedOut { waited: LONGEST_ANSWER },
            "AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired" => Fault::Denied { detail },
            "org.freedesktop.Secret.Error.IsLocked" => Fault::Locked,
            "org.freedesktop.Secret.Error.NoSuchObject" | "UnknownObject" => Fault::Missing,
            "ServiceUnknown" | "NameHasNoOwner" | "NoServer" | "NoNetwork" | "Disconnected"
            | "NotSupported" | "BadAddress" | "FileNotFound" => Fault::NoService { detail },
            _ if known.starts_with("Spawn.") => Fault::NoService { detail },
            _ => Fault::Failed { detail },
        }
    }
}

/// The Keychain, or the Credential Manager.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
mod platform {
    use std::collections::HashMap;
    use std::error::Error;
    use std::sync::Arc;

    use keyring_core::CredentialStore;
    use zeroize::Zeroizing;

    use super::{Fault, Item};

    /// Connects to the login's keyring.
    #[cfg(target_vendor = "apple")]
    pub(super) fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    /// Connects to the login's keyring.
    #[cfg(windows)]
    pub(super) fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    /// Says how a new item is called in keyring programs: by its service and its user.
    pub(super) fn modifiers(_label: &str) -> HashMap<&str, &str> {
        HashMap::new()
    }

    /// Reads an item without asking anybody, where the platform can: Windows never asks.
    #[cfg(windows)]
    pub(super) fn peek(item: &Item) -> Result<Zeroizing<Vec<u8>>, Fault> {
        super::Place::of(item)?.read()
    }

    /// Reads nothing: the Keychain may ask whether this program may read.
    #[cfg(not(windows))]
    pub(super) fn peek(_item: &Item) -> Result<Zeroizing<Vec<u8>>, Fault> {
        Err(Fault::Locked)
    }

    /// Returns what it means that the keyring cannot be accessed.
    pub(super) fn no_access(error: &(dyn Error + Send + Sync + 'static)) -> Fault {
        Fault::Denied { detail: error.to_string() }
    }

    /// Returns what a failure means.
    pub(super) fn failure(error: &(dyn Error + Send + Sync + 'static)) -> Fault {
        Fault::Failed { detail: error.to_string() }
    }
}

/// Reads an item without unlocking anything and without asking anybody.
pub(super) fn peek(item: &Item) -> Result<Zeroizing<Vec<u8>>, Fault> {
    platform::peek(item)
}
