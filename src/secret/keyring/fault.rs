//! What can be wrong with a keyring, told apart by the types of its errors and never by their words.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::Item;
use super::record::{LONGEST_RECORD, RecordError};
use crate::escape::brief;
use crate::fs::DiskError;
use crate::time::span;

/// Why a keyring did not do what it was asked for.
#[derive(Debug)]
pub struct KeyringError {
    /// The item that was asked for.
    pub item: Item,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a keyring.
#[derive(Debug)]
pub enum Fault {
    /// It holds nothing for this profile.
    Missing,
    /// It is locked, and nobody unlocked it.
    Locked,
    /// No keyring program can be reached.
    NoService {
        /// What the platform said.
        detail: String,
    },
    /// A keyring program is there, and has no keyring to store in.
    NoCollection,
    /// It refuses this program.
    Denied {
        /// What the platform said.
        detail: String,
    },
    /// It holds several items that answer to one name.
    Ambiguous {
        /// How many.
        items: usize,
    },
    /// It did not answer in time.
    TimedOut {
        /// How long it was waited for.
        waited: Duration,
    },
    /// It did not say in time whether it stored, or removed, what it was given.
    OutcomeUnknown {
        /// How long it was waited for.
        waited: Duration,
    },
    /// It takes no item as large.
    TooLarge {
        /// How many bytes the item would have.
        bytes: usize,
    },
    /// What it holds is no record of this program's.
    Damaged(RecordError),
    /// It said that it stored the record, and gives another one back.
    NotKept,
    /// Another process changes this login's secrets, and does not end.
    Busy {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The lock against other processes cannot be had.
    Unlockable(DiskError),
    /// It failed in a way of its own.
    Failed {
        /// What the platform said.
        detail: String,
    },
}

impl Fault {
    /// Returns its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Locked => "locked",
            Self::NoService { .. } => "no_service",
            Self::NoCollection => "no_collection",
            Self::Denied { .. } => "denied",
            Self::Ambiguous { .. } => "ambiguous",
            Self::TimedOut { .. } => "timed_out",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::TooLarge { .. } => "too_large",
            Self::Damaged(_) => "damaged",
            Self::NotKept => "not_kept",
            Self::Busy { .. } => "busy",
            Self::Unlockable(_) | Self::Failed { .. } => "failed",
        }
    }

    /// Returns `true` if the keyring answered, and only the item is not as it should be.
    #[must_use]
    pub const fn is_of_the_item(&self) -> bool {
        matches!(self, Self::Missing | Self::Damaged(_) | Self::Ambiguous { .. })
    }

    /// Takes a read's fault for a write's: where no answer came, nobody knows what was done.
    pub(super) fn of_a_write(self) -> Self {
        match self {
            Self::TimedOut { waited } => Self::OutcomeUnknown { waited },
            other => other,
        }
    }
}

impl KeyringError {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        let Item { profile, kind } = &self.item;
        let flag = kind.flag();
        match &self.fault {
            Fault::Missing => format!("store it with 'stream-token secret set {profile}{flag}'"),
            Fault::Locked => {
                "unlock it, as by logging in at the desktop, and call again; where nobody logs in, give the \
                 profile a file:, credential: or command: source"
                    .into()
            }
            Fault::NoService { .. } => {
                "call again in a login session with a keyring (GNOME Keyring, KWallet, KeePassXC); where there \
                 is none, give the profile a file:, credential: or command: source"
                    .into()
            }
            Fault::NoCollection => {
                "create a default keyring, with Seahorse or by logging in at the desktop, and call again".into()
            }
            Fault::Denied { .. } => "allow stream-token in the keyring program's settings, and call again".into(),
            Fault::Ambiguous { .. } => format!(
                "remove them with 'stream-token secret remove {profile}{flag}', and store the right one with \
                 'stream-token secret set {profile}{flag}'"
            ),
            Fault::TimedOut { .. } => {
                "look for a window that asks to unlock the keyring; where there is none, restart the keyring \
                 program"
                    .into()
            }
            Fault::OutcomeUnknown { .. } => format!(
                "see what it holds with 'stream-token secret list', and call again: what is done already is not \
                 done twice; the item is that of {profile}"
            ),
            Fault::TooLarge { .. } => format!(
                "remove the previous secrets with 'stream-token secret remove {profile}{flag} --previous', or \
                 keep a long secret in a file: source"
            ),
            Fault::Damaged(RecordError::Version { .. }) => {
                "use the version of stream-token that wrote it, or a later one".into()
            }
            Fault::Damaged(_) => format!(
                "remove it with 'stream-token secret remove {profile}{flag}', and store it again with \
                 'stream-token secret set {profile}{flag}'"
            ),
            Fault::NotKept => {
                "look in the keyring program whether it shows this item to other programs".into()
            }
            Fault::Busy { .. } => "end that process, or wait for it, and call again".into(),
            Fault::Unlockable(_) => "check the path and who may write it".into(),
            Fault::Failed { .. } => "look in the keyring program's own log, and call again".into(),
        }
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, fault } = self;
        match fault {
            Fault::Missing => write!(f, "the keyring holds no {item}"),
            Fault::Locked => write!(f, "the keyring is locked, and it holds the {item}"),
            Fault::NoService { detail } => {
                write!(f, "no keyring can be reached for the {item}: {}", brief(detail))
            }
            Fault::NoCollection => write!(f, "there is no default keyring to store the {item} in"),
            Fault::Denied { detail } => write!(f, "the keyring refuses the {item}: {}", brief(detail)),
            Fault::Ambiguous { items } => {
                write!(f, "the keyring holds {items} items that are the {item}, and one must be it")
            }
            Fault::TimedOut { waited } => {
                write!(f, "the keyring gave no answer about the {item} within {}", span(*waited))
            }
            Fault::OutcomeUnknown { waited } => write!(
                f,
                "outcome unknown: the keyring did not say within {} whether it changed the {item}",
                span(*waited)
            ),
            Fault::TooLarge { bytes } => write!(
                f,
                "the {item} would take {bytes} bytes with what is kept beside it, and a keyring takes \
                 {LONGEST_RECORD}"
            ),
            Fault::Damaged(error) => {
                write!(f, "the keyring's item that is the {item} cannot be used: {error}")
            }
            Fault::NotKept => write!(f, "the keyring does not give back the {item} that it stored"),
            Fault::Busy { waited } => write!(
                f,
                "another process has been changing secrets for {}; the {item} is as it was",
                span(*waited)
            ),
            Fault::Unlockable(error) => {
                write!(f, "cannot keep other processes from changing the {item}: {error}")
            }
            Fault::Failed { detail } => write!(f, "the keyring failed over the {item}: {}", brief(detail)),
        }
    }
}

impl Error for KeyringError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            Fault::Damaged(error) => Some(error),
            Fault::Unlockable(error) => Some(error),
            _ => None,
        }
    }
}
