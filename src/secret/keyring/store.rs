//! The platform's keyring: its keyring-core store, and the mapping of its errors.

use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

pub(super) use self::platform::{probe, server, unlock};
use super::{Item, KeyringErrorKind};

/// Returns the entry of an item in the platform's keyring, whether or not the item exists.
fn entry(item: &Item) -> Result<Entry, Error> {
    let label = format!("stream-token: {item}");
    // Keyring programs without labels show an item's service and user.
    let label = platform::HAS_LABELS.then_some(("label", label.as_str()));
    platform::Store::new()?.build(item.service(), &item.profile, Some(&label.into_iter().collect()))
}

/// Reads an item; the keyring may ask the user to unlock it.
pub(super) fn read(item: &Item) -> Result<Zeroizing<Vec<u8>>, KeyringErrorKind> {
    entry(item).and_then(|entry| entry.get_secret()).map(Zeroizing::new).map_err(error_kind)
}

/// Creates or replaces an item, and reads it back: some keyrings store items that cannot be read afterwards.
pub(super) fn write(item: &Item, bytes: &[u8]) -> Result<(), KeyringErrorKind> {
    let entry = entry(item).map_err(error_kind)?;
    entry.set_secret(bytes).map_err(error_kind)?;
    match entry.get_secret().map(Zeroizing::new) {
        Ok(kept) if *kept == bytes => Ok(()),
        Ok(_) | Err(Error::NoEntry) => Err(KeyringErrorKind::ReadBackMismatch),
        Err(error) => Err(error_kind(error)),
    }
}

/// Removes an item, or all items of its name if there are several.
pub(super) fn remove(item: &Item) -> Result<(), KeyringErrorKind> {
    let removed = match entry(item).and_then(|entry| entry.delete_credential()) {
        Err(Error::Ambiguous(entries)) => entries.iter().try_for_each(Entry::delete_credential),
        removed => removed,
    };
    removed.map_err(error_kind)
}

/// Returns the kind of a store's error.
///
/// The error itself is neither kept nor displayed: one of its variants contains the secret.
fn error_kind(error: Error) -> KeyringErrorKind {
    match error {
        Error::NoEntry => KeyringErrorKind::Missing,
        Error::Ambiguous(entries) => KeyringErrorKind::Ambiguous(entries.len()),
        Error::TooLong(_, limit) => KeyringErrorKind::TooLarge(limit as usize + 1),
        Error::NoStorageAccess(error) => platform::no_access(error.as_ref()),
        Error::PlatformFailure(error) => platform::failure(error.as_ref()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeyringErrorKind::Damaged,
        _ => KeyringErrorKind::Failed("an error of another kind".into()),
    }
}

/// The Secret Service, over D-Bus.
#[cfg(all(unix, not(target_vendor = "apple")))]
mod platform {
    use std::collections::HashMap;
    use std::error::Error;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use dbus::blocking::Connection;
    use dbus_secret_service::{EncryptionType, Error as ServiceError, SecretService};
    pub(super) use dbus_secret_service_keyring_store::Store;
    use zeroize::Zeroizing;

    use super::{Item, KeyringErrorKind};
    use crate::escape::escaped_short;

    /// Whether items have a label in keyring programs.
    pub(super) const HAS_LABELS: bool = true;

    /// The time for which the crates wait for a reply on the bus.
    const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

    /// The name of the bus itself.
    const BUS: &str = "org.freedesktop.DBus";

    /// Reads an item without unlocking anything.
    pub(in crate::secret::keyring) fn probe(item: &Item) -> Result<Zeroizing<Vec<u8>>, KeyringErrorKind> {
        let service = SecretService::connect(EncryptionType::Dh).map_err(|error| failure(&error))?;
        let attributes = HashMap::from([("service", item.service()), ("username", item.profile.as_str())]);
        let found = service.search_items(attributes).map_err(|error| failure(&error))?;
        match (found.unlocked.as_slice(), found.locked.len()) {
            ([], 0) => Err(KeyringErrorKind::Missing),
            ([], _) => Err(KeyringErrorKind::Locked),
            ([one], 0) => one.get_secret().map(Zeroizing::new).map_err(|error| failure(&error)),
            (unlocked, locked) => Err(KeyringErrorKind::Ambiguous(unlocked.len() + locked)),
        }
    }

    /// Unlocks the keyring in which new items are stored, if it is locked.
    pub(in crate::secret::keyring) fn unlock() -> Result<(), KeyringErrorKind> {
        let unlock = || {
            let service = SecretService::connect(EncryptionType::Dh)?;
            service.get_default_collection()?.ensure_unlocked()
        };
        unlock().map_err(|error| failure(&error))
    }

    /// Returns the name and the process ID of the program that owns the Secret Service's name on the bus.
    pub(in crate::secret::keyring) fn server() -> Result<String, KeyringErrorKind> {
        let connection = Connection::new_session().map_err(|error| from_dbus(&error))?;
        let bus = connection.with_proxy(BUS, "/org/freedesktop/DBus", REPLY_TIMEOUT);
        let asked = bus.method_call(BUS, "GetConnectionUnixProcessID", ("org.freedesktop.secrets",));
        let (pid,): (u32,) = asked.map_err(|error| from_dbus(&error))?;
        let call = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let program = call.split('\0').next().and_then(|program| Path::new(program).file_name()?.to_str());
        Ok(format!("{}, process {pid}", escaped_short(program.unwrap_or("a Secret Service"))))
    }

    /// Returns the kind of a failed access.
    pub(super) use self::failure as no_access;

    /// Returns the kind of a platform failure.
    pub(super) fn failure(error: &(dyn Error + Send + Sync + 'static)) -> KeyringErrorKind {
        match error.downcast_ref::<ServiceError>() {
            Some(ServiceError::Locked | ServiceError::Prompt) => KeyringErrorKind::Locked,
            Some(ServiceError::NoResult) => KeyringErrorKind::NoCollection,
            Some(ServiceError::Unavailable) => KeyringErrorKind::NoService(error.to_string()),
            Some(ServiceError::Dbus(error)) => from_dbus(error),
            _ => KeyringErrorKind::Failed(error.to_string()),
        }
    }

    /// Returns the kind of a D-Bus error, by its name (D-Bus specification; Secret Service API, "Errors").
    fn from_dbus(error: &dbus::Error) -> KeyringErrorKind {
        let (name, detail) =
            (error.name().unwrap_or_default(), error.message().unwrap_or_default().to_owned());
        let known = name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name);
        match known {
            "NoReply" | "Timeout" | "TimedOut" => KeyringErrorKind::TimedOut(REPLY_TIMEOUT),
            "AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired" => {
                KeyringErrorKind::Denied(detail)
            }
            "org.freedesktop.Secret.Error.IsLocked" => KeyringErrorKind::Locked,
            "org.freedesktop.Secret.Error.NoSuchObject" | "UnknownObject" => KeyringErrorKind::Missing,
            "ServiceUnknown" | "NameHasNoOwner" | "NoServer" | "NoNetwork" | "Disconnected"
            | "NotSupported" | "BadAddress" | "FileNotFound" => KeyringErrorKind::NoService(detail),
            _ if known.starts_with("Spawn.") => KeyringErrorKind::NoService(detail),
            _ => KeyringErrorKind::Failed(detail),
        }
    }
}

/// The Keychain of macOS, or the Credential Manager of Windows.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
mod platform {
    use std::error::Error;

    #[cfg(target_vendor = "apple")]
    pub(super) use apple_native_keyring_store::keychain::Store;
    #[cfg(windows)]
    pub(super) use windows_native_keyring_store::Store;
    use zeroize::Zeroizing;

    use super::{Item, KeyringErrorKind};

    /// Whether items have a label in keyring programs.
    pub(super) const HAS_LABELS: bool = false;

    /// Reads an item without a prompt. Windows never prompts; the Keychain may, so it is not read.
    pub(in crate::secret::keyring) fn probe(item: &Item) -> Result<Zeroizing<Vec<u8>>, KeyringErrorKind> {
        if cfg!(windows) { super::read(item) } else { Err(KeyringErrorKind::Locked) }
    }

    /// Returns the keyring's name: the system itself serves the keyring.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    pub(in crate::secret::keyring) fn server() -> Result<String, KeyringErrorKind> {
        Ok(if cfg!(windows) { "the Credential Manager" } else { "the Keychain" }.into())
    }

    /// Does nothing: these keyrings prompt when an item is stored.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    pub(in crate::secret::keyring) fn unlock() -> Result<(), KeyringErrorKind> {
        Ok(())
    }

    /// Returns the kind of a failed access.
    pub(super) fn no_access(error: &(dyn Error + Send + Sync + 'static)) -> KeyringErrorKind {
        KeyringErrorKind::Denied(error.to_string())
    }

    /// Returns the kind of a platform failure.
    pub(super) fn failure(error: &(dyn Error + Send + Sync + 'static)) -> KeyringErrorKind {
        KeyringErrorKind::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_a_store_reports_are_never_shown() {
        for error in [
            Error::BadEncoding(b"hunter2".to_vec()),
            Error::BadDataFormat(b"hunter2".to_vec(), "cannot decode hunter2".into()),
        ] {
            assert_eq!(error_kind(error), KeyringErrorKind::Damaged);
        }
    }
}
