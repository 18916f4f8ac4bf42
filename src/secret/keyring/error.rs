//! Errors of a keyring, distinguished by the types of the platform's errors and never by their text.

use std::time::Duration;

use thiserror::Error;

use super::{Item, MAX_RECORD_BYTES, RECORD_VERSION};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_short;
use crate::time::humanize;

/// An error of a keyring operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot use the {item}: {kind}")]
pub struct KeyringError {
    /// The item that was read or changed.
    pub item: Item,
    /// The kind of error.
    pub kind: KeyringErrorKind,
}

/// The kind of a keyring error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyringErrorKind {
    /// The keyring has no such item.
    #[error("the keyring does not hold it")]
    Missing,
    /// The keyring is locked, and was not unlocked.
    #[error("the keyring is locked")]
    Locked,
    /// No keyring program can be reached, for this reason from the platform.
    #[error("no keyring can be reached: {}", escaped_short(.0))]
    NoService(String),
    /// A keyring program is running, but has no default keyring.
    #[error("there is no default keyring to store it in")]
    NoCollection,
    /// The keyring denies access to this program, for this reason from the platform.
    #[error("the keyring refuses it: {}", escaped_short(.0))]
    Denied(String),
    /// The keyring has this many items of the same name.
    #[error("the keyring holds {0} items of this name, and there must be only one")]
    Ambiguous(usize),
    /// The keyring did not answer within this timeout.
    #[error("the keyring gave no answer within {}", humanize(*.0))]
    TimedOut(Duration),
    /// The keyring did not confirm a change within this timeout.
    #[error("outcome unknown: the keyring did not say within {} whether it changed it", humanize(*.0))]
    OutcomeUnknown(Duration),
    /// The item would have this many bytes, too many for a keyring.
    #[error("it would take {0} bytes with what is kept beside it, and a keyring takes {MAX_RECORD_BYTES}")]
    TooLarge(usize),
    /// The item is a record of this version, which is not supported.
    #[error("its item is of version {0}, and this program knows version {RECORD_VERSION}")]
    OtherVersion(u64),
    /// The item is not a record of this program.
    #[error("its item is not what this program writes")]
    Damaged,
    /// The keyring confirmed that it stored the record, but does not return the same record.
    #[error("the keyring does not give back what it stored")]
    ReadBackMismatch,
    /// The lock against other processes cannot be acquired.
    #[error("other processes cannot be kept from changing it: {0}")]
    NotLocked(String),
    /// Any other failure, as described by the platform.
    #[error("the keyring failed: {}", escaped_short(.0))]
    Failed(String),
}

impl KeyringErrorKind {
    /// Returns `true` if the keyring answered, and only the item is missing or not usable.
    pub const fn is_item_error(&self) -> bool {
        matches!(self, Self::Missing | Self::OtherVersion(_) | Self::Damaged | Self::Ambiguous(_))
    }
}

impl Diagnostic for KeyringError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        use KeyringErrorKind as Kind;
        let name = format!("{}{}", self.item.profile, self.item.kind.flag());
        Some(match &self.kind {
            Kind::Missing => format!("store it with 'stream-token secret set {name}'"),
            Kind::Ambiguous(_) | Kind::Damaged => {
                format!("remove it with 'stream-token secret remove {name}', and store it again")
            }
            Kind::TooLarge(_) => {
                format!(
                    "make room with 'stream-token secret remove {name} --previous', or use a file: source"
                )
            }
            Kind::Locked => {
                "unlock it, for example by logging in; or give the profile a file: or command: source".into()
            }
            Kind::NoService(_) => {
                "log in at a desktop with a keyring; or give the profile a file: or command: source".into()
            }
            Kind::NoCollection => {
                "create a default keyring, with Seahorse or by logging in at the desktop".into()
            }
            Kind::Denied(_) => "allow stream-token in the keyring program's settings".into(),
            Kind::TimedOut(_) => {
                "look for a window that asks to unlock the keyring, or restart the keyring program".into()
            }
            Kind::OutcomeUnknown(_) => "run the command again: what is done already is not done twice".into(),
            Kind::OtherVersion(_) => "use the version of stream-token that wrote it, or a later one".into(),
            Kind::NotLocked(_) => "end the process that keeps it, or check who may write it".into(),
            Kind::ReadBackMismatch | Kind::Failed(_) => {
                "look in the keyring program whether it shows this item to other programs, and in its log"
                    .into()
            }
        })
    }
}
