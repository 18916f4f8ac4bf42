//! What can be wrong with a keyring, told apart by the types of its errors and never by their text.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::Item;
use super::record::{MAX_RECORD_BYTES, RecordError};
use crate::error::{Diagnostic, Exit};
use crate::escape::escaped_short;
use crate::fs::DiskError;
use crate::time::humanize;

/// Why a keyring operation failed.
#[derive(Debug)]
pub struct KeyringError {
    /// The item that was read or changed.
    pub item: Item,
    /// What is wrong.
    pub kind: KeyringErrorKind,
}

/// What is wrong with a keyring.
#[derive(Debug)]
pub enum KeyringErrorKind {
    /// It has no such item.
    Missing,
    /// It is locked, and nobody unlocked it.
    Locked,
    /// No keyring program can be reached, for the reason that the platform states.
    NoService(String),
    /// A keyring program is running, and has no keyring to store in.
    NoCollection,
    /// It denies access to this program, for the reason that the platform states.
    Denied(String),
    /// It has several items, this many, with the same name.
    Ambiguous(usize),
    /// It did not answer within this time.
    TimedOut(Duration),
    /// It did not confirm a change within this time.
    OutcomeUnknown(Duration),
    /// The item would have this many bytes, too many for a keyring.
    TooLarge(usize),
    /// The item is not a record of this program.
    Damaged(RecordError),
    /// It confirmed that it stored the record, and returns another one.
    ReadBackMismatch,
    /// Another process has been changing secrets for this time.
    Busy(Duration),
    /// The lock against other processes cannot be opened.
    LockUnavailable(DiskError),
    /// Another failure, as the platform describes it.
    Failed(String),
}

impl KeyringErrorKind {
    /// Returns the name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Locked => "locked",
            Self::NoService(_) => "no_service",
            Self::NoCollection => "no_collection",
            Self::Denied(_) => "denied",
            Self::Ambiguous(_) => "ambiguous",
            Self::TimedOut(_) => "timed_out",
            Self::OutcomeUnknown(_) => "outcome_unknown",
            Self::TooLarge(_) => "too_large",
            Self::Damaged(_) => "damaged",
            Self::ReadBackMismatch => "not_kept",
            Self::Busy(_) => "busy",
            Self::LockUnavailable(_) | Self::Failed(_) => "failed",
        }
    }

    /// Returns `true` if the keyring answered, and only the item is missing or wrong.
    #[must_use]
    pub const fn is_item_error(&self) -> bool {
        matches!(self, Self::Missing | Self::Damaged(_) | Self::Ambiguous(_))
    }

    /// Converts the error of a read to that of a write: without an answer, the outcome is unknown.
    pub(super) fn into_write_error(self) -> Self {
        match self {
            Self::TimedOut(waited) => Self::OutcomeUnknown(waited),
            other => other,
        }
    }
}

impl KeyringError {
    /// Returns the message and the next step, side by side for each kind.
    fn message_and_hint(&self) -> (String, String) {
        use KeyringErrorKind as Kind;
        let item = &self.item;
        let set = format!("'stream-token secret set {}{}'", item.profile, item.kind.flag());
        let remove = format!("stream-token secret remove {}{}", item.profile, item.kind.flag());
        match &self.kind {
            Kind::Missing => (format!("the keyring holds no {item}"), format!("store it with {set}")),
            Kind::Locked => (
                format!("the keyring is locked, and the {item} can be neither read nor stored"),
                "unlock it, for example by logging in at the desktop, and run the command again; where nobody logs \
                 in, give the profile a file:, credential: or command: source"
                    .into(),
            ),
            Kind::NoService(detail) => (
                format!("no keyring can be reached for the {item}: {}", escaped_short(detail)),
                "run the command again in a login session with a keyring (GNOME Keyring, KWallet, KeePassXC); where \
                 there is none, give the profile a file:, credential: or command: source"
                    .into(),
            ),
            Kind::NoCollection => (
                format!("there is no default keyring to store the {item} in"),
                "create a default keyring, with Seahorse or by logging in at the desktop, and run the command again"
                    .into(),
            ),
            Kind::Denied(detail) => (
                format!("the keyring refuses the {item}: {}", escaped_short(detail)),
                "allow stream-token in the keyring program's settings, and run the command again".into(),
            ),
            Kind::Ambiguous(items) => (
                format!("the keyring holds {items} items that are the {item}, and there must be only one"),
                format!("remove them with '{remove}', and store the right one with {set}"),
            ),
            Kind::TimedOut(waited) => (
                format!("the keyring gave no answer about the {item} within {}", humanize(*waited)),
                "look for a window that asks to unlock the keyring; where there is none, restart the keyring program"
                    .into(),
            ),
            Kind::OutcomeUnknown(waited) => (
                format!(
                    "outcome unknown: the keyring did not say within {} whether it changed the {item}",
                    humanize(*waited)
                ),
                format!(
                    "see what it holds with 'stream-token secret list', and run the command again: what is done \
                     already is not done twice; the item is that of {}",
                    item.profile
                ),
            ),
            Kind::TooLarge(bytes) => (
                format!(
                    "the {item} would take {bytes} bytes with what is kept beside it, and a keyring takes \
                     {MAX_RECORD_BYTES}"
                ),
                format!(
                    "remove the previous secrets with '{remove} --previous', or keep a long secret in a file: source"
                ),
            ),
            Kind::Damaged(error) => (
                format!("the keyring's item that is the {item} cannot be used: {error}"),
                match error {
                    RecordError::Version(_) => {
                        "use the version of stream-token that wrote it, or a later one".into()
                    }
                    _ => format!("remove it with '{remove}', and store it again with {set}"),
                },
            ),
            Kind::ReadBackMismatch => (
                format!("the keyring does not give back the {item} that it stored"),
                "look in the keyring program whether it shows this item to other programs".into(),
            ),
            Kind::Busy(waited) => (
                format!(
                    "another process has been changing secrets for {}; the {item} is as it was",
                    humanize(*waited)
                ),
                "end that process, or wait for it, and run the command again".into(),
            ),
            Kind::LockUnavailable(error) => (
                format!("cannot keep other processes from changing the {item}: {error}"),
                "check the path and who may write it".into(),
            ),
            Kind::Failed(detail) => (
                format!("the keyring failed over the {item}: {}", escaped_short(detail)),
                "look in the keyring program's own log, and run the command again".into(),
            ),
        }
    }
}

impl Diagnostic for KeyringError {
    fn exit(&self) -> Exit {
        Exit::NoSecret
    }

    fn hint(&self) -> Option<String> {
        Some(self.message_and_hint().1)
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message_and_hint().0)
    }
}

// By hand: the message needs the item, which is not part of the kind that a derive would annotate.
impl Error for KeyringError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            KeyringErrorKind::Damaged(error) => Some(error),
            KeyringErrorKind::LockUnavailable(error) => Some(error),
            _ => None,
        }
    }
}
